#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a server asks of its client, held for somebody to agree, through the
whole of run: profile, site's policy, approver, log.

Usage: test_run_asked.py BUILD [NAME…]
"""

import json

from askrig import Asking
from runrig import Script
from siterig import profile as put_profile

t = Script()

FORM = {"mode": "form", "message": "Which branch?", "requestedSchema": {
    "type": "object", "properties": {}}}

# A call makes it ask; it answers with what it was told.
SERVER = "FORM = " + repr(FORM) + r"""
import json, sys
def say(**m):
    print(json.dumps({"jsonrpc": "2.0"} | m), flush=True)
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") == "initialize":
        say(id=m["id"], result={"protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}}, "serverInfo": {"name": "s",
            "version": json.dumps(sorted(m["params"]["capabilities"]))}})
    elif m.get("method") == "tools/call":
        call = m["id"]
        say(id="ask", method="elicitation/create", params=FORM)
    elif m.get("id") == "ask":
        told = m.get("result", m.get("error"))
        say(id=call, result={"content": [{"type": "text",
                                          "text": json.dumps(told)}]})
"""


class Asker(Asking):
    def __init__(self, world, rule="ask", more=None, options=()):
        put_profile(world, {"extends": "python", "protocol": {
            "tools": {"allow": ["*"]}, "pins": "off",
            "methods": {"elicitation/create": rule}},
            "approval": {"hold": "30s", **(more or {})}})
        script = world.file("asker.py", SERVER)
        super().__init__(world, script,
                         ["--profile", "mine", "--ro", script, *options],
                         server="/usr/bin/python3")

    def say(self, **message):
        self.send(json.dumps({"jsonrpc": "2.0"} | message).encode() + b"\n")

    def hello(self):
        """The capabilities that the server has heard of."""
        self.say(id="h", method="initialize", params={
            "protocolVersion": "2025-11-25",
            "capabilities": {"elicitation": {}, "roots": {}},
            "clientInfo": {"name": "c", "version": "1"}})
        info = self.got("h")["result"]["serverInfo"]
        self.say(method="notifications/initialized")
        return json.loads(info["version"])


def told(answer):
    return json.loads(answer["result"]["content"][0]["text"])


@t.test
def a_form_reaches_the_person_once_somebody_agrees(world):
    with Asker(world) as run, run.approver() as peer:
        assert run.hello() == ["elicitation", "roots"]
        run.tool(1)
        asked = peer.until("question")
        shown = json.loads(asked["shown"])
        assert (asked["kind"], asked["name"]) == \
            ("request", "elicitation/create"), asked
        assert shown["arguments"] == FORM and asked["held"], shown
        assert peer.answer(asked["id"], "always")["status"] == "not offered"
        assert peer.answer(asked["id"], "once")["status"] == "taken"
        form = run.receive(10)
        assert form["method"] == "elicitation/create" and \
            form["params"] == FORM, form
        run.say(id=form["id"], result={"action": "accept", "content": {}})
        assert told(run.got(1)) == {"action": "accept", "content": {}}
        run.end(0)
    log = [r for records in world.sessions().values() for r in records]
    asks = [r for r in log if r["type"] == "call" and r.get("dir") == "s2c"]
    assert [(r["method"], r["decision"]) for r in asks] == \
        [("elicitation/create", "ask")], asks
    for kind in ("approval.asked", "approval.answered"):
        got = [r for r in log if r["type"] == kind]
        assert [(r["method"], r["approval"], r["call"]) for r in got] == \
            [("elicitation/create", asks[0]["call"], asks[0]["call"])], got


@t.test
def a_form_that_is_declined_is_an_error_for_the_server(world):
    with Asker(world) as run, run.approver() as peer:
        run.hello()
        run.tool(1)
        asked = peer.until("question")
        peer.answer(asked["id"], "deny", reason="Not now.")
        got = told(run.got(1))
        assert got["code"] == -1 and "Not now." in got["message"], got
        assert run.notes == [], run.notes
        run.end(0)


@t.test
def a_file_that_narrows_takes_allow_away(world):
    narrow = world.file("narrow.json", json.dumps({
        "version": 1,
        "protocol": {"methods": {"elicitation/create": "ask"}}}))
    with Asker(world, "allow", options=["--narrow", narrow]) as run, \
            run.approver() as peer:
        assert run.hello() == ["elicitation", "roots"]
        run.tool(1)
        asked = peer.until("question")
        assert asked["name"] == "elicitation/create", asked
        peer.answer(asked["id"], "deny")
        assert told(run.got(1))["code"] == -1
        run.end(0)


@t.test
def where_a_prompt_is_not_enough_it_is_denied(world):
    with Asker(world, more={"by": "proof"}) as run:
        assert run.hello() == ["roots"]
        run.tool(1)
        assert told(run.got(1))["code"] == -32601
        run.end(0)


if __name__ == "__main__":
    t.main()
