#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade why`: what it says of a call, and that following it helps; and
`stockade log --args`: calls by their arguments.

Usage: test_run_why.py BUILD [NAME…]
"""

import json
import os
import re

from askrig import Asking, profile as ask_profile, text
from pinrig import Pinned, show, tool
from runrig import Run, Script, is_fine
from tokenrig import add, enrol, token

t = Script()


def profile(world, **protocol):
    """A profile "mine" of the user's."""
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, "mine.json"), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "static", "protocol": protocol},
                  file)


def asked(world, options, *messages):
    """One session; the answers to these requests."""
    answers = []
    with Run(world, "serve", options) as run:
        for number, (method, params) in enumerate(messages, 1):
            run.send(json.dumps({"jsonrpc": "2.0", "id": number,
                                 "method": method, "params": params}).encode()
                     + b"\n")
            answers.append(run.answer(number))
        run.end(0)
    return answers


def why(world, *words, status=0):
    done = world.stockade("why", *words)
    assert done.returncode == status, done
    return done.stdout


def call(tool):
    return "tools/call", {"name": tool}


def advice(text):
    return re.search(r"^to allow +(.*)$", text, re.M)[1]


@t.test
def a_tool_that_nothing_allows(world):
    [answer] = asked(world, ["--tool", "good*"], call("other"))
    assert "error" in answer
    text = why(world)
    assert text == why(world, "--last")
    assert "tools/call tool other" in text and "deny: not listed" in text
    assert "outcome refused" in text and "matched" not in text, text
    assert '"other" in protocol.tools.allow' in advice(text), text
    assert "--tool" in advice(text)
    # Followed, it helps.
    [answer] = asked(world, ["--tool", "good*", "--tool", "other"],
                     call("other"))
    assert is_fine(answer)


@t.test
def the_log_names_calls_as_why_takes_them(world):
    asked(world, ["--tool", "good*"], call("good"), call("other"))
    table = " ".join(world.stockade("log").stdout.split())
    ids = re.findall(r"call ([0-9a-f]{8}:\d+)", table)
    assert len(ids) == 1 and ids[0].endswith(":2"), table
    assert "tool other" in why(world, ids[0])


@t.test
def a_tool_that_a_pattern_denies(world):
    profile(world, tools={"allow": ["*"], "deny": ["oth*"]})
    [answer] = asked(world, ["--profile", "mine"], call("other"))
    assert "error" in answer
    text = why(world)
    assert "deny:oth*" in text and "allow:*" in text, text
    assert '"oth*"' in advice(text) and "protocol.tools.deny" in advice(text)
    assert "mine.json" in text, text
    profile(world, tools={"allow": ["*"]})
    [answer] = asked(world, ["--profile", "mine"], call("other"))
    assert is_fine(answer)


ROLES = {"tools": {"allow": ["get_*", "write_*"], "token": ["delete_*"]},
         "classes": {"read": ["get_*"], "write": ["write_*"]}}
DECLARED = {"tasks": {"triage": {"tools": ["get_x"]}},
            "contexts": {"live": {"protocol": {
                "tools": {"deny": ["write_*"]}}}}}


def declared(world, option, name):
    """What is said of a denied call in such a session."""
    profile(world, **ROLES)
    path = os.path.join(world.home, ".config/stockade/profiles/mine.json")
    with open(path, encoding="utf-8") as file:
        text = {**json.load(file), **DECLARED}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(text, file)
    options = ["--profile", "mine", option]
    [answer] = asked(world, options, call(name))
    assert "error" in answer, answer
    return why(world)


@t.test
def what_a_role_denies_by_its_classes(world):
    text = declared(world, "--role=reader", "write_x")
    assert 'role reader denies what matches "write_*"' in text, text
    assert "--narrow" not in text and "protocol.classes" in advice(text), text


@t.test
def what_a_role_denies_for_it_is_of_no_class(world):
    text = declared(world, "--role=reader", "delete_x")
    assert "role reader denies a tool of its class" in text, text
    assert "nothing allows" not in text, text


@t.test
def what_a_task_does_not_name(world):
    text = declared(world, "--task=triage", "write_x")
    assert "the session's task triage does not name it" in text, text
    assert '"write_x" in tasks.triage.tools' in advice(text), text


@t.test
def what_a_context_denies(world):
    text = declared(world, "--context=live", "write_x")
    assert '"write_*" of the session\'s context live denies it' in text, text


@t.test
def what_nothing_allows_is_no_matter_of_a_role(world):
    text = declared(world, "--role=reader", "other")
    assert '"other" in protocol.tools.allow' in advice(text), text
    assert "role reader" not in text, text


