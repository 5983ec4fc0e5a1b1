#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Limits on how much a session does, and what an incident does to it, through
the whole of `stockade run`; and who answers for a session in quarantine.

Usage: test_run_limits.py BUILD [NAME…]
"""

import json
import os
import re

from askrig import Asking, text, wait_for
from runrig import STOCKADE, Script, is_fine, of_type
from terminal import Terminal

t = Script()
QUARANTINED = ("Not run: this session is in quarantine; the user must look at "
               "it first. Tell the user.")


def profile(world, breaker=None, **protocol):
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    protocol = {"tools": {"allow": ["free", "create_*"]}, **protocol}
    document = {"version": 1, "extends": "static", "protocol": protocol}
    if breaker:
        document["breaker"] = breaker
    with open(os.path.join(folder, "mine.json"), "w",
              encoding="utf-8") as file:
        json.dump(document, file)


def narrow(world, **document):
    return world.file("ci.json", json.dumps({"version": 1, **document}))


def unlisted(run, first, n):
    for number in range(first, first + n):
        run.tool(number, name=f"no_such_{number}")
        assert run.got(number)["error"]["code"] == -32602


@t.test
def a_rate_of_the_profile_holds(world):
    profile(world, rate={"*": "3/h", "create_*": "1/h"})
    with Asking(world) as run:
        run.tool(1, name="create_a")
        assert is_fine(run.got(1))
        run.tool(2, name="create_b")
        assert text(run.got(2)).startswith(
            "Not run: limit of 1 an hour reached, next in "), "no limit"
        for number in (3, 4):
            run.tool(number, name="free")
            assert is_fine(run.got(number))
        run.tool(5, name="free")
        assert text(run.got(5)).startswith("Not run: limit of 3 an hour")
        assert run.seen() == [1, 3, 4]
        run.end(0)
    calls = [r for r in world.records() if r["type"] == "call"]
    assert [r["rules"][-1] for r in calls if r["decision"] == "deny"] == [
        "rate:create_*", "rate:*"], calls
    hits = of_type(world.records(), "limit.hit")
    assert [(r["limit"], r["value"]) for r in hits] == [
        ("rate", 1), ("rate", 3)], hits


@t.test
def what_narrows_counts_for_itself(world):
    profile(world, rate={"*": "2/h"})
    loose = narrow(world, protocol={"rate": "1000/h"})
    with Asking(world, options=["--profile", "mine", "--narrow", loose]) as run:
        for number in (1, 2):
            run.tool(number, name="free")
            assert is_fine(run.got(number))
        run.tool(3, name="free")
        assert text(run.got(3)).startswith("Not run: limit of 2 an hour")
        run.end(0)


@t.test
def without_a_profile_what_narrows_limits_too(world):
    tight = narrow(world, protocol={"calls": 1})
    with Asking(world, options=["--narrow", tight]) as run:
        run.tool(1, name="free")
        assert is_fine(run.got(1))
        run.tool(2, name="free")
        assert text(run.got(2)) == (
            "Not run: limit of 1 calls a session reached.")
        run.end(0)
    denied = [r for r in of_type(world.records(), "call")
              if r["decision"] == "deny"]
    assert denied[0]["rules"] == ["ci:calls"], denied


@t.test
def what_is_observed_is_recorded_and_passes(world):
    profile(world, rate="1/h", breaker={"unlisted": 1, "action": "stop"})
    with Asking(world, options=["--profile", "mine", "--observe"]) as run:
        for number in (1, 2):
            run.tool(number, name="free")
            assert is_fine(run.got(number))
        for number in (3, 4):
            run.tool(number, name="other")
            assert is_fine(run.got(number))
        run.end(0)
    calls = of_type(world.records(), "call")
    assert [(r["decision"], r.get("observed", False)) for r in calls[:2]] == [
        ("allow", False), ("deny", True)], calls
    assert calls[1]["rules"][-1] == "rate:*", calls[1]
    assert calls[1]["reason"].startswith("Not run: limit of 1"), calls[1]


@t.test
def a_person_lets_a_session_go_on(world):
    profile(world, breaker={"unlisted": 2, "action": "block"})
    with Asking(world) as run, run.approver() as peer:
        unlisted(run, 1, 2)
        asked = peer.until("question")
        assert asked["name"] == "session quarantined", asked
        assert asked["kind"] == "session" and not asked["held"], asked
        shown = json.loads(asked["shown"])
        assert shown["arguments"] == {"unlisted_calls": 2}, shown
        assert "not listed" in shown["reason"], shown
        run.tool(9, name="free")
        assert text(run.got(9)) == QUARANTINED
        for word in ("session", "always"):
            done = peer.answer(asked["id"], word)
            assert done["status"] == "not offered", done
        run.tool(10, name="free")
        assert text(run.got(10)) == QUARANTINED
        assert peer.answer(asked["id"], "once")["status"] == "taken"
        peer.until("gone", id=asked["id"])
        for number in range(11, 200):
            run.tool(number, name="free")
            if is_fine(run.got(number)):
                break
        else:
            raise AssertionError("it does not go on")
        run.end(0)
    records = world.records()
    found = of_type(records, "anomaly")
    assert [(r["kind"], r["action"]) for r in found] == [
        ("unlisted_tool", "block")], found
    given = of_type(records, "approval.answered")
    assert [(r["kind"], r["detail"], r["answer"]) for r in given] == [
        ("session", "session quarantined", "once")], given
    assert "call" not in given[0] and "scope" not in given[0], given


@t.test
def a_person_at_a_terminal_sees_it_and_denies_it(world):
    profile(world, breaker={"unlisted": 1, "action": "block"})
    with Asking(world) as run:
        unlisted(run, 1, 1)
        told = r"session quarantined \(.*\): stockade approve (\w+:\d+)"
        wait_for(lambda: re.search(told, run.text()), "the question")
        found = re.search(told, run.text())[1]
        with Terminal(world, STOCKADE, "approve", found) as terminal:
            terminal.expect(r"\(o\)nce: yes, \(d\)eny REASON, s\(k\)ip, "
                            r"\(q\)uit\? ")
            shown = terminal.text
            for part in ("session   session quarantined", "; open for ",
                         "because   calls of tools that are not listed",
                         "details", '"unlisted_calls": 1'):
                assert part in shown, (part, shown)
            terminal.type("q\n")
            terminal.wait()
        for words, status in ((("session",), 1), (("deny", "no"), 0)):
            with Terminal(world, STOCKADE, "approve", found,
                          *words) as terminal:
                assert terminal.wait() == status, terminal.text
                assert status == 0 or "only once or deny" in terminal.text
        run.tool(2, name="free")
        assert text(run.got(2)) == QUARANTINED
        run.end(0)


@t.test
def an_incident_ends_the_session(world):
    profile(world, breaker={"unlisted": 3, "action": "stop"})
    with Asking(world) as run:
        unlisted(run, 1, 3)
        assert run.wait() == 124, run.text()
        run.expect_line("the breaker is set to stop")
    end = of_type(world.records(), "session.end")
    assert end[0]["cause"] == "breaker", end
    world.verify()


@t.test
def what_narrows_makes_it_stricter(world):
    profile(world, breaker={"unlisted": 9, "action": "block"})
    tight = narrow(world, breaker={"unlisted": 2, "action": "stop"})
    with Asking(world, options=["--profile", "mine", "--narrow", tight]) as run:
        unlisted(run, 1, 2)
        assert run.wait() == 124, run.text()
    profile(world, breaker={"unlisted": 2, "action": "stop"})
    loose = narrow(world, breaker={"unlisted": 9, "action": "alert"})
    with Asking(world, options=["--profile", "mine", "--narrow", loose]) as run:
        unlisted(run, 1, 2)
        assert run.wait() == 124, run.text()


@t.test
def a_protected_name_is_an_incident_too(world):
    for action, status in (("block", 0), ("stop", 124)):
        profile(world, breaker=action)
        with Asking(world, options=["--profile", "mine",
                                    "--rw", world.work]) as run:
            run.tool(1, name="free")
            assert is_fine(run.got(1))
            os.mkdir(os.path.join(world.work, ".vscode"))
            if action == "block":
                with run.approver() as peer:
                    asked = peer.until("question")
                    assert asked["name"] == "session quarantined", asked
                run.tool(2, name="free")
                assert text(run.got(2)) == QUARANTINED
                run.end(0, verify=None)
            else:
                assert run.wait() == status, run.text()
        os.rmdir(os.path.join(world.work, ".vscode"))
    actions = [r["action"] for records in world.sessions().values()
               for r in of_type(records, "anomaly")]
    assert sorted(set(actions)) == ["block", "stop"], actions


t.main()
