#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The supervisor dies, or is told to end, at many points of start-up and run:
nothing is left, and the log is whole or says that it was cut short.

Usage: test_lifetime.py BUILD

The points are system calls by number, of every process, spread over a trace of
a whole session; at each the supervisor gets SIGKILL, SIGTERM or SIGINT, or its
input ends, the moment before the call is made.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from lab import Lab, side_by_side, tap

EVENTS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM,
          "SIGINT": signal.SIGINT, "end of file": 0}
RUNS_EACH = 50
DISTINCT = 20
OURS = ("relay", "init", "keeper")
ANSWER_S = 20


def requests():
    def line(**message):
        return json.dumps({"jsonrpc": "2.0", **message},
                          separators=(",", ":")) + "\n"

    first = line(id=1, method="initialize", params={
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}})
    calls = [line(id=n, method="tools/call", params={
        "name": "read", "arguments": {"n": n}}) for n in range(2, 12)]
    return first + line(method="notifications/initialized") + "".join(calls)


def spread(points, n, phase):
    """@n of them, evenly; others for each phase from 0 to 1."""
    step = len(points) / max(n, 1)
    return [points[int((i + phase) * step)] for i in range(n)]


class Lifetime:
    def __init__(self, lab):
        self.lab = lab
        self.input = os.path.join(lab.work, "input")
        with open(self.input, "w") as out:
            out.write(requests())
        self.clean = self.run(["trace", "all"])
        calls = self.clean.calls
        self.early = set(calls[:len(calls) * 9 // 10])
        self.hits, self.wrong, self.statuses = set(), [], {}

    def run(self, mode, *arguments):
        return self.lab.run(mode, self.lab.live_command(*arguments),
                            ["-i", self.input])

    def points(self, phase):
        """Each process has its share: theirs are not of equal length."""
        by_process = {}
        for call in self.clean.calls:
            by_process.setdefault(call[0].rstrip("0123456789"), []).append(call)
        share = RUNS_EACH // len(by_process)
        chosen = [p for calls in by_process.values()
                  for p in spread(calls, min(share, len(calls)), phase)]
        return chosen + spread(by_process["supervisor"],
                               RUNS_EACH - len(chosen), phase / 2)

    def meet(self, job):
        event, point = job
        process, place, occurrence = point
        # A server that ends with its input would hide that nobody killed it;
        # that input ends in the last calls of a session anyway.
        stay = ["stay"] * (event == "SIGKILL" and point in self.early)
        run = self.run(["kill", process, place, str(occurrence),
                        str(int(EVENTS[event]))], *stay)
        if run.hit:
            self.hits.add((event, process, place, occurrence))
        faults = list(run.faults)
        if event == "SIGKILL" and run.hit and run.end != -signal.SIGKILL:
            faults.append(f"survived SIGKILL: {run.end}")
        if event != "SIGKILL" and run.end < 0 and \
                -run.end != EVENTS[event]:
            faults.append(f"ended by signal {-run.end}")
        self.statuses.setdefault(event, set()).add(run.end)
        self.wrong += [f"{event} at {process} {place} {occurrence}: {fault}"
                       for fault in faults]


class Session:
    """A session that is under way, without the tool: its parts by name."""

    def __init__(self, lab):
        self.lab = lab
        self.folder = tempfile.mkdtemp(prefix="session.", dir=lab.work)
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.state)
        self.err = open(os.path.join(self.folder, "said"), "w+b")
        self.process = subprocess.Popen(
            lab.live_command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.err, cwd=lab.work, env=lab.environment(self.state))
        self.process.stdin.write(requests().encode())
        self.process.stdin.flush()
        for _ in range(11):
            assert self.process.stdout.readline(), "no answer"
        self.parts = dict(zip(OURS, self.children(self.process.pid)))

    @staticmethod
    def children(pid):
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return [int(child) for child in children.read().split()]

    def said(self):
        self.err.seek(0)
        return self.err.read().decode(errors="backslashreplace")

    def wait(self):
        """The status, once every process that had our end of stderr is gone."""
        self.process.stdout.read()
        status = self.process.wait(ANSWER_S)
        self.process.stdin.close()
        return status

    def gone(self):
        """None of the processes of this run is there after a while."""
        for _ in range(40):
            left = [f for f in self.lab.host_faults()]
            if not left:
                return []
            time.sleep(0.1)
        return left

    def verify(self):
        done = subprocess.run(
            [self.lab.stockade, "verify"], capture_output=True, text=True,
            env=self.lab.environment(self.state))
        return done.returncode, done.stdout + done.stderr

    def close(self):
        self.err.close()


def part_dies(lab, part):
    session = Session(lab)
    os.kill(session.parts[part], signal.SIGKILL)
    status = session.wait()
    said = session.said()
    assert status == 125, (status, said)
    assert "ended unexpectedly" in said, said
    assert not session.gone(), session.gone()
    status, text = session.verify()
    assert status == 0, text
    session.close()


def both_die(lab):
    session = Session(lab)
    os.kill(session.process.pid, signal.SIGSTOP)
    os.kill(session.parts["keeper"], signal.SIGKILL)
    os.kill(session.process.pid, signal.SIGKILL)
    assert session.wait() == -signal.SIGKILL
    # An empty cgroup and a dead socket may be left, which the next start
    # sweeps; no process.
    left = [f for f in session.gone()
            if not f.startswith(("cgroup: ", "socket: "))]
    assert not left, left
    status, text = session.verify()
    assert status == 0 and "cut short" in text, text
    again = subprocess.run(
        [lab.stockade, "run", "--", "/bin/true"], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, cwd=lab.work,
        env=lab.environment(session.state))
    assert again.returncode == 0, again.stderr
    assert not session.gone(), session.gone()
    status, text = session.verify()
    assert status == 0, text
    session.close()


def no_socket_of_a_keeper_that_did_not_come_to_listen(lifetime):
    """Killed before its socket has its name; nobody sweeps that one soon."""
    point, = [c for c in lifetime.clean.calls
              if c[0] == "keeper" and c[1].startswith("renameat:")]
    run = lifetime.run(["kill-it", *map(str, point), str(int(signal.SIGKILL))])
    assert run.hit and run.end == 125 and not run.faults, \
        (run.hit, run.end, run.faults)
    assert not lifetime.lab.sockets(), lifetime.lab.sockets()


def main():
    lab = Lab(sys.argv[1])
    lifetime = Lifetime(lab)
    script = tap.Script()

    @script.test
    def a_session_that_nobody_disturbs_leaves_nothing():
        assert lifetime.clean.end == 0 and not lifetime.clean.faults, \
            (lifetime.clean.end, lifetime.clean.faults, lifetime.clean.text)

    for number, event in enumerate(EVENTS):
        def at_every_point(event=event, phase=number / len(EVENTS)):
            points = lifetime.points(phase)
            assert len(points) == RUNS_EACH
            before = len(lifetime.wrong)
            side_by_side(lifetime.meet, [(event, p) for p in points])
            wrong = lifetime.wrong[before:]
            for line in wrong:
                print(f"# {line}")
            print(f"# statuses: {sorted(lifetime.statuses[event])}")
            assert not wrong, len(wrong)
        script.add(f"{event.replace(' ', '_')}_at_any_point_leaves_nothing",
                   at_every_point)

    @script.test
    def enough_points_were_met():
        places = {hit[1:] for hit in lifetime.hits}
        numbers = {hit[2].split(":")[0] for hit in lifetime.hits}
        print(f"# {len(lifetime.hits)} of {RUNS_EACH * len(EVENTS)} runs met "
              f"their point; {len(places)} distinct points, "
              f"{len(numbers)} distinct system calls: "
              f"{' '.join(sorted(numbers))}")
        assert len(places) >= DISTINCT
        assert len(lifetime.hits) >= RUNS_EACH * len(EVENTS) * 9 // 10

    for part in OURS:
        script.add(f"a_session_whose_{part}_is_killed_ends_with_a_line",
                   part_dies, lab, part)
    script.add("a_keeper_killed_before_it_listens_leaves_no_socket",
               no_socket_of_a_keeper_that_did_not_come_to_listen, lifetime)
    script.add("what_a_kill_of_supervisor_and_keeper_leaves_is_swept",
               both_die, lab)

    @script.test
    def nothing_is_left_on_the_host():
        assert not lab.host_faults(), lab.host_faults()

    try:
        script.main()
    finally:
        lab.close()


if __name__ == "__main__":
    main()
