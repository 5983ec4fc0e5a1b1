#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade approve` on a terminal: lists, shows, answers.

Usage: test_approve_verb.py BUILD [NAME…]
"""

import json
import os
import re
import shlex

from askrig import Asking, WAITING, folder_of_sockets, profile, text, wait_for
from runrig import STOCKADE, Script, check_log, is_fine
from terminal import Terminal

t = Script()
PROMPT = r"\(q\)uit\? "


def identify(run, number):
    """The ID that a person reads on stderr."""
    pattern = rf"stockade approve ([0-9a-f]+:{number})\b"
    wait_for(lambda: re.search(pattern, run.text()), f"question {number}")
    return re.search(pattern, run.text())[1]


def at_terminal(world, *words, **more):
    return Terminal(world, STOCKADE, "approve", *words, **more)


def say(world, *words):
    """Status and output of an answer that is typed whole."""
    with at_terminal(world, *words) as terminal:
        return terminal.wait(), terminal.text


def piped(world, *words):
    """The same with its output going to another program."""
    command = " ".join(shlex.quote(w) for w in (STOCKADE, "approve", *words))
    with Terminal(world, "bash", "-c", f"set -o pipefail; {command} | cat"
                  ) as terminal:
        return terminal.wait(), terminal.text


def own_lines(run, output):
    """Those of this session: others may run beside."""
    session = identify(run, 1).split(":")[0]
    return [x for x in output.splitlines() if x.startswith(session)]


@t.test
def what_is_open_is_listed(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, path="x")
        ident = identify(run, 1)
        status, output = piped(world)
        assert status == 0, output
        lines = own_lines(run, output)
        assert len(lines) == 1, output
        for part in (ident, "bad_server", "ask_me", "held", '{"path":"x"}'):
            assert part in lines[0], (part, output)
        assert say(world, ident, "once")[0] == 0
        assert is_fine(run.got(1))
        status, output = piped(world)
        assert own_lines(run, output) == [], output
        if not folder_of_sockets(world).startswith("/run/user/"):
            assert status == 1 and "nothing waits" in output, output
        run.end(0)


@t.test
def json_has_everything(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, path="x", text="\u202e\x1b[31m\u00e9\U0001f600 \"\\")
        ident = identify(run, 1)
        status, output = piped(world, "--json")
        assert status == 0, output
        found = [json.loads(x) for x in output.splitlines() if ident in x]
        assert len(found) == 1, output
        asked = found[0]
        assert asked["arguments"] == {
            "path": "x", "text": "\u202e\x1b[31m\u00e9\U0001f600 \"\\"}, asked
        assert asked["server"] == "bad_server" and asked["tool"] == "ask_me"
        assert asked["kind"] == "tool" and asked["held"] is True
        assert asked["rules"] == ["ask:a*"] and asked["calls"] == 1
        assert asked["profile"] == "mine" and asked["id"] == ident
        assert 0 < asked["hold_ms"] <= 30000 < asked["left_ms"]
        assert re.fullmatch(r"[0-9a-f]{64}", asked["args_hash"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                            asked["expires"])
        assert max(map(ord, output)) < 0x7f, "not in ASCII"
        # The same value as in the log.
        call = run.records("call")[0]
        assert call["args_hash"] == asked["args_hash"], call
        run.end(0)


@t.test
def answers_by_id_do_what_they_say(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        status, output = say(world, identify(run, 1), "session")
        assert status == 0 and "ask_me: session" in output, output
        assert is_fine(run.got(1))
        run.tool(2, n=1)
        assert is_fine(run.got(2))
        run.tool(3, n=2)
        status, output = say(world, identify(run, 3), "deny", "not", "there")
        assert status == 0, output
        assert text(run.got(3)) == "Not run: the user declined. not there"
        run.end(0)
    answers = [(r["answer"], r["channel"], r["scope"])
               for r in run.records("approval.answered")]
    assert answers == [("session", "terminal", "these arguments"),
                       ("deny", "terminal", "these arguments")], answers
    check_log(world, [1, 2, 3])


@t.test
def all_of_a_tool_are_answered_at_once(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        run.tool(2, n=2)
        run.tool(3, "another", n=3)
        identify(run, 3)
        status, output = say(world, "--tool", "ask_me", "--server",
                             "another_server", "once")
        assert status == 1 and "no question of that tool" in output, output
        status, output = say(world, "--tool", "ask_me", "--server",
                             "bad_server", "session")
        assert status == 0, output
        assert len(re.findall("whatever the arguments", output)) == 2, output
        assert all(map(is_fine, run.got_all(1, 2)))
        run.tool(4, n=4)
        assert is_fine(run.got(4))
        assert 3 not in run.seen(), "another tool was let through"
        run.end(0)


@t.test
def ids_are_exact_or_refused(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        session = ident.split(":")[0]
        for word, status, said in (
                ("x", 2, "SESSION:CALL"), (f"{session}:", 2, "SESSION:CALL"),
                (":1", 2, "SESSION:CALL"), (f"{session}:1x", 2, "SESSION:"),
                (f"{session}:0", 2, "SESSION:CALL"), ("-1", 2, "unknown opt"),
                (f"{session}:2", 1, "no such question"),
                (f"{'0' * 32}:1", 1, "no such question"),
                (f"{'0' * 33}:1", 2, "SESSION:CALL"),
                ("18446744073709551617", 2, "SESSION:CALL")):
            got, output = say(world, word, "once")
            assert got == status and said in output, (word, got, output)
        assert run.seen() == []
        # All of a session's digits, and the fewest.
        whole = list(world.sessions())[-1]
        status, output = say(world, f"{whole}:1", "once")
        assert status == 0, output
        assert is_fine(run.got(1))
        # Answered: late, or not known any more.
        status, output = say(world, ident, "once")
        assert status == 1, output
        run.end(0)


@t.test
def a_number_that_two_sessions_have_is_refused(world):
    profile(world)
    with Asking(world) as one:
        one.tool(1, n=1)
        first = identify(one, 1)
        with Asking(world) as two:
            two.tool(1, n=1)
            second = identify(two, 1)
            status, output = say(world, "1", "once")
            assert status == 2 and "SESSION:1" in output, output
            assert say(world, first, "deny")[0] == 0
            text(one.got(1))
            assert two.seen() == []
            assert say(world, second, "once")[0] == 0
            assert is_fine(two.got(1))
            two.end(0)
        one.end(0)


@t.test
def without_an_answer_it_is_shown_and_asked(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, path="/a", text="one\ntwo")
        with at_terminal(world, identify(run, 1)) as terminal:
            terminal.expect(r"server +bad_server")
            terminal.expect(r"because +ask:a\*")
            terminal.expect(re.escape('"text": "one\\ntwo"'))
            terminal.expect(PROMPT)
            terminal.type("what\n")
            terminal.expect(PROMPT)
            terminal.type("once more\n")
            terminal.expect(PROMPT)
            assert run.seen() == []
            terminal.type("d not this one\n")
            assert terminal.wait() == 0, terminal.text
        assert text(run.got(1)) == "Not run: the user declined. not this one"
        run.end(0)


@t.test
def one_after_the_other_is_asked(world):
    profile(world)
    with Asking(world) as run:
        for number in (1, 2, 3):
            run.tool(number, n=number)
        identify(run, 3)
        with at_terminal(world) as terminal:
            terminal.expect(PROMPT)
            terminal.type("o\n")
            terminal.expect(PROMPT)
            terminal.type("skip\n")
            terminal.expect(PROMPT)
            terminal.type("q\n")
            terminal.wait()
        wait_for(lambda: run.seen(), "the call")
        assert len(run.seen()) == 1, run.seen()
        run.end(0)


@t.test
def what_was_typed_before_the_question_answers_nothing(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        with Terminal(world, "bash", "-c",
                      f"sleep 1; exec {STOCKADE} approve {ident}") as terminal:
            terminal.send("o\no\no\n")
            terminal.expect(PROMPT)
            terminal.send("o\n")
            terminal.expect(PROMPT)
            assert run.seen() == [], "typed ahead, and it counted"
            terminal.type("k\n")
            assert terminal.wait() == 1
        run.end(0)


@t.test
def a_question_that_goes_while_it_is_read_is_said(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        with at_terminal(world, ident) as terminal:
            terminal.expect(PROMPT)
            assert say(world, ident, "once")[0] == 0
            terminal.expect("not open any more: once")
            assert terminal.wait() == 1
        run.end(0)


@t.test
def only_the_foreground_of_a_terminal_answers(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        for how in ("setsid -w {} </dev/null 2>&1", "set -m; {} & wait $!"):
            command = how.format(f"{STOCKADE} approve {ident} once")
            with Terminal(world, "bash", "-c", command) as terminal:
                assert terminal.wait() == 1, (how, terminal.text)
                terminal.expect("foreground of a terminal")
        assert run.seen() == []
        assert not run.records("approval.answered")
        assert say(world, ident, "once")[0] == 0
        assert is_fine(run.got(1))
        run.end(0)


@t.test
def a_descendant_of_the_client_answers_nothing(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        done = world.stockade("approve", ident, "once")
        assert done.returncode == 1, done
        assert "started by the client" in done.stderr, done.stderr
        assert run.seen() == []
        run.end(0)
    assert [r["kind"] for r in run.records("anomaly")] == ["self_approval"]


@t.test
def usage_errors_answer_nothing(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        for words in ((ident, "yes"), (ident, "once", "why"), ("--exec", "x"),
                      ("--tool", "ask_me"), ("--watch", ident), (ident, "Once"),
                      ("--json", ident, "once"), (ident, "deny", "x" * 513),
                      ("--watch", "--exec", ""), ("--tool", "ask_me", "no")):
            status, output = say(world, *words)
            assert status == 2, (words, status, output)
        assert run.seen() == []
        run.end(0)


def path_of_profile(world):
    return os.path.join(world.home, ".config", "stockade", "profiles",
                        "mine.json")


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


ODD = ('{ "version":1,\n\t"extends" : "static" , "why": "odd  spacing",\n'
       '  "protocol": {"tools": { "ask":["a*"], "always": [ "x" ] }},\r\n'
       ' "approval":{"hold":"30s"} }')


@t.test
def always_is_written_to_the_profile_to_the_byte(world):
    profile(world)
    with open(path_of_profile(world), "w", encoding="utf-8",
              newline="") as file:
        file.write(ODD)
    with Asking(world) as run:
        run.tool(1, n=1)
        with at_terminal(world, identify(run, 1), "always") as terminal:
            terminal.expect(r"\n-.*\"x\"")
            terminal.expect(r"\n\+.*\"ask_me\"")
            terminal.expect(r"\[y/N\] ")
            assert run.seen() == [] and "ask_me" not in read(
                path_of_profile(world))
            terminal.type("y\n")
            assert terminal.wait() == 0, terminal.text
        assert is_fine(run.got(1))
        run.tool(2, n=2)
        assert is_fine(run.got(2))
        run.end(0)
    with open(path_of_profile(world), encoding="utf-8", newline="") as file:
        written = file.read()
    assert written == ODD.replace('"x"', '"x", "ask_me"'), written
    answered = run.records("approval.answered")
    assert answered[0]["answer"] == "always", answered
    changed = run.records("policy.changed")
    assert len(changed) == 1 and changed[0]["old"] != changed[0]["new"]
    with Asking(world) as run:
        run.tool(1, n=3)
        assert is_fine(run.got(1))
        run.end(0)


@t.test
def always_that_is_not_confirmed_changes_nothing(world):
    profile(world)
    before = read(path_of_profile(world))
    with Asking(world) as run:
        run.tool(1, n=1)
        for typed in ("n\n", "\n", "o\n"):
            with at_terminal(world, identify(run, 1), "always") as terminal:
                terminal.expect(r"\[y/N\] ")
                terminal.type(typed)
                assert terminal.wait() == 1, terminal.text
        assert run.seen() == [] and read(path_of_profile(world)) == before
        status, output = piped(world, identify(run, 1), "always")
        assert status == 1 and "on a terminal only" in output, output
        assert run.seen() == [] and read(path_of_profile(world)) == before
        run.end(0)


@t.test
def always_without_a_profile_offers_the_session(world):
    with Asking(world, options=("--ask", "a*")) as run:
        run.tool(1, n=1)
        status, output = say(world, identify(run, 1), "always")
        assert status == 1, output
        assert "no profile of its own" in output and "session" in output
        assert run.seen() == []
        run.end(0)


@t.test
def a_file_that_changed_since_it_was_shown_is_not_written(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, n=1)
        with at_terminal(world, identify(run, 1), "always") as terminal:
            terminal.expect(r"\[y/N\] ")
            profile(world, tools={"ask": ["a*", "b*"]})
            before = read(path_of_profile(world))
            terminal.type("y\n")
            assert terminal.wait() == 1, terminal.text
        assert read(path_of_profile(world)) == before
        assert run.seen() == []
        run.end(0)


@t.test
def a_retry_finds_the_answer_that_came_late(world):
    profile(world, hold="1s")
    with Asking(world) as run:
        run.tool(1, n=1)
        ident = identify(run, 1)
        assert text(run.got(1)) == WAITING
        output = piped(world)[1]
        assert "retry" in own_lines(run, output)[0], output
        assert say(world, ident, "once")[0] == 0
        assert run.seen() == []
        run.tool(2, n=1)
        assert is_fine(run.got(2))
        run.end(0)


t.main()
