#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Limits by cgroup (version 2): it is the kernel that keeps them, not a look
now and then.

usage: test_cgroup.py STOCKADE
"""

import glob
import json
import os
import signal
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sandbox"))

from wrapped import (AS_ROOT, Place, Wrapper, children, eventually,
                     status_of)  # noqa: E402

from tap import Script  # noqa: E402

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))
MOUNT = "/sys/fs/cgroup"
MIB = 1 << 20
LIMITS = ["--limit", "memory=64M", "--limit", "pids=16", "--limit", "cpu=20%"]
OURS = ("memory", "pids", "cpu")
# What a look into /proc cannot see: no process has it mapped.
UNSEEN = """
fd = os.memfd_create('hog')
for _ in range(200):
    os.write(fd, b'x' * (1 << 20))
say('took')
time.sleep(60)
"""


def read(*names):
    with open(os.path.join(*names), encoding="ascii") as file:
        return file.read().rstrip("\n")


def table(*names):
    """A file of lines "name value"."""
    return {name: int(value) for name, value in
            (line.split() for line in read(*names).splitlines())}


def group_of(pid):
    path = read(f"/proc/{pid}/cgroup")
    assert path.startswith("0::/"), path
    return MOUNT + path[3:].rstrip("/")


ABOVE = os.path.dirname(group_of("self"))


def members(group):
    return {int(pid) for pid in read(group, "cgroup.procs").split()}


class Live:
    """A session whose server goes on when it is told to."""

    def __init__(self, place, options, code):
        self.session = w.start(
            place, options, f"say('ready')\nsys.stdin.readline()\n{code}")
        self.session.wait_for("ready")
        self.supervisor = self.session.process.pid
        self.init, = (pid for pid in children(self.supervisor)
                      if len(status_of(pid)["NSpid"].split()) > 1)
        self.server, = children(self.init)
        self.group = group_of(self.server)

    def go(self):
        self.session.process.stdin.write(
            b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n')
        self.session.process.stdin.flush()

    def end(self, close=True):
        status = self.session.end(close)
        eventually(lambda: not os.path.exists(self.group), "its group gone")
        return status


def grades(place):
    """What the log says of the last session's limits."""
    limits = place.records("session.start")[-1]["limits"]
    return {name: limits[name] for name in OURS}


# Which group, and what is in it.

@t.test
def explain_and_the_log_say_that_the_kernel_keeps_them():
    with Place() as place:
        said = subprocess.run(
            [w.stockade, "explain", "--json", *LIMITS, "--", "/bin/true"],
            check=True, capture_output=True, text=True).stdout
        limits = json.loads(said)["limits"]
        assert {limits[name]["kept"] for name in OURS} == {"hard"}, limits
        assert w.command(place, LIMITS, ["/bin/true"]).status == 0
        assert set(grades(place).values()) == {"hard"}, grades(place)


@t.test
def the_sandbox_alone_is_in_a_group_that_has_the_limits():
    with Place() as place:
        live = Live(place, LIMITS, "")
        # Our own group holds processes, the one above it does not.
        assert os.path.dirname(live.group) == ABOVE, live.group
        assert os.path.basename(live.group).startswith("stockade-")
        assert members(live.group) == {live.init, live.server}
        for name, value in (("memory.max", str(64 * MIB)),
                            ("memory.oom.group", "1"), ("pids.max", "18"),
                            ("cpu.max", "20000 100000")):
            assert read(live.group, name) == value, name
        assert live.end() == 0, live.session.said


@t.test
def two_sessions_have_a_group_each():
    with Place() as one, Place() as two:
        first, second = Live(one, LIMITS, ""), Live(two, LIMITS, "")
        assert first.group != second.group
        assert first.end() == 0
        assert members(second.group) == {second.init, second.server}
        assert second.end() == 0


@t.test
def what_a_killed_session_left_goes_with_the_next():
    with Place() as place:
        live = Live(place, LIMITS, "")
        helpers = set(children(live.supervisor)) - {live.init}
        assert len(helpers) == 2, helpers
        os.kill(live.supervisor, signal.SIGSTOP)
        for pid in (*helpers, live.supervisor):
            os.kill(pid, signal.SIGKILL)
        live.session.end()
        eventually(lambda: not members(live.group), "an end of all in it")
        assert w.command(place, LIMITS, ["/bin/true"]).status == 0
        assert not os.path.exists(live.group), live.group


# Each limit, as the kernel keeps it.

def killer_of(group):
    """The kernel's own line about whom it killed for want of memory."""
    name = os.path.basename(group)
    said = subprocess.run(["dmesg"], check=True, capture_output=True,
                          text=True, errors="replace").stdout
    return [line for line in said.splitlines() if "oom-kill:" in line
            and "CONSTRAINT_MEMCG" in line and name in line]


@t.test
def memory_that_no_process_shows_is_counted():
    with Place() as place:
        live = Live(place, LIMITS, UNSEEN)
        live.go()
        assert live.end(close=False) == 124, live.session.said
        assert "took" not in live.session.facts(), live.session.said
        hit, = place.records("limit.hit")
        assert (hit["limit"], hit["grade"]) == ("memory", "hard"), hit
        assert int(hit["value"]) == 64 * MIB, hit
        assert any("limit memory" in line for line in live.session.lines())
        # The kernel's log is for root alone.
        if AS_ROOT:
            assert killer_of(live.group), "nothing in the kernel's log"


