# SPDX-License-Identifier: Apache-2.0
"""Limits, time-outs and the breaker, against clients and servers that do their
worst: the relay alone, with the test on all its sides.

Usage: test_relay_limits.py RELAY_HOST
"""
import json
import sys

import tap
from relayrig import Rig, call, echo, line, request, result, text_result

HOST = sys.argv[1]
QUARANTINED = ("Not run: this session is in quarantine; the user must look at "
               "it first. Tell the user.")
BLOCK, STOP = "breaker=1", "breaker=2"
ONCE, DENY = 1, 4
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}


def answer(r):
    return json.loads(r.at_client())


def refused(r, number):
    """The text of a call that was not run."""
    got = answer(r)
    assert got["id"] == number and got["result"]["isError"] is True, got
    return got["result"]["content"][0]["text"]


def passes(r, message):
    r.send(message)
    assert r.at_server() == line(message)
    r.serve(text_result(message["id"]))
    assert r.at_client() == line(text_result(message["id"]))


def records(r, kind):
    """With what came before: none is lost between two looks."""
    return r.get_records_so_far(kind)


def a_flood_is_held_to_the_rate():
    with Rig(HOST, "rate=5/h *") as r:
        echo(r)
        r.send(*[call(i) for i in range(500)])
        got = [answer(r) for _ in range(500)]
        run = [x["id"] for x in got if "isError" not in x["result"]]
        assert len(run) == 5, run
        texts = {x["result"]["content"][0]["text"].rstrip("0123456789 s.")
                 for x in got if "isError" in x["result"]}
        assert texts == {"Not run: limit of 5 an hour reached, next in"}, texts
        r.finish()
        calls = records(r, "call")
        denied = [f for f in calls if f["decision"] == "deny"]
        assert len(denied) == 495 and denied[0]["rules"] == ["rate:*"], denied[0]
        # The log stays small: each hit at first, then only each doubling.
        hits = [f for f in records(r, "limit_hit")
                if f["limit"] == "rate"]
        assert 100 < len(hits) < 120 and hits[-1]["count"] == 495, len(hits)


def a_pattern_is_about_all_tools_that_match_it():
    with Rig(HOST, "rate=2/h create_*") as r:
        passes(r, call(1, "create_a"))
        passes(r, call(2, "create_b"))
        r.send(call(3, "create_c"))
        assert refused(r, 3).startswith("Not run: limit of 2 an hour reached")
        # Another spelling of the name is the same name, another name is not.
        r.send('{"jsonrpc":"2.0","id":4,"method":"tools/call","params":'
               '{"name":"cre\\u0061te_d"}}')
        assert refused(r, 4).startswith("Not run: limit of 2")
        passes(r, call(5, "recreate_a"))
        # Nor does _meta help.
        m = call(6, "create_a")
        m["params"]["_meta"] = {"progressToken": 1}
        r.send(m)
        assert refused(r, 6).startswith("Not run: limit of 2")


def prompts_and_resources_count_with_all_calls():
    with Rig(HOST, "rate=2/h *") as r:
        for m in (request(1, "prompts/get", name="p"),
                  request(2, "resources/read", uri="a://b")):
            r.send(m)
            assert r.at_server() == line(m)
        r.send(request(3, "prompts/get", name="p"))
        got = answer(r)
        assert got["id"] == 3 and got["error"]["code"] == -32603, got
        assert got["error"]["message"].startswith("Not run: limit of 2 an hour")
        # What runs nothing is not counted and not refused.
        for i, method in enumerate(("ping", "tools/list", "prompts/list")):
            r.send(request(10 + i, method))
            assert json.loads(r.at_server())["id"] == 10 + i


def what_something_else_refuses_does_not_count():
    with Rig(HOST, "rate=1/h *", "policy=1", "allow=good") as r:
        for i in range(20):
            r.send(call(i, "bad"))
            assert answer(r)["error"]["code"] == -32602
        passes(r, call(50, "good"))
        r.send(call(51, "good"))
        assert refused(r, 51).startswith("Not run: limit of 1 an hour")
        # A name that is not listed is not told by a limit either.
        r.send(call(52, "bad"))
        assert answer(r)["error"]["message"] == "Unknown tool: bad"


def so_many_calls_wait_at_a_time():
    with Rig(HOST, "concurrent=2 *") as r:
        r.send(call(1), call(2), call(3))
        assert [json.loads(r.at_server())["id"] for _ in range(2)] == [1, 2]
        assert refused(r, 3) == "Not run: limit of 2 at a time reached."
        r.serve(text_result(1))
        assert answer(r)["id"] == 1
        passes(r, call(4))
        # What the client gives up makes room: its server may never answer.
        r.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": 2}})
        assert json.loads(r.at_server())["method"] == "notifications/cancelled"
        r.send(call(5), call(6), call(7))
        assert refused(r, 7) == "Not run: limit of 2 at a time reached."
        # The late answer of a cancelled one gives back nothing more.
        r.serve(text_result(2))
        r.send(call(8))
        assert refused(r, 8) == "Not run: limit of 2 at a time reached."


