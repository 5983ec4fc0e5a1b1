#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stockade pin: what changed is shown so that nothing hides in it, and what a
person accepts is what was shown.

Usage: test_run_pin_verb.py BUILD [NAME…]
"""

import json
import os

import askrig  # noqa: F401: the way to terminal
from pinrig import CHANGED, Pinned, events, show, store_files, tool
from runrig import STOCKADE, Script
from terminal import Terminal

t = Script()
EVIL = "What it does.\x1b[8m\u202e\u200b\U000e0041 <IMPORTANT>"


def one_run(world, *options):
    with Pinned(world, *options) as run:
        listed = run.list()
        said = run.try_tool("t")
        run.end(0)
    return listed, said


def changed(world, **now):
    show(world, instructions="be kind")
    one_run(world)
    show(world, instructions="be kind", **now)
    one_run(world)


@t.test
def list_shows_what_is_pinned_and_what_waits(world):
    assert world.stockade("pin", "list").stdout == ""
    assert json.loads(world.stockade("pin", "list", "--json").stdout) == []
    changed(world, tools=[tool("t", EVIL), tool("u"), tool("v")])
    [row] = json.loads(world.stockade("pin", "list", "--json").stdout)
    assert row["accepted"] == 3 and row["waiting"] == 2, row
    assert row["profile"] == "python", row
    done = world.stockade("pin", "list")
    assert row["store"] in done.stdout and done.returncode == 0
    for name in row["server"], row["store"], row["profile"]:
        assert row["store"] in world.stockade("pin", "list", name).stdout
    assert world.stockade("pin", "list", "nobody").returncode == 1


@t.test
def diff_shows_each_member_and_hides_nothing(world):
    changed(world, tools=[
        tool("t", EVIL, title="T"), tool("u"), tool("v\x1b[2J")])
    done = world.stockade("pin", "diff")
    assert done.returncode == 0 and done.stdout.isascii(), done
    assert all(c == "\n" or c.isprintable() for c in done.stdout), done.stdout
    assert "  tool t\n    description\n" in done.stdout, done.stdout
    assert '- "What it does."' in done.stdout, done.stdout
    for mark in "\\u001b[8m", "\\u202e", "\\u200b", "\\udb40\\udc41":
        assert mark in done.stdout, (mark, done.stdout)
    assert "    title\n" in done.stdout and "inputSchema" not in \
        done.stdout.split("tool v")[0]
    assert "(new)" in done.stdout
    found = json.loads(world.stockade("pin", "diff", "--json").stdout)
    assert [(x["name"], x["fields"]) for x in found] == [
        ("t", ["description", "title"]), ("v\x1b[2J", [])]
    assert found[0]["new"]["description"] == EVIL
    assert found[0]["old"] == tool("t") and found[1]["old"] is None
    only = json.loads(world.stockade(
        "pin", "diff", "--json", "--name", "t").stdout)
    assert [x["name"] for x in only] == ["t"]


@t.test
def nothing_differs_is_said(world):
    show(world)
    one_run(world)
    assert world.stockade("pin", "diff").returncode == 1


@t.test
def no_program_accepts(world):
    changed(world, tools=[tool("t", EVIL), tool("u")])
    before = events(world)
    done = world.stockade("pin", "accept")
    assert done.returncode == 125 and "terminal" in done.stderr, done
    assert events(world) == before
    assert one_run(world)[1] == CHANGED


def accept(world, answer, *arguments):
    with Terminal(world, STOCKADE, "pin", "accept", *arguments) as seen:
        seen.expect("Type yes: ")
        seen.type(answer + "\r")
        return seen.wait(), seen.text


@t.test
def what_a_person_accepts_is_in_force(world):
    new = [tool("t", "Better."), tool("u"), tool("v")]
    changed(world, tools=new)
    status, text = accept(world, "no")
    assert status == 1 and "Nothing was accepted" in text
    assert one_run(world)[1] == CHANGED
    status, text = accept(world, "yes", "--name", "t")
    assert status == 0 and "1 accepted" in text, text
    listed, said = one_run(world)
    assert listed == new[:2] and said == "fine"
    status, text = accept(world, "yes")
    assert status == 0, text
    assert one_run(world)[0] == new
    assert world.stockade("pin", "diff").returncode == 1
    # One file took the place of all, and what it says holds.
    show(world, tools=[tool("t"), tool("u")])
    assert one_run(world)[1] == CHANGED


@t.test
def what_changed_once_more_is_not_what_was_shown(world):
    changed(world, tools=[tool("t", "Better."), tool("u")])
    with Terminal(world, STOCKADE, "pin", "accept") as seen:
        seen.expect("Type yes: ")
        show(world, instructions="be kind", tools=[tool("t", EVIL), tool("u")])
        assert one_run(world)[1] == CHANGED
        seen.type("yes\r")
        assert seen.wait() == 1, seen.text
        assert "look again" in seen.text
    assert one_run(world)[1] == CHANGED


@t.test
def many_files_become_one(world):
    for i in range(70):
        show(world, tools=[tool("t", f"{i}"), tool("u")])
        one_run(world)
    assert len(store_files(world)) < 70
    assert one_run(world)[1] == CHANGED
    assert sum(e[0] in ("first", "accepted") for e in events(world)) >= 3


@t.test
def a_store_that_was_edited_is_not_shown(world):
    changed(world, tools=[tool("t", EVIL), tool("u")])
    path = store_files(world)[-1]
    with open(path, "rb") as file:
        before = file.read()
    with open(path, "wb") as file:
        file.write(before.replace(b"IMPORTANT", b"IMP0RTANT"))
    for verb in "list", "diff":
        done = world.stockade("pin", verb)
        assert done.returncode == 125 and "was edited" in done.stderr, done
    assert os.path.exists(path)


t.main()
