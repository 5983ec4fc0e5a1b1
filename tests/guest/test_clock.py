#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A clock that steps while calls are held: only an emulated machine's can be
set. Nothing is let go of, forgotten or approved by it, and the log tells.

usage: test_clock.py BUILD [NAME...]
"""

import os
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "hostile"))

import runrig  # noqa: E402
from askrig import WAITING, Asking, profile, text, wait_for  # noqa: E402
from runrig import Script, is_fine  # noqa: E402

DAYS = 10 * 86400
# One clock for all, and nobody else's test while it is wrong.
runrig.PARALLEL = 1
t = Script()


class Clock:
    """The machine's clock; at the end it is right again."""

    def __enter__(self):
        self.real, self.since = time.time(), time.monotonic()
        return self

    def set(self, ahead):
        time.clock_settime(time.CLOCK_REALTIME, self.real + ahead
                           + time.monotonic() - self.since)

    def __exit__(self, *unused):
        self.set(0)


def steps(world):
    """What the log says of the clock, with the days that it says."""
    return [r["reason"] for r in world.records()
            if r["type"] == "anomaly" and r["kind"] == "clock"]


def told(world, count):
    wait_for(lambda: len(steps(world)) == count, f"step {count} in the log")


@t.test
def what_is_held_stays_held_and_can_be_answered(world):
    profile(world, hold="30m")
    with Clock() as clock, Asking(world) as run, run.approver() as peer:
        run.tool(1)
        peer.until("question")
        for count, ahead in enumerate((DAYS, -DAYS, 0), 1):
            clock.set(ahead)
            run.tool(10 + count, name="free")
            assert is_fine(run.got(10 + count))
            told(world, count)
            assert 1 not in run.seen()
            time.sleep(1.1)  # not more than one step a second is told
        assert not run.notes or all("id" not in n for n in run.notes)
        assert peer.answer(1, "once")["status"] == "taken"
        assert is_fine(run.got(1))
        run.end(0)
    said = steps(world)
    assert [s.split(" by ")[0].split()[-1] for s in said] == [
        "forward", "back", "forward"], said
    assert [round(int(s.split()[-2]) / DAYS) for s in said] == [1, 2, 1], said
    world.verify()


@t.test
def a_clock_set_back_holds_nothing_longer(world):
    profile(world, hold="2s")
    with Clock() as clock, Asking(world) as run, run.approver() as peer:
        run.tool(1)
        peer.until("question")
        clock.set(-DAYS)
        assert text(run.got(1)) == WAITING
        # What is agreed to is found by the retry, whatever the day.
        assert peer.answer(1, "once")["status"] == "taken"
        clock.set(DAYS)
        run.tool(2)
        assert is_fine(run.got(2)) and run.seen() == [2]
        run.end(0)
    world.verify()


@t.test
def control_without_a_step_there_is_none_in_the_log(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, name="free")
        assert is_fine(run.got(1))
        run.end(0)
    assert steps(world) == []


t.main()