def a_session_has_so_many_calls():
    with Rig(HOST, "calls=3") as r:
        for i in range(3):
            passes(r, call(i))
        r.send(call(9))
        assert refused(r, 9) == "Not run: limit of 3 calls a session reached."


def a_session_has_so_many_bytes_of_results():
    with Rig(HOST, "bytes=2048") as r:
        big = text_result(1, "x" * 3000)
        r.send(call(1))
        assert r.at_server()
        r.serve(big)
        assert r.at_client() == line(big)
        r.send(call(2))
        assert refused(r, 2) == "Not run: limit of 2K of results a session reached."
        r.send(request(3, "tools/list"))
        assert json.loads(r.at_server())["id"] == 3


def a_server_that_never_answers_is_given_up():
    with Rig(HOST, "call_timeout=300") as r:
        r.send(call(1), call("two"))
        assert r.at_server() and r.at_server()
        for id in (1, "two"):
            text = refused(r, id)
            assert text.startswith("The server has not answered within 0 s"), text
            told = json.loads(r.at_server())
            assert told["method"] == "notifications/cancelled", told
            assert told["params"]["requestId"] == id, told
        results = [f for t, f in r.get_records("result") if t == "result"]
        assert {f["outcome"] for f in results} == {"timeout"}, results
        # It goes on.
        passes(r, call(3))


def a_late_answer_is_dropped_and_recorded_once():
    with Rig(HOST, "call_timeout=200") as r:
        r.send(call(1))
        assert r.at_server()
        refused(r, 1)
        assert r.at_server()
        r.serve(text_result(1, "late"))
        passes(r, call(2))
        late = records(r, "protocol_refused")
        assert len(late) == 1, late
        assert late[0]["reason"] == "an answer to a call that was given up", late
        # And again is one that nobody asked for.
        r.serve(text_result(1, "late"))
        passes(r, call(3))
        forged = [f for f in records(r, "anomaly")]
        assert [f["kind"] for f in forged] == ["forged_response"], forged


def an_id_that_was_given_up_takes_no_late_answer():
    with Rig(HOST, "call_timeout=200") as r:
        r.send(call(1))
        assert r.at_server()
        refused(r, 1)
        assert r.at_server()
        # While its answer may come, another call by that id would get it.
        r.send(call(1, "other"))
        assert answer(r)["error"]["code"] == -32600
        r.serve(text_result(1, "late"))
        passes(r, call(1, "other"))


def progress_gives_no_more_time():
    with Rig(HOST, "call_timeout=400") as r:
        m = call(1)
        m["params"]["_meta"] = {"progressToken": "t"}
        r.send(m)
        assert r.at_server()
        for i in range(3):
            p = {"jsonrpc": "2.0", "method": "notifications/progress",
                 "params": {"progressToken": "t", "progress": i}}
            r.serve(p)
            assert r.at_client() == line(p)
        assert refused(r, 1)


def only_calls_of_tools_have_a_time():
    with Rig(HOST, "call_timeout=150") as r:
        listen = request(1, "subscriptions/listen", notifications={}, _meta=META)
        r.send(listen, request(2, "prompts/get", name="p"), call(3))
        for _ in range(3):
            assert r.at_server()
        assert refused(r, 3)
        assert r.nothing(r.from_relay, 0.4)
        r.serve(result(2, {"messages": []}))
        assert answer(r)["id"] == 2


def a_late_cancellation_of_what_was_given_up_is_nothing():
    with Rig(HOST, "call_timeout=150") as r:
        r.send(call(1))
        assert r.at_server()
        refused(r, 1)
        assert r.at_server()
        r.send({"jsonrpc": "2.0", "method": "notifications/cancelled",
                "params": {"requestId": 1}})
        passes(r, call(2))
        results = [f for t, f in r.get_records() if t == "result" and f["call"] == 1]
        assert [f["outcome"] for f in results] == ["timeout"], results


def unlisted(r, first, n, **more):
    for i in range(first, first + n):
        m = call(i, f"no_such_{i}", **more)
        r.send(m)
        assert answer(r)["error"]["code"] == -32602


POLICY = ("policy=1", "allow=good", "stands=1")


def by_default_it_is_only_told():
    with Rig(HOST, *POLICY) as r:
        unlisted(r, 0, 9)
        passes(r, call(50, "good"))
        found = records(r, "anomaly")
        assert len(found) == 2, found
        assert (found[0]["kind"], found[0]["action"]) == ("unlisted_tool", "alert")


