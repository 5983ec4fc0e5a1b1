#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stockade profile test, with cases and with one message."""

import json
import re
import subprocess
import sys
from pathlib import Path

from profilerig import STOCKADE, TOP, Home

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))
import tap  # noqa: E402

t = tap.Script()

POLICY = ('{"version": 1, "protocol": {"tools": {"allow": ["get_*"], "ask": '
          '["create_*"], "always": ["create_note"], "deny": ["*_secret"]}, '
          '"prompts": {"allow": ["hello"]}, "resources": {"allow": '
          '["file:///srv/*"]}}}')
CASES = [
    {"tool": "get_x", "expect": "allow", "rule": "allow:get_*"},
    {"tool": "get_secret", "expect": "deny", "rule": "deny:*_secret"},
    {"tool": "create_issue", "expect": "ask", "rule": "ask:create_*"},
    {"tool": "create_note", "expect": "allow", "rule": "always:create_note"},
    {"tool": "drop", "expect": "deny", "why": "nothing allows it"},
    {"tool": "", "expect": "deny"},
    {"prompt": "hello", "expect": "allow"},
    {"prompt": "other", "expect": "deny"},
    {"resource": "file:///srv/a", "expect": "allow"},
    {"resource": "file:///etc/a", "expect": "deny"},
    {"message": {"jsonrpc": "2.0", "id": 1, "method": "tools/list"},
     "expect": "allow"},
    {"message": {"jsonrpc": "2.0", "id": 1, "method": "tools/rename"},
     "expect": "deny"},
    {"message": {"jsonrpc": "2.0", "id": "x", "method": "completion/complete",
                 "params": {"ref": {"type": "ref/prompt", "name": "other"}}},
     "expect": "deny"},
    {"message": {"jsonrpc": "2.0", "method": "notifications/initialized"},
     "expect": "allow"},
    {"message": '{"jsonrpc": "2.0", "id": 1, "id": 2, "method": "ping"}',
     "expect": "deny"},
    {"message": "no JSON at all", "expect": "deny"},
]


def cases(h, rows, name="cases.json"):
    path = h.path / name
    path.write_text(json.dumps({"version": 1, "cases": rows}, indent=1))
    return str(path)


@t.test
def test_tries_each_case_as_the_relay_does():
    with Home() as h:
        h.write("p", POLICY)
        r = h.run("test", "p", cases(h, CASES))
        assert r.returncode == 0 and r.stderr == "", r
        lines = r.stdout.splitlines()
        assert lines[-1] == f"{len(CASES)} passed, 0 failed"
        assert lines[0] == "pass  tools/call get_x: allow (allow:get_*)"
        assert lines[1] == ("pass  tools/call get_secret: deny "
                            "(deny:*_secret, allow:get_*)")
        got = json.loads(
            h.run("test", "--json", "p", cases(h, CASES)).stdout)
        assert (got["passed"], got["failed"]) == (len(CASES), 0)
        assert [c["decision"] for c in got["cases"]] == [
            c["expect"] for c in CASES]


@t.test
def test_fails_for_another_decision_and_for_another_rule():
    with Home() as h:
        h.write("p", POLICY)
        for row in CASES:
            for other in {"allow", "ask", "token", "deny", "client"} - {row["expect"]}:
                path = cases(h, [{**row, "expect": other}])
                r = h.run("test", "p", path)
                assert r.returncode == 1, (row, other, r)
                first, last = r.stdout.splitlines()
                assert first.startswith(f"FAIL  {path}:4:3: "), first
                assert f"; expected {other}" in first, first
                assert last == "0 passed, 1 failed"
        path = cases(h, [{**CASES[0], "rule": "allow:get_x", "why": "w\n"}])
        r = h.run("test", "p", path)
        assert r.returncode == 1
        assert r.stdout.splitlines()[0].endswith(
            "; expected allow by allow:get_x: w\\n"), r.stdout


IMAGE = {"type": "image", "mimeType": "image/png", "data": "AAAA" * 300}
LONG = {"type": "text", "text": "x" * 1025}


def asks(method):
    return {"method": "elicitation/create" if method == "form" else method,
            "params": {"message": "m", "requestedSchema": {
                "type": "object", "properties": {}}}}


