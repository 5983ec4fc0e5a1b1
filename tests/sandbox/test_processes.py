#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stockade's own processes in a live session: what each is left with, and
what it can still do if somebody takes it over.

usage: test_processes.py STOCKADE INJECT
"""

import os
import re
import stat
import subprocess
import sys
import time

from wrapped import AS_ROOT, PYTHON, Place, Session, children, status_of

from tap import Script

t = Script()
STOCKADE, INJECT = map(os.path.realpath, sys.argv[1:3])
SECRET = "hunter2-of-the-client"
PATIENCE = 10
ROLES = ("supervisor", "relay", "keeper", "init")


class Live:
    """A session that waits, and who is who in it."""

    def __init__(self, write=False):
        self.place = Place()
        self.session = Session(
            STOCKADE, self.place,
            ["--rw", self.place.project] if write else [],
            ["/bin/sh", "-c", "echo ready >&2; exec cat"],
            env={"SECRET": SECRET})
        self.session.wait_for("ready")
        supervisor = self.session.process.pid
        self.pids = {"supervisor": supervisor}
        for pid in children(supervisor):
            self.pids[self.role(pid)] = pid
        assert set(self.pids) == set(ROLES), self.pids
        self.server = children(self.pids["init"])[0]

    @staticmethod
    def role(pid):
        """init is in a pid namespace; the relay dies with its parent, by
        SIGKILL, and so has no handler or mask to tell it: the order of the
        forks does (relay, then keeper)."""
        status = status_of(pid)
        if len(status["NSpid"].split()) > 1:
            return "init"
        brothers = [other for other in children(int(status["PPid"]))
                    if len(status_of(other)["NSpid"].split()) == 1]
        return "relay" if pid == min(brothers) else "keeper"

    def descriptors(self, role):
        """Descriptor to what it is; root's to see."""
        folder = f"/proc/{self.pids[role]}/fd"
        return {int(fd): os.readlink(os.path.join(folder, fd))
                for fd in os.listdir(folder)}

    def group(self):
        """The session's own cgroup (version 2), None where it has none."""
        with open(f"/proc/{self.server}/cgroup", encoding="ascii") as file:
            paths = [line.rstrip("\n")[3:] for line in file
                     if line.startswith("0::")
                     and os.path.basename(line).startswith("stockade-")]
        return "/sys/fs/cgroup" + paths[0] if paths else None

    def ours(self, number):
        """What the client's end of a descriptor is called."""
        pipe = {0: self.session.process.stdin, 1: self.session.process.stdout,
                2: self.session.process.stderr}[number]
        return os.readlink(f"/proc/self/fd/{pipe.fileno()}")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.session.process.poll() is None:
            self.session.end(close=True)
        self.place.__exit__()


# What each is left with.

def is_shut_in(role):
    with Live() as live:
        status = status_of(live.pids[role])
        assert status["Seccomp"] == "2", status
        assert status["NoNewPrivs"] == "1", status
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(status[name], 16) == 0, (name, status)
        # A user's process has no right to empty its own; no_new_privs keeps
        # an exec from taking anything from it.
        if AS_ROOT or role == "init":
            assert int(status["CapBnd"], 16) == 0, status
        assert status["Threads"] == "1", status


def is_out_of_reach(role):
    """Not dumpable: its own uid, without a capability, sees nothing of it."""
    code = """
import os, sys
for name in ('exe', 'cwd', 'ns/mnt'):
    try:
        print(name, os.readlink(f'/proc/{sys.argv[1]}/{name}'))
    except OSError as error:
        print(name, error.strerror)
for name in ('environ', 'mem', 'maps'):
    try:
        print(name, len(open(f'/proc/{sys.argv[1]}/{name}', 'rb').read(9)))
    except OSError as error:
        print(name, error.strerror)
"""
    without = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] \
        if AS_ROOT else []

    def look(pid):
        return subprocess.run(
            [*without, PYTHON, "-c", code, str(pid)], capture_output=True,
            text=True, check=True).stdout.splitlines()

    with Live() as live, subprocess.Popen(
            [*without, "sleep", "60"]) as control:
        time.sleep(0.1)
        seen = look(control.pid)
        assert "Permission" not in seen[0] + seen[3], seen
        for line in look(live.pids[role]):
            assert "Permission denied" in line or "not permitted" in line, \
                (role, line)
        control.kill()


for role in ROLES:
    t.add(f"the {role} is shut in", is_shut_in, role)
for role in ROLES:
    t.add(f"the {role} is out of its own uid's reach", is_out_of_reach, role)


@t.test
def there_are_four_and_the_server():
    with Live() as live:
        tree = [live.pids["supervisor"]]
        for pid in tree:
            tree += children(pid)
        assert sorted(tree) == sorted([*live.pids.values(), live.server])


# What each holds, as root sees it.

PLAIN = re.compile(r"(pipe|socket):\[\d+\]|anon_inode:.*")


