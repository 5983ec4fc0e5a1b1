# SPDX-License-Identifier: Apache-2.0
"""Tasks of the protocol in both forms: bound to the request that made them.

Usage: test_relay_tasks.py RELAY_HOST
"""
import json
import sys

import tap
from relayrig import Rig, line, request, result

HOST = sys.argv[1]
META = "io.modelcontextprotocol/"
EXTENSION = {"extensions": {META + "tasks": {}}}
TEXT = {"content": [{"type": "text", "text": "done"}]}


def modern(capabilities=EXTENSION):
    return {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": capabilities}


def note(method, **params):
    return {"jsonrpc": "2.0", "method": "notifications/" + method, "params": params}


def legacy(r):
    r.send(request("hello", "initialize", protocolVersion="2025-11-25",
                   capabilities={"sampling": {}, "tasks": {"requests": {"sampling": {"createMessage": {}}}}},
                   clientInfo={"name": "c", "version": "1"}))
    r.at_server()
    r.serve(result("hello", {"protocolVersion": "2025-11-25"}))
    r.at_client()


def task(id, status="working", **more):
    return {"taskId": id, "status": status, "createdAt": "x", "lastUpdatedAt": "x", "ttlMs": None, **more}


def trip(r, id, method, answer, **params):
    """A request that reaches the server; what the client gets of the answer."""
    m = request(id, method, **params)
    r.send(m)
    assert r.at_server() == line(m)
    r.serve(result(id, answer))
    return r.at_client()


def make(r, id, name="t1", tool="read", **more):
    """A legacy task."""
    answer = {"task": task(name)}
    got = trip(r, id, "tools/call", answer, name=tool, arguments={}, task={"ttl": 1000}, **more)
    assert got == line(result(id, answer)), got


def make_modern(r, id, name="t1", tool="read"):
    answer = {"resultType": "task", **task(name)}
    got = trip(r, id, "tools/call", answer, name=tool, arguments={}, _meta=modern())
    assert got == line(result(id, answer)), got


def not_found(r, id, method, **params):
    r.send(request(id, method, **params))
    answer = json.loads(r.at_client())
    assert answer["id"] == id and answer["error"]["code"] == -32602, answer
    assert r.nothing(r.server_stdin, 0.02)


def dropped(r, *notes):
    r.serve(*notes)
    r.round_trip("step")


def a_task_is_known_once_its_call_made_it():
    with Rig(HOST) as r:
        for method in ("tasks/get", "tasks/result", "tasks/cancel"):
            not_found(r, 1, method, taskId="t1")
        make(r, 2)
        for n, (method, answer) in enumerate([("tasks/get", task("t1")), ("tasks/result", TEXT),
                                              ("tasks/cancel", task("t1", "cancelled"))]):
            assert trip(r, 10 + n, method, answer, taskId="t1") == line(result(10 + n, answer))
        for bad in ("t2", "T1", 1, None, ["t1"], {"a": 1}, "", "t" * 5000):
            not_found(r, 3, "tasks/get", taskId=bad)
        not_found(r, 4, "tasks/get")


def eras_do_not_share_tasks():
    with Rig(HOST) as r:
        make(r, 1, "old")
        make_modern(r, 2, "new")
        not_found(r, 3, "tasks/get", taskId="old", _meta=modern())
        not_found(r, 4, "tasks/get", taskId="new")
        assert b"working" in trip(r, 5, "tasks/get", task("new"), taskId="new", _meta=modern())
        for method in ("tasks/update", "tasks/cancel"):
            not_found(r, 6, method, taskId="old", _meta=modern())
            assert trip(r, 7, method, {"resultType": "complete"}, taskId="new", _meta=modern()) \
                == line(result(7, {"resultType": "complete"}))
        for method in ("tasks/result", "tasks/list"):
            r.send(request(8, method, taskId="new", _meta=modern()))
            assert json.loads(r.at_client())["error"]["code"] == -32601


def a_task_that_nobody_asked_for_is_none():
    with Rig(HOST) as r:
        # Legacy: without `task` it is only a result with something beside it.
        trip(r, 1, "tools/call", {"task": task("t1"), **TEXT}, name="read", arguments={})
        not_found(r, 2, "tasks/get", taskId="t1")
        # Modern: the client has not said that it understands them.
        got = json.loads(trip(r, 3, "tools/call", {"resultType": "task", **task("t1")}, name="read",
                              _meta=modern({})))
        assert got["result"]["isError"] is True, got
        not_found(r, 4, "tasks/get", taskId="t1", _meta=modern())
        got = json.loads(trip(r, 5, "prompts/get", {"resultType": "task", **task("t1")}, name="p", _meta=modern()))
        assert got["error"]["code"] == -32603, got
        got = json.loads(trip(r, 6, "tools/call", {"resultType": "task"}, name="read", _meta=modern()))
        assert got["result"]["isError"] is True, got


def an_id_is_given_once():
    with Rig(HOST) as r:
        make(r, 1, "t1")
        got = json.loads(trip(r, 2, "tools/call", {"task": task("t1")}, name="read", task={}))
        assert got["result"]["isError"] is True, got
        assert trip(r, 3, "tasks/get", task("t1"), taskId="t1")


def types_of_results_are_those_of_their_requests():
    with Rig(HOST) as r:
        for n, (method, kind, fine) in enumerate([
                ("tools/call", "complete", True), ("tools/call", "input_required", True),
                ("tools/call", "new", False), ("tools/call", 1, False), ("tools/call", None, False),
                ("tools/list", "input_required", False), ("resources/read", "input_required", True),
                ("prompts/get", "input_required", True), ("completion/complete", "input_required", False),
                ("completion/complete", "complete", True), ("completion/complete", "task", False)]):
            params = {"tools/call": {"name": "x"}, "prompts/get": {"name": "x"}, "resources/read": {"uri": "x:"},
                      "completion/complete": {"ref": {"name": "x"}}}.get(method, {})
            answer = {"resultType": kind, "tools": [], "requestState": "s"}
            got = trip(r, n, method, answer, **params, _meta=modern())
            assert (got == line(result(n, answer))) is fine, (method, kind, got)
            told = json.loads(got)
            assert fine or "error" in told or told["result"]["isError"], told


def the_list_names_known_tasks_only():
    with Rig(HOST) as r:
        make(r, 1, "a")
        make(r, 2, "b")
        mine = [task("a"), task("b", "completed")]
        got = trip(r, 3, "tasks/list", {"tasks": [task("x"), mine[0], {"taskId": 1}, 7, mine[1]], "nextCursor": "n"})
        assert got == line(result(3, {"tasks": mine, "nextCursor": "n"})), got
        assert trip(r, 4, "tasks/list", {"tasks": mine}) == line(result(4, {"tasks": mine}))
        assert "error" in json.loads(trip(r, 5, "tasks/list", {"tasks": "x"}))


def a_list_that_is_too_long_does_not_pass():
    with Rig(HOST, "text=2000") as r:
        make(r, 1, "a")
        for size, fine in ((500000, True), (1100000, False)):
            got = json.loads(trip(r, 4, "tasks/list", {"tasks": [{**task("a"), "statusMessage": "m" * size}]}))
            assert ("result" in got) is fine, (size, str(got)[:200])


def a_result_that_comes_later_is_capped_as_the_call():
    big = {"content": [{"type": "text", "text": "y" * 5000}]}
    with Rig(HOST, "text=1000") as r:
        make(r, 1)
        got = json.loads(trip(r, 2, "tasks/result", big, taskId="t1"))["result"]
        assert 900 < len(got["content"][0]["text"]) < 1500, got
        make_modern(r, 3, "m")
        got = json.loads(trip(r, 4, "tasks/get", task("m", "completed", result=big, resultType="complete"),
                              taskId="m", _meta=modern()))["result"]
        assert got["status"] == "completed" and len(got["result"]["content"][0]["text"]) < 1500, got
    with Rig(HOST, "text=1000", "text_over=2") as r:
        make(r, 1)
        got = json.loads(trip(r, 2, "tasks/result", big, taskId="t1"))
        assert "y" * 2000 not in json.dumps(got), got


def what_a_task_asks_for_is_judged():
    wish = {"k": {"method": "elicitation/create", "params": {"message": "m", "requestedSchema": {}}}}
    asking = task("m", "input_required", inputRequests=wish, resultType="complete")
    with Rig(HOST) as r:
        make_modern(r, 1, "m")
        got = json.loads(trip(r, 2, "tasks/get", asking, taskId="m", _meta=modern()))
        assert got["error"]["code"] == -32603, got
        listen(r, "m")
        dropped(r, note("tasks", **asking, _meta={META + "subscriptionId": "l"}))
    with Rig(HOST, "elicitation=1") as r:
        make_modern(r, 1, "m")
        assert trip(r, 2, "tasks/get", asking, taskId="m", _meta=modern()) == line(result(2, asking))


def listen(r, *ids):
    m = request("l", "subscriptions/listen", notifications={"taskIds": list(ids)}, _meta=modern())
    r.send(m)
    r.at_server()
    ack = note("subscriptions/acknowledged", notifications={"taskIds": list(ids)}, _meta={META + "subscriptionId": "l"})
    r.serve(ack)
    assert r.at_client() == line(ack)


def news_of_a_task_is_of_a_known_one():
    with Rig(HOST) as r:
        legacy(r)
        make(r, 1)
        news = note("tasks/status", **task("t1"))
        r.serve(news)
        assert r.at_client() == line(news)
        dropped(r, note("tasks/status", **task("t2")), note("tasks/status"), note("tasks/status", taskId=1))
    big = {"content": [{"type": "text", "text": "y" * 100000}]}
    with Rig(HOST, "text=1000") as r:
        make_modern(r, 1, "m")
        make_modern(r, 2, "n")
        listen(r, "m", "q")
        tag = {META + "subscriptionId": "l"}
        news = note("tasks", **task("m"), _meta=tag)
        r.serve(news)
        assert r.at_client() == line(news)
        r.serve(note("tasks", **task("m", "completed", result=big), _meta=tag))
        got = json.loads(r.at_client())["params"]
        assert got["taskId"] == "m" and len(got["result"]["content"][0]["text"]) < 1500
        dropped(r, note("tasks", **task("n"), _meta=tag), note("tasks", **task("q"), _meta=tag),
                note("tasks", **task("m")), note("tasks", _meta=tag))


def progress_goes_on_while_the_task_does():
    news = note("progress", progressToken="p", progress=1)
    for end in ("tasks/result", "tasks/get", "tasks/cancel", None):
        with Rig(HOST) as r:
            make(r, 1, _meta={"progressToken": "p"})
            r.serve(news)
            assert r.at_client() == line(news)
            if end:
                answer = TEXT if end == "tasks/result" else task("t1", "cancelled")
                trip(r, 2, end, answer, taskId="t1")
            else:
                r.serve(note("tasks/status", **task("t1", "failed")))
                r.at_client()
            dropped(r, news)


def what_may_not_be_called_makes_no_task():
    with Rig(HOST, "policy=1", "allow=read") as r:
        r.send(request(1, "tools/call", name="write", task={}))
        assert json.loads(r.at_client())["error"]["code"] == -32602
        make(r, 2)


def tasks_without_end_push_the_oldest_out():
    with Rig(HOST) as r:
        make(r, "first", "first")
        trip(r, "done", "tasks/result", TEXT, taskId="first")
        for i in range(1024):
            make(r, i, f"t{i}")
        not_found(r, "a", "tasks/get", taskId="first")
        make(r, "more", "more")
        not_found(r, "b", "tasks/get", taskId="t0")
        assert trip(r, "c", "tasks/get", task("t1"), taskId="t1")
        err, peak = r.finish()


def the_client_may_run_tasks_too():
    with Rig(HOST, "sampling=1") as r:
        legacy(r)
        r.serve(request("a", "tasks/get", taskId="c1"))
        assert json.loads(r.at_server())["error"]["code"] == -32602
        r.serve(request("s", "sampling/createMessage", messages=[], maxTokens=1, task={}, _meta={"progressToken": 1}))
        r.at_client()
        r.send(result("s", {"task": task("c1")}))
        assert r.at_server() == line(result("s", {"task": task("c1")}))
        for message in (note("tasks/status", **task("c1")), note("progress", progressToken=1, progress=1)):
            r.send(message)
            assert r.at_server() == line(message)
        r.send(note("tasks/status", **task("c2")))
        r.serve(request("l", "tasks/list"))
        r.at_client()
        r.send(result("l", {"tasks": [task("c0"), task("c1")]}))
        assert r.at_server() == line(result("l", {"tasks": [task("c1")]}))
        r.serve(request("r", "tasks/result", taskId="c1"))
        assert r.at_client() == line(request("r", "tasks/result", taskId="c1"))
        r.send(result("r", {"role": "assistant"}))
        r.at_server()
        r.send(note("progress", progressToken=1, progress=2), request("p", "ping"))
        assert r.at_server() == line(request("p", "ping"))


def records_of(r, made, *ids):
    """The call and result record of each, all of which say what made the task."""
    r.get_records_so_far("call")
    calls = {f["rpc_id"]: f for t, f in r.so_far if t == "call"}
    results = {f["call"]: f for t, f in r.so_far if t == "result"}
    origin = calls[str(made)]["call"]
    assert "origin" not in calls[str(made)] and "origin" not in results[origin]
    for f in [calls[str(i)] for i in ids] + [results[calls[str(i)]["call"]] for i in ids]:
        assert (f["tool"], f["origin"]) == ("read", origin), f


def records_of_a_task_name_the_call_that_made_it():
    with Rig(HOST) as r:
        r.round_trip(1)
        make(r, 2)
        for n, (method, answer) in enumerate([("tasks/get", task("t1")), ("tasks/result", TEXT),
                                              ("tasks/cancel", task("t1", "cancelled"))]):
            trip(r, 3 + n, method, answer, taskId="t1")
        records_of(r, 2, 3, 4, 5)
        make_modern(r, 12, "m")
        for n, method in enumerate(("tasks/get", "tasks/update", "tasks/cancel")):
            trip(r, 13 + n, method, {"resultType": "complete", **task("m")}, taskId="m", _meta=modern())
        records_of(r, 12, 13, 14, 15)
        # Of what is nobody's task nothing is claimed.
        not_found(r, 20, "tasks/get", taskId="other")
        trip(r, 21, "tasks/list", {"tasks": []})
        r.get_records_so_far("call")
        for f in [f for t, f in r.so_far if f.get("rpc_id") in ("20", "21")]:
            assert "tool" not in f and "origin" not in f, f


def what_is_told_of_a_task_is_told_of_that_one():
    with Rig(HOST) as r:
        legacy(r)
        make(r, 1)
        make(r, 2, "t2")
        make_modern(r, 3, "m1")
        for n, (method, era) in enumerate(((m, e) for m in ("tasks/get", "tasks/cancel", "tasks/update")
                                           for e in ("legacy", "modern") if (m, e) != ("tasks/update", "legacy")), 10):
            own, params = ("m1", {"_meta": modern()}) if era == "modern" else ("t1", {})
            for k, name in enumerate((own, "t2", "gone", 1, None, [own])):
                answer = task(name) | ({"resultType": "complete"} if params else {})
                got = json.loads(trip(r, n * 10 + k, method, answer, taskId=own, **params))
                assert ("result" in got) == (name == own), (method, era, name, got)
        assert json.loads(trip(r, 99, "tasks/cancel", {}, taskId="t1"))["result"] == {}


HELPERS = ("records_of", "modern", "note", "legacy", "task", "trip", "make", "make_modern", "not_found", "dropped", "listen")

if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__" and name not in HELPERS])
