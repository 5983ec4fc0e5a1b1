#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What takes as long as people do: calls that are held until they are let go,
with the time-outs that clients have by themselves. All wait side by side.
"""

import json
import os
import sys
import time

import sdk
from asked import told, write
from claude_code import ClaudeCode, tool
from together import Together
from world import POLL_S, PATIENCE, WAITING, Person, World

t = Together(width=16)


def refusals(world):
    return world.records("result", outcome="refused")


def wait_until_let_go(world):
    """Nobody is attached and nobody was told: the log is all there is."""
    deadline = time.monotonic() + PATIENCE
    while not world.sessions() or not refusals(world):
        assert time.monotonic() < deadline, world.records()
        time.sleep(20 * POLL_S)


def held_ms(world):
    """How long the calls were held that were let go."""
    return [r["ms"] for r in refusals(world)]


def lets_go_and_runs_on_retry(kind):
    """Nobody is there at first; the question is still there when somebody
    comes, and the answer is there when the client calls again."""
    with World() as world:
        made, begin = world.in_project("made"), world.in_top("begin")
        server = world.tiny("--ask", "write")
        calls = [write(made, progress=kind == "python"),
                 write(made, begin=begin)]
        with sdk.start(kind, world, server, calls) as client:
            wait_until_let_go(world)
            assert not os.path.exists(made)
            with Person(world) as person:
                person.answer(person.question("write"), "once")
                world.file("begin", "")
                seen = client.end()
        let_go, again = seen["calls"]
        assert told(let_go) == WAITING, let_go
        assert held_ms(world)[0] >= 45000, held_ms(world)
        assert not again["result"].get("isError"), again
        assert os.path.exists(made) and seen["complaints"] == [], seen


def is_handed_back_and_waits_on(kind):
    """A client of 2026-07-28 comes again by itself: its one call is answered
    when somebody agrees, though none of its requests took so long."""
    with World() as world:
        made = world.in_project("made")
        server = world.tiny("--ask", "write")
        calls = [write(made, progress=kind == "python")]
        with sdk.start(kind, world, server, calls) as client:
            wait_until_let_go(world)
            assert not os.path.exists(made)
            with Person(world) as person:
                person.answer(person.question("write"), "once")
                seen = client.end()
        call, = seen["calls"]
        assert held_ms(world)[0] >= 45000, held_ms(world)
        assert not call["result"].get("isError"), call
        assert os.path.exists(made) and seen["complaints"] == [], seen


MODERN = ("typescript_v2", "python")
for kind in sdk.KINDS:
    if kind in MODERN:
        t.add(f"{kind}_is_handed_back_and_waits_on",
              is_handed_back_and_waits_on, kind)
    else:
        t.add(f"{kind}_is_let_go_and_finds_the_answer_on_retry",
              lets_go_and_runs_on_retry, kind)


@t.test
def signs_of_life_come_to_a_client_that_listens_all_the_while():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        calls = [write(made, progress=True)]
        with sdk.start("typescript_v1", world, world.tiny("--ask", "write"),
                       calls) as client:
            question = person.question("write")
            began = time.monotonic()
            time.sleep(21)
            person.answer(question, "once")
            took = time.monotonic() - began
            call, = client.end()["calls"]
        # One at once and one every five seconds.
        signs = len(call["progress"])
        assert 4 <= signs <= took / 5 + 2, (took, call["progress"])
        assert not call["result"].get("isError") and os.path.exists(made)


@t.test
def inspector_is_let_go_before_it_gives_up():
    with World() as world:
        made = world.in_project("made")
        with sdk.inspector(world, world.tiny("--ask", "write"), "write",
                           path=made, text="x") as client:
            seen = client.end(statuses=(5,))
        assert WAITING in json.dumps(seen), seen
        assert not os.path.exists(made)


def call_of(world):
    return [tool("add", a=1, b=2), tool("write", text="x",
                                        path=world.in_project("made"))]


@t.test
def claude_code_waits_for_longer_than_others_do():
    with World() as world, Person(world) as person:
        server = world.tiny("--tool", "add", "--ask", "write")
        with ClaudeCode(world, server, call_of(world)) as claude:
            question = person.question("write")
            time.sleep(50)
            assert not os.path.exists(world.in_project("made"))
            person.answer(question, "once")
            failed, text = claude.end()[1]
        assert not failed and os.path.exists(world.in_project("made")), text


@t.test
def claude_code_is_handed_back_and_waits_on():
    with World() as world:
        server = world.tiny("--tool", "add", "--ask", "write")
        with ClaudeCode(world, server, call_of(world)) as claude:
            wait_until_let_go(world)
            assert not os.path.exists(world.in_project("made"))
            with Person(world) as person:
                person.answer(person.question("write"), "once")
                failed, text = claude.end()[1]
        assert held_ms(world)[0] >= 110000, held_ms(world)
        assert not failed and os.path.exists(world.in_project("made")), text


@t.test
def while_nobody_comes_the_next_calls_are_refused_at_once():
    with World() as world:
        paths = [world.in_project(n) for n in ("one", "two")]
        calls = [write(path) for path in paths]
        server = world.tiny("--ask", "write")
        with sdk.start("typescript_v1", world, server, calls) as client:
            one, two = client.end()["calls"]
        assert told(one) == told(two) == WAITING
        reasons = [c.get("reason") for c in world.records("call", tool="write")]
        assert reasons == [None, "nobody is there to answer"], reasons
        assert not any(map(os.path.exists, paths))


if __name__ == "__main__":
    t.main()
