#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How a guest's report is judged: what it does not say is no success.

usage: test_judge.py BUILD
"""

import contextlib
import io
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, HERE)

import guest  # noqa: E402
import runner  # noqa: E402

from tap import Script  # noqa: E402

t = Script()
ALL = runner.load_tests(os.path.realpath(sys.argv[1]))
ONE = [{"name": "sandbox/landlock", "passes": ["root"]}]
SKIPS = "".join(f"ok {n} - root: {point} # SKIP no such right\n"
                for n, point in enumerate(guest.expected_skips(), 2))
COUNT = 1 + len(guest.expected_skips())
POINT = "ok 1 - root: sandbox/landlock: a\n"
PLAN = f"# plan: root: sandbox/landlock: {COUNT}\n"
END = f"1..{COUNT}\n"


def judged(report, tests=()):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        status = guest.relay("console\n", report, tests or ONE)
    return status, said.getvalue()


@t.test
def what_is_all_there_is_a_success():
    status, said = judged(POINT + SKIPS + PLAN + END)
    assert status == 0 and "\n1..1\n" in said, said
    assert said.count("# not on this kernel: ") == COUNT - 1, said


@t.test
def a_guest_that_said_nothing_or_stopped_has_failed():
    for report in ("", POINT, POINT + SKIPS + PLAN, "1..0\n"):
        status, said = judged(report)
        assert status == 1 and "did not report how many" in said, said


@t.test
def a_program_without_its_count_has_failed():
    for line in ("", PLAN.replace("root", "user"), PLAN.replace(
            str(COUNT), "0"), PLAN.replace("landlock", "landlocked")):
        status, said = judged(POINT + SKIPS + line + END)
        assert status == 1 and "did not report its plan" in said, said


@t.test
def a_failed_point_is_a_failure():
    status, _ = judged("not " + POINT + SKIPS + PLAN + END)
    assert status == 1


@t.test
def a_point_that_is_skipped_and_not_listed_stays_a_skip():
    _, said = judged(POINT.rstrip() + " # SKIP why\n" + SKIPS + PLAN + END)
    assert "a # SKIP why" in said and "\n1..1\n" in said, said


@t.test
def a_point_that_is_listed_and_not_skipped_has_failed():
    status, said = judged(POINT + SKIPS.replace(" # SKIP", " SKIP") + PLAN + END)
    assert status == 1 and "was not skipped" in said, said


@t.test
def the_list_names_tests_that_there_are():
    chosen = {test["name"]: test for test in guest.listed_tests(ALL)}
    for name in ("guest/cgroup", "guest/kernel", "sandbox/probes"):
        assert chosen[name]["passes"] == ["root", "user"], chosen[name]
    assert chosen["sandbox/root"]["passes"] == ["root"]
    with contextlib.suppress(SystemExit):
        guest.listed_tests([t for t in ALL if t["name"] != "sandbox/probes"])
        raise AssertionError("a test that is not there was not missed")


@t.test
def points_are_chosen_by_name():
    def chosen(*patterns):
        script = Script()
        for name in ("a", "ab", "b"):
            script.add(name, print)
        script.select(patterns)
        return [name for name, _ in script.tests]

    assert chosen("a*") == ["a", "ab"]
    assert chosen("!ab") == ["a", "b"]
    assert chosen("a*", "!ab") == ["a"]
    for pattern in ("c", "!c"):
        with contextlib.suppress(SystemExit), \
                contextlib.redirect_stdout(io.StringIO()):
            chosen(pattern)
            raise AssertionError(f"{pattern} was not missed")


t.main()
