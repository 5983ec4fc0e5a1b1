#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever the client's 0 and 1 are, they work, and stay as they were."""

import fcntl
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
import tty

import parts  # noqa: F401
from tap import Script

STOCKADE = os.path.join(sys.argv[1], "launcher", "stockade")
TINY = os.path.join(sys.argv[1], "tests", "e2e", "tiny_server")
PATIENCE = 30
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n'
PONG = {"jsonrpc": "2.0", "id": 1, "result": {}}
t = Script()


class Run:
    """One run on given descriptors; a word in its arguments tells its processes
    from all others."""

    count = 0

    def __init__(self, stdin, stdout, **popen):
        Run.count += 1
        self.word = f"run-{os.getpid()}-{Run.count}"
        self.process = subprocess.Popen(
            [STOCKADE, "run", "--", TINY, self.word], stdin=stdin,
            stdout=stdout, stderr=subprocess.PIPE, **popen)

    def processes(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    if self.word.encode() in file.read().split(b"\0"):
                        found.append(int(pid))
            except OSError:
                continue
        return found

    def end(self):
        """The status; nothing of the run is left."""
        said = self.process.stderr.read()
        status = self.process.wait(PATIENCE)
        self.process.stderr.close()
        deadline = time.monotonic() + 2
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not self.processes(), (self.processes(), said)
        return status


def read_line(fd):
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([fd], [], [], PATIENCE)
        assert ready, f"nothing came after {line!r}"
        piece = os.read(fd, 4096)
        assert piece, f"end of output after {line!r}"
        line += piece
    return json.loads(line)


def flags(fd):
    return fcntl.fcntl(fd, fcntl.F_GETFL)


def set_nonblocking(fd, on):
    os.set_blocking(fd, not on)


def talk(ours_in, ours_out, theirs, nonblocking):
    """A ping over descriptors whose flags must come back as they were."""
    for fd in theirs:
        set_nonblocking(fd, nonblocking)
    before = [flags(fd) for fd in theirs]
    run = Run(*theirs)
    os.write(ours_in, PING)
    assert read_line(ours_out) == PONG
    assert [flags(fd) for fd in theirs] == before, "flags changed in the run"
    return run, before


def over_pipes(nonblocking):
    in_r, in_w = os.pipe()
    out_r, out_w = os.pipe()
    run, before = talk(in_w, out_r, (in_r, out_w), nonblocking)
    os.close(in_w)
    assert run.end() == 0
    assert [flags(in_r), flags(out_w)] == before, "flags changed at the end"
    for fd in (in_r, out_r, out_w):
        os.close(fd)


def over_socket_pairs(nonblocking):
    """As node's child_process makes them: one pair for each."""
    in_a, in_b = socket.socketpair()
    out_a, out_b = socket.socketpair()
    theirs = (in_b.fileno(), out_b.fileno())
    run, before = talk(in_a.fileno(), out_a.fileno(), theirs, nonblocking)
    in_a.close()
    assert run.end() == 0
    assert [flags(fd) for fd in theirs] == before, "flags changed at the end"
    for end in (in_b, out_a, out_b):
        end.close()


for way in (over_pipes, over_socket_pairs):
    t.add(way.__name__, way, False)
    t.add(f"{way.__name__}_that_do_not_block", way, True)


@t.test
def over_one_socket_for_both():
    ours, theirs = socket.socketpair()
    fd = theirs.fileno()
    run, _ = talk(ours.fileno(), ours.fileno(), (fd, fd), False)
    ours.shutdown(socket.SHUT_WR)
    assert run.end() == 0
    ours.close()
    theirs.close()


@t.test
def from_a_file_into_a_file():
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as taken:
        given.write(PING * 100)
        given.seek(0)
        before = flags(given.fileno()), flags(taken.fileno())
        run = Run(given, taken)
        assert run.end() == 0
        assert before == (flags(given.fileno()), flags(taken.fileno()))
        taken.seek(0)
        answers = [json.loads(line) for line in taken]
        # One id again and again: each after its answer, or refused, but none
        # without an answer.
        assert len(answers) == 100, len(answers)


@t.test
def from_the_null_device():
    with open(os.devnull, "rb") as nothing:
        run = Run(nothing, subprocess.PIPE)
        assert run.process.stdout.read() == b""
        run.process.stdout.close()
        assert run.end() == 0


def open_terminal():
    ours, theirs = pty.openpty()
    tty.setraw(theirs, termios.TCSANOW)
    return ours, theirs


@t.test
def over_a_terminal():
    ours, theirs = open_terminal()
    before = termios.tcgetattr(theirs)
    run, _ = talk(ours, ours, (theirs, theirs), False)
    assert termios.tcgetattr(theirs) == before
    run.process.send_signal(signal.SIGTERM)
    run.end()
    os.close(ours)
    os.close(theirs)


@t.test
def ctrl_c_to_the_whole_group_ends_everything():
    ours, theirs = pty.openpty()
    attributes = termios.tcgetattr(theirs)
    attributes[3] = (attributes[3] | termios.ISIG) & ~termios.ECHO
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, attributes)

    def own_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    run = Run(theirs, theirs, preexec_fn=own_terminal)
    os.write(ours, PING)
    assert read_line(ours) == PONG
    began = time.monotonic()
    os.write(ours, b"\x03")
    status = run.end()
    took = time.monotonic() - began
    assert status in (0, 128 + signal.SIGINT), status
    assert took < 3, took
    os.close(ours)
    os.close(theirs)


@t.test
def a_client_that_goes_away_is_the_end():
    in_r, in_w = os.pipe()
    out_r, out_w = os.pipe()
    run, _ = talk(in_w, out_r, (in_r, out_w), False)
    for fd in (in_w, out_r, in_r, out_w):
        os.close(fd)
    run.end()


def closed(number):
    """A client that starts us without one of its descriptors."""
    run = Run(subprocess.PIPE, subprocess.PIPE,
              preexec_fn=lambda: os.close(number))
    run.process.stdin.close()
    run.process.stdout.read()
    run.process.stdout.close()
    run.end()


t.add("without_a_standard_input_it_ends", closed, 0)
t.add("without_a_standard_output_it_ends", closed, 1)
t.main()
