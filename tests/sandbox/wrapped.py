# SPDX-License-Identifier: Apache-2.0
"""Runs of programs in the sandbox, for the tests of the wrapper.

The server is a few lines of Python; what it finds goes to its standard error,
which stockade passes on. Each test has a HOME and a project of its own.
"""

import glob
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))

PYTHON = "/usr/bin/python3"
# Half as long to start, in an emulator above all.
QUICK_PYTHON = [PYTHON, "-I", "-S", "-c"]
PATIENCE = 120
PREFIX = "stockade: "
AS_ROOT = os.geteuid() == 0

# Imported only for code that names them: they are half of a server's start.
SLOW_MODULES = re.compile(r"\b(ctypes|signal|socket|subprocess)\.")
PRELUDE = r"""
import errno, os, stat, sys, time
def say(key, value="ok"):
    print(key, value, file=sys.stderr, flush=True)
def attempt(key, function, *args, **more):
    try:
        function(*args, **more)
        say(key)
    except OSError as error:
        say(key, errno.errorcode[error.errno])
def read(path):
    with open(path) as file:
        return file.read()
def write(path, text="x", flags=os.O_CREAT, mode=0o644):
    fd = os.open(path, os.O_WRONLY | flags, mode)
    os.write(fd, text.encode())
    os.close(fd)
def wait_for(path):
    while not os.path.exists(path):
        time.sleep(0.01)
def undumpable():
    import ctypes
    ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
"""


def server(code):
    """The command of a server that runs the code."""
    slow = "".join(f"import {name}\n"
                   for name in sorted(set(SLOW_MODULES.findall(code))))
    return [*QUICK_PYTHON, PRELUDE + slow + code]


class Place:
    """HOME, a project in it and beside it; removed at the end."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="stockade-wrapped.", dir="/var/tmp")
        os.chmod(self.top, 0o755)
        self.home = self.folder("home")
        os.chmod(self.home, 0o700)
        self.project = self.folder("project")
        self.sessions = []

    def path(self, *names):
        return os.path.join(self.top, *names)

    def folder(self, *names):
        path = self.path(*names)
        os.makedirs(path)
        return path

    def file(self, *names, text="content\n"):
        path = self.path(*names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def logs(self):
        return glob.glob(os.path.join(
            self.home, ".local/state/stockade/audit/20*.jsonl"))

    def records(self, kind=None):
        """All audit records so far, of every session here."""
        found = []
        for path in self.logs():
            with open(path, encoding="ascii") as file:
                for line in file:
                    if line.endswith("\n"):
                        found.append(json.loads(line))
        return [r for r in found if kind in (None, r["type"])]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for session in self.sessions:
            session.kill()
        shutil.rmtree(self.top, ignore_errors=True)


class Session:
    """One run of stockade: start it, talk by files, end it."""

    def __init__(self, stockade, place, options, command, env=None,
                 before=(), **popen):
        environment = {"PATH": "/usr/bin:/bin", "HOME": place.home,
                       "USER": "tester", "LANG": "C.UTF-8", **(env or {})}
        popen.setdefault("stdin", subprocess.PIPE)
        popen.setdefault("stdout", subprocess.PIPE)
        popen.setdefault("cwd", place.project)
        self.process = subprocess.Popen(
            [*before, stockade, "run", *options, "--", *command],
            stderr=subprocess.PIPE, env=environment, **popen)
        place.sessions.append(self)
        os.set_blocking(self.process.stderr.fileno(), False)
        self.said = ""

    def pump(self, seconds):
        """Takes what stderr has; False at its end."""
        fd = self.process.stderr.fileno()
        if select.select([fd], [], [], seconds)[0]:
            piece = os.read(fd, 65536)
            self.said += piece.decode(errors="backslashreplace")
            return bool(piece)
        return True

    def wait_for(self, text):
        deadline = time.monotonic() + PATIENCE
        while text not in self.said:
            assert time.monotonic() < deadline, f"no {text!r} in {self.said}"
            if not self.pump(0.5) and text not in self.said:
                raise AssertionError(f"ended without {text!r}: {self.said}")

    def end(self, close=False):
        """Its status, once it has ended; facts and lines are then there."""
        if close and self.process.stdin:
            self.process.stdin.close()
        deadline = time.monotonic() + PATIENCE
        while self.pump(0.5):
            if time.monotonic() > deadline:
                self.process.kill()
                raise AssertionError(f"does not end: {self.said}")
        status = self.process.wait(PATIENCE)
        for pipe in (self.process.stdin, self.process.stdout,
                     self.process.stderr):
            if pipe:
                pipe.close()
        return status

    def facts(self):
        """What the server said with say()."""
        return dict(line.split(" ", 1) for line in self.said.splitlines()
                    if " " in line and not line.startswith(PREFIX))

    def lines(self):
        """What stockade said."""
        return [line[len(PREFIX):] for line in self.said.splitlines()
                if line.startswith(PREFIX)]

    def kill(self):
        """What a test that failed has left; else nothing."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Wrapper:
    """stockade at a path."""

    def __init__(self, stockade):
        self.stockade = stockade

    def start(self, place, options, code, **more):
        return Session(self.stockade, place, options, server(code), **more)

    def command(self, place, options, command, **more):
        """Runs it to its end: the session, its status in .status."""
        session = Session(self.stockade, place, options, command, **more)
        session.status = session.end()
        return session

    def inside(self, place, options, code, **more):
        return self.command(place, options, server(code), **more)

    def refused(self, place, options, words, command=("/bin/true",), **more):
        """The start is refused: 125, one line that holds the words, and
        nothing of the server's."""
        session = self.command(place, options, command, **more)
        assert session.status == 125, (session.status, session.said)
        matching = [line for line in session.lines()
                    if all(word in line for word in words)]
        assert len(matching) == 1, session.said
        return session


def eventually(condition, what="condition", seconds=PATIENCE):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never: {what}"
        time.sleep(0.01)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def status_of(pid):
    """The fields of /proc/PID/status."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


def running_with(word):
    """Processes whose arguments hold a word that only the test knows."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                if word.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


__all__ = ["AS_ROOT", "PATIENCE", "PRELUDE", "PYTHON", "QUICK_PYTHON", "Place",
           "Session", "Wrapper", "children", "eventually", "running_with",
           "signal", "status_of"]
