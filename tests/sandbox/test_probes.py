#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every escape probe, bare and wrapped, side by side.

usage: test_probes.py STOCKADE PROBE

A probe that does not do bare what its row names proves nothing, so that is a
failure as well; and nothing may reach a listener of the outside.
"""

import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                "..", "lib"))

from tap import Script  # noqa: E402

STOCKADE, PROBE = map(os.path.realpath, sys.argv[1:3])
PATIENCE = 300
NEVER = "never"
t = Script()


class Row:
    """One line of the table: what is expected of whom."""

    def __init__(self, line):
        self.name, self.area, *rest = line.split("\t")
        root, user, wrapped_root, wrapped_user = map(str.split, rest)
        as_root = os.geteuid() == 0
        self.bare = root if as_root else user
        self.wrapped = wrapped_root if as_root else wrapped_user


class Run:
    """The probes' results and what came to the listeners in one run."""

    def __init__(self, command):
        done = subprocess.run(
            [PROBE, "--outside", *command], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE,
            errors="backslashreplace")
        self.status, self.said = done.returncode, done.stderr
        self.results = dict(line.split(" ", 1) for line in
                            done.stderr.splitlines() if line.count(" ") == 1)
        self.reached = {}
        for line in done.stdout.splitlines():
            word, name, count = line.split()
            assert word == "reached", line
            self.reached[name] = int(count)


def fits(result, expected):
    words = [word.split("!") for word in expected]
    return result is not None and any(
        word[0] in (result, "any") and not
        (word[1:] and os.path.exists(word[1])) for word in words)


def judge(row, bare, wrapped):
    got = bare.results.get(row.name), wrapped.results.get(row.name)
    assert row.bare == [NEVER] or fits(got[0], row.bare), \
        f"bare it is {got[0]}, expected {' or '.join(row.bare)}"
    assert fits(got[1], row.wrapped), \
        f"wrapped it is {got[1]}, expected {' or '.join(row.wrapped)}"


def ran_to_its_end(run):
    assert run.status == 0, f"status {run.status}: {run.said}"


def does_reach(run, name):
    assert run.reached[name] > 0, run.reached


def does_not_reach(run, name):
    assert run.reached[name] == 0, run.reached


def main():
    table = subprocess.run([PROBE, "--table"], check=True,
                           capture_output=True, text=True).stdout
    rows = [Row(line) for line in table.splitlines()]
    bare = Run([PROBE])
    wrapped = Run([STOCKADE, "run", "--", PROBE])
    for run in (bare, wrapped):
        if not run.results:
            print(f"Bail out! no probe ran: {run.said!r}")
            sys.exit(1)
    t.add("the bare run ends well", ran_to_its_end, bare)
    t.add("the wrapped run ends well", ran_to_its_end, wrapped)
    for name in bare.reached:
        t.add(f"bare, something reaches {name}", does_reach, bare, name)
        t.add(f"wrapped, nothing reaches {name}", does_not_reach, wrapped,
              name)
    for row in rows:
        t.add(f"{row.area}: {row.name}: bare {bare.results.get(row.name)}, "
              f"wrapped {wrapped.results.get(row.name)}",
              judge, row, bare, wrapped)
    t.main()


main()
