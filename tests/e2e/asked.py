#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients made with the SDKs, and the Inspector: calls that somebody agrees
to, declines, or does not get to see because the client gives up.
"""

import json
import os
import sys

import sdk
from together import Together
from world import DECLINED, Person, World

t = Together()
LIFE = "stockade: waiting for your approval"


def write(path, **more):
    return {"tool": "write", "arguments": {"path": path, "text": "x"}, **more}


def told(call):
    """The text of a refusal, which no SDK takes for a failed request."""
    assert "error" not in call and call["result"]["isError"], call
    assert "structuredContent" not in call["result"], call
    return "".join(b["text"] for b in call["result"]["content"])


def grows(progress):
    """Signs of life: at least one, each above the last, and below what a
    server counts."""
    numbers = [p["progress"] for p in progress]
    assert numbers and numbers == sorted(set(numbers)), progress
    assert numbers[-1] < 0, progress
    assert {p["message"] for p in progress} == {LIFE}, progress


def answers(kind):
    with World() as world, Person(world) as person:
        agreed, declined, dropped = map(
            world.in_project, ("agreed", "declined", "dropped"))
        cancel, begin = world.in_top("cancel"), world.in_top("begin")
        server = world.tiny("--tool", "add", "--ask", "write")
        calls = [write(agreed, progress=True), write(declined),
                 write(dropped, cancel=cancel),
                 {"tool": "add", "arguments": {"a": 1, "b": 2},
                  "begin": begin}]
        with sdk.start(kind, world, server, calls) as client:
            question = person.question("write")
            assert question.shown["arguments"]["path"] == agreed
            assert not os.path.exists(agreed)
            person.answer(question, "once")
            person.answer(person.question("write"), "deny", reason="Not now.")
            question = person.question("write")
            world.file("cancel", "")
            # Nobody waits for it any more; it is let go, not forgotten.
            person.wait(lambda said: said["type"] == "question"
                        and said["id"] == question.id and not said["held"])
            person.answer(question, "once")
            world.file("begin", "")
            seen = client.end()
        ran, refused, given_up, after = seen["calls"]
        assert seen["tools"] == ["add", "write"], seen
        assert not ran["result"].get("isError") and os.path.exists(agreed), ran
        grows(ran["progress"])
        assert told(refused) == DECLINED + " Not now.", refused
        assert "no longer wanted" in given_up["error"]["message"], given_up
        assert after["result"]["content"][0]["text"] == '{"sum":3}', after
        # No answer came to what was given up.
        assert seen["complaints"] == [], seen["complaints"]
        assert not os.path.exists(declined) and not os.path.exists(dropped)
        outcomes = [r["outcome"] for r in world.records("result")
                    if r["call"] in {c["call"] for c in world.records(
                        "call", tool="write")}]
        assert outcomes == ["ok", "refused", "cancelled"], outcomes


for kind in sdk.KINDS:
    t.add(f"{kind}_holds_runs_declines_and_cancels", answers, kind)


def inspect(world, path):
    server = world.tiny("--ask", "write")
    return sdk.inspector(world, server, "write", path=path, text="x")


@t.test
def inspector_waits_for_the_user_to_agree():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        with inspect(world, made) as client:
            question = person.question("write")
            assert not os.path.exists(made)
            person.answer(question, "once")
            seen = client.end()
        assert not seen["result"].get("isError") and os.path.exists(made), seen


@t.test
def inspector_shows_that_the_user_declined():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        with inspect(world, made) as client:
            person.answer(person.question("write"), "deny", reason="Not now.")
            seen = client.end(statuses=(5,))
        assert seen["result"]["isError"], seen
        assert DECLINED + " Not now." in json.dumps(seen), seen
        assert not os.path.exists(made)


@t.test
def an_inspector_that_is_interrupted_ends_the_question():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        with inspect(world, made) as client:
            question = person.question("write")
            client.interrupt()
            # The session is over, and with it the queue.
            client.process.wait()
            person.wait(lambda said: said["type"] in ("end", "gone"))
        assert question.id and not os.path.exists(made)
        assert world.records("approval.asked")
        assert not world.records("approval.answered")


if __name__ == "__main__":
    t.main()
