#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls that were agreed to, and whose server asks for input before it answers:
they go on without being asked for again, and nothing else does.

Usage: test_run_agreed.py BUILD [NAME…]
"""

import json

from askrig import Asking, text
from runrig import Script, is_fine
from siterig import profile as put_profile
from tokenrig import NEEDED, add, enrol, token

t = Script()

META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {"elicitation": {}}}
YES = {"k": {"action": "accept", "content": {}}}

# Answers once it was called arguments.steps times more, in the state it gave.
SERVER = r"""
import json, sys
ASK = {"k": {"method": "elicitation/create", "params": {
    "mode": "form", "message": "m", "requestedSchema": {
        "type": "object", "properties": {}}}}}
for line in sys.stdin:
    m = json.loads(line)
    if m.get("method") != "tools/call":
        continue
    with open(sys.argv[2], "a") as file:
        file.write(line)
    args = m["params"]["arguments"]
    state = m["params"].get("requestState", "step-0")
    step = int(state[5:])
    if step < args["steps"]:
        r = {"resultType": "input_required",
             "requestState": "step-%d" % (step + 1)}
        if args.get("asks"):
            r["inputRequests"] = ASK
        if args.get("stateless"):
            del r["requestState"]
            if "inputResponses" in m["params"]:
                r = {"resultType": "complete",
                     "content": [{"type": "text", "text": "fine"}]}
    else:
        r = {"resultType": "complete",
             "content": [{"type": "text", "text": "fine"}]}
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}),
          flush=True)
"""


class Wizard(Asking):
    def __init__(self, world, **tools):
        put_profile(world, {"extends": "python", "protocol": {
            "tools": tools or {"ask": ["*"]},
            "methods": {"elicitation/create": "allow"}},
            "approval": {"hold": "30s"}})
        script = world.file("wizard.py", SERVER)
        super().__init__(world, script, ["--profile", "mine", "--ro", script],
                         server="/usr/bin/python3")

    def call(self, number, name="w", meta=None, arguments=None, **more):
        self.send(json.dumps({
            "jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
                "name": name, "arguments": arguments or {"steps": 1},
                "_meta": meta or META, **more}}).encode() + b"\n")

    def state(self, number):
        result = self.got(number)["result"]
        assert result["resultType"] == "input_required", result
        return result.get("requestState")


def agree(peer, answer="once"):
    asked = peer.until("question")
    peer.answer(asked["id"], answer)
    return int(asked["id"])


def goes_on(world, asks):
    arguments = {"steps": 3, "asks": asks}
    more = {"inputResponses": YES} if asks else {}
    with Wizard(world) as run, run.approver() as peer:
        run.call(1, arguments=arguments)
        first = agree(peer)
        state = run.state(1)
        for number in 2, 3:
            run.call(number, arguments=arguments, requestState=state, **more)
            state = run.state(number)
        run.call(4, arguments=arguments, requestState=state, **more)
        assert is_fine(run.got(4))
        run.end(0)
    assert [(r["decision"], r["approval"], "reason" in r)
            for r in run.records("call")] == \
        [("ask", first, False)] + [("ask", first, True)] * 3, \
        run.records("call")
    assert len(run.records("approval.asked")) == 1


@t.test
def a_state_goes_on_without_another_question(world):
    goes_on(world, False)


@t.test
def a_form_goes_on_without_another_question(world):
    goes_on(world, True)


@t.test
def an_answer_without_a_state_goes_on_too(world):
    arguments = {"steps": 1, "asks": True, "stateless": True}
    with Wizard(world) as run, run.approver() as peer:
        run.call(1, arguments=arguments)
        agree(peer)
        assert run.state(1) is None
        run.call(2, arguments=arguments, inputResponses=YES)
        assert is_fine(run.got(2))
        run.call(3, arguments=arguments)
        assert agree(peer) == 3, "it was not asked for anew"
        run.end(0)


@t.test
def nothing_else_goes_with_it(world):
    begun = {"steps": 1}
    others = [
        {"requestState": "step-0"}, {"requestState": "step-2"}, {},
        {"requestState": "step-1", "arguments": {"steps": 1, "x": 1}},
        {"requestState": "step-1", "name": "v"},
        {"inputResponses": YES}]
    with Wizard(world) as run, run.approver() as peer:
        run.call(1, arguments=begun)
        agree(peer)
        state = run.state(1)
        # A question has the number of the call in the log.
        for number, other in enumerate(others, 10):
            run.call(number, **{"arguments": begun, **other})
            # What was declined is not asked for again.
            if number == 10 or "arguments" in other or "name" in other:
                assert agree(peer, "deny") == number - 8, other
            assert text(run.got(number)).startswith("Not run: the user decl")
        run.call(2, arguments=begun, requestState=state)
        assert is_fine(run.got(2)), "what was agreed to is lost"
        # Once is once: the same state again is another call.
        run.call(3, arguments=begun, requestState=state)
        assert text(run.got(3)).startswith("Not run: the user declined")
        run.end(0)


@t.test
def what_was_denied_does_not_go_on(world):
    with Wizard(world) as run, run.approver() as peer:
        run.call(1, requestState="step-0")
        agree(peer, "deny")
        text(run.got(1))
        run.call(2, requestState="step-0", arguments={"steps": 2})
        agree(peer)
        state = run.state(2)
        run.call(3, requestState=state, arguments={"steps": 2})
        run.state(3)
        run.end(0)


@t.test
def what_is_listed_for_all_is_as_it_was(world):
    with Wizard(world, allow=["*"]) as run:
        run.call(1)
        run.call(2, requestState=run.state(1))
        assert is_fine(run.got(2))
        run.end(0)
    assert not any("reason" in r for r in run.records("call"))


@t.test
def one_token_is_enough_for_all_of_it(world):
    enrol(world)
    arguments = {"steps": 2}
    number, signed = token(server="python3", tool="w", args=arguments)
    add(world, signed)
    with Wizard(world, token=["*"]) as run:
        run.call(1, arguments=arguments)
        state = run.state(1)
        run.call(2, arguments=arguments, requestState=state)
        again = run.state(2)
        for k, other in enumerate(({"requestState": state}, {},
                                   {"requestState": again, "name": "v"})):
            run.call(10 + k, **{"arguments": arguments, **other})
            assert text(run.got(10 + k)) == NEEDED
        run.call(3, arguments=arguments, requestState=again)
        assert is_fine(run.got(3))
        run.end(0)
    assert [r.get("token") for r in run.records("call")
            if r["rpc_id"] in ("1", "2", "3")] == [number] * 3
    assert len(run.records("token.spent")) == 1


if __name__ == "__main__":
    t.main()
