# SPDX-License-Identifier: Apache-2.0
"""What a server may ask of its client: the relay between the two.

Usage: test_relay_wishes.py RELAY_HOST
"""
import json
import sys

import tap
from relayrig import Rig, call, line, request, result

HOST = sys.argv[1]
ALL = {"roots": {"listChanged": True}, "sampling": {}, "elicitation": {"form": {}}, "x": 1}
ASKS = {
    "sampling": request("s", "sampling/createMessage", messages=[], maxTokens=1),
    "elicitation": request("s", "elicitation/create", message="m", requestedSchema={}),
}
META = "io.modelcontextprotocol/"


def hello(capabilities=ALL):
    return request(1, "initialize", protocolVersion="2025-11-25", capabilities=capabilities,
                   clientInfo={"name": "c", "version": "1"})


def modern(id, capabilities=ALL, **params):
    return request(id, "tools/call", name="read", arguments={}, **params, _meta={
        META + "protocolVersion": "2026-07-28", META + "clientCapabilities": capabilities})


def greet(r):
    r.send(hello())
    r.at_server()
    r.serve(result(1))
    r.at_client()
    r.get_records("result")


def what_is_denied_is_not_offered():
    with Rig(HOST) as r:
        r.send(hello())
        assert r.at_server() == line(hello({"roots": {"listChanged": True}, "x": 1}))
        r.send(modern(2))
        assert r.at_server() == line(modern(2, {"roots": {"listChanged": True}, "x": 1}))


def what_is_allowed_is_offered_to_the_byte():
    with Rig(HOST, "sampling=1", "elicitation=1") as r:
        for message in (hello(), modern(2)):
            r.send(message)
            assert r.at_server() == line(message)
    with Rig(HOST, "sampling=1", "roots=2") as r:
        r.send(hello())
        assert r.at_server() == line(hello({"sampling": {}, "x": 1}))


def the_next_lines_follow_a_masked_one():
    with Rig(HOST) as r:
        calls = [call(n) for n in range(2, 50)]
        r.send(call(0), hello(), *calls)
        assert r.at_server() == line(call(0))
        assert "sampling" not in r.at_server().decode()
        assert [r.at_server() for _ in calls] == [line(c) for c in calls]


def denied(name):
    """The server gets an error, the client nothing, the log both."""
    with Rig(HOST) as r:
        greet(r)
        r.serve(ASKS[name])
        answer = json.loads(r.at_server())
        assert answer["id"] == "s" and answer["error"]["code"] == -32601, answer
        assert r.nothing(r.from_relay)
        records = r.get_records("result")
        asked = [f for t, f in records if t == "call"]
        assert len(asked) == 1 and asked[0]["dir"] == "s2c", records
        assert asked[0]["decision"] == "deny" and asked[0]["method"] == ASKS[name]["method"]
        told = [f for t, f in records if t == "result"]
        assert told[0]["outcome"] == "refused" and told[0]["call"] == asked[0]["call"]
        # It may ask again under the same id, and the session goes on.
        r.serve(ASKS[name])
        assert json.loads(r.at_server())["error"]["code"] == -32601
        r.round_trip(7)


def allowed(name):
    with Rig(HOST, name + "=1") as r:
        greet(r)
        r.serve(ASKS[name])
        assert r.at_client() == line(ASKS[name])
        r.send(result("s", {"action": "accept"}))
        assert r.at_server() == line(result("s", {"action": "accept"}))


def sampling_is_denied():
    denied("sampling")


def elicitation_is_denied():
    denied("elicitation")


def control_sampling_passes_where_it_is_allowed():
    allowed("sampling")


def control_elicitation_passes_where_it_is_allowed():
    allowed("elicitation")


def an_answer_that_nobody_asked_for_does_not_reach_the_server():
    with Rig(HOST) as r:
        greet(r)
        r.serve(ASKS["sampling"])
        r.at_server()
        r.send(result("s", {"content": "x"}))
        assert r.nothing(r.server_stdin)


def denied_requests_without_end_fill_no_log():
    with Rig(HOST) as r:
        greet(r)
        for _ in range(30):
            r.serve(*[{**ASKS["sampling"], "id": n} for n in range(100)])
            codes = {json.loads(r.at_server())["error"]["code"] for _ in range(100)}
        assert codes <= {-32601, -32603}
        assert len([t for t, _ in r.get_records() if t == "call"]) < 1200
        r.round_trip(7)


def folder(path, **more):
    return {"uri": "file://" + path, "name": path, **more}


def roots_outside_of_grants_are_left_out():
    inside, outside = folder("/srv/a", x=1.5), folder("/srv")
    with Rig(HOST, "folder=/srv/a") as r:
        greet(r)
        r.serve(request("s", "roots/list"))
        r.at_client()
        r.send(result("s", {"roots": [outside, inside, folder("/srv/ab")]}))
        assert r.at_server() == line(result("s", {"roots": [inside]}))
        told = dict(r.get_records("result"))["result"]
        assert told["cut"] and told["outcome"] == "ok", told
        # Inside: to the byte.
        r.serve(request("t", "roots/list"))
        r.at_client()
        r.send(result("t", {"roots": [inside]}))
        assert r.at_server() == line(result("t", {"roots": [inside]}))


def without_grants_no_root_passes():
    with Rig(HOST) as r:
        greet(r)
        r.serve(request("s", "roots/list"))
        r.at_client()
        r.send(result("s", {"roots": [folder("/srv"), folder("/")]}))
        assert r.at_server() == line(result("s", {"roots": []}))


def control_all_roots_pass_where_they_are_allowed():
    with Rig(HOST, "roots=1") as r:
        greet(r)
        r.serve(request("s", "roots/list"))
        r.at_client()
        r.send(result("s", {"roots": [folder("/")]}))
        assert r.at_server() == line(result("s", {"roots": [folder("/")]}))


def roots_that_are_denied_are_not_asked_for():
    with Rig(HOST, "roots=2") as r:
        greet(r)
        r.serve(request("s", "roots/list"))
        assert json.loads(r.at_server())["error"]["code"] == -32601
        assert r.nothing(r.from_relay)


def asks(**requests):
    return {"resultType": "input_required", "requestState": "s", "inputRequests": requests}


def a_result_that_asks_for_what_is_denied_is_replaced():
    wish = asks(a={"method": "roots/list"}, b={"method": "sampling/createMessage", "params": {}})
    with Rig(HOST) as r:
        r.send(modern(1))
        r.at_server()
        r.serve(result(1, wish))
        answer = json.loads(r.at_client())
        assert answer["id"] == 1 and answer["result"]["isError"] is True, answer
        assert "inputRequests" not in answer["result"]
    with Rig(HOST, "sampling=1") as r:
        r.send(modern(1))
        r.at_server()
        r.serve(result(1, wish))
        assert r.at_client() == line(result(1, wish))


def roots_in_the_retry_are_filtered_too():
    def retry(*roots):
        return modern(2, {}, inputResponses={"a": {"roots": list(roots)}}, requestState="s")

    with Rig(HOST, "folder=/srv/a") as r:
        r.send(modern(1, {}))
        r.at_server()
        r.serve(result(1, asks(a={"method": "roots/list"})))
        r.at_client()
        r.send(retry(folder("/srv/a/b"), folder("/etc")))
        assert r.at_server() == line(retry(folder("/srv/a/b")))


if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__"
             and name not in ("hello", "modern", "greet", "denied", "allowed", "folder", "asks")])
