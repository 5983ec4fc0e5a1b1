#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What stops a server that takes too much, and what it leaves: nothing.

usage: test_limits.py STOCKADE
"""

import os
import subprocess
import sys
import time

from wrapped import (AS_ROOT, Place, Wrapper, children, eventually,
                     running_with)

from tap import Script

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))
MIB = 1 << 20


# Memory: each hog takes 200 MiB where 64 are allowed, and then waits.

def hog(code):
    with Place() as place:
        session = w.inside(
            place, ["--limit", "memory=64M"],
            code + "\nsay('took')\ntime.sleep(60)")
        assert session.status == 124, (session.status, session.said)
        assert any("limit memory" in line for line in session.lines()), \
            session.said
        hits = place.records("limit.hit")
        assert [hit["limit"] for hit in hits] == ["memory"], hits
        assert int(hits[0]["value"]) >= 64 * MIB, hits


FORKED = """
for _ in range(50):
    if os.fork() == 0:
        undumpable()
        kept = bytearray(b'x') * (4 << 20)
        time.sleep(60)
time.sleep(60)
"""
DAEMONS = """
for _ in range(10):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        undumpable()
        kept = bytearray(b'x') * (20 << 20)
        time.sleep(60)
"""
SHARED = """
import mmap
kept = mmap.mmap(-1, 200 << 20)
for at in range(0, 200 << 20, 4096):
    kept[at] = 1
"""
MEMFD = """
fd = os.memfd_create('hog')
for _ in range(200):
    os.write(fd, b'x' * (1 << 20))
"""
MEMFD_MAPPED = MEMFD + """
import mmap
kept = mmap.mmap(fd, 200 << 20)
say('sum', sum(kept[at] for at in range(0, 200 << 20, 4096)))
"""
FILES = """
for name in ('/tmp', '/dev/shm', os.environ['HOME']):
    fd = os.open(name + '/hog', os.O_CREAT | os.O_WRONLY)
    for _ in range(66):
        os.write(fd, b'x' * (1 << 20))
"""

# The first thread ends, and with it what /proc/PID says of memory.
HEADLESS = """
import threading
def take():
    global kept
    time.sleep(0.2)
    kept = bytearray(b'x') * (200 << 20)
    time.sleep(60)
threading.Thread(target=take).start()
say('took')
ctypes.CDLL(None).syscall(60, 0)
"""
MANY_SHARED = """
import mmap
for _ in range(20):
    if os.fork() == 0:
        undumpable()
        kept = mmap.mmap(-1, 40 << 20)
        for at in range(0, 40 << 20, 4096):
            kept[at] = 1
        time.sleep(60)
"""

t.add("one_big_process", hog, "kept = bytearray(b'x') * (200 << 20)")
t.add("50_small_undumpable_processes", hog, FORKED)
t.add("daemons_that_left_their_session", hog, DAEMONS)
t.add("files_in_memory", hog, FILES)
t.add("shared_memory", hog, SHARED)
t.add("shared_memory_of_many_processes", hog, MANY_SHARED)
t.add("a_memfd_that_is_mapped", hog, MEMFD_MAPPED)
t.add("a_process_without_its_first_thread", hog, HEADLESS)


@t.test
def a_server_below_its_limit_is_left_alone():
    with Place() as place:
        session = w.inside(place, ["--limit", "memory=256M"],
                           "kept = bytearray(b'x') * (100 << 20)\n"
                           "time.sleep(1)\nsay('end')")
        assert session.status == 0, session.said
        assert "end" in session.facts() and not place.records("limit.hit")


@t.test
def memory_that_processes_share_is_not_counted_for_each():
    with Place() as place:
        session = w.inside(place, ["--limit", "memory=128M"], """
import mmap
kept = mmap.mmap(-1, 50 << 20)
for at in range(0, 50 << 20, 4096):
    kept[at] = 1
children = []
for _ in range(5):
    child = os.fork()
    if child == 0:
        sum(kept[at] for at in range(0, 50 << 20, 4096))
        time.sleep(1)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
