#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Claude Code in front of a wrapped server: what the model reads of a call that
policy lets pass, refuses, or asks for.
"""

import os
import re

from claude_code import ClaudeCode, tool
from together import Together
from world import DECLINED, Person, World

t = Together(width=3)


def keeps_to_itself(claude, world):
    """What a person reads on stderr is nowhere in what the model reads."""
    read = claude.read_by_model()
    for word in ("stockade approve", "--ask", "needs approval:",
                 *(s[:8] for s in world.sessions())):
        assert word not in read, (word, read[max(read.find(word) - 300, 0):])


@t.test
def an_allowed_call_is_answered_by_the_server():
    with World() as world:
        server = world.tiny("--tool", "add")
        with ClaudeCode(world, server, [tool("add", a=1, b=2)]) as claude:
            assert claude.end() == [(False, '{"sum":3}')]
            keeps_to_itself(claude, world)
        calls = world.records("call", method="tools/call")
        assert [c["decision"] for c in calls] == ["allow"], calls
        assert calls[0]["client_call"] == "toolu_1", calls


@t.test
def a_hidden_tool_is_told_as_one_that_there_is_not():
    with World() as world:
        server = world.tiny("--tool", "*", "--deny", "list")
        steps = [tool("add", a=1, b=2), tool("list", path="/"),
                 tool("lisp", path="/")]
        with ClaudeCode(world, server, steps) as claude:
            _, hidden, absent = claude.end()
            keeps_to_itself(claude, world)
        assert hidden[0] and hidden == (
            True, absent[1].replace("lisp", "list")), (hidden, absent)


@t.test
def a_held_call_runs_once_the_user_agrees():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        server = world.tiny("--tool", "add", "--ask", "write")
        steps = [tool("add", a=1, b=2), tool("write", path=made, text="x")]
        with ClaudeCode(world, server, steps) as claude:
            question = person.question("write")
            assert question.shown["arguments"] == {"path": made, "text": "x"}
            assert not os.path.exists(made)
            person.answer(question, "once")
            told = claude.end()[1]
            assert not told[0], told
            keeps_to_itself(claude, world)
        assert os.path.exists(made)
        answered = world.records("approval.answered")
        assert [a["answer"] for a in answered] == ["once"], answered


@t.test
def a_declined_call_is_told_with_the_users_reason():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        server = world.tiny("--tool", "add", "--ask", "write")
        steps = [tool("add", a=1, b=2)] + 2 * [
            tool("write", path=made, text="x")]
        with ClaudeCode(world, server, steps) as claude:
            person.answer(person.question("write"), "deny",
                          reason="Use another file.")
            # The second is not asked for again so soon.
            assert claude.end()[1:] == 2 * [
                (True, DECLINED + " Use another file.")]
            keeps_to_itself(claude, world)
        assert not os.path.exists(made)


@t.test
def a_result_over_the_cap_is_read_whole_but_for_what_was_cut():
    """The client keeps what is long in a file, which the model may read."""
    with World() as world:
        server = world.tiny("--tool", "*")
        steps = [tool("add", a=1, b=2), tool("big_text", bytes=3 << 20),
                 tool("add", a=2, b=2)]
        with ClaudeCode(world, server, steps) as claude:
            _, (failed, long), after = claude.end()
            keeps_to_itself(claude, world)
        assert not failed and after == (False, '{"sum":4}'), after
        path = re.search(r"saved to (\S+\.txt)", long)[1]
        with open(path, encoding="utf-8") as file:
            kept = file.read()
        assert 1 << 20 <= len(kept) < (1 << 20) + 500, len(kept)
        assert "[stockade: cut here, " in kept[-200:], kept[-200:]
        cut = world.records("result", cut=True)
        assert [r["result_bytes"] > 3 << 20 for r in cut] == [True], cut


@t.test
def a_call_that_ends_the_server_is_told_and_the_next_one_works():
    with World() as world:
        server = world.tiny("--tool", "*")
        steps = [tool("add", a=1, b=2), tool("crash"),
                 tool("add", a=2, b=2), tool("add", a=3, b=3)]
        with ClaudeCode(world, server, steps) as claude:
            _, lost, after, last = claude.end()
            keeps_to_itself(claude, world)
        assert lost == (True, "The server ended before it answered."), lost
        # The client starts it again: one conversation, two sessions. A call
        # that comes before it has noticed is lost in the client.
        assert after in ((False, '{"sum":4}'), (True, "Connection closed"))
        assert last == (False, '{"sum":6}'), last
        assert len(world.sessions()) == 2


@t.test
def what_its_user_interrupts_while_it_is_held_never_runs():
    with World() as world, Person(world) as person:
        made = world.in_project("made")
        server = world.tiny("--tool", "add", "--ask", "write")
        steps = [tool("add", a=1, b=2), tool("write", path=made, text="x")]
        with ClaudeCode(world, server, steps, talks=True) as claude:
            question = person.question("write")
            claude.interrupt()
            person.wait(lambda said: said["type"] == "question"
                        and said["id"] == question.id and not said["held"])
            person.answer(question, "once")
            claude.end(statuses=(1,))
        assert not os.path.exists(made)
        result, = [r for r in world.records("result")
                   if r["call"] == question.id]
        assert result["outcome"] == "cancelled", result


if __name__ == "__main__":
    t.main()
