# SPDX-License-Identifier: Apache-2.0
"""Reading and writing TAP, the one language of all test programs here."""

import fnmatch
import os
import re
import sys
import traceback
from dataclasses import dataclass, field

POINT = re.compile(
    r"(?P<result>ok|not ok)\b *(?P<number>\d+)?(?: *- *| +)?"
    r"(?P<name>.*?)(?: *# *(?P<directive>skip|todo)\b(?P<why>.*))?$", re.I)
PLAN = re.compile(r"1\.\.(?P<count>\d+)(?: *# *skip\b(?P<why>.*))?$", re.I)


WHY_MAX = 400  # of an error's last line, beside the test that it ended


@dataclass
class Outcome:
    """What one test program came to."""

    passed: list = field(default_factory=list)
    failed: list = field(default_factory=list)
    skipped: list = field(default_factory=list)

    def fail(self, what):
        self.failed.append(what)


def parse(text, status):
    """The outcome of a program that printed text and ended with status.

    A program that ends early, prints no plan, or runs other tests than it
    planned has failed, whatever its lines say: silence is no success.
    """
    outcome = Outcome()
    points = planned = plans = 0
    for line in text.splitlines():
        if line.startswith("Bail out!"):
            outcome.fail(line)
            continue
        plan = PLAN.match(line)
        if plan:
            plans += 1
            planned += int(plan["count"])
            if planned == 0 and plan["why"] is not None:
                outcome.skipped.append(plan["why"].strip() or "all")
            continue
        point = POINT.match(line)
        if point:
            points += 1
            take_point(outcome, point)
    if plans == 0:
        outcome.fail("printed no plan")
    elif points != planned:
        outcome.fail(f"planned {planned} tests, reported {points}")
    elif planned == 0 and not outcome.skipped:
        outcome.fail("planned no test at all")
    if status != 0 and not outcome.failed:
        outcome.fail(f"ended with status {status}")
    return outcome


def take_point(outcome, point):
    directive = (point["directive"] or "").lower()
    if directive == "skip":
        told = (point["name"].strip(), point["why"].strip())
        outcome.skipped.append(": ".join(word for word in told if word))
    elif point["result"].lower() == "ok":
        outcome.passed.append(point["name"])
    elif directive != "todo":
        outcome.fail(point["name"])
    else:
        outcome.fail(f"{point['name']} (todo counts as failed)")


class Skip(Exception):
    """Raised by a test that cannot run here; its text says why."""


class Script:
    """A test program in Python: functions become test points.

        t = Script()

        @t.test
        def an_oversized_frame_is_denied():
            assert ...

        t.main()

    TAP_ONLY in the environment, a pattern a line, runs some of them only, or
    all but those with a "!" before; a pattern that fits none is a failure.
    """

    def __init__(self):
        self.tests = []

    def test(self, function):
        self.tests.append((function.__name__, function))
        return function

    def add(self, name, function, *args):
        self.tests.append((name, lambda: function(*args)))

    def skip_all(self, why):
        print(f"1..0 # SKIP {why}")
        sys.exit(0)

    def select(self, patterns):
        chosen = {True: set(), False: set()}
        for pattern in patterns:
            found = fnmatch.filter([name for name, _ in self.tests],
                                   pattern.removeprefix("!"))
            if not found:
                print(f"Bail out! no test is called {pattern}")
                sys.exit(1)
            chosen[not pattern.startswith("!")].update(found)
        self.tests = [
            test for test in self.tests if test[0] not in chosen[False]
            and (test[0] in chosen[True] or not chosen[True])]

    def main(self):
        sys.stdout.reconfigure(line_buffering=True, errors="backslashreplace")
        if os.environ.get("TAP_ONLY"):
            self.select(os.environ["TAP_ONLY"].splitlines())
        print(f"1..{len(self.tests)}")
        bad = 0
        for number, (name, function) in enumerate(self.tests, 1):
            try:
                function()
            except Skip as skip:
                print(f"ok {number} - {name} # SKIP {skip}")
                continue
            except Exception:  # whatever it was, it is this test's
                bad += 1
                why = traceback.format_exc().splitlines()
                for line in why:
                    print(f"# {line}")
                last = why[-1][:WHY_MAX].replace("#", "")  # no directive
                print(f"not ok {number} - {name}: {last}")
                continue
            print(f"ok {number} - {name}")
        sys.exit(1 if bad else 0)
