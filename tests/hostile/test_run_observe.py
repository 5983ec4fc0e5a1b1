#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`run --observe`: what a policy would refuse is recorded and passes; what
narrows the run, and the sandbox, hold.

Usage: test_run_observe.py BUILD [NAME…]
"""

import json
import os

from runrig import Run, Script, is_fine, of_type, wait_for
from siterig import Site, document, profile

PYTHON = "/usr/bin/python3"
t = Script()
SERVER = r"""
import json, sys
def say(m): print(json.dumps({"jsonrpc": "2.0", **m}), flush=True)
for line in sys.stdin:
    m = json.loads(line)
    method = m.get("method")
    if method == "tools/list":
        say({"id": m["id"], "result": {"tools": [
            {"name": n, "inputSchema": {"type": "object"}}
            for n in ("free", "ask_me", "never", "other")]}})
    elif method == "initialize":
        say({"id": m["id"], "result": m["params"]["capabilities"]})
    elif method == "tools/call" and m["params"]["name"] == "free":
        say({"id": "s1", "method": "sampling/createMessage", "params": {}})
        say({"id": m["id"], "result": {"content": [
            {"type": "text", "text": json.loads(input()).get(
                "error", {"message": "fine"})["message"]}]}})
    elif method == "tools/call" and m["params"]["name"] == "other":
        say({"id": m["id"], "result": {"content": [{"type": "text", "text":
            str(__import__("os").path.exists("/etc/shadow"))}]}})
    elif method == "tools/call" and m["params"]["name"] == "slow":
        import os, time
        while not os.path.exists(m["params"]["arguments"]["till"]):
            time.sleep(0.01)
        say({"id": m["id"], "result": {"content": [
            {"type": "text", "text": "fine"}]}})
    elif method == "tools/call" and m["params"]["name"] == "roots":
        say({"id": "r1", "method": "roots/list"})
        roots = json.loads(input())["result"]["roots"]
        say({"id": m["id"], "result": {"content": [
            {"type": "text", "text": " ".join(x["uri"] for x in roots)}]}})
    elif "id" in m and method:
        say({"id": m["id"], "result": {"content": [
            {"type": "text", "text": "fine"}]}})
