# SPDX-License-Identifier: Apache-2.0
"""A keeper that answers wrongly, or says what it may not: the relay before it.

Usage: test_relay_keeper.py RELAY_HOST
"""
import json
import sys

import tap
from keeperrig import ANY, ALWAYS, DENY, ONCE, SESSION, asked, says
from relayrig import IPC, IPC_MSG, Rig, call, line, text_result

HOST = sys.argv[1]
PATIENT = ("ask=a*", "hold=60000")


def ask(r, id=1, tool="ask_me"):
    r.send(call(id, tool))
    number, name, shown = asked(r)
    assert name == tool.encode() and shown["name"] == tool, (name, shown)
    return number


def refused(r, id=1):
    answer = json.loads(r.at_client())
    assert answer["id"] == id and answer["result"]["isError"] is True, answer
    return answer["result"]["content"][0]["text"]


def still_held(r):
    assert r.nothing(r.server_stdin) and r.nothing(r.from_relay)


def in_step(r, id=99):
    r.round_trip(id)


def an_answer_to_what_was_never_asked_does_nothing():
    with Rig(HOST, *PATIENT) as r:
        n = ask(r)
        for a in (0, n + 1, n - 1, 2**63, 2**64 - 1):
            says(r, "ANSWERED", a, ONCE)
            says(r, "ANSWERED", a, ALWAYS | ANY, b"because")
        still_held(r)
        in_step(r)
        says(r, "ANSWERED", n, ONCE)
        assert r.at_server() == line(call(1, "ask_me"))


def only_numbers_that_are_answers_are_answers():
    with Rig(HOST, *PATIENT) as r:
        n = ask(r)
        for b in (0, 5, 6, 0xff, ANY, ANY | 5, 0x200, 0x201, 2**31 + 1, 2**32, 2**32 + ONCE,
                  2**32 + ANY + SESSION, 2**63 + ONCE, 2**64 - 1):
            says(r, "ANSWERED", n, b)
        still_held(r)
        in_step(r)
        says(r, "ANSWERED", n, DENY)
        assert "declined" in refused(r)


def the_second_answer_is_too_late():
    with Rig(HOST, *PATIENT) as r:
        n = ask(r)
        says(r, "ANSWERED", n, ONCE)
        says(r, "ANSWERED", n, ALWAYS | ANY)
        says(r, "ANSWERED", n, DENY)
        assert r.at_server() == line(call(1, "ask_me"))
        r.serve(text_result(1))
        assert r.at_client() == line(text_result(1))
        # Once was once: it asks again, and nothing is open by name.
        m = ask(r, 2)
        assert m != n
        says(r, "ANSWERED", n, ONCE)
        still_held(r)
        says(r, "ANSWERED", m, DENY)
        says(r, "ANSWERED", m, ONCE)
        assert "declined" in refused(r, 2)
        still_held(r)
        in_step(r)


def a_call_that_does_not_wait_keeps_its_question_in_the_queue():
    """The keeper forgets by a clock of its own: it is told of each call."""
    with Rig(HOST, "ask=a*", "hold=1") as r:
        n = ask(r)
        refused(r)
        for id in (2, 3):
            r.send(call(id, "ask_me"))
            assert asked(r)[0] == n
            refused(r, id)
        says(r, "ANSWERED", n, ONCE)
        in_step(r)
        r.send(call(5, "ask_me"))
        assert r.at_server() == line(call(5, "ask_me"))