say('end')
""")
        assert session.status == 0, session.said
        assert "end" in session.facts() and not place.records("limit.hit")


# Files, processes, descriptors.

def fills(folder):
    with Place() as place:
        session = w.inside(
            place, ["--limit", "tmp=1M"], f"""
folder = os.path.expanduser({folder!r})
def fill():
    fd = os.open(folder + '/file', os.O_CREAT | os.O_WRONLY)
    for n in range(64):
        os.write(fd, b'x' * 65536)
attempt('fill', fill)
say('size', os.stat(folder + '/file').st_size)
""")
        facts = session.facts()
        assert session.status == 0 and facts["fill"] == "ENOSPC", session.said
        assert int(facts["size"]) <= MIB, session.said


def runs_out_of_names(folder):
    with Place() as place:
        session = w.inside(
            place, ["--limit", "tmp_files=64"], f"""
folder = os.path.expanduser({folder!r})
def fill():
    for n in range(100):
        write(f'{{folder}}/{{n}}')
attempt('fill', fill)
say('names', len(os.listdir(folder)))
""")
        facts = session.facts()
        assert facts["fill"] == "ENOSPC", session.said
        assert int(facts["names"]) <= 64, session.said


for folder in ("/tmp", "/dev/shm", "~"):
    t.add(f"{folder}_has_a_size", fills, folder)
    t.add(f"{folder}_has_a_number_of_files", runs_out_of_names, folder)


@t.test
def a_fork_bomb_stops_and_nothing_of_it_stays():
    with Place() as place:
        word = f"bomb-{os.getpid()}"
        session = w.command(place, ["--limit", "pids=16"], [
            "/usr/bin/python3", "-c", """
import errno, os, sys, time
def bomb():
    n = 0
    try:
        while True:
            if os.fork() == 0:
                time.sleep(60)
            n += 1
    except OSError as error:
        print('forks', n, file=sys.stderr)
        print('error', errno.errorcode[error.errno], file=sys.stderr)
bomb()
""", word])
        facts = session.facts()
        assert session.status == 0, session.said
        assert facts["error"] == "EAGAIN", session.said
        assert 8 <= int(facts["forks"]) < 16, session.said
        eventually(lambda: not running_with(word), "an end of all")


@t.test
def threads_count_as_processes():
    with Place() as place:
        session = w.inside(place, ["--limit", "pids=16"], """
import threading
started = 0
try:
    for _ in range(64):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError:
    say('refused')
say('started', started)
""")
        facts = session.facts()
        assert facts.get("refused") == "ok", session.said
        assert int(facts["started"]) < 16, session.said


@t.test
def files_are_bounded_in_number_and_size():
    with Place() as place:
        session = w.inside(
            place, ["--limit", "open_files=64", "--limit", "file_size=1M",
                    "--rw", place.project], f"""
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def many():
    for _ in range(100):
        os.dup(0)
def big():
    fd = os.open({place.project!r} + '/big', os.O_CREAT | os.O_WRONLY)
    for _ in range(64):
        os.write(fd, b'x' * 65536)
