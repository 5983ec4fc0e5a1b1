#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The harness itself: whatever is not plainly a success counts as failed."""

import tree
import tap
from tap import Script

assert tree.TOP
t = Script()


def counts(text, status=0):
    outcome = tap.parse(text, status)
    return len(outcome.passed), len(outcome.failed), len(outcome.skipped)


@t.test
def passed_failed_and_skipped_points_are_counted():
    text = "1..4\nok 1 - a\nnot ok 2 - b\nok 3 - c # SKIP no kernel\nok 4\n"
    assert counts(text, 1) == (2, 1, 1)


@t.test
def a_program_without_a_plan_has_failed():
    assert counts("") == (0, 1, 0)
    assert counts("ok 1 - a\n") == (1, 1, 0)


@t.test
def a_program_that_stops_early_has_failed():
    assert counts("1..3\nok 1 - a\n") == (1, 1, 0)


@t.test
def a_program_that_crashes_after_its_tests_has_failed():
    assert counts("1..1\nok 1 - a\n", -11) == (1, 1, 0)


@t.test
def a_plan_of_nothing_is_no_success():
    assert counts("1..0\n") == (0, 1, 0)
    assert counts("1..0 # SKIP no such kernel\n") == (0, 0, 1)


@t.test
def two_groups_in_one_program_add_up():
    assert counts("1..1\nok 1 - a\n1..2\nok 1 - b\nok 2 - c\n") == (3, 0, 0)


@t.test
def a_failure_that_is_marked_todo_is_a_failure():
    assert counts("1..1\nnot ok 1 - a # todo later\n", 0) == (0, 1, 0)


@t.test
def what_a_test_prints_in_between_is_no_result():
    assert counts("1..1\nokay then\nnot okay\nok 1 - a\n") == (1, 0, 0)


t.main()