def any_reason_is_told_as_valid_text():
    reasons = [bytes(range(1, 32)) * 16 + b"x" * 16, b"\xff" * 512, b"\xed\xa0\x80" * 170,
               b"\xf0\x9f\x98\x80" * 127 + b"\xf0\x9f\x98", b"\"\\\n" * 170, b"\0" * 512,
               b"a\0b", b"\xe2\x80\xae" * 170, b"\x1b[2J" * 128, b"\xc0\xaf" * 256, b""]
    with Rig(HOST, *PATIENT) as r:
        for id, reason in enumerate(reasons, 1):
            r.send(call(id, "ask_me", n=id))
            says(r, "ANSWERED", asked(r)[0], DENY, reason)
            raw = r.at_client()
            answer = json.loads(raw.decode("utf-8", "strict"))
            text = answer["result"]["content"][0]["text"]
            assert answer["id"] == id and "declined" in text, answer
            assert all(c >= 0x20 for c in raw[:-1]), raw
            text.encode("utf-8", "strict")
            if reason and reason.isascii() and reason.decode().isprintable():
                assert reason.decode() in text
        in_step(r)


def any_number_of_approvers_is_borne():
    with Rig(HOST, *PATIENT) as r:
        for n in (2**63, 2**64 - 1, 2**32, 0, 1, 2**31):
            says(r, "APPROVERS", n)
        n = ask(r)
        for i in range(20000):
            says(r, "APPROVERS", i % 3)
        says(r, "ANSWERED", n, ONCE)
        assert r.at_server() == line(call(1, "ask_me"))


def a_flood_of_answers_leaves_it_in_step():
    with Rig(HOST, *PATIENT) as r:
        n = ask(r)
        for i in range(20000):
            says(r, "ANSWERED", 1000 + i, 1 + i % 4, b"r" * (i % 512))
        in_step(r)
        says(r, "ANSWERED", n, SESSION)
        assert r.at_server() == line(call(1, "ask_me"))


def no_name_that_cannot_be_shown_is_asked_about():
    """The keeper stops listening to who puts such a question."""
    with Rig(HOST, "ask=*", "hold=60000") as r:
        for id, name in enumerate(("", "\0", "a\0b", "ask\0"), 1):
            r.send(call(id, name))
            answer = json.loads(r.at_client())
            assert answer["id"] == id and "error" in answer, answer
        r.keeper.settimeout(0.2)
        try:
            while True:
                kind = IPC_MSG.unpack_from(r.keeper.recv(16384))[0]
                assert kind != IPC["QUESTION"]
        except TimeoutError:
            pass
        n = ask(r, 9)
        says(r, "ANSWERED", n, ONCE)
        assert r.at_server() == line(call(9, "ask_me"))


def ends(what):
    """It is a keeper that is gone: all is denied, what was held is refused or let go."""
    with Rig(HOST, "ask=a*", "hold=700") as r:
        ask(r)
        what(r)
        assert "keeper is gone" in [r.stderr_line() for _ in range(2)][-1]
        assert "Not run" in refused(r)
        r.send(call(2, "read"))
        answer = json.loads(r.at_client())
        assert answer["id"] == 2 and ("error" in answer or answer["result"]["isError"]), answer
        assert r.nothing(r.server_stdin)


def what_it_may_not_say_ends_it():
    for what in (lambda r: says(r, "QUESTION", 1, 1, b"\0" * 4136),
                 lambda r: says(r, "GO"),
                 lambda r: says(r, "ANSWERED", 1, ONCE, b"r" * 513),
                 lambda r: says(r, "ANSWERED", 1, ONCE, claims=40),
                 lambda r: says(r, "ANSWERED", 1, ONCE, fds=(0,)),
                 lambda r: says(r, "APPROVERS", 1, 0, b"x"),
                 lambda r: says(r, "APPROVERS", 1, fds=(0, 0, 0, 0, 0, 0)),
                 lambda r: r.keeper.send(b"x" * 20000),
                 lambda r: r.keeper.send(b"x")):
        ends(what)


tap.run([an_answer_to_what_was_never_asked_does_nothing,
         only_numbers_that_are_answers_are_answers,
         the_second_answer_is_too_late,
         a_call_that_does_not_wait_keeps_its_question_in_the_queue,
         any_reason_is_told_as_valid_text,
         any_number_of_approvers_is_borne,
         a_flood_of_answers_leaves_it_in_step,
         no_name_that_cannot_be_shown_is_asked_about,
         what_it_may_not_say_ends_it])
