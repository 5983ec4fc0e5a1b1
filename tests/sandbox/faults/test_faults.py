#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of start-up fails once, with two errors: the server is
confined as in a clean start, or it is not started and stderr says why.

Usage: test_faults.py BUILD

The list of calls is a trace of a clean start. A call that errors.py does not
know fails the test: whoever adds one to start-up says there how it can fail.
"""

import collections
import errno
import re
import sys

from errors import ERRORS, NOT_INJECTED, name_of, some_of
from lab import Lab, side_by_side, tap

# Where less than in a clean run is no weakness: (process, call), the errors,
# what the facts that are missing and those that are new must look like, why.
LESS = [
    ("relay", {"write", "poll"}, None, r".*", None,
     "one line of the server's standard error is not shown"),
    ("init", {"openat"}, {errno.EACCES}, r"memfd_noexec 1", r"memfd_noexec 0",
     "/proc/sys is read-only in many containers; the filter refuses the same"),
    ("supervisor", {"mount_setattr"}, {errno.EPERM},
     r"mount .*,idmapped .*|(open|owner) r[ow] .*",
     r"mount (?!.*idmapped).*|open r[ow] .* EACCES|owner r[ow] .*",
     "an id map may be forbidden: then the server can read less there, and a "
     "line says so"),
    ("supervisor", {"newfstatat", "readlink"}, {errno.EACCES}, r"mount /etc/.*",
     None, "what of /etc cannot be read outside is not there inside"),
]

# What the dynamic loader, or libc in a static program, does before the program
# begins: one that is not loaded starts nothing, and what is said then is
# theirs.
LOADER = {"access", "arch_prctl", "brk", "close", "fstat", "mmap", "mprotect",
          "munmap", "newfstatat", "openat", "pread64", "prlimit64", "read",
          "readlink",
          "rseq", "set_robust_list", "set_tid_address", "getrandom"}

# The kernel has the first process of a namespace that ends ignore SIGCHLD.
DYING_INIT = "init SigIgn:\t0000000000010000"
ALL_TOLD = "FACT end all told"
PROCESSES = {"supervisor", "init", "server", "keeper", "relay"}
REFUSALS = (125, 126, 127)
TRIES = 4  # of a point that a run did not come by


class Faults:
    def __init__(self, lab):
        self.lab = lab
        self.command = lab.facts_command()
        self.clean = [self.lab.run(["trace"], self.command) for _ in range(3)]
        self.own = sorted(self.clean[0].own)
        self.facts = sorted(self.clean[0].facts)
        self.notes = {line for run in self.clean for line in run.said}
        self.missed, self.wrong, self.done = [], [], collections.Counter()
        self.outcomes = collections.Counter()

    def points(self):
        last = {}
        for process, place, occurrence in self.clean[0].calls:
            if name_of(place) not in NOT_INJECTED:
                last[process, place] = occurrence
        return [(process, place, k, number)
                for (process, place), n in last.items() for k in some_of(n)
                for number in ERRORS.get(name_of(place), ())]

    def refused(self, run):
        if run.facts or run.executed:
            return "the server ran"
        if run.end not in REFUSALS:
            return f"status {run.end}"
        if not self.why(run):
            return "no line says why"
        return None

    def why(self, run):
        return [line for line in run.said if line not in self.notes]

    def confined(self, run):
        """As in the clean run; or ended, with a line, while it was."""
        if not run.executed:
            return "the server did not start"
        if sorted(run.own) == self.own and sorted(run.facts) == self.facts \
                and (run.end == 0 or self.why(run)):
            return None
        own = [line for line in run.own if line != DYING_INIT]
        for clean, found in (self.own, own), (self.facts, run.facts):
            if collections.Counter(found) - collections.Counter(clean):
                return self.difference(clean, found)
        if run.end == 0 or not self.why(run):
            return f"ended with {run.end}: " + \
                self.difference(self.own + self.facts, run.own + run.facts)
        return None

    @staticmethod
    def difference(clean, other):
        gone, new = collections.Counter(clean), collections.Counter(other)
        return f"gone {list((gone - new))[:9]} new {list((new - gone))[:9]}"

    def less(self, run, point):
        """Whether the difference is one of those in LESS."""
        process, place, _, number = point
        gone, new = (sorted((a - b).elements()) for a, b in self.both(run))
        for of, calls, errors, lost, found, _ in LESS:
            if of == process and name_of(place) in calls and \
                    (errors is None or number in errors) and \
                    all(re.fullmatch(f"FACT ({lost})", g) for g in gone) and \
                    all(found and re.fullmatch(f"FACT ({found})", n)
                        for n in new):
                return run.end == 0 and (len(gone) == 1 or self.why(run))
        return False

    def both(self, run):
        clean = collections.Counter(self.facts)
        other = collections.Counter(run.facts)
        return (clean, other), (other, clean)

    def judge(self, run, point):
        no, yes = self.refused(run), self.confined(run)
        if yes is not None and sorted(run.own) == self.own and \
                self.less(run, point):
            yes = None
        if no is None or yes is None:
            self.outcomes["refused" if no is None else "confined"] += 1
            return run.faults
        return run.faults + [f"neither refused ({no}) nor confined ({yes})"]

    def inject(self, point):
        process, place, occurrence, number = point
        for _ in range(TRIES):
            run = self.lab.run(["inject", process, place, str(occurrence),
                                str(number)], self.command)
            if run.hit:
                break
        else:
            self.missed.append(point)
            return
        self.done[process, name_of(place)] += 1
        for fault in self.judge(run, point):
            self.wrong.append((f"{process} {place} {occurrence} "
                               f"{errno.errorcode[number]}: {fault}",
                               self.why(run)))


def main():
    lab = Lab(sys.argv[1])
    faults = Faults(lab)
    script = tap.Script()

    @script.test
    def a_clean_start_is_the_same_each_time():
        for run in faults.clean:
            assert run.end == 0 and not run.faults, \
                (run.end, run.faults, run.text)
            assert run.facts[-1] == ALL_TOLD, run.text
            assert sorted(run.facts) == faults.facts, \
                faults.difference(faults.facts, run.facts)
            assert sorted(run.own) == faults.own, \
                faults.difference(faults.own, run.own)

    @script.test
    def every_process_is_in_the_trace():
        seen = {process.rstrip("0123456789")
                for process, _, _ in faults.clean[0].calls}
        assert seen - {"holder"} == PROCESSES, seen

    @script.test
    def every_call_can_fail_or_is_told_why_not():
        calls = {(process, name_of(place)) for run in faults.clean
                 for process, place, _ in run.calls}
        unknown = sorted(call for call in calls
                         if call[1] not in ERRORS.keys() | NOT_INJECTED.keys())
        assert not unknown, f"neither in ERRORS nor in NOT_INJECTED: {unknown}"
        loader = {name_of(line.split()[1]) for line in faults.clean[0].loader}
        assert loader <= LOADER, loader - LOADER

    @script.test
    def each_failure_is_refused_or_changes_nothing():
        assert all(run.end == 0 for run in faults.clean), "no clean start"
        points = faults.points()
        side_by_side(faults.inject, points)
        print(f"# {lab.runs} runs; {len(points)} points, of which "
              f"{len(points) - len(faults.missed)} were met; "
              f"{dict(faults.outcomes)}")
        for fault, why in sorted(faults.wrong):
            print(f"# {fault}")
            for line in why:
                print(f"#     {line}")
        assert not faults.wrong, f"{len(faults.wrong)} failures"
        assert all(faults.outcomes[o] > 100 for o in ("refused", "confined"))

    @script.test
    def every_call_of_the_trace_failed_once():
        wanted = {(process, name_of(place))
                  for process, place, _ in faults.clean[0].calls
                  if name_of(place) not in NOT_INJECTED}
        never = sorted(call for call in wanted if faults.done[call] == 0)
        for point in faults.missed:
            print(f"# not met in {TRIES} runs: {point}")
        assert not never, never
        assert len(faults.missed) <= len(faults.points()) // 50

    @script.test
    def nothing_is_left_on_the_host():
        assert not lab.host_faults(), lab.host_faults()

    try:
        script.main()
    finally:
        lab.close()


if __name__ == "__main__":
    main()