@t.test
def test_of_a_result_says_what_the_client_gets():
    rows = [
        ({"content": []}, "allow", None, None),
        ({"content": [LONG]}, "cut", "protocol.output.text", "cut here"),
        ({"content": [IMAGE]}, "deny", "protocol.output.binary", "isError"),
        ({"content": [{"type": "text", "text": "a\u202eb"}]}, "cut",
         "protocol.output.unseen", '"ab"'),
        ({"content": [{**IMAGE, "mimeType": "image/gif"}]}, "cut",
         "protocol.output.types", "image/gif"),
        # What is cut is measured after what is left out, as by the relay.
        ({"content": [{**IMAGE, "mimeType": "image/gif"}, LONG]}, "cut",
         "protocol.output.types", "image/gif"),
        ({"resultType": "input_required", "inputRequests": {
            "a": asks("form")}}, "deny", "protocol.methods", "isError"),
        ({"content": [{"type": "text", "text": "\n"}]}, "allow", None, None),
    ]
    with Home() as h:
        h.write("p", json.dumps({"version": 1, "protocol": {
            "tools": {"allow": ["a"]}, "output": {
                "text": "1K", "binary": "1K", "binary_over": "error",
                "types": ["image/png"]}}}))
        path = cases(h, [{"tool": "a", "result": result, "expect": expect,
                          **({"rule": rule} if rule else {})}
                         for result, expect, rule, _ in rows])
        r = h.run("test", "--json", "p", path)
        assert r.returncode == 0, r
        for row, (_, expect, _, told) in zip(json.loads(r.stdout)["cases"],
                                             rows):
            assert (row["answer"] is None) == (expect == "allow"), row
            assert told is None or told in row["answer"], row
            assert "\n" not in (row["answer"] or ""), row
            if row["answer"]:
                json.loads(row["answer"])
        # Nothing is answered where nothing is called.
        path = cases(h, [{"tool": "b", "result": rows[0][0],
                          "expect": "deny"}])
        assert h.run("test", "p", path).returncode == 0


@t.test
def test_of_a_modern_result_says_that_somebody_is_asked():
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "a", "_meta": meta}}
    case = {"message": call, "result": {
        "resultType": "input_required", "inputRequests": {
            "a": asks("form")}}}
    for word in ("ask", "deny", "allow"):
        with Home() as h:
            h.write("p", json.dumps({"version": 1, "protocol": {
                "tools": {"allow": ["a"]},
                "methods": {"elicitation/create": word}}}))
            path = cases(h, [{**case, "expect": word}])
            r = h.run("test", "p", path)
            assert r.returncode == 0, (word, r)


@t.test
def test_counts_the_calls_of_one_case_alone():
    with Home() as h:
        h.write("p", json.dumps({"version": 1, "protocol": {
            "tools": {"allow": ["*"]}, "rate": {"a": "2/min"},
            "concurrent": 4, "calls": 5}}))
        result = {"content": []}
        rows = [{"tool": "a", "times": 2, "expect": "allow"},
                {"tool": "a", "times": 3, "expect": "deny", "rule": "rate:a"},
                {"tool": "b", "times": 4, "expect": "allow"},
                {"tool": "b", "times": 5, "expect": "deny",
                 "rule": "concurrent:*"},
                {"tool": "b", "times": 5, "result": result,
                 "expect": "allow"},
                {"tool": "b", "times": 6, "result": result, "expect": "deny",
                 "rule": "calls"},
                {"tool": "b", "times": 100000, "expect": "deny"},
                {"tool": "b", "expect": "allow"}]
        r = h.run("test", "p", cases(h, rows))
        assert r.returncode == 0, r


@t.test
def test_knows_what_else_stands_in_the_way_of_a_call():
    calm = {"version": 1, "protocol": {
        "tools": {"allow": ["a"], "deny": ["d"]},
        "prompts": {"allow": ["a"]}, "pins": "off"},
        "tasks": {"t": {"tools": ["a"], "expires": "30m"}}}
    strict = {**calm, "breaker": {"unlisted": 3, "action": "block"},
              "protocol": {**calm["protocol"], "pins": "first",
                           "call_timeout": "10m"}}
    rows = [  # what is the case, what becomes of it, and by which rule
        ({"age": "60m"}, "allow", None),
        ({"age": "59m", "role": "admin"}, "allow", None),
        ({"age": "60m", "role": "admin"}, "ask", "expires"),
        ({"age": "29m", "task": "t"}, "allow", None),
        ({"age": "30m", "task": "t"}, "ask", "expires"),
        ({"takes": "9m"}, "allow", None),
        ({"takes": "10m"}, "deny", "call_timeout"),
        ({"unlisted": 2}, "allow", None),
        ({"unlisted": 3}, "deny", "breaker"),
        ({"definition": "accepted"}, "allow", None),
        ({"definition": "changed"}, "deny", "pins"),
        ({"definition": "new"}, "deny", "pins"),
        ({"definition": "changed", "age": "2h", "role": "admin"}, "ask",
         "expires")]
    with Home() as h:
        h.write("p", json.dumps(strict))
        r = h.run("test", "p", cases(h, [
            {"tool": "a", **case, "expect": expect,
             **({"rule": rule} if rule else {})}
            for case, expect, rule in rows] + [
            {"prompt": "a", "takes": "1h", "expect": "allow"},
            {"prompt": "a", "unlisted": 3, "expect": "deny"},
            {"tool": "d", "age": "2h", "role": "admin", "expect": "deny"}]))
        assert r.returncode == 0, r
        h.write("p", json.dumps(calm))
        r = h.run("test", "p", cases(h, [
            {"tool": "a", **case, "expect": "allow"}
            for case, _, rule in rows if rule != "expires"]))
        assert r.returncode == 0, r


