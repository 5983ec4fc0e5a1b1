#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade why`: what it says of a call, and that following it helps.

Usage: test_run_why.py BUILD [NAME…]
"""

import json
import os
import re

from runrig import Run, Script, is_fine

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


t.main()
