#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A tool that comes back under another name: seen as that, blocked, and
accepted with the old name's end.

Usage: test_run_pin_rename.py BUILD [NAME…]
"""

import json

import askrig  # noqa: F401: the way to terminal
from pinrig import (Pinned, attach, details, events, one_run, records, show,
                    tool, wait_accepted)
from runrig import STOCKADE, Script, wait_for
from terminal import Terminal

t = Script()
OLD = [tool("t"), tool("good", "Reads."), tool("u", "Writes.")]
NEW = [tool("t"), tool("better", "Reads."), tool("u", "Writes.")]


def diff(world):
    return json.loads(world.stockade("pin", "diff", "--json").stdout)


@t.test
def a_rename_is_recorded_and_blocked(world):
    show(world, tools=OLD)
    one_run(world)
    show(world, tools=NEW)
    with Pinned(world) as run:
        assert run.names() == ["t", "u"]
        assert run.try_tool("better").startswith("-32602")
        run.end(0)
    run.expect_line("the tool better is one that was accepted under another")
    [changed] = records(world, "pin.changed")
    assert changed["name"] == "better" and changed["fields"] == ["name"]
    assert changed["detail"] == "was called good", changed
    first = {r["name"]: r["new"] for r in records(world, "pin.first")}
    assert changed["old"] == first["good"]
    [_] = [r for r in records(world, "anomaly") if r["kind"] == "pin"]
    [found] = diff(world)
    assert found["renamed_from"] == "good" and found["fields"] == ["name"]
    assert found["old"] == OLD[1] and found["new"] == NEW[1]
    text = world.stockade("pin", "diff").stdout
    assert "  tool better (renamed from good)\n    name\n" in text, text
    # Back under the old name it is nothing, and so is the rename.
    show(world, tools=OLD)
    assert one_run(world) == (OLD, "fine")
    assert [d["renamed_from"] for d in diff(world)] == [None]


def accepted(world):
    """With the new name the old one has ended, for good."""
    assert ("retired", "tool", "good") in events(world) or not [
        e for e in events(world) if e[2] == "good"], events(world)
    assert diff(world) == []
    assert one_run(world) == (NEW, "fine")
    show(world, tools=NEW + [tool("good", "Reads.")])
    with Pinned(world) as run:
        assert run.names() == ["t", "better", "u"]
        assert run.try_tool("good").startswith("-32602")
        assert run.try_tool("better") == "fine"
        run.end(0)


@t.test
def who_accepts_it_in_a_session_retires_the_old_name(world):
    show(world, tools=OLD)
    one_run(world)
    show(world, tools=NEW)
    with Pinned(world) as run:
        assert run.names() == ["t", "u"]
        with attach(world) as who:
            asked = who.until("question", name="tool better")
            run.expect_line("it is new: renamed from good")
            shown = details(asked)
            assert shown["renamed_from"] == "good", shown
            assert shown["old"] == OLD[1] and shown["new"] == NEW[1], shown
            assert who.answer(asked["id"], "once")["status"] == "taken"
            wait_accepted(run)
        assert run.names() == ["t", "better", "u"]
        run.end(0)
    accepted(world)


@t.test
def who_accepts_it_later_retires_the_old_name(world):
    show(world, tools=OLD)
    one_run(world)
    show(world, tools=NEW)
    one_run(world)
    with Terminal(world, STOCKADE, "pin", "accept") as seen:
        seen.expect("renamed from good")
        seen.expect("Type yes: ")
        seen.type("yes\r")
        assert seen.wait() == 0, seen.text
    accepted(world)


@t.test
def over_pages_it_is_seen_at_the_end(world):
    for size in 1, 2, 3:
        show(world, tools=OLD, pages=size)
        words = ["--tenant", f"p{size}"]
        one_run(world, *words)
        # What moves to another page was not renamed.
        moved = [OLD[1], OLD[2], tool("v", "Says."), OLD[0]]
        show(world, tools=moved, pages=size)
        assert one_run(world, *words)[1] == "fine"
        found = json.loads(world.stockade(
            "pin", "diff", "--json", *words).stdout)
        assert [d["renamed_from"] for d in found] == [None], found
        show(world, tools=list(reversed(NEW)), pages=size)
        one_run(world, *words)
        found = json.loads(world.stockade(
            "pin", "diff", "--json", *words).stdout)
        assert {d["name"]: d["renamed_from"] for d in found} == {
            "v": None, "better": "good"}, found


@t.test
def a_rename_is_seen_before_a_call_without_a_list(world):
    show(world, tools=OLD)
    one_run(world)
    show(world, tools=NEW)
    with Pinned(world) as run:
        assert run.try_tool("better").startswith("-32602")
        wait_for(lambda: "under another name" in run.text(), "the line")
        run.end(0)
    assert [d["renamed_from"] for d in diff(world)] == ["good"]


t.main()