@t.test
def a_prompt_and_a_resource(world):
    profile(world, tools={"allow": ["*"]})
    answers = asked(world, ["--profile", "mine"],
                    ("prompts/get", {"name": "hello"}),
                    ("resources/read", {"uri": "demo://x"}))
    assert all("error" in a for a in answers)
    text = why(world)
    assert "resources/read uri demo://x" in text, text
    assert '"demo://x" in protocol.resources.allow' in advice(text)
    [session] = world.sessions()
    text = why(world, session[:8] + ":1")
    assert '"hello" in protocol.prompts.allow' in advice(text), text


@t.test
def a_method_that_nobody_knows(world):
    asked(world, [], ("shell/run", {}))
    text = why(world)
    assert "deny: Method not found" in text and "nothing allows it" in text
    assert "to allow" not in text


@t.test
def a_call_that_passed(world):
    asked(world, [], call("one"), call("two"))
    [session] = world.sessions()
    text = why(world, f"{session[:6]}:2")
    assert "tool two" in text and "decision  client" in text, text
    assert "there is no policy" in text and "outcome ok" in text
    assert why(world, status=1) == ""


@t.test
def the_last_denial_of_all_sessions_is_meant(world):
    asked(world, ["--deny", "*"], call("first"))
    asked(world, ["--deny", "*"], call("second"), call("third"))
    asked(world, [], call("fine"))
    assert "tool third" in why(world)


@t.test
def what_names_no_call_is_refused(world):
    assert why(world, status=1) == ""
    asked(world, ["--deny", "*"], call("one"))
    [session] = world.sessions()
    for word in ("", ":", "1", session, session + ":", session + ":0",
                 session + ":x", session + ":1x", "g:1", session + "0:1",
                 session + ":99999999999999999999", "../x:1"):
        why(world, word, status=2)
    why(world, session + ":1", session + ":1", status=2)
    why(world, "--last", session + ":1", status=2)
    why(world, session + ":7", status=1)
    why(world, ("0" if session[0] != "0" else "1") + session[1:] + ":1",
        status=1)


@t.test
def what_two_sessions_begin_with_is_refused(world):
    while True:
        asked(world, ["--deny", "*"], call("x"))
        firsts = [s[0] for s in world.sessions()]
        twice = {f for f in firsts if firsts.count(f) > 1}
        if twice:
            break
    done = world.stockade("why", twice.pop() + ":1")
    assert done.returncode == 2 and "more digits" in done.stderr, done


@t.test
def foreign_names_do_not_reach_the_terminal(world):
    asked(world, ["--deny", "*"], call("\x1b[2J\u202eevil\ndecision allow"))
    text = why(world)
    assert "\x1b" not in text and "\u202e" not in text
    assert not re.search(r"^decision +allow", text, re.M), text


def found(world, arguments, status=0):
    """The records that `log --args` has, as (type, call)."""
    done = world.stockade("log", "--json", "--args", arguments)
    assert done.returncode == status, done
    return [(r["type"], r["call"])
            for r in map(json.loads, done.stdout.splitlines())]


@t.test
def calls_are_found_by_their_arguments(world):
    asked(world, ["--deny", "bad"],
          ("tools/call", {"name": "one", "arguments": {"b": [1, 2.50], "a": "x\u00e4"}}),
          ("tools/call", {"name": "two", "arguments": {"a": "x\u00e4", "b": [1, 2.5]}}),
          ("tools/call", {"name": "bad", "arguments": {"a": 1}}),
          ("tools/call", {"name": "one"}))
    # Python wrote 2.50 as 2.5; any spelling of keys and strings is the same.
    both = [("call", 1), ("result", 1), ("call", 2), ("result", 2)]
    assert found(world, '{"a": "x\u00e4", "b": [1, 2.5]}') == both
    assert found(world, ' {"b":[ 1,2.5 ] ,"\\u0061":"\\u0078\\u00e4"} ') == both
    assert found(world, '{"a": 1}') == [("call", 3), ("result", 3)]
    assert found(world, "{}") == [("call", 4), ("result", 4)]
    # Another spelling of a number is another argument.
    for other in ('{"a":"x\u00e4","b":[1,2.50]}', '{"a":1.0}', '{"a":"1"}',
                  '{"a":1,"b":null}', '{"b":[2.5,1],"a":"x\u00e4"}'):
        assert found(world, other, status=1) == [], other
    table = world.stockade("log", "--args", '{"a":1}').stdout
    assert "bad" in table and "one" not in table, table