attempt('big', big)
attempt('many', many)
""")
        facts = session.facts()
        assert facts["many"] == "EMFILE", session.said
        assert facts["big"] == "EFBIG", session.said
        assert os.path.getsize(place.path("project/big")) == MIB


# Crashes.

CRASH = "os.chdir({!r})\nos.kill(os.getpid(), signal.SIGSEGV)"


@t.test
def a_crash_leaves_no_core():
    with Place() as place:
        session = w.inside(place, ["--rw", place.project],
                           CRASH.format(place.project))
        assert session.status == 128 + 11, session.said
        assert os.listdir(place.project) == []


class CoreHandler:
    """A program in kernel.core_pattern that notes who crashed."""

    PATTERN = "/proc/sys/kernel/core_pattern"

    def __init__(self, place):
        self.log = place.path("crashes")
        self.program = place.file("handler", text=(
            "#!/bin/sh\n"
            f"/usr/bin/wc -c >{self.log}.$1.new\n"
            f"/usr/bin/mv {self.log}.$1.new {self.log}.$1\n"))
        os.chmod(self.program, 0o755)

    def __enter__(self):
        with open(self.PATTERN, encoding="ascii") as file:
            self.before = file.read()
        with open(self.PATTERN, "w", encoding="ascii") as file:
            file.write(f"|{self.program} %e")
        return self

    def __exit__(self, *unused):
        with open(self.PATTERN, "w", encoding="ascii") as file:
            file.write(self.before)

    def bytes_of(self, name):
        """What it was handed of programs by that name, None for nothing."""
        try:
            with open(f"{self.log}.{name}", encoding="ascii") as file:
                return int(file.read())
        except FileNotFoundError:
            return None


def a_core_handler_behind_a_pipe_gets_nothing():
    with Place() as place:
        def link(name):
            path = place.path(name)
            subprocess.run(["cp", "/bin/bash", path], check=True)
            return path

        crash = ["-c", "kill -SEGV $$; true"]
        bare, inside = link("bare-crash"), link("inside-crash")
        with CoreHandler(place) as handler:
            # A limit of 0 is none to a handler.
            subprocess.run(["sh", "-c", f"ulimit -c 0; {bare} -c "
                            "'kill -SEGV $$; true'"], check=False,
                           stderr=subprocess.DEVNULL)
            eventually(lambda: handler.bytes_of("bare-crash"), "the control")
            session = w.command(place, [], [inside, *crash])
            assert session.status == 128 + 11, session.said
            # The control of the time that it may take: another one.
            os.unlink(f"{handler.log}.bare-crash")
            subprocess.run([bare, *crash], check=False,
                           stderr=subprocess.DEVNULL)
            eventually(lambda: handler.bytes_of("bare-crash"), "the control")
            assert not handler.bytes_of("inside-crash")


if AS_ROOT and os.access(CoreHandler.PATTERN, os.W_OK):
    t.add("a_core_handler_behind_a_pipe_gets_nothing",
          a_core_handler_behind_a_pipe_gets_nothing)


# What stays, what is used.

@t.test
def what_left_its_session_ends_with_the_server():
    with Place() as place:
        word = f"daemon-{os.getpid()}"
        session = w.command(place, ["--rw", place.project], [
            "/usr/bin/python3", "-c", f"""
import os, signal, sys, time
for n in range(10):
    if os.fork() == 0:
        os.setsid()
        if os.fork():
            os._exit(0)
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        open({place.project!r} + f'/{{n}}', 'w').close()
        time.sleep(600)
while len(os.listdir({place.project!r})) < 10:
    time.sleep(0.01)
""", word])
        assert session.status == 0, session.said
        assert len(os.listdir(place.project)) == 10
        eventually(lambda: not running_with(word), "an end of all")


@t.test
def an_end_of_input_ends_what_does_not_read_it():
    with Place() as place:
        session = w.start(place, [], "signal.signal(signal.SIGTERM,"
                          " signal.SIG_IGN)\nsay('ready')\n"
                          "time.sleep(600)")
        session.wait_for("ready")
        began = time.monotonic()
        status = session.end(close=True)
        took = time.monotonic() - began
        assert status == 128 + 9, (status, session.said)
        assert 6 < took < 60, took


def ticks(pid):
    """User and system time of a process, in hundredths of a second."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(") ")[2].split()
    return int(fields[11]) + int(fields[12])


@t.test
def an_idle_server_costs_next_to_nothing():
    with Place() as place:
        session = w.start(place, [], "say('ready')\nsys.stdin.read()")
        session.wait_for("ready")
        pids = [session.process.pid, *children(session.process.pid)]
        assert len(pids) == 4, pids
        before = sum(map(ticks, pids))
        time.sleep(3)
        used = sum(map(ticks, pids)) - before
        assert session.end(close=True) == 0, session.said
        # init's look at the memory, four times a second.
        assert used <= 6, f"{used} hundredths of a second in 3 s"


t.main()