def a_session_in_quarantine_runs_nothing():
    with Rig(HOST, BLOCK, *POLICY) as r:
        unlisted(r, 0, 4)
        passes(r, call(50, "good"))
        # Other names, other arguments, a _meta of its own: it counts.
        r.send({"jsonrpc": "2.0", "id": 60, "method": "tools/call",
                "params": {"name": "Good", "_meta": dict(META)}})
        assert answer(r)["error"]["code"] == -32602
        r.send(call(61, "good"))
        assert refused(r, 61) == QUARANTINED
        for i, (method, params) in enumerate((
                ("prompts/get", {"name": "p"}),
                ("resources/read", {"uri": "a://b"}),
                ("resources/subscribe", {"uri": "a://b"}),
                ("completion/complete", {"ref": {"type": "ref/prompt", "name": "p"}}))):
            r.send(request(70 + i, method, **params))
            got = answer(r)
            assert got["error"]["message"] == QUARANTINED, got
        # A name that is not listed is still unknown.
        unlisted(r, 80, 1)
        r.send(request(90, "tools/list"))
        assert json.loads(r.at_server())["id"] == 90
        asked = records(r, "approval_asked")
        assert len(asked) == 1, asked
        assert asked[0]["kind"] == "session", asked
        assert asked[0]["detail"] == "session quarantined", asked
        tripped = records(r, "anomaly")
        assert tripped[0]["action"] == "block", tripped


def answered(r, what):
    """The keeper says what a person has said."""
    if not records(r, "approval_asked"):
        r.so_far += r.get_records("approval_asked")
    asked = records(r, "approval_asked")
    r.ipc("ANSWERED", asked[-1]["approval"], what, sock=r.keeper)


def a_person_lets_it_go_on_and_it_counts_anew():
    with Rig(HOST, BLOCK, "unlisted=2", *POLICY) as r:
        unlisted(r, 0, 2)
        r.send(call(10, "good"))
        assert refused(r, 10) == QUARANTINED
        answered(r, ONCE)
        r.stderr_line()
        while True:
            r.send(call(11, "good"))
            # The answer and the call come by two ways.
            try:
                assert r.at_server(0.3)
                break
            except Exception:
                assert refused(r, 11) == QUARANTINED
        r.serve(text_result(11))
        assert answer(r)["id"] == 11
        unlisted(r, 20, 1)
        passes(r, call(30, "good"))
        unlisted(r, 40, 1)
        r.send(call(41, "good"))
        assert refused(r, 41) == QUARANTINED


def a_denial_leaves_it_as_it_is():
    with Rig(HOST, BLOCK, "unlisted=1", *POLICY) as r:
        unlisted(r, 0, 1)
        answered(r, DENY)
        for i in range(5):
            r.send(call(10 + i, "good"))
            assert refused(r, 10 + i) == QUARANTINED
        asked = records(r, "approval_asked")
        assert len(asked) == 1, asked


def nothing_of_the_protocol_ends_a_quarantine():
    with Rig(HOST, BLOCK, "unlisted=1", *POLICY) as r:
        unlisted(r, 0, 1)
        hello = request(1, "initialize", protocolVersion="2025-11-25",
                        capabilities={}, clientInfo={"name": "x", "version": "1"})
        r.send(hello)
        assert json.loads(r.at_server())["id"] == 1
        r.serve(result(1, {"protocolVersion": "2025-11-25", "capabilities": {},
                           "serverInfo": {"name": "s", "version": "1"}}))
        assert answer(r)["id"] == 1
        r.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        r.serve({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})
        assert answer(r)["method"] == "notifications/tools/list_changed"
        r.send({"jsonrpc": "2.0", "id": 0, "result": {"action": "accept"}})
        r.send({"jsonrpc": "2.0", "id": 2, "method": "tools/call",
                "params": {"name": "good", "_meta": dict(META)}})
        assert refused(r, 2) == QUARANTINED
        r.send(call(3, "good", approval="once"))
        assert refused(r, 3) == QUARANTINED


def what_is_refused_otherwise_is_no_incident():
    with Rig(HOST, BLOCK, "unlisted=2", "rate=1/h *", "call_timeout=100",
             *POLICY) as r:
        r.send(call(1, "good"))
        assert r.at_server()
        refused(r, 1)
        for i in range(10, 20):
            r.send(call(i, "good"))
            assert refused(r, i).startswith("Not run: limit of 1")
        for i in range(20, 30):
            r.send(request(i, "prompts/get", name=1))
            assert answer(r)["error"]["code"] == -32602
        assert not records(r, "anomaly")


def set_to_stop_it_ends_the_session():
    with Rig(HOST, STOP, "unlisted=3", *POLICY) as r:
        unlisted(r, 0, 3)
        m = r.expect_ipc("TRIPPED")
        assert m[2] == 3, m
        # Until it has ended nothing is run.
        r.send(call(9, "good"))
        assert refused(r, 9) == QUARANTINED
        assert r.nothing(r.server_stdin)
        tripped = records(r, "anomaly")
        assert [f["action"] for f in tripped] == ["stop"], tripped


def an_incident_that_the_supervisor_sees_is_one():
    for action, blocked in ((BLOCK, True), ("breaker=0", False)):
        with Rig(HOST, action, *POLICY) as r:
            passes(r, call(1, "good"))
            r.ipc("TRIP")
            if not blocked:
                passes(r, call(2, "good"))
                continue
            assert "until you let" in r.stderr_line()
            r.send(call(2, "good"))
            assert refused(r, 2) == QUARANTINED


if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__"
             and name not in ("answer", "refused", "passes", "records",
                              "unlisted", "answered")])