"""
POLICY = {"extends": "python", "protocol": {
    "tools": {"allow": ["free"], "ask": ["ask*"], "deny": ["never"]}}}


class Observed(Run):
    def __init__(self, world, options=("--profile", "mine"), wrap=()):
        script = world.file("server.py", SERVER)
        super().__init__(world, script, ["--observe", "--ro", script,
                                         *options], wrap=wrap, server=PYTHON)

    def request(self, number, method, params):
        self.send(json.dumps({"jsonrpc": "2.0", "id": number,
                              "method": method, "params": params}).encode()
                  + b"\n")

    def listed(self, number=1):
        self.request(number, "tools/list", {})
        return [x["name"] for x in self.answer(number)["result"]["tools"]]


def decisions(world):
    return {r.get("tool"): (r["decision"], r.get("observed", False))
            for r in of_type(world.records(), "call")}


@t.test
def what_is_refused_passes_and_is_recorded(world):
    profile(world, POLICY)
    with Observed(world) as run:
        assert run.listed() == ["free", "ask_me", "never", "other"]
        assert is_fine(run.ask(2, "ask_me")) and is_fine(run.ask(3, "never"))
        run.ask(4, "other")
        run.expect_line("weaker: --observe")
        run.end(0)
    assert decisions(world) == {
        None: ("allow", False), "ask_me": ("ask", True),
        "never": ("deny", True), "other": ("deny", True)}, decisions(world)
    [start] = of_type(world.records(), "session.start")
    assert "observe" in start["degraded"], start
    [never] = [r for r in of_type(world.records(), "call")
               if r.get("tool") == "never"]
    assert never["rules"] == ["deny:never"] and never["listed"] is False
    assert "only observed" in world.stockade("log").stdout
    assert "it passed" in world.stockade("why").stdout


@t.test
def what_is_allowed_is_no_observation(world):
    profile(world, {"extends": "python",
                    "protocol": {"tools": {"allow": ["*"]}}})
    with Observed(world) as run:
        assert is_fine(run.ask(1, "never"))
        run.end(0)
    assert decisions(world) == {"never": ("allow", False)}


@t.test
def what_a_server_asks_passes_too(world):
    profile(world, POLICY)
    with Observed(world) as run:
        run.request(1, "initialize", {"capabilities": {"sampling": {}}})
        assert run.answer(1)["result"] == {"sampling": {}}, "masked"
        run.call(2, "free")
        asked = run.receive()
        assert asked["method"] == "sampling/createMessage", asked
        run.send(b'{"jsonrpc":"2.0","id":"s1","result":{}}\n')
        assert is_fine(run.answer(2))
        run.end(0)
    [asked] = [r for r in of_type(world.records(), "call")
               if r["dir"] == "s2c"]
    assert asked["decision"] == "deny" and asked["observed"] is True


def trips(world, action):
    profile(world, {**POLICY, "breaker": {"unlisted": 3, "action": action}})
    with Observed(world) as run:
        for number in range(1, 6):
            assert is_fine(run.ask(number, "never"))
        run.end(0)
    seen = [r for r in of_type(world.records(), "anomaly")
            if r["kind"] == "unlisted_tool"]
    assert [(r["count"], r["observed"], r["action"]) for r in seen[:1]] == \
        [(3, True, action)], seen


@t.test
def a_breaker_that_would_stop_is_recorded(world):
    trips(world, "stop")


@t.test
def a_breaker_that_would_alert_is_recorded(world):
    trips(world, "alert")


def tripped(world, action, narrow=(), line="anomaly: protected_name"):
    profile(world, {**POLICY, "breaker": action})
    with Observed(world, ("--profile", "mine", "--rw", world.work,
                          *narrow)) as run:
        assert is_fine(run.ask(1, "ask_me"))
        world.file("work/.envrc")
        wait_for(lambda: line in run.text(), line)
        answer = run.ask(2, "ask_me")
        run.end(0)
    seen, *_ = [r for r in of_type(world.records(), "anomaly")
                if r["kind"] == "protected_name"]
    return seen["action"], seen.get("observed", False), is_fine(answer)


@t.test
def a_protected_name_that_would_stop_is_recorded(world):
    assert tripped(world, "stop") == ("stop", True, True)


@t.test
def a_protected_name_that_alerts_anyway_is_no_observation(world):
    assert tripped(world, "alert") == ("alert", False, True)


@t.test
def a_protected_name_that_what_narrows_blocks_is_no_observation(world):
    narrow = world.file("team.json", document({"breaker": "block"}))
    assert tripped(world, "block", ("--narrow", narrow),
                   "every call is refused") == ("block", False, False)


@t.test
def a_call_that_would_be_given_up_is_recorded_and_answered(world):
    profile(world, {"extends": "python", "protocol": {
        "tools": {"allow": ["*"]}, "call_timeout": "1s"}})
    till = os.path.join(world.work, "now")
    with Observed(world, ("--profile", "mine", "--ro", world.work)) as run:
        run.request(1, "tools/call", {"name": "slow",
                                      "arguments": {"till": till}})

        def late():
            return [r for s in world.sessions().values()
                    for r in of_type(s, "limit.hit")]
        wait_for(late, "the record of a late call")
        with open(till, "w", encoding="ascii"):
            pass
        assert is_fine(run.answer(1))
        run.end(0)
    [hit] = of_type(world.records(), "limit.hit")
    assert (hit["limit"], hit["value"], hit["observed"], hit["call"]) == \
        ("call_timeout", 1, True, 1), hit
    [result] = of_type(world.records(), "result")
    assert result["outcome"] == "ok", result


@t.test
def folders_that_would_be_left_out_are_recorded(world):
    profile(world, {"extends": "python", "protocol": {
        "tools": {"allow": ["*"]}}})
    inside, outside = "file://" + world.work, "file:///etc"
    for roots, would in (([inside, outside], True), ([inside], False)):
        with Observed(world, ("--profile", "mine", "--ro",
                              world.work)) as run:
            run.request(1, "initialize", {"capabilities": {"roots": {}}})
            run.answer(1)
            run.request(2, "tools/call", {"name": "roots"})
            assert run.receive()["method"] == "roots/list"
            run.send(json.dumps({"jsonrpc": "2.0", "id": "r1", "result": {
                "roots": [{"uri": x} for x in roots]}}).encode() + b"\n")
            got = run.answer(2)["result"]["content"][0]["text"]
            assert got == " ".join(roots), got
            run.end(0)
    seen = sorted(r.get("observed", False) for s in world.sessions().values()
                  for r in of_type(s, "result") if r.get("cut"))
    assert seen == [True], seen


@t.test
def the_sandbox_is_as_ever(world):
    profile(world, POLICY)
    with Observed(world) as run:
        said = run.ask(1, "other")["result"]["content"][0]["text"]
        assert said == "False", said
        run.end(0)


@t.test
def what_narrows_holds(world):
    profile(world, POLICY)
    narrow = world.file("team.json", document({"protocol": {
        "tools": {"deny": ["never"]},
        "methods": {"sampling/createMessage": "deny"}}}))
    with Observed(world, ["--profile", "mine", "--narrow", narrow]) as run:
        assert run.listed() == ["free", "ask_me", "other"]
        assert run.ask(2, "never")["error"]["code"] == -32602
        assert is_fine(run.ask(3, "ask_me"))
        run.request(4, "initialize", {"capabilities": {"sampling": {}}})
        assert run.answer(4)["result"] == {}, "not masked"
        run.call(5, "free")
        assert "not found" in str(run.answer(5)).lower()
        run.end(0)
    assert decisions(world)["never"] == ("deny", False)


@t.test
def an_unknown_method_is_refused_as_ever(world):
    profile(world, POLICY)
    with Observed(world) as run:
        run.request(1, "shell/run", {})
        assert run.answer(1)["error"]["code"] == -32601
        run.end(0)


@t.root
def a_site_can_forbid_it(world):
    profile(world, POLICY)
    with Site(world, {"observe": False}) as place:
        with Observed(world, wrap=place.enter) as run:
            assert run.wait() == 125, run.text()
            run.expect_line('"observe": false')
    with Site(world, {"protocol": {"tools": {"deny": ["never"]}}}) as place:
        with Observed(world, wrap=place.enter) as run:
            assert run.ask(2, "never")["error"]["code"] == -32602
            run.end(0)


assert os.path.exists(PYTHON)
t.main()
