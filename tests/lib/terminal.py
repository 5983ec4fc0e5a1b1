# SPDX-License-Identifier: Apache-2.0
"""A terminal of its own for a program, that descends from no test.

A client's descendant may not answer, and a test is the client: so the program
runs detached, in the foreground of a new pseudo-terminal, whose both ways are
pipes here.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import threading
import time

PATIENCE = 60


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ,
                struct.pack("HHHH", rows, columns, 0, 0))


def carry(leader):
    """Pipes to terminal and back; ESC ] ROWS x COLUMNS BEL sets the size."""
    while True:
        ready, _, _ = select.select([leader, 0], [], [])
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return  # the test is over: so is the terminal
            while hit := re.search(rb"\x1b\](\d+)x(\d+)\x07", data):
                set_size(leader, int(hit[1]), int(hit[2]))
                data = data[:hit.start()] + data[hit.end():]
            if data:
                os.write(leader, data)
        if leader in ready:
            try:
                data = os.read(leader, 65536)
            except OSError:
                return
            if not data:
                return
            os.write(1, data)


def main(rows, columns, status_path, command):
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    child, leader = pty.fork()
    if child == 0:
        set_size(0, rows, columns)
        os.execvp(command[0], command)
    carry(leader)
    os.close(leader)
    _, status = os.waitpid(child, 0)
    with open(status_path + ".new", "w", encoding="ascii") as file:
        file.write(str(os.waitstatus_to_exitcode(status)))
    os.rename(status_path + ".new", status_path)


class Terminal:
    """A program in a terminal; .text is all that it has written so far."""

    def __init__(self, world, *command, rows=24, columns=80, env=None):
        self.status_path = os.path.join(
            world.top, f"status.{time.monotonic_ns()}")
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(rows), str(columns),
             self.status_path, *command], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, cwd=world.work,
            env={**world.env, "TERM": "xterm-256color", **(env or {})})
        self.text, self.at = "", 0
        self.changed = threading.Condition()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while data := os.read(self.process.stdout.fileno(), 65536):
            with self.changed:
                self.text += data.decode(errors="backslashreplace")
                self.changed.notify_all()

    def expect(self, pattern, seconds=PATIENCE):
        """Waits for it behind what was expected before; the match."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (hit := re.search(pattern, self.text[self.at:])):
                left = deadline - time.monotonic()
                assert left > 0 and self.reader.is_alive() or re.search(
                    pattern, self.text[self.at:]), \
                    f"no {pattern!r} in {self.text[self.at:]!r}"
                self.changed.wait(min(max(left, 0.01), 0.2))
            self.at += hit.end()
            return hit

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def type(self, text):
        """As a person does, who has to read first."""
        time.sleep(0.5)
        self.send(text)

    def resize(self, rows, columns):
        self.send(f"\x1b]{rows}x{columns}\x07")

    def wait(self, seconds=PATIENCE):
        """The program's status, once all that it wrote was read."""
        self.reader.join(seconds)
        assert not self.reader.is_alive(), f"it goes on: {self.text!r}"
        deadline = time.monotonic() + seconds
        while not os.path.exists(self.status_path):
            assert time.monotonic() < deadline, "no status"
            time.sleep(0.01)
        self.close()
        with open(self.status_path, encoding="ascii") as file:
            return int(file.read())

    def close(self):
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.reader.is_alive():
            self.process.stdin.close()
            self.reader.join(5)
        self.close()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
