# SPDX-License-Identifier: Apache-2.0
"""A small MCP client over pipes: what a test sends is what goes out."""

import json
import os
import queue
import signal
import subprocess
import threading
import time

PATIENCE = 60.0
LEGACY = "2025-11-25"


class Gone(Exception):
    """The server ended its output, or said nothing in time."""


class Client:
    """One run of a server command, bare or wrapped.

    stderr is kept in .said; a request waits for the answer with its id and
    keeps everything else that came in .others.
    """

    def __init__(self, command, cwd=None, env=None, stdin=subprocess.PIPE,
                 **popen):
        self.process = subprocess.Popen(
            command, stdin=stdin, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, cwd=cwd, env=env, **popen)
        self.others, self.said, self.next_id = [], "", 1
        self.lines = queue.Queue()
        self.readers = [threading.Thread(target=f, daemon=True)
                        for f in (self._read_out, self._read_err)]
        for reader in self.readers:
            reader.start()

    def _read_out(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def _read_err(self):
        for line in self.process.stderr:
            self.said += line.decode(errors="backslashreplace")

    def send_bytes(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def send(self, message):
        text = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
        self.send_bytes(text.encode() + b"\n")

    def receive_line(self, timeout=PATIENCE):
        try:
            line = self.lines.get(timeout=timeout)
        except queue.Empty:
            raise Gone(f"no line in {timeout} s; stderr: {self.said}") from None
        if line is None:
            self.lines.put(None)
            self.process.wait(PATIENCE)
            raise Gone(f"end of output, status {self.process.returncode}; "
                       f"stderr: {self.said}")
        return line

    def answer(self, wanted, timeout=PATIENCE):
        """The response whose id is wanted; the rest goes to .others."""
        deadline = time.monotonic() + timeout
        while True:
            left = max(deadline - time.monotonic(), 0.01)
            message = json.loads(self.receive_line(left))
            if message.get("id") == wanted and "method" not in message:
                return message
            self.others.append(message)

    def request(self, method, params=None, timeout=PATIENCE):
        number, self.next_id = self.next_id, self.next_id + 1
        message = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)
        return self.answer(number, timeout)

    def notify(self, method, params=None):
        message = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        self.send(message)

    def initialize(self, capabilities=None, version=LEGACY):
        answer = self.request("initialize", {
            "protocolVersion": version, "capabilities": capabilities or {},
            "clientInfo": {"name": "stockade-tests", "version": "1"}})
        if "result" not in answer:
            raise Gone(f"not initialized: {answer}; stderr: {self.said}")
        self.notify("notifications/initialized")
        return answer["result"]

    def tools(self):
        """All pages of tools/list."""
        tools, cursor = [], None
        while True:
            result = self.request(
                "tools/list", {"cursor": cursor} if cursor else {})["result"]
            tools += result["tools"]
            cursor = result.get("nextCursor")
            if not cursor:
                return tools

    def call(self, tool, **arguments):
        return self.request("tools/call",
                            {"name": tool, "arguments": arguments})

    def close(self, timeout=PATIENCE):
        """End of file to the server; its exit status."""
        if self.process.stdin and not self.process.stdin.closed:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
        return self.wait(timeout)

    def wait(self, timeout=PATIENCE):
        status = self.process.wait(timeout)
        for reader in self.readers:
            reader.join(timeout)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            try:
                self.close(10)
            except subprocess.TimeoutExpired:
                os.kill(self.process.pid, signal.SIGKILL)
                self.process.wait()
        for reader in self.readers:
            reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()


def text_of(answer):
    """The text blocks of a tool's result, joined."""
    return "".join(block.get("text", "")
                   for block in answer["result"]["content"])


def refused(answer):
    return bool(answer.get("error") or answer["result"].get("isError"))
