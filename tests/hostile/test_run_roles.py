#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Roles, tasks, contexts and tenants in a real session: what they leave can be
listed and called, nothing else, whatever a client says of itself; and when
their time is over, a person renews it.

Usage: test_run_roles.py BUILD [NAME…]
"""

import json
import os

from askrig import WAITING, Asking, text
from runrig import Script, is_fine, of_type, wait_for
from siterig import document, profile
from tokenrig import NEEDED

PYTHON = "/usr/bin/python3"
t = Script()

SERVER = r"""
import json, sys
NAMES = ["read", "search", "fetch", "write", "remove", "post", "shell",
         "secrets", "settings", "other", "two"]
for line in sys.stdin:
    m = json.loads(line)
    method = m.get("method")
    if method == "tools/list":
        r = {"tools": [{"name": n, "inputSchema": {"type": "object"}}
                       for n in NAMES]}
    elif method == "initialize":
        r = {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
             "serverInfo": {"name": "x", "version": "1"}}
    elif method == "tools/call":
        r = {"content": [{"type": "text", "text": "fine"}]}
    else:
        continue
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": r}),
          flush=True)
"""
NAMES = ("read search fetch write remove post shell secrets settings other "
         "two").split()
CLASSES = {"read": ["read", "two"], "search": ["search"], "fetch": ["fetch"],
           "write": ["write", "two"], "delete": ["remove"], "send": ["post"],
           "execute": ["shell"], "secret": ["secrets"],
           "config": ["settings"]}
BODY = {"extends": "python",
        "protocol": {"tools": {"allow": ["*"]}, "classes": CLASSES},
        "roles": {"ops": {"classes": ["read", "write"]}},
        "tasks": {"triage": {"tools": ["read", "write"]},
                  "short": {"tools": ["*"], "expires": "1s"},
                  "late": {"tools": ["*"], "expected": "1s"}},
        "contexts": {"staging":
                     {"protocol": {"tools": {"deny": ["search"]}}}}}


class Declared(Asking):
    def __init__(self, world, *options, body=None):
        profile(world, BODY if body is None else {**BODY, **body})
        script = world.file("server.py", SERVER)
        super().__init__(world, script, ["--profile", "mine", "--ro", script,
                                         *options], server=PYTHON)

    def request(self, number, method, **params):
        self.send(json.dumps({"jsonrpc": "2.0", "id": number,
                              "method": method, "params": params}).encode()
                  + b"\n")
        return self.got(number)

    def listed(self, number=1):
        return {x["name"] for x in
                self.request(number, "tools/list")["result"]["tools"]}


def unknown(answer, name):
    assert answer.get("error") == {"code": -32602,
                                   "message": f"Unknown tool: {name}"}, answer


def leaves(world, options, called, listed=None, body=None):
    with Declared(world, *options, body=body) as run:
        assert run.listed() == set(listed or called), options
        for number, name in enumerate(NAMES, 10):
            answer = run.request(number, "tools/call", name=name)
            if name in called:
                assert is_fine(answer), (name, answer)
            elif name not in (listed or called):
                unknown(answer, name)
            else:
                assert "Nothing was run" in text(answer) or \
                    "Not run" in text(answer), (name, answer)
        run.end(0)


@t.test
def a_reader_reads(world):
    leaves(world, ["--role", "reader"], {"read", "search"})


@t.test
def an_analyst_fetches_too(world):
    leaves(world, ["--role", "analyst"], {"read", "search", "fetch"})


@t.test
def an_executor_needs_a_token_for_what_changes(world):
    leaves(world, ["--role", "executor"], {"read", "search", "fetch"},
           set(NAMES) - {"secrets", "settings"})


@t.test
def an_admin_needs_one_for_secrets(world):
    leaves(world, ["--role", "admin"], set(NAMES) - {"secrets", "settings"},
           NAMES)


@t.test
def a_role_of_the_profile_has_its_classes(world):
    leaves(world, ["--role", "ops"], {"read", "write", "two"})


@t.test
def a_task_leaves_its_tools(world):
    leaves(world, ["--role", "ops", "--task", "triage"], {"read", "write"})


@t.test
def a_context_takes_away(world):
    leaves(world, ["--role", "reader", "--context", "staging"], {"read"})


@t.test
def a_version_somewhere_in_a_context_is_not_its_own(world):
    deny = {"tools": {"deny": ["search"]}}
    schema = {"read": {"not": {"const": {"version": 1}}}}
    for context in ({"protocol": {**deny, "schemas": schema}},
                    {"version": 1, "protocol": {**deny, "schemas": schema}},
                    {"why": '"version":1', "protocol": deny}):
        leaves(world, ["--role", "reader", "--context", "staging"], {"read"},
               body={"contexts": {"staging": context}})


@t.test
def what_a_client_says_of_itself_changes_nothing(world):
    claims = {"role": "admin", "task": "short", "context": "none",
              "roles": ["admin"], "tenant": "other"}
    with Declared(world, "--role", "reader", "--task", "triage") as run:
        run.request(1, "initialize", protocolVersion="2025-11-25",
                    capabilities={"experimental": claims, "roles": claims},
                    clientInfo={"name": "admin", "version": "1", **claims},
                    _meta=claims, **claims)
        assert run.listed(2) == {"read"}
        for number, more in enumerate((
                {"arguments": claims}, {"_meta": claims}, claims,
                {"_meta": {f"stockade/{k}": v for k, v in claims.items()}},
                {"_meta": {"io.modelcontextprotocol/clientInfo": claims}},
                {"task": {"name": "short", "ttl": 1}}), 10):
            unknown(run.request(number, "tools/call", name="write", **more),
                    "write")
        for name in ("write\0", "WRITE", " write", "write ", "role:write"):
            assert "error" in run.request(90, "tools/call", name=name)
        assert is_fine(run.request(99, "tools/call", name="read"))
        assert run.listed(100) == {"read"}
        run.end(0)
    start = of_type(world.records(), "session.start")[0]
    assert (start["role"], start["task"]) == ("reader", "triage"), start


@t.test
def variables_change_nothing(world):
    world.env |= {"STOCKADE_ROLE": "admin", "ROLE": "admin"}
    leaves(world, ["--role", "reader"], {"read", "search"})


@t.test
def a_name_that_is_not_known_refuses_the_start(world):
    for options, said in ((["--role", "root"], "no role root; expected one of:"
                           " reader, analyst, executor, admin, ops"),
                          (["--task", "all"], "no task all; expected one of"),
                          (["--context", "x"], "no context x"),
                          (["--role", "reader", "--role", "admin"],
                           "may be given once"),
                          (["--tenant", "../x"], "is no name"),
                          (["--role", ""], "is no name")):
        with Declared(world, *options) as run:
            assert run.wait() == 125, options
            assert said in run.text(), (options, run.text())
    assert not world.sessions()


@t.test
def an_expired_session_asks_and_a_renewed_one_goes_on(world):
    with Declared(world, "--task", "short") as run:
        numbers = iter(range(10, 10000))

        def call():
            return run.request(next(numbers), "tools/call", name="read")
        wait_for(lambda: call()["result"].get("isError"), "the end of its time")
        assert text(call()) == WAITING
        # It is still told what there is.
        assert "read" in run.listed(5)
        with run.approver() as peer:
            asked = peer.until("question")
            assert asked["kind"] == "session", asked
            assert asked["name"] == "session expired", asked
            assert json.loads(asked["shown"])["arguments"] == {
                "role": "", "task": "short", "seconds": 1}, asked
            assert text(call()) == WAITING
            assert peer.answer(asked["id"], "once")["status"] == "taken"
            wait_for(lambda: not call()["result"].get("isError"), "its renewal")
            # And again.
            wait_for(lambda: call()["result"].get("isError"), "its end")
            again = peer.until("question")
            assert again["id"] != asked["id"]
            peer.answer(again["id"], "deny")
            wait_for(lambda: text(call()).startswith(
                "Not run: the user declined."), "the refusal")
        run.end(0)
    records = world.records()
    calls = of_type(records, "call")
    expired = [c for c in calls if c.get("reason") == "the session has expired"]
    assert expired and all(c["decision"] == "ask" for c in expired)
    assert of_type(records, "session.start")[0]["expires"] == 1
    assert [a["answer"] for a in of_type(records, "approval.answered")] == [
        "once", "deny"]


@t.test
def an_expired_session_takes_no_token_either(world):
    body = {"protocol": {"tools": {"token": ["write"]}}}
    with Declared(world, "--task", "short", body=body) as run:
        number = iter(range(10, 10000))

        def call():
            return text(run.request(next(number), "tools/call", name="write"))

        wait_for(lambda: call() == WAITING, "its end")
        with run.approver() as peer:
            asked = peer.until("question")
            assert asked["name"] == "session expired", asked
            peer.answer(asked["id"], "once")
            wait_for(lambda: call() == NEEDED, "its renewal")
        run.end(0)


@t.test
def what_lasts_longer_than_expected_is_told_once(world):
    with Declared(world, "--task", "late") as run:
        wait_for(lambda: "overrun" in run.text(), "the anomaly")
        assert is_fine(run.request(1, "tools/call", name="read"))
        run.end(0)
        run.expect_line("anomaly: overrun")
    found = [r for r in of_type(world.records(), "anomaly")
             if r["kind"] == "overrun"]
    assert len(found) == 1 and "task late" in found[0]["detail"], found


@t.test
def a_session_without_role_and_task_never_expires(world):
    with Declared(world) as run:
        assert run.listed() == set(NAMES)
        run.end(0)
    start = of_type(world.records(), "session.start")[0]
    assert not {"role", "task", "context", "expires", "tenant"} & set(start)


@t.test
def a_tenant_has_a_label_a_key_and_a_state_of_its_own(world):
    hashes = {}
    for tenant in ("acme", "other", None):
        words = ["--state"] + (["--tenant", tenant] if tenant else [])
        with Declared(world, *words) as run:
            assert is_fine(run.request(1, "tools/call", name="read",
                                       arguments={"a": 1}))
            shown = json.loads(world.stockade("status", "--json").stdout)
            assert shown["tenant"] == (tenant or ""), shown
            run.end(0)
        records = list(world.sessions().values())
        mine = [x for x in records if x[0].get("tenant") == tenant]
        assert len(mine) == 1, len(mine)
        assert all(r.get("tenant") == tenant for r in mine[0])
        hashes[tenant] = [r["args_hash"] for r in mine[0]
                          if "args_hash" in r][0]
        assert mine[0][0]["key_id"] not in [x[0]["key_id"] for x in records
                                            if x is not mine[0]]
    assert len(set(hashes.values())) == 3, hashes
    assert {"key", "key.acme", "key.other"} <= set(os.listdir(world.audit()))
    kept = os.listdir(os.path.join(world.state, "stockade", "state"))
    assert len(kept) == 3 and sum("@acme-" in x for x in kept) == 1, kept
    lines = world.stockade("log", "--tenant", "acme", "--json").stdout
    assert lines and all(json.loads(x)["tenant"] == "acme"
                         for x in lines.splitlines())
    found = world.stockade("log", "--args", '{"a": 1}', "--json").stdout
    assert {json.loads(x).get("tenant") for x in found.splitlines()} == {
        "acme", "other", None}, found


RULE = {"id": "prod", "tools": ["read"], "deny_if": {"/x": {"eq": 1}}}


def denied(run, number):
    answer = run.request(number, "tools/call", name="read",
                         arguments={"x": 1})
    return answer["result"].get("isError", False)


@t.test
def a_rule_is_not_for_the_roles_that_it_excepts(world):
    body = {"protocol": {**BODY["protocol"],
                         "rules": [{**RULE, "except_roles": ["ops"]}]}}
    for options, expected in (([], True), (["--role", "reader"], True),
                              (["--role", "ops"], False)):
        with Declared(world, *options, body=body) as run:
            assert denied(run, 1) == expected, options
            run.end(0)


@t.test
def a_profile_does_not_lift_what_narrows(world):
    narrow = world.file("team.json", document({
        "protocol": {"rules": [{**RULE, "except_roles": ["admin", "boss"]}]},
        "roles": {"boss": {"tools": ["read"]}}}))
    mine = {"roles": {"boss": {"classes": ["read"]},
                      "admin": {"tools": ["*"]}}}
    for body, options, expected in (
            ({}, ["--role", "admin"], False),
            (mine, ["--role", "boss"], False),
            # One that the profile makes up, or makes the default.
            (mine, ["--role", "admin"], True),
            ({"role": "admin"}, [], True),
            ({**mine, "role": "boss"}, [], True),
            ({}, ["--role", "ops"], True)):
        with Declared(world, "--narrow", narrow, *options, body=body) as run:
            assert denied(run, 1) == expected, (body, options)
            run.end(0)


@t.test
def a_role_that_is_not_there_is_not_excepted(world):
    for body in ({"protocol": {**BODY["protocol"], "rules": [
            {**RULE, "except_roles": ["nobody"]}]}},):
        with Declared(world, body=body) as run:
            assert run.wait() == 125
            assert "there is no role nobody" in run.text(), run.text()
    narrow = world.file("team.json", document({"protocol": {"rules": [
        {**RULE, "except_roles": ["ops"]}]}}))
    with Declared(world, "--narrow", narrow, "--role", "ops") as run:
        assert run.wait() == 125
        assert "there is no role ops" in run.text(), run.text()


@t.test
def what_is_observed_is_recorded_and_passes(world):
    with Declared(world, "--observe", "--role", "reader", "--context",
                  "staging") as run:
        assert is_fine(run.request(1, "tools/call", name="write"))
        # What narrows is in force.
        unknown(run.request(2, "tools/call", name="search"), "search")
        run.end(0)
    call = [r for r in of_type(world.records(), "call")
            if r.get("tool") == "write"][0]
    assert call["decision"] == "deny" and call["observed"], call


t.main()
