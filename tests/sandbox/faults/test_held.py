#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of a session in which a call is asked for, held, answered
and run fails once: nothing runs that nobody agreed to, what ran stands in the
log with who agreed, and the client has its answers or is told why not.

Usage: test_held.py BUILD [all]

The points are what a trace of a whole session has more than one of a start.
Each fails with one error while the answer is "once", and with another while it
is "deny"; with "all" it is every error with both.
"""

import collections
import errno
import os
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "hostile"))

from errors import ERRORS, NOT_INJECTED, name_of, some_of  # noqa: E402
import lab  # noqa: E402
from askrig import Asking, approver, folder_of_sockets, profile  # noqa: E402
from lab import side_by_side, tap  # noqa: E402
from runrig import BUILD, World  # noqa: E402

FAULT = os.path.join(BUILD, "tests/sandbox/faults/fault")
HOLD = "3s"
ANSWER_S = 10  # longer than a call is held, shorter than the tool's patience
SOCKET_S = 4
TRIES = 3
STARTS = 4
WORKERS = 6  # they wait for each other more than they do
ANSWERS = ("once", "deny")


class Answering(threading.Thread):
    """Whoever is asked: says the same to each question."""

    def __init__(self, world, answer):
        super().__init__(daemon=True)
        self.world, self.what, self.status = world, answer, []
        self.over = threading.Event()
        self.start()

    def run(self):
        path = self.find()
        if not path:
            return
        with approver.Approver(path, channel=approver.PROGRAM,
                               terminal=False) as peer:
            while said := peer.next():
                if said["type"] == "question":
                    peer.command(id=said["id"], answer=self.what)
                if said["type"] == "done":
                    self.status.append(said["status"])

    def find(self):
        folder = folder_of_sockets(self.world)
        deadline = time.monotonic() + SOCKET_S
        while time.monotonic() < deadline and not self.over.is_set():
            sessions = list(self.world.sessions())
            names = os.listdir(folder) if os.path.isdir(folder) else []
            for name in names:
                if sessions and sessions[0].startswith(name):
                    return os.path.join(folder, name)
            time.sleep(0.01)
        return None


class Held:
    """One session under the tool, and all that is left of it."""

    def __init__(self, mode, answer):
        with World() as world:
            profile(world, hold=HOLD)
            report = os.path.join(world.top, "report")
            self.answers = collections.Counter()
            self.fine = set()
            self.converse(world, answer,
                          [FAULT, "-o", report, "-i", "-", *mode, "--"])
            with open(report, encoding="utf-8") as file:
                self.tool = lab.Run(file.read(), self.said)
            self.sessions = list(world.sessions().values())
            self.verified = world.stockade("verify")

    def converse(self, world, answer, wrap):
        with Asking(world, wrap=wrap) as run:
            person = Answering(world, answer)
            run.tool(1)
            run.tool(2, name="free")
            self.listen(run)
            run.hang_up()
            run.wait()
            self.seen = run.seen()
            self.said = run.text()
            person.over.set()
            person.join(ANSWER_S)
            self.stuck = person.is_alive()
            self.status = person.status

    def listen(self, run):
        """Both answers, or the end of the session."""
        deadline = time.monotonic() + ANSWER_S
        while len(self.answers) < 2 and time.monotonic() < deadline:
            try:
                message = run.receive(max(deadline - time.monotonic(), 0.01))
            except AssertionError:
                return
            if message is None:
                return
            if "method" in message or message.get("id") is None:
                continue
            self.answers[message["id"]] += 1
            if message.get("result", {}).get("isError") is not True and \
                    "result" in message:
                self.fine.add(message["id"])

    def why(self):
        """Our lines, but those of any run."""
        return [line for line in self.tool.said if not any(
            usual in line for usual in ("kept back", "needs approval"))]

    def records(self, kind):
        return [r for records in self.sessions for r in records
                if r["type"] == kind]

    def faults(self, answer):
        """What is wrong, in words."""
        found = lab.Lab.leftovers(self.tool)
        agreed = [r for r in self.records("approval.answered")
                  if r["answer"] == answer]
        calls = {r["rpc_id"] for r in self.records("call")}
        if self.verified.returncode != 0:
            found.append(f"verify: {self.verified.stdout}")
        if self.stuck:
            found.append("the approver hangs")
        if answer == "deny" and 1 in self.seen:
            found.append("what was declined ran")
        if 1 in self.seen and len(agreed) != 1:
            found.append(f"ran, and {len(agreed)} answers stand in the log")
        if "taken" in self.status and len(agreed) != 1:
            found.append("an answer that was taken is not in the log")
        found += [f"call {n} is not in the log" for n in self.seen
                  if str(n) not in calls]
        found += [f"{n} was seen {self.seen.count(n)} times"
                  for n in set(self.seen) if self.seen.count(n) > 1]
        found += [f"{n} was answered {times} times"
                  for n, times in self.answers.items() if times > 1]
        found += [f"{n} was answered and not run"
                  for n in self.fine if n not in self.seen]
        if len(self.answers) < 2 and not self.why():
            found.append(f"no answer, and nobody says why: {self.answers}, "
                         f"status {self.tool.end}")
        return found


class Points:
    def __init__(self):
        self.clean = {answer: Held(["trace", "all"], answer)
                      for answer in ANSWERS}
        # A start may be seen to be over too late, but never too early.
        self.starts = [Held(["trace"], "once") for _ in range(STARTS)]
        self.wrong, self.missed = [], []
        self.outcomes = collections.Counter()

    @staticmethod
    def last(calls):
        found = {}
        for process, place, occurrence in calls:
            found[process, place] = max(occurrence,
                                        found.get((process, place), 0))
        return found

    def points(self, answer):
        """(process, place, occurrence), of those after the start."""
        starts = [self.last(held.tool.calls) for held in self.starts]
        return [(process, place, first + k)
                for (process, place), n in
                self.last(self.clean[answer].tool.calls).items()
                for first in [min(s.get((process, place), 0) for s in starts)]
                for k in some_of(n - first)
                if name_of(place) not in NOT_INJECTED]

    def jobs(self, everything):
        for number, answer in enumerate(ANSWERS):
            for point in self.points(answer):
                errors = ERRORS[name_of(point[1])]
                for error in errors if everything else [errors[number]]:
                    yield answer, point, error

    def meet(self, job):
        answer, (process, place, occurrence), error = job
        for _ in range(TRIES):
            held = Held(["inject", process, place, str(occurrence),
                         str(error)], answer)
            if held.tool.hit:
                break
        else:
            self.missed.append(job)
        self.outcomes["ran" if 1 in held.seen else
                      "ended" if held.tool.end else "was answered"] += 1
        for fault in held.faults(answer):
            self.wrong.append(f"{answer}: {process} {place} {occurrence} "
                              f"{errno.errorcode[error]}: {fault} "
                              f"{held.why()}")


def main():
    points = Points()
    script = tap.Script()

    @script.test
    def undisturbed_a_call_is_held_and_answered():
        for answer, held in points.clean.items():
            assert not held.faults(answer), held.faults(answer)
            assert held.tool.end == 0 and not held.why(), held.said
            assert set(held.answers) == {1, 2} and held.status == ["taken"]
            assert (1 in held.seen) == (answer == "once"), held.seen
            assert len(held.records("approval.asked")) == 1

    @script.test
    def every_process_has_points():
        for answer in ANSWERS:
            found = collections.Counter(p[0] for p in points.points(answer))
            print(f"# {answer}: {dict(found)}")
            assert found.keys() >= {"supervisor", "relay", "keeper"}, found

    @script.test
    def every_call_can_fail_or_is_told_why_not():
        unknown = {(process, name_of(place))
                   for held in points.clean.values()
                   for process, place, _ in held.tool.calls
                   if name_of(place) not in ERRORS.keys() | NOT_INJECTED}
        assert not unknown, unknown

    @script.test
    def whatever_fails_nothing_is_approved_by_accident():
        jobs = list(points.jobs(sys.argv[2:] == ["all"]))
        side_by_side(points.meet, jobs, WORKERS)
        print(f"# {len(jobs)} points, of which {len(points.missed)} were not "
              f"met; {dict(points.outcomes)}")
        for line in sorted(points.wrong):
            print(f"# {line}")
        assert not points.wrong, f"{len(points.wrong)} failures"
        assert len(points.missed) <= len(jobs) // 20, points.missed
        assert all(points.outcomes[o] for o in ("ran", "ended",
                                                "was answered"))

    script.main()


if __name__ == "__main__":
    main()