@t.test
def test_takes_what_the_server_asks():
    with Home() as h:
        h.write("p", json.dumps({"version": 1, "protocol": {"methods": {
            "sampling/createMessage": "ask"}}}))
        rows = [{"server": {"jsonrpc": "2.0", "id": 1, "method": method,
                            "params": {}}, "expect": expect}
                for method, expect in (
                    ("sampling/createMessage", "ask"),
                    ("elicitation/create", "deny"), ("roots/list", "filter"),
                    ("ping", "allow"), ("tools/call", "deny"))]
        rows += [{"server": {"jsonrpc": "2.0", "method": method},
                  "expect": expect} for method, expect in (
                      ("notifications/message", "allow"),
                      ("notifications/initialized", "deny"))]
        rows += [{"server": "{", "expect": "deny"}]
        r = h.run("test", "p", cases(h, rows))
        assert r.returncode == 0, r


@t.test
def test_of_a_base_leaves_tools_to_the_client():
    with Home() as h:
        path = cases(h, [{"tool": "x", "expect": "client"},
                         {"prompt": "x", "expect": "client"}])
        assert h.run("test", "node", path).returncode == 0


@t.test
def test_refuses_what_is_no_case_with_its_place():
    bad = [
        ('{"version": 1}', "1:1: no \"cases\""),
        ('{"version": 2, "cases": []}', "1:1: no version that is known"),
        ('[]', "1:1: an array; expected an object"),
        ('{"version": 1, "cases": {}}', "1:25: an object; expected a list"),
        ('{"version": 1, "cases": [1]}', "1:26: a number; expected a case"),
        ('{"version": 1, "more": 1, "cases": []}', "1:16: an unknown key"),
        ('{"version": 1, "cases": [{"expect": "deny"}]}',
         "1:26: nothing to try"),
        ('{"version": 1, "cases": [{"tool": "x"}]}', '1:26: no "expect"'),
        ('{"version": 1, "cases": [{"tool": 1, "expect": "deny"}]}',
         "1:35: a number; expected a string"),
        ('{"version": 1, "cases": [{"tool": "x", "expect": "maybe"}]}',
         "1:50: an unknown decision"),
        ('{"version": 1, "cases": [{"tool": "x", "prompt": "y"}]}',
         "1:50: a second thing to try"),
        ('{"version": 1, "cases": [{"tool": "x", "tool": "y"}]}',
         "1:40: "),
        ('{"version": 1, "cases": [{"tols": "x"}]}', "1:27: an unknown key"),
        ('{"version": 1,\n"cases": [{"message": []}]}',
         "2:23: an array; expected a message"),
        ('{"version": 1, "cases": [{"tool": "x", "server": {}}]}',
         "1:50: a second thing to try"),
        ('{"version": 1, "cases": [{"resource": "x", "arguments": {},'
         ' "expect": "deny"}]}', "1:57: arguments of nothing"),
        ('{"version": 1, "cases": [{"server": {}, "result": {},'
         ' "expect": "deny"}]}', "1:51: a result of nothing"),
        ('{"version": 1, "cases": [{"tool": "x", "result": []}]}',
         "1:50: an array; expected a result"),
        ('{"version": 1, "cases": [{"tool": "x", "times": 0}]}',
         "1:49: no number of calls"),
        ('{"version": 1, "cases": [{"tool": "x", "times": 100001}]}',
         "1:49: no number of calls"),
        ('{"version": 1, "cases": [{"tool": "x", "age": 60}]}',
         "1:47: a number; expected a string"),
        ('{"version": 1, "cases": [{"tool": "x", "takes": "soon"}]}',
         "1:49: no time; expected one such as"),
        ('{"version": 1, "cases": [{"tool": "x", "unlisted": -1}]}',
         "1:52: no number of calls"),
        ('{"version": 1, "cases": [{"tool": "x", "definition": "old"}]}',
         "1:54: an unknown state of a definition"),
        ('{"version": 1, "cases": [{"tool": "x", "role": 1}]}',
         "1:48: a number; expected a string"),
        ('{"version": 1, "cases": [{"tool": "x", "role": "nobody",'
         ' "expect": "deny"}]}', "1:26: profile time has no role nobody"),
        ('{"version": 1,}', "1:15: not JSON"),
        ('', "1:1: "),
    ]
    with Home() as h:
        path = h.path / "c.json"
        for text, error in bad:
            path.write_text(text)
            r = h.run("test", "time", str(path))
            assert (r.returncode, r.stdout) == (125, ""), (text, r)
            assert f"{path}:{error}" in r.stderr, (text, r.stderr)


