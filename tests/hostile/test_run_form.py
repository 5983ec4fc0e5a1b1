#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What is asked for, asked by way of the client too, and calls that are handed
back to wait.

Usage: test_run_form.py BUILD [NAME…]
"""

import json
import os

from askrig import Asking, WAITING, profile, text
from runrig import Script, check_log, is_fine

t = Script()

ALLOW, DENY = "Run it once", "Do not run it"
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}
FORMS = META | {"io.modelcontextprotocol/clientCapabilities":
                {"elicitation": {}}}
ROUNDS = 8


def with_forms(world, hold="30s", wanted=True):
    profile(world, hold)
    path = os.path.join(world.home, ".config", "stockade", "profiles",
                        "mine.json")
    with open(path, encoding="utf-8") as file:
        whole = json.load(file)
    whole["approval"]["elicitation"] = wanted
    with open(path, "w", encoding="utf-8") as file:
        json.dump(whole, file)


class Form(Asking):
    def say(self, **message):
        self.send(json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n")

    def hello(self, **capabilities):
        self.say(id=0, method="initialize", params={
            "protocolVersion": "2025-11-25", "capabilities": capabilities,
            "clientInfo": {"name": "t", "version": "1"}})
        self.got(0)

    def request(self):
        """The next request that comes to the client."""
        while True:
            for i, message in enumerate(self.notes):
                if "method" in message and "id" in message:
                    return self.notes.pop(i)
            message = self.receive(20)
            assert message is not None, f"no request; stderr: {self.text()}"
            self.notes.append(message)

    def fill_in(self, asked, word=ALLOW, action="accept"):
        result = {"action": action}
        if word is not None:
            result["content"] = {"answer": word}
        self.say(id=asked["id"], result=result)

    def modern(self, number, meta=None, name="ask_me", arguments=None, **more):
        self.say(id=number, method="tools/call", params={
            "name": name, "arguments": arguments or {"n": 1},
            "_meta": meta or META} | more)

    def calls(self):
        with open(self.world.seen, "rb") as file:
            return [json.loads(x) for x in file if b"tools/call" in x]


def handed_back(message):
    result = message["result"]
    assert result["resultType"] == "input_required", message
    return result


@t.test
def a_form_allows_once_what_it_shows(world):
    with_forms(world)
    with Form(world) as run:
        run.hello(elicitation={})
        run.tool(1, path="x\u202e\x1b[31m")
        asked = run.request()
        assert asked["method"] == "elicitation/create", asked
        message = asked["params"]["message"]
        assert '"ask_me"' in message and "path" in message, message
        assert message.isascii() and "\x1b" not in message, message
        schema = asked["params"]["requestedSchema"]
        answer = schema["properties"]["answer"]
        assert schema["required"] == ["answer"] and "default" not in answer
        assert answer["enum"] == [DENY, ALLOW], "what a machine takes first"
        assert run.seen() == [0]
        run.fill_in(asked)
        assert is_fine(run.got(1))
        run.tool(2, path="x\u202e\x1b[31m")
        run.fill_in(run.request())
        assert is_fine(run.got(2)), "once is once, and can be asked again"
        run.end(0)
        answers = run.records("approval.answered")
        assert [(a["answer"], a["channel"], a["grade"]) for a in answers] == \
            [("once", "elicitation", "prompt")] * 2, answers
    check_log(world, [0, 1, 2])


@t.test
def without_the_key_or_the_capability_nobody_is_asked_so(world):
    for wanted, capabilities in ((False, {"elicitation": {}}), (True, {}),
                                 (True, {"elicitation": {"url": {}}})):
        with_forms(world, "1s", wanted)
        with Form(world) as run:
            run.hello(**capabilities)
            run.tool(1, n=1)
            assert text(run.got(1)) == WAITING
            assert not any("method" in m and "id" in m for m in run.notes)
            run.end(0)


@t.test
def what_is_no_plain_yes_leaves_it_to_the_queue(world):
    with_forms(world)
    bad = [{"action": "accept"}, {"action": "accept", "content": {}},
           {"action": "accept", "content": {"answer": True}},
           {"action": "accept", "content": {"answer": ALLOW.lower()}},
           {"action": "accept", "content": {"answer": [ALLOW]}},
           {"action": "accept", "content": ALLOW},
           {"action": "cancel", "content": {"answer": ALLOW}},
           {"action": "decline", "content": {"answer": ALLOW}},
           {"action": ["accept"], "content": {"answer": ALLOW}},
           {"content": {"answer": ALLOW}}, {}]
    with Form(world) as run, run.approver() as peer:
        run.hello(elicitation={"form": {}})
        for number, result in enumerate(bad, 1):
            run.tool(number, n=number)
            run.say(id=run.request()["id"], result=result)
            asked = peer.until("question")
            assert asked["id"] == peer_number(run, number)
            peer.answer(asked["id"], "once")
            assert is_fine(run.got(number)), result
        run.tool(50, n=50)
        run.say(id=run.request()["id"], error={"code": -1, "message": "no"})
        peer.answer(peer.until("question")["id"], "once")
        assert is_fine(run.got(50))
        run.end(0)
        assert all(a["channel"] == "terminal"
                   for a in run.records("approval.answered"))


def peer_number(run, number):
    """The number of a call in the log; initialize was the first."""
    return number + 1


@t.test
def a_form_that_says_no_declines(world):
    with_forms(world)
    with Form(world) as run:
        run.hello(elicitation={})
        run.tool(1, n=1)
        run.fill_in(run.request(), DENY)
        assert text(run.got(1)) == "Not run: the user declined."
        run.end(0)
        assert run.seen() == [0]
        answer, = run.records("approval.answered")
        assert answer["answer"] == "deny"


@t.test
def who_answers_first_counts_and_the_form_is_taken_back(world):
    with_forms(world)
    with Form(world) as run, run.approver() as peer:
        run.hello(elicitation={})
        run.tool(1, n=1)
        asked = run.request()
        peer.answer(peer.until("question")["id"], "deny")
        assert "declined" in text(run.got(1))
        run.tool(2, free=1, name="free")
        run.got(2)
        cancelled = [m for m in run.notes
                     if m.get("method") == "notifications/cancelled"]
        assert [m["params"]["requestId"] for m in cancelled] == [asked["id"]]
        run.fill_in(asked)
        run.fill_in(asked)
        run.tool(3, n=1)
        assert "declined" in text(run.got(3))
        run.end(0)
        assert run.seen() == [0, 2]


@t.test
def a_server_cannot_answer_nor_choose_the_form(world):
    with_forms(world)
    with Form(world) as run:
        run.hello(elicitation={})
        run.tool(1, n=1)
        first = run.request()
        run.tool(2, n=2)
        second = run.request()
        assert first["id"] != second["id"]
        assert first["id"].rsplit("-", 1)[0].count("-") == 1
        assert len(first["id"]) > 24, "not to be guessed"
        # One for another question does not fit, nor one that is made up.
        run.say(id="stockade-" + "0" * 16 + "-1",
                result={"action": "accept", "content": {"answer": ALLOW}})
        run.fill_in(second)
        assert is_fine(run.got(2))
        assert run.seen() == [0, 2], "the first one still waits"
        run.fill_in(first, DENY)
        run.got(1)
        run.end(0)


@t.test
def a_call_is_handed_back_and_waits_on(world):
    profile(world, "1s")
    with Form(world) as run:
        run.modern(1)
        result = handed_back(run.got(1))
        assert set(result) == {"resultType", "requestState"}, result
        run.modern(2, requestState=result["requestState"])
        with run.approver() as peer:
            asked = peer.until("question")
            assert asked["id"] == 1, "the same question"
            peer.answer(asked["id"], "once")
            assert is_fine(run.got(2))
        line, = run.calls()
        assert line["id"] == 2 and "requestState" not in line["params"], line
        assert line["params"]["arguments"] == {"n": 1}
        run.end(0)
    check_log(world)


@t.test
def a_state_is_good_once(world):
    profile(world, "1s")
    with Form(world) as run:
        run.modern(1)
        state = handed_back(run.got(1))["requestState"]
        run.modern(2, requestState=state)
        again = handed_back(run.got(2))["requestState"]
        for number in 3, 4:
            run.modern(number, requestState=state)
            assert run.got(number)["error"]["code"] == -32602
        run.modern(5, requestState=again)
        with run.approver() as peer:
            peer.answer(peer.until("question")["id"], "once")
            assert is_fine(run.got(5))
        run.modern(6, requestState=again)
        assert run.got(6)["error"]["code"] == -32602
        run.end(0)
        assert [x["id"] for x in run.calls()] == [5]


@t.test
def the_ninth_leg_is_answered(world):
    profile(world, "1s")
    with Form(world) as run:
        state = {}
        for number in range(1, ROUNDS + 1):
            run.modern(number, **state)
            state = {"requestState":
                     handed_back(run.got(number))["requestState"]}
        run.modern(50, **state)
        assert text(run.got(50)) == WAITING
        run.end(0)
        assert run.seen() == []


@t.test
def a_state_of_the_servers_travels_along(world):
    profile(world, "1s")
    theirs = "stockade? é\u0000\"\\ \U0001f600"
    with Form(world) as run:
        run.modern(1, requestState=theirs)
        back = handed_back(run.got(1))["requestState"]
        run.modern(2, requestState=back)
        again = handed_back(run.got(2))["requestState"]
        assert len(again) == len(back), "not one in the other"
        run.modern(3, requestState=again)
        with run.approver() as peer:
            peer.answer(peer.until("question")["id"], "once")
            assert is_fine(run.got(3))
        line, = run.calls()
        assert line["params"]["requestState"] == theirs, line
        run.end(0)


@t.test
def a_state_that_was_made_up_or_is_anothers_is_refused(world):
    profile(world, "1s")
    with Form(world) as run:
        run.modern(1)
        state = handed_back(run.got(1))["requestState"]
        flipped = state[:12] + ("0" if state[12] != "0" else "1") + state[13:]
        wrong = [("ask_me", {"n": 2}, state), ("ask_you", {"n": 1}, state),
                 ("ask_me", {"n": 1}, flipped),
                 ("ask_me", {"n": 1}, state + "x"),
                 ("ask_me", {"n": 1}, state[:-1]),
                 ("ask_me", {"n": 1}, "stockade.1."),
                 ("ask_me", {"n": 1}, "stockade.1." + "0" * 84 + ".")]
        for number, (name, arguments, bad) in enumerate(wrong, 2):
            run.modern(number, name=name, arguments=arguments,
                       requestState=bad)
            error = run.got(number)["error"]
            assert error["code"] == -32602, error
        run.modern(50, requestState=state)
        handed_back(run.got(50))
        run.end(0)
        assert run.seen() == []
    with Form(world) as run:
        run.modern(1, requestState=state)
        assert run.got(1)["error"]["code"] == -32602, "of another session"
        run.end(0)


@t.test
def a_form_of_the_modern_era_comes_with_it(world):
    with_forms(world)
    with Form(world) as run:
        run.modern(1, FORMS)
        result = handed_back(run.got(1))
        asked = result["inputRequests"]["stockade"]
        assert asked["method"] == "elicitation/create"
        assert asked["params"]["mode"] == "form", asked
        run.modern(2, FORMS, requestState=result["requestState"],
                   inputResponses={"stockade": {
                       "action": "accept", "content": {"answer": ALLOW}}})
        assert is_fine(run.got(2))
        line, = run.calls()
        assert "requestState" not in line["params"], line
        assert "inputResponses" not in line["params"], line
        run.end(0)
        answer, = run.records("approval.answered")
        assert answer["channel"] == "elicitation", answer


@t.test
def an_accept_counts_for_the_call_that_it_was_asked_for(world):
    with_forms(world)
    yes = {"stockade": {"action": "accept", "content": {"answer": ALLOW}}}
    with Form(world) as run:
        run.modern(1, FORMS)
        state = handed_back(run.got(1))["requestState"]
        run.modern(2, FORMS, arguments={"n": 2}, requestState=state,
                   inputResponses=yes)
        assert run.got(2)["error"]["code"] == -32602
        # Without a state it answers nothing.
        run.modern(3, META, arguments={"n": 3}, inputResponses=yes)
        run.modern(4, name="free")
        assert is_fine(run.got(4))
        assert run.seen() == [4]
        run.modern(5, FORMS, requestState=state, inputResponses=yes)
        assert is_fine(run.got(5))
        # The same again: a new question, to which that is no answer.
        run.modern(6, FORMS, requestState=state, inputResponses=yes)
        run.modern(7, name="free")
        assert is_fine(run.got(7))
        assert run.seen() == [4, 5, 7]
        run.hang_up()


@t.test
def a_decline_in_a_form_of_the_modern_era_waits_on(world):
    with_forms(world)
    with Form(world) as run, run.approver() as peer:
        run.modern(1, FORMS)
        result = handed_back(run.got(1))
        run.modern(2, FORMS, requestState=result["requestState"],
                   inputResponses={"stockade": {"action": "decline"}})
        asked = peer.until("question")
        peer.answer(asked["id"], "once")
        assert is_fine(run.got(2))
        run.end(0)


@t.test
def the_site_can_forbid_forms(world):
    with_forms(world, "1s")
    policy = os.path.join(world.home, "narrow.json")
    with open(policy, "w", encoding="utf-8") as file:
        json.dump({"version": 1, "approval": {"elicitation": False}}, file)
    with Form(world, options=("--profile", "mine", "--narrow", policy)) as run:
        run.hello(elicitation={})
        run.tool(1, n=1)
        assert text(run.got(1)) == WAITING
        assert not any("method" in m and "id" in m for m in run.notes)
        run.end(0)


t.main()
