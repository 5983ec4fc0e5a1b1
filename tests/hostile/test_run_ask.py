#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that a profile asks for: held, answered, let go, found again.

Usage: test_run_ask.py BUILD [NAME…]
"""

import json
import os
import signal

from askrig import (Asking, WAITING, folder_of_sockets, profile, text,
                    wait_for)
from runrig import Run, Script, check_log, is_fine, processes

t = Script()


def question(peer):
    """The next question that the approver is shown."""
    return peer.until("question")


@t.test
def nothing_is_run_before_somebody_agrees(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, path="x")
        with run.approver() as peer:
            asked = question(peer)
            assert asked["name"] == "ask_me" and asked["kind"] == "tool"
            assert asked["held"] and 0 < asked["hold_ms"] <= 30000, asked
            shown = json.loads(asked["shown"])
            assert shown["arguments"] == {"path": "x"}, shown
            assert shown["rules"] == ["ask:a*"], shown
            assert run.seen() == []
            assert peer.answer(asked["id"], "once")["status"] == "taken"
            assert is_fine(run.got(1))
        assert run.seen() == [1]
        run.end(0)
    check_log(world, [1])


@t.test
def once_is_once(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        for number in (1, 2, 3):
            run.tool(number, n=1)
            asked = question(peer)
            assert asked["id"] == number, "the same question again"
            peer.answer(asked["id"], "once")
            assert is_fine(run.got(number))
        run.end(0)


@t.test
def session_is_for_these_arguments(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        peer.answer(question(peer)["id"], "session")
        assert is_fine(run.got(1))
        # Written in another way, they are the same.
        run.send(b'{"jsonrpc":"2.0","id":2,"method":"tools/call","params":'
                 b'{"arguments":{ "\\u006e" : 1 },"name":"ask_\\u006de"}}\n')
        assert is_fine(run.got(2))
        run.tool(3, n=2)
        asked = question(peer)
        assert asked["id"] == 3, "other arguments were not asked for"
        peer.answer(3, "deny")
        text(run.got(3))
        run.end(0)


@t.test
def session_for_a_whole_tool_is_for_no_other(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        peer.answer(question(peer)["id"], "session", any=True)
        assert is_fine(run.got(1))
        run.tool(2, n=2)
        assert is_fine(run.got(2))
        run.tool(3, name="ask_another", n=1)
        assert question(peer)["id"] == 3
        run.end(0)


@t.test
def a_reason_is_told_and_a_repetition_is_no_new_question(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        peer.answer(question(peer)["id"], "deny", reason="not that folder")
        assert text(run.got(1)) == \
            "Not run: the user declined. not that folder"
        run.tool(2, n=1)
        assert text(run.got(2)) == \
            "Not run: the user declined. not that folder"
        run.tool(3, n=2)
        assert question(peer)["id"] == 3, "the repetition was asked for"
        peer.answer(3, "deny")
        assert text(run.got(3)) == "Not run: the user declined."
        assert run.seen() == []
        run.end(0)
    asked = [r["approval"] for r in world.records()
             if r["type"] == "approval.asked"]
    assert asked == [1, 3], asked


@t.test
def what_is_let_go_is_found_by_the_retry(world):
    profile(world, hold="1s")
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        asked = question(peer)
        assert text(run.got(1)) == WAITING
        assert not peer.until("question", id=1)["held"]
        assert peer.answer(asked["id"], "once")["status"] == "taken"
        assert run.seen() == []
        run.tool(2, n=2)  # not what was agreed to
        assert question(peer)["id"] == 2
        run.tool(3, n=1)
        assert is_fine(run.got(3)), "the retry did not find the answer"
        text(run.got(2))
        assert run.seen() == [3]
        run.end(0)
    calls = {r["call"]: r for r in world.records() if r["type"] == "call"}
    assert calls[3]["approval"] == 1 and calls[3]["decision"] == "ask"


@t.test
def equal_calls_are_one_question(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        for number in range(1, 6):
            run.tool(number, n=1)
        while question(peer)["calls"] < 5:
            assert peer.seen[-1]["id"] == 1
        peer.answer(1, "once")
        assert {run.receive()["id"] for _ in range(5)} == {1, 2, 3, 4, 5}
        run.end(0)
    assert len([r for r in world.records()
                if r["type"] == "approval.asked"]) == 1


@t.test
def others_go_on_while_one_waits(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1)
        for number in range(2, 50):
            run.tool(number, name="free")
            assert is_fine(run.got(number))
        assert 1 not in run.seen()
        run.end()


@t.test
def a_client_is_told_that_it_waits(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, token="t\u00e4\"", n=1)
        run.tool(2, token=7, n=2)
        question(peer)
        question(peer)
        peer.answer(1, "once")
        assert is_fine(run.got(1))
        peer.answer(2, "once")
        assert is_fine(run.got(2))
        tokens = [n["params"]["progressToken"] for n in run.notes]
        assert "t\u00e4\"" in tokens and 7 in tokens, run.notes
        for note in run.notes:
            assert note["method"] == "notifications/progress"
            assert note["params"]["progress"] < 0
            assert note["params"]["message"] == \
                "stockade: waiting for your approval"
        run.end(0)


@t.test
def a_cancelled_call_is_forgotten(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        question(peer)
        run.send(b'{"jsonrpc":"2.0","method":"notifications/cancelled",'
                 b'"params":{"requestId":1}}\n')
        assert not peer.until("question", id=1)["held"]
        # It is in the queue for a retry, and none comes by itself.
        assert peer.answer(1, "once")["status"] == "taken"
        run.tool(2, name="free")
        assert is_fine(run.got(2)) and run.notes == []
        assert run.seen() == [2]
        # Its id is free again.
        run.tool(1, name="free")
        assert is_fine(run.got(1))
        run.end(0)
    check_log(world, [2, 1])


@t.test
def a_ninth_question_is_refused(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        for number in range(1, 10):
            run.tool(number, n=number)
        said = text(run.got(9))
        assert "too many" in said, said
        peer.until("question", id=8)
        for number in range(1, 9):
            peer.answer(number, "once")
            assert is_fine(run.got(number))
        run.tool(10, n=9)
        peer.answer(question(peer)["id"], "once")
        assert is_fine(run.got(10))
        run.end(0)


@t.test
def ten_thousand_are_answered_and_nothing_is_run(world):
    profile(world)
    with Asking(world) as run:
        run.send(b"".join(
            json.dumps({"jsonrpc": "2.0", "id": n, "method": "tools/call",
                        "params": {"name": "ask", "arguments": {"n": n}}})
            .encode() + b"\n" for n in range(10000)))
        for _ in range(10000 - 8):
            text(run.receive())
        assert run.seen() == []
        assert run.peak_kib() < 64 * 1024, run.peak_kib()
        run.tool(20000, name="free")
        assert is_fine(run.got(20000))
        run.end()


@t.test
def a_server_cannot_answer_what_it_was_not_asked(world):
    profile(world)
    with Asking(world, "foresee-call") as run, run.approver() as peer:
        run.tool(50, n=1)
        question(peer)
        run.tool(200, name="free")  # the server answers 0 to 99, too
        assert is_fine(run.got(200))
        peer.answer(1, "once")
        assert is_fine(run.got(50)), run.notes
        assert run.notes == [] and run.seen() == [200, 50]
        run.end(0)
    assert any(r["type"] == "anomaly" and r["kind"] == "forged_response"
               for r in world.records())


@t.test
def the_id_of_a_held_call_is_taken(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        question(peer)
        run.tool(1, name="free")
        refused = run.receive()
        assert refused["error"]["code"] == -32600, refused
        peer.answer(1, "once")
        assert is_fine(run.got(1))
        run.end(0)


@t.test
def a_session_that_ends_runs_nothing_that_waits(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1)
        run.socket()
        run.end(0)
        assert run.seen() == []
    check_log(world)


@t.test
def a_keeper_that_is_killed_approves_nothing(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1)
        question(peer)
        # It is forked last; what it holds, only root could see.
        os.kill(max(run.ours()), signal.SIGKILL)
        assert run.wait() == 125
        assert run.seen() == []


@t.test
def prompts_and_resources_are_asked_for_too(world):
    profile(world, prompts={"ask": ["p*"]}, resources={"ask": ["file:*"]},
            tools={"allow": ["free"]})
    with Asking(world) as run, run.approver() as peer:
        run.send(b'{"jsonrpc":"2.0","id":1,"method":"prompts/get",'
                 b'"params":{"name":"p1"}}\n'
                 b'{"jsonrpc":"2.0","id":2,"method":"resources/read",'
                 b'"params":{"uri":"file:///x"}}\n')
        kinds = {question(peer)["kind"] for _ in range(2)}
        assert kinds == {"prompt", "resource"}, kinds
        peer.answer(1, "once")
        assert "result" in run.got(1)
        peer.answer(2, "deny", reason="no")
        assert run.got(2)["error"]["message"] == \
            "Not run: the user declined. no"
        run.end(0)


@t.test
def where_nobody_was_the_next_is_refused_at_once(world):
    profile(world, hold="1s")
    with Asking(world) as run:
        run.tool(1, n=1)
        assert text(run.got(1)) == WAITING
        run.tool(2, n=2, token="x")
        assert text(run.got(2)) == WAITING
        assert run.notes == [], "it was held"
        with run.approver() as peer:
            peer.until("end")
            # Both are in the queue, and from now on calls wait again.
            assert {w["id"] for w in peer.seen if w["type"] == "question"} \
                == {1, 2}
            assert peer.answer(2, "once")["status"] == "taken"
            run.tool(3, n=2)
            assert is_fine(run.got(3))
        run.end(0)


@t.test
def the_option_makes_a_policy(world):
    with Asking(world, options=["--ask", "good"]) as run:
        run.tool(1, name="other")
        assert run.got(1)["error"]["code"] == -32602
        run.tool(2, name="good")
        with run.approver() as peer:
            peer.answer(question(peer)["id"], "once")
        assert is_fine(run.got(2))
        run.end(0)


@t.test
def deny_is_not_asked_for(world):
    options = ["--profile", "mine", "--tool", "*", "--deny", "ask_n*"]
    profile(world)
    with Asking(world, options=options) as run, run.approver() as peer:
        run.tool(1, name="ask_no")
        assert run.got(1)["error"]["code"] == -32602
        run.tool(2, name="ask_yes")
        assert question(peer)["name"] == "ask_yes"
        run.end()


@t.test
def a_profile_that_is_edited_counts_from_the_next_start(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, name="free")
        assert is_fine(run.got(1))
        profile(world, tools={"allow": ["*"], "deny": ["free"]})
        run.tool(2)
        assert question(peer)["id"] == 2, "it is not asked for any more"
        run.tool(3, name="free")
        assert is_fine(run.got(3))
        run.tool(4, name="other")
        assert run.got(4)["error"]["code"] == -32602
        run.end()
    with Asking(world) as run:
        run.tool(1, name="free")
        assert run.got(1)["error"]["code"] == -32602
        run.tool(2)
        assert is_fine(run.got(2))
        run.end(0)


@t.test
def a_person_reads_what_to_type(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1, name="a\x1b[31m\u202e")
        wait_for(lambda: "needs approval" in run.text(), "the line")
        session = list(world.sessions())[0]
        run.expect_line(r"the tool a\\.* needs approval: stockade approve "
                        + session[:8] + ":1$")
        assert "\x1b" not in run.text()
        run.end()


@t.test
def what_is_long_is_shown_whole(world):
    profile(world)
    long = {"text": "\x1b[2J\u202e" + "x" * (1 << 20),
            "keys": {f"k{i}": i for i in range(60000)}}
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, **long)
        asked = question(peer)
        assert json.loads(asked["shown"])["arguments"] == long
        assert asked["seals"] & 0xf == 0xf, asked["seals"]
        peer.answer(1, "once")
        assert is_fine(run.got(1))
        run.end(0)


@t.test
def more_than_may_be_held_is_refused(world):
    profile(world)
    with Asking(world) as run:
        for number in (1, 2, 3):
            run.tool(number, n=number, text="x" * (7 << 20))
        assert "too many" in text(run.got(3))
        run.end()


@t.test
def the_log_says_who_agreed(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        run.tool(1, n=1)
        asked = question(peer)
        peer.answer(1, "session", reason="for today")
        assert is_fine(run.got(1))
        run.end(0)
    records = world.records()
    [first] = [r for r in records if r["type"] == "approval.asked"]
    [answered] = [r for r in records if r["type"] == "approval.answered"]
    [call] = [r for r in records if r["type"] == "call"]
    assert first["call"] == call["call"] == answered["approval"] == 1
    assert first["args_hash"] == call["args_hash"] == \
        answered["args_hash"] == asked["args_hash"]
    assert answered["answer"] == "session" and answered["grade"] == "prompt"
    assert answered["channel"] == "terminal" and answered["reason"] == \
        "for today"
    assert answered["by"]["tty"].startswith("/dev/pts/"), answered
    assert "python3(" in answered["by"]["ancestry"], answered
    kinds = [r["type"] for r in records]
    assert kinds.index("call") < kinds.index("approval.asked") \
        < kinds.index("approval.answered") < kinds.index("result")


@t.test
def a_session_that_never_asks_has_no_socket(world):
    with Run(world) as run:
        assert is_fine(run.ask(1))
        session = list(world.sessions())[0]
        folder = folder_of_sockets(world)
        names = os.listdir(folder) if os.path.isdir(folder) else []
        assert not any(session.startswith(n) for n in names), names
        assert processes(run.word)
        run.end(0)


t.main()