@t.test
def test_of_one_message_prints_decision_rules_and_answer():
    with Home() as h:
        h.write("p", POLICY)

        def one(message, status, *args):
            env = {"PATH": "/usr/bin:/bin", "HOME": str(h.path)}
            r = subprocess.run(
                [STOCKADE, "profile", "test", "p", "--message", "-", *args],
                env=env, text=True, capture_output=True, timeout=60,
                input=message if isinstance(message, str)
                else json.dumps(message) + "\n")
            assert r.returncode == status and r.stderr == "", r
            return r.stdout

        call = {"jsonrpc": "2.0", "id": 7, "method": "tools/call",
                "params": {"name": "create_x"}}
        assert one(call, 0) == (
            "decision  ask\nmethod    tools/call\nname      create_x\n"
            "matched   ask:create_*\n"
            "answer    none yet: it is held until somebody has agreed\n")
        call["params"]["name"] = "get_\x1b_secret"
        got = json.loads(one(call, 1, "--json"))
        assert got["decision"] == "deny"
        assert got["rules"] == ["deny:*_secret", "allow:get_*"]
        assert json.loads(got["answer"]) == {
            "jsonrpc": "2.0", "id": 7, "error": {
                "code": -32602,
                "message": "Unknown tool: get_\x1b_secret"}}
        assert "\x1b" not in one(call, 1)
        got = json.loads(one('{"jsonrpc":"2.0","id":3,"method":"x"', 1,
                             "--json"))
        assert json.loads(got["answer"])["error"]["code"] == -32700
        got = json.loads(one({"jsonrpc": "2.0", "id": 3, "method":
                              "resources/read", "params":
                              {"uri": "file:///x"}}, 1, "--json"))
        assert json.loads(got["answer"])["error"]["code"] == -32002
        out = one({"jsonrpc": "2.0", "id": 3, "result": {}}, 0)
        assert out.startswith("decision  not judged\n"), out
        path = h.path / "m"
        path.write_text(json.dumps(call))
        assert h.run("test", "p", "--message", str(path)).returncode == 1
        path.write_text("\n")
        r = h.run("test", "p", "--message", str(path))
        assert r.returncode == 125 and "there is no message" in r.stderr
        assert h.run("test", "p").returncode == 2
        assert h.run("test", "p", "c", "--message", "-").returncode == 2


@t.test
def the_schema_of_cases_has_the_keys_that_are_taken():
    schema = json.loads((TOP / "profiles/cases.schema.json").read_text())
    case = schema["$defs"]["case"]["properties"]
    with Home() as h:
        for text, keys in (('{"version": 1, "x": 1}', schema["properties"]),
                           ('{"version": 1, "cases": [{"x": 1}]}', case)):
            path = h.path / "c.json"
            path.write_text(text)
            said = h.run("test", "time", str(path)).stderr
            taken = said.rpartition("expected one of ")[2].strip()
            assert sorted(taken.split(", ")) == sorted(keys), said
        for word in case["expect"]["enum"]:
            path = cases(h, [{"tool": "x", "expect": word}])
            assert h.run("test", "time", path).returncode in (0, 1), word


@t.test
def the_manuals_cases_are_cases():
    page = (TOP / "man/stockade-profile.5").read_text()
    part = page.partition("\n.Sh TEST CASES\n")[2].partition("\n.Sh ")[0]
    text = re.search(r"^\.Bd[^\n]*\n(.*?)^\.Ed", part, re.M | re.S)[1]
    with Home() as h:
        h.write("p", '{"version": 1, "protocol": {"tools": {"allow": '
                '["*_ticket", "get_*"], "deny": ["*_secret"]}, "rate": '
                '"60/min"}}')
        path = h.path / "c.json"
        path.write_text(text)
        r = h.run("test", "p", str(path))
        assert r.returncode == 0 and "5 passed, 0 failed" in r.stdout, r


t.main()