def only_the_relay_has_the_clients_pipes():
    with Live() as live:
        for role in ROLES:
            held = live.descriptors(role)
            for number in (0, 1):
                has = live.ours(number) in held.values()
                assert has == (role == "relay"), (role, held)


def relay_holds_no_file():
    with Live() as live:
        for fd, what in live.descriptors("relay").items():
            assert PLAIN.fullmatch(what), (fd, what)
        with open(f"/proc/{live.pids['relay']}/environ", "rb") as file:
            assert SECRET.encode() not in file.read()


def keeper_holds_the_log_alone():
    with Live() as live:
        state = os.path.join(live.place.home, ".local/state/stockade")
        files = [what for what in live.descriptors("keeper").values()
                 if not PLAIN.fullmatch(what)]
        if live.group():  # which it removes from there
            files.remove(os.path.dirname(live.group()))
        assert files, "no log"
        for what in files:
            assert what == state or what.startswith(state + "/"), files


def supervisor_holds_no_message():
    """Nothing of the relay's and the server's streams: no pipe but the ends of
    its own (a pulse, records) and standard error; of files, what it watches."""
    with Live(write=True) as live:
        held = live.descriptors("supervisor")
        streams = {os.readlink(f"/proc/{live.server}/fd/{fd}")
                   for fd in (0, 1, 2)}
        assert not streams & set(held.values()), held
        others = [what for what in held.values() if not PLAIN.fullmatch(what)
                  and what not in ("/dev/null", live.place.project)]
        if live.group():  # where the kernel counts its kills
            others.remove(f"{live.group()}/memory.events")
        assert others == [], held


def init_holds_what_it_samples():
    with Live() as live:
        streams = {os.readlink(f"/proc/{live.server}/fd/{fd}")
                   for fd in (0, 1, 2)}
        held = live.descriptors("init")
        assert not streams & set(held.values()), held
        others = {what for what in held.values() if not PLAIN.fullmatch(what)}
        assert others <= {"/proc", "/tmp", "/dev/shm", live.place.home}, held


def server_holds_its_three_pipes():
    with Live() as live:
        folder = f"/proc/{live.server}/fd"
        # The program that it executes opens its libraries for a moment.
        until = time.monotonic() + PATIENCE
        while (held := sorted(os.listdir(folder))) != ["0", "1", "2"]:
            assert time.monotonic() < until, held
            time.sleep(0.01)
        for fd in "012":
            assert stat.S_ISFIFO(os.stat(os.path.join(folder, fd)).st_mode)
            assert os.readlink(os.path.join(folder, fd)) != live.ours(2)


# What each can still do.

# Nothing of these is left to anybody. What some roles must do has a row of
# its own below.
FORBIDDEN = subprocess.run([INJECT, "--list"], capture_output=True, text=True,
                           check=True).stdout.split()
REFUSED = {"EACCES", "EPERM", "ENOSYS", "SIGSYS", "SIGKILL"}
# The supervisor looks at files, and takes away what a dead keeper left.
EXCEPT = {("supervisor", "read-file"): REFUSED | {"ok"},
          ("supervisor", "list-folder"): REFUSED | {"ok"},
          ("supervisor", "unlink"): REFUSED | {"ok"},
          # What an approver is shown; it has nothing else to put into it.
          ("relay", "memfd"): REFUSED | {"ok"},
          # They end the server; what init can reach is the sandbox.
          ("supervisor", "signal"): REFUSED | {"ok"},
          ("init", "signal"): REFUSED | {"ok"}}


VICTIM = "/tmp/stockade-injected"


def inject(pid, act):
    if act in ("unlink", "chmod"):
        with open(VICTIM, "w", encoding="ascii"):
            pass
    done = subprocess.run([INJECT, str(pid), act], capture_output=True,
                          text=True, timeout=30)
    if os.path.exists(VICTIM):
        os.unlink(VICTIM)
    assert done.returncode == 0, (act, done)
    return done.stdout.strip()


def an_act_works_in_a_process_of_no_role(act):
    expected = {"take-descriptor": "EBADF", "io-uring": "EFAULT",
                "keys": "ENOKEY", "trace": "ESRCH"}
    with subprocess.Popen(["sleep", "60"]) as control:
        time.sleep(0.05)
        got = inject(control.pid, act)
        control.kill()
    assert got in ("ok", expected.get(act)), got


def is_refused(role, act):
    with Live() as live:
        got = inject(live.pids[role], act)
        live.session.process.kill()
    assert got in EXCEPT.get((role, act), REFUSED), got


if AS_ROOT:
    for check in (only_the_relay_has_the_clients_pipes, relay_holds_no_file,
                  keeper_holds_the_log_alone, supervisor_holds_no_message,
                  init_holds_what_it_samples, server_holds_its_three_pipes):
        t.add(check.__name__, check)
    for act in FORBIDDEN:
        t.add(f"bare: {act}", an_act_works_in_a_process_of_no_role, act)
        for role in ROLES:
            t.add(f"the {role} is refused: {act}", is_refused, role, act)

t.main()