@t.test
def memory_below_the_limit_is_left_alone():
    with Place() as place:
        live = Live(place, LIMITS, "kept = bytearray(b'x') * (32 << 20)\n"
                    "say('took')\nsys.stdin.read()")
        live.go()
        live.session.wait_for("took")
        assert int(read(live.group, "memory.current")) > 32 * MIB
        assert table(live.group, "memory.events")["oom_kill"] == 0
        assert live.end() == 0, live.session.said
        assert not place.records("limit.hit")


FORKS = """
n = 0
try:
    while True:
        if os.fork() == 0:
            sys.stdin.read()
            os._exit(0)
        n += 1
except OSError as error:
    say('error', errno.errorcode[error.errno])
say('forks', n)
say('stopped')
sys.stdin.read()
"""


def processes_of_the_hosts_uid_0_are_counted():
    """RLIMIT_NPROC is no limit to that uid: only the group is."""
    with Place() as place:
        live = Live(place, [*LIMITS, "--keep-uid"], FORKS)
        live.go()
        live.session.wait_for("stopped")
        assert read(live.group, "pids.current") == "18"
        assert table(live.group, "pids.events")["max"] > 0
        assert live.end() == 0, live.session.said
        facts = live.session.facts()
        assert (facts["error"], facts["forks"]) == ("EAGAIN", "16"), facts


if AS_ROOT:
    t.add("processes_of_the_hosts_uid_0_are_counted",
          processes_of_the_hosts_uid_0_are_counted)


@t.test
def a_busy_server_gets_its_share_of_the_processor():
    with Place() as place:
        live = Live(place, LIMITS, "while True: pass")
        live.go()

        def throttled():
            return table(live.group, "cpu.stat")["nr_throttled"] >= 5

        eventually(throttled, "five times held back")
        stat = table(live.group, "cpu.stat")
        # 20 ms in each period of 100 ms; a tick more is paid back later, and
        # the period that runs is not in the count yet.
        assert stat["usage_usec"] <= (stat["nr_periods"] + 2) * 30000, stat
        os.kill(live.supervisor, signal.SIGTERM)
        live.end()


@t.test
def without_a_share_it_is_not_held_back():
    with Place() as place:
        live = Live(place, ["--limit", "memory=64M"], "while True: pass")
        live.go()
        eventually(lambda: table(live.group, "cpu.stat")["usage_usec"] >
                   300000, "0.3 s of use")
        assert read(live.group, "cpu.max") == "max 100000"
        assert table(live.group, "cpu.stat")["nr_throttled"] == 0
        os.kill(live.supervisor, signal.SIGTERM)
        live.end()


# Where no group is ours.

ENTER = ["/bin/sh", "-c", 'echo 0 >"$0/cgroup.procs" && exec "$@"']


def beside_processes(place, options, code):
    """A session in a group whose own processes, and those in the one above
    it, leave no place for another."""
    above = os.path.join(group_of("self"), f"busy-{os.getpid()}")
    leaf = os.path.join(above, "leaf")
    os.makedirs(leaf)
    try:
        with subprocess.Popen([*ENTER, above, "/bin/sleep", "600"]) as held:
            eventually(lambda: held.pid in members(above), "its move")
            session = w.inside(place, options, code, before=[*ENTER, leaf])
            switched = read(above, "cgroup.subtree_control")
            kinds = {read(folder, "cgroup.type") for folder in (above, leaf)}
            held.kill()
    finally:
        for folder in (leaf, above):
            os.rmdir(folder)
    return session, switched, kinds


@t.test
def beside_other_processes_none_is_made_and_the_log_says_so():
    with Place() as place:
        session, switched, kinds = beside_processes(
            place, LIMITS, "kept = bytearray(b'x') * (200 << 20)\n"
            "time.sleep(600)")
        assert session.status == 124, session.said
        assert (switched, kinds) == ("", {"domain"}), (switched, kinds)
        assert grades(place) == {"memory": "sampled", "pids": "hard",
                                 "cpu": "none"}, grades(place)
        hit, = place.records("limit.hit")
        assert (hit["limit"], hit["grade"]) == ("memory", "sampled"), hit


def in_the_root_of_the_hierarchy_none_is_made():
    """The keeper, without a capability, could not remove it there."""
    with Place() as place:
        session = w.inside(place, LIMITS, "say('ran')", before=[*ENTER, MOUNT])
        assert session.facts() == {"ran": "ok"}, session.said
        assert grades(place)["memory"] == "sampled", grades(place)


if AS_ROOT:
    t.add("in_the_root_of_the_hierarchy_none_is_made",
          in_the_root_of_the_hierarchy_none_is_made)


@t.test
def no_group_is_left():
    """But of a session of another program, while its supervisor lives."""
    for folder in (MOUNT, ABOVE, group_of("self")):
        for left in glob.glob(f"{folder}/stockade-*"):
            pid = left.rpartition("-")[2]
            eventually(lambda left=left, pid=pid: not os.path.exists(left) or
                       os.path.exists(f"/proc/{pid}"), f"{left} gone")


t.main()