@t.test
def what_are_no_arguments_is_refused(world):
    for text in ("", "x", "[]", "1", '"a"', '{"a":1,"a":2}', "{'a':1}", "{}x"):
        done = world.stockade("log", "--args", text)
        assert done.returncode == 2 and "--args" in done.stderr, (text, done)


@t.test
def a_call_that_nobody_answered(world):
    ask_profile(world, hold="1s")
    with Asking(world) as run:
        run.tool(1, n=1)
        text(run.got(1))
        run.end(0)
    said = why(world)
    session = list(world.sessions())[0][:8]
    assert "asked     tools/call tool ask_me" in said, said
    assert "decision  ask; outcome refused" in said, said
    assert "matched   ask:a*" in said, said
    assert f"stockade approve {session}:1 " in advice(said), said
    assert '"ask_me" in protocol.tools.always' in advice(said), said
    # What it names ends the asking.
    ask_profile(world, tools={"ask": ["a*"], "always": ["ask_me"]})
    with Asking(world) as run:
        run.tool(1, n=1)
        assert is_fine(run.got(1))
        run.end(0)


@t.test
def a_call_that_was_declined_or_agreed_to(world):
    ask_profile(world)
    with Asking(world) as run, run.approver() as peer:
        for number, answer in ((1, "deny"), (2, "once")):
            run.tool(number, n=number)
            peer.until("question", id=number)
            peer.answer(number, answer, reason="as I say")
            run.got(number)
        run.end(0)
    session = list(world.sessions())[0][:8]
    said = why(world)
    assert f"{session}:1 at " in said, "the declined one is the last refused"
    assert "answered  deny, at /dev/pts/" in said, said
    assert ": as I say" in said, said
    said = why(world, f"{session}:2")
    assert "answered  once, at /dev/pts/" in said, said
    assert "because   somebody agreed to it" in said, said
    table = world.stockade("log").stdout
    for word in ("approval asked", "deny", "once", "as I say"):
        assert word in table, table


@t.test
def a_call_that_needed_a_token(world):
    enrol(world)
    ask_profile(world, tools={"token": ["merge"], "allow": ["t"]})
    with Asking(world) as run:
        run.tool(1, "merge", n=1)
        text(run.got(1))
        run.tool(2, "t")
        assert is_fine(run.got(2))
        for i in range(3, 40):
            run.tool(i, "merge", n=1)
            text(run.got(i))
        run.end(0)
        told = re.findall(r"tool merge needs an operation token: stockade "
                          r"why ([0-9a-f]{8}:\d+)", run.text())
    said = why(world)
    assert said == why(world, "--last")
    # People are told, who can look it up; no client makes that a flood.
    assert len(told) == 16 and len(set(told)) == 16, told
    assert "tool merge" in why(world, told[0]), told
    assert "tool merge" in said, said
    assert "decision  token" in said and "outcome refused" in said, said
    assert "there was none for it" in said, said
    assert advice(said).startswith(
        "stockade token mint merge --server bad_server,"), said
    # A token that is spent is no refusal.
    add(world, token(tool="merge")[1])
    with Asking(world) as run:
        run.tool(1, "merge", n=2)
        assert is_fine(run.got(1))
        run.end(0)
    assert said == why(world)
    # One that does not fit is why.
    add(world, token(tool="merge", args={"n": 3})[1])
    with Asking(world) as run:
        run.tool(1, "t")
        assert is_fine(run.got(1))
        run.tool(2, "merge", n=2)
        text(run.got(2))
        run.end(0)
    assert "it is for other arguments" in why(world)


@t.test
def a_name_that_a_shell_would_run_is_in_no_command(world):
    enrol(world)
    ask_profile(world, tools={"token": ["merge*"]})
    for name in ("merge$(id)", "merge`id`", 'merge" ; id "', "merge\\'"):
        with Asking(world) as run:
            run.tool(1, name)
            text(run.got(1))
            run.end(0)
        said = why(world)
        assert advice(said).startswith(
            "stockade token mint TOOL --server SERVER,"), said


@t.test
def what_a_pin_refused(world):
    show(world)
    with Pinned(world) as run:
        run.list()
        run.end(0)
    show(world, tools=[tool("t", "another"), tool("u"), tool("v")])
    for name, because in (("t", "shows another definition"),
                          ("v", "had no such thing")):
        with Pinned(world) as run:
            run.try_tool("u")
            run.try_tool(name)
            run.end(0)
        said = why(world)
        assert re.search(f"^because +.*{because}", said, re.M), said
        assert "stockade pin diff" in advice(said), said
        assert "tools.allow" not in said, said
    # And one that never was among them.
    with Pinned(world, "--tool", "u") as run:
        run.try_tool("nothing")
        run.end(0)
    assert "pin diff" not in why(world)


t.main()
