#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that need an operation token: without one nothing is run, and nothing
that a message carries takes its place.

Usage: test_run_token.py BUILD [NAME…]
"""

import json
import os

from askrig import Asking, profile, text
from runrig import Script, is_fine

t = Script()

NEEDED = ("Not run: only the user can permit this, one time, outside this "
          "conversation.")


def call_records(world, tool):
    return [r for r in world.records()
            if r["type"] == "call" and r.get("tool") == tool]


@t.test
def a_call_that_needs_a_token_and_has_none_is_refused_and_listed(world):
    profile(world, tools={"token": ["merge_*"], "allow": ["free"],
                          "always": ["merge_a"], "ask": ["merge_*"]})
    with Asking(world) as run:
        run.tool(1, "merge_a", n=1)
        assert text(run.got(1)) == NEEDED
        run.tool(2, "free")
        assert is_fine(run.got(2))
        assert run.seen() == [2], run.seen()
        run.end(0)
    record, = call_records(world, "merge_a")
    assert record["decision"] == "token" and record["listed"] is True, record
    assert record["rules"] == ["token:merge_*", "ask:merge_*",
                               "always:merge_a"], record
    result, = [r for r in world.records() if r["type"] == "result"
               and r["call"] == record["call"]]
    assert result["outcome"] == "refused", result


@t.test
def what_a_call_carries_is_no_token(world):
    profile(world, tools={"token": ["t"]})
    with Asking(world) as run:
        for number, more in enumerate([
                {"_meta": {"token": "x", "stockade/token": "x"}},
                {"arguments": {"token": "x", "_token": {"uses": 9}}}], 1):
            run.send(json.dumps({
                "jsonrpc": "2.0", "id": number, "method": "tools/call",
                "params": {"name": "t", **more}}).encode() + b"\n")
            assert text(run.got(number)) == NEEDED
        assert run.seen() == [], run.seen()
        run.end(0)


@t.test
def where_proof_is_asked_for_no_approver_is_enough(world):
    narrow = os.path.join(world.home, "narrow.json")
    with open(narrow, "w", encoding="utf-8") as file:
        json.dump({"version": 1, "approval": {"by": "proof"}}, file)
    for own, options in ((True, ()), (False, ("--narrow", narrow))):
        profile(world, tools={"ask": ["a*"], "allow": ["free", "t"]},
                rules=[{"id": "r", "tools": ["t"],
                        "ask_if": {"/x": {"eq": 1}}}],
                prompts={"ask": ["p"]})
        path = os.path.join(world.home, ".config", "stockade", "profiles",
                            "mine.json")
        with open(path, encoding="utf-8") as file:
            whole = json.load(file)
        whole["approval"]["elicitation"] = True
        if own:
            whole["approval"]["by"] = "proof"
        with open(path, "w", encoding="utf-8") as file:
            json.dump(whole, file)
        with Asking(world, options=("--profile", "mine", *options)) as run:
            run.tool(1)
            assert text(run.got(1)) == NEEDED
            run.tool(2, "t", x=1)
            assert text(run.got(2)) == NEEDED
            run.tool(3, "t", x=2)
            assert is_fine(run.got(3))
            run.send(json.dumps({
                "jsonrpc": "2.0", "id": 4, "method": "prompts/get",
                "params": {"name": "p"}}).encode() + b"\n")
            assert run.got(4)["error"]["message"] == NEEDED
            run.tool(5, "free")
            assert is_fine(run.got(5))
            assert run.seen()[-2:] == [3, 5], run.seen()
            assert len(run.seen()) in (2, 4), run.seen()
            assert not run.notes, run.notes
            run.end(0)


@t.test
def a_rule_asks_for_one_by_the_arguments(world):
    profile(world, tools={"allow": ["t"]}, rules=[
        {"id": "prod", "tools": ["t"],
         "token_unless": {"/base": {"eq": "test"}}},
        {"id": "never", "tools": ["t"], "deny_if": {"/base": {"eq": "x"}}}])
    with Asking(world) as run:
        run.tool(1, "t", base="test")
        assert is_fine(run.got(1))
        for number, arguments in enumerate([{"base": "prod"}, {}], 2):
            run.tool(number, "t", **arguments)
            assert text(run.got(number)) == NEEDED
        run.tool(9, "t", base="x")
        assert text(run.got(9)).startswith('Refused by policy "never"')
        assert run.seen() == [1], run.seen()
        run.end(0)
    decisions = [r["decision"] for r in call_records(world, "t")]
    assert decisions == ["allow", "token", "token", "deny"], decisions
    assert "rule:prod" in call_records(world, "t")[1]["rules"]


@t.test
def what_is_only_observed_passes_and_stands_in_the_log(world):
    profile(world, tools={"token": ["t"]})
    with Asking(world, options=("--profile", "mine", "--observe")) as run:
        run.tool(1, "t")
        assert is_fine(run.got(1))
        run.end(0)
    record, = call_records(world, "t")
    assert record["decision"] == "token" and record["observed"], record


t.main()
