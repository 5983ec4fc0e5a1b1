#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One approver for 1, 10 and 100 sessions: what an idle session takes, how
long it takes to list what waits, and from a call to where a person sees it.
Prints, never fails; without root it cannot see what memory is whose.
"""

import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = sys.argv[1]
STOCKADE = os.path.join(BUILD, "launcher", "stockade")
TINY = os.path.join(BUILD, "tests", "e2e", "tiny_server")
HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

import approver  # noqa: E402

COUNTS = (1, 10, 100)
ROUNDS = 5
QUESTIONS = 200


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


class Session:
    """timeout(1) stands for the client: a client may not answer, and we do."""

    def __init__(self, env):
        self.process = subprocess.Popen(
            ["timeout", "600", STOCKADE, "run", "--ask", "echo", "--", TINY], env=env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        self.ask("initialize", {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "bench", "version": "1"}}, "init")
        self.process.stdout.readline()

    def ask(self, method, params, ident):
        self.process.stdin.write(json.dumps({
            "jsonrpc": "2.0", "id": ident, "method": method,
            "params": params}).encode() + b"\n")
        self.process.stdin.flush()

    def call(self, ident):
        self.ask("tools/call", {"name": "echo", "arguments": {
            "text": str(ident)}}, ident)

    def parts(self):
        """The wrapper's processes: the supervisor and its children, without
        what runs in the sandbox."""
        supervisor, = children(self.process.pid)
        return [supervisor, *children(supervisor)]

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file
                    if line.startswith("Pss:"))


def is_keeper(pid):
    links = (f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd"))
    return any(os.readlink(link).endswith(".jsonl") for link in links)


def memory(sessions):
    """KiB a session: of the keeper, and of all that is ours."""
    keepers, wholes = [], []
    for session in sessions:
        sizes = {pid: pss_kib(pid) for pid in session.parts()}
        keepers += [size for pid, size in sizes.items() if is_keeper(pid)]
        wholes.append(sum(sizes.values()))
    return statistics.median(keepers), statistics.median(wholes)


def attach(paths):
    """To all of them, until each has said all there is; the sockets."""
    sockets = []
    for path in paths:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with approver.address(path) as short:
            sock.connect(short)
        sock.send(approver.word(approver.ATTACH, channel=approver.PROGRAM))
        sockets.append(sock)
    for sock in sockets:
        while approver.receive(sock)["type"] != "end":
            pass
    return sockets


def shown_ms(sessions, sockets):
    """From writing a call to reading its question, each answered at once: the
    sessions by turns."""
    took = []
    selector = selectors.DefaultSelector()
    for sock in sockets:
        selector.register(sock, selectors.EVENT_READ)
    for number in range(QUESTIONS):
        session = sessions[number % len(sessions)]
        began = time.monotonic()
        session.call(number)
        said = {"type": None}
        while said["type"] != "question":
            key, _ = selector.select()[0]
            said = approver.receive(key.fileobj)
        took.append((time.monotonic() - began) * 1000)
        key.fileobj.send(approver.word(
            approver.ANSWER, said["id"], approver.ANSWERS["once"]))
        session.process.stdout.readline()
        while approver.receive(key.fileobj)["type"] != "gone":
            pass
    selector.close()
    return statistics.median(took)


def list_ms(env):
    """`stockade approve`, whole, with one question in each session."""
    took = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        done = subprocess.run([STOCKADE, "approve", "--json"], env=env,
                              stdin=subprocess.DEVNULL, capture_output=True)
        took.append((time.monotonic() - began) * 1000)
    return statistics.median(took), len(done.stdout.splitlines())


def attach_ms(paths):
    began = time.monotonic()
    sockets = attach(paths)
    return (time.monotonic() - began) * 1000, sockets


def sockets_in(home):
    user = f"/run/user/{os.geteuid()}"
    folder = (user + "/stockade/approve" if os.path.isdir(user)
              and os.stat(user).st_uid == os.geteuid()
              else os.path.join(home, ".local/state/stockade/run/approve"))
    return folder, set(os.listdir(folder) if os.path.isdir(folder) else [])


def bench(count, env):
    _, before = sockets_in(env["HOME"])
    sessions = [Session(env) for _ in range(count)]
    folder, after = sockets_in(env["HOME"])
    paths = [os.path.join(folder, name) for name in sorted(after - before)]
    if os.geteuid() == 0:
        keeper, whole = memory(sessions)
        print(f"{count:3} sessions: PSS of an idle keeper {keeper:.0f} KiB, "
              f"of an idle session's processes {whole:.0f} KiB")
    took, sockets = attach_ms(paths)
    shown = shown_ms(sessions, sockets)
    for sock in sockets:
        sock.close()
    for session in sessions:
        session.call("waits")
    time.sleep(0.2)
    listed, lines = list_ms(env)
    print(f"{count:3} sessions: attached to all in {took:.1f} ms; call to "
          f"shown {shown:.2f} ms (median of {QUESTIONS}); `approve --json` "
          f"{listed:.1f} ms for {lines} questions", flush=True)
    for session in sessions:
        session.end()


def main():
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as home:
            bench(count, {"PATH": "/usr/bin:/bin", "HOME": home})


if __name__ == "__main__":
    main()
