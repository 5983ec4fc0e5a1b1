# SPDX-License-Identifier: Apache-2.0
"""Ways round a policy: by another spelling, by a task, beside what is capped.

Usage: test_relay_dodges.py RELAY_HOST
"""
import json
import sys

import tap
from relayrig import Rig, call, line, request, result

HOST = sys.argv[1]
META = "io.modelcontextprotocol/"
TASKS = {"extensions": {META + "tasks": {}}}
POLICY = ("policy=1", "allow=ok*", "prompt=ok*", "uri=a://*")


def modern(capabilities=TASKS):
    return {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": capabilities}


def task(id="t1", status="working", **more):
    return {"taskId": id, "status": status, **more}


def text(n):
    return {"content": [{"type": "text", "text": "x" * n}]}


def refused(r, message):
    """It never gets to the server, and has an answer."""
    r.send(message)
    answer = json.loads(r.at_client())
    assert answer.get("id") == message["id"], answer
    assert r.nothing(r.server_stdin, 0.02)
    return answer


def passes(r, message, answer=None):
    """It gets there as it is; what the client then has of the answer."""
    r.send(message)
    assert r.at_server() == line(message)
    r.serve(result(message["id"], answer))
    return json.loads(r.at_client())


def completion(id, ref):
    return request(id, "completion/complete", ref=ref, argument={"name": "x", "value": ""})


def a_reference_in_another_spelling_is_refused():
    with Rig(HOST, *POLICY) as r:
        passes(r, completion(1, {"type": "ref/prompt", "name": "ok1"}))
        passes(r, completion(2, {"type": "ref/resource", "uri": "a://x"}))
        for n, ref in enumerate([
                {"type": "ref/prompt", "name": "hidden"}, {"type": "ref/resource", "uri": "b://x"},
                {"type": "ref/prompt", "name": "ok1", "uri": "b://x"}], 10):
            assert refused(r, completion(n, ref))["error"]["code"] in (-32602, -32002)
        for n, ref in enumerate([
                {"type": "ref/prompt", "Name": "hidden"}, {"type": "ref/prompt", "name": "ok1", "NAME": "hidden"},
                {"type": "ref/resource", "uRI": "b://x"}, {"Type": "ref/resource", "name": "ok1"}], 20):
            assert refused(r, completion(n, ref))["error"]["code"] == -32600, ref
        # The rest is the server's to read.
        passes(r, completion(30, {"type": "ref/prompt", "name": "ok1", "Title": "x", "names": 1}))


def a_subscription_in_another_spelling_is_refused():
    def listen(id, **notifications):
        return request(id, "subscriptions/listen", notifications=notifications, _meta=modern())

    with Rig(HOST, *POLICY) as r:
        assert refused(r, listen(1, resourceSubscriptions=["b://x"]))["error"]["code"] == -32602
        for n, way in enumerate(["ResourceSubscriptions", "resourcesubscriptions", "re\u017fourceSubscriptions",
                                 "TaskIds"], 10):
            assert refused(r, listen(n, **{way: ["b://x"]}))["error"]["code"] == -32600, way
            assert refused(r, listen(n, resourceSubscriptions=["a://x"], **{way: ["b://x"]}))
        m = listen(20, resourceSubscriptions=["a://x"], other=["b://x"])
        r.send(m)
        assert r.at_server() == line(m)


def an_item_with_two_names_is_not_listed():
    for method, key, name, good, bad in [
            ("tools/list", "tools", "name", "ok1", "hidden"), ("prompts/list", "prompts", "name", "ok1", "hidden"),
            ("resources/list", "resources", "uri", "a://x", "b://x"),
            ("resources/templates/list", "resourceTemplates", "uriTemplate", "a://{x}", "b://{x}")]:
        with Rig(HOST, *POLICY) as r:
            fine = {name: good, "description": "d", "Description": "e"}
            items = [fine, {name: good + "2", name.upper(): bad}, {name.upper(): good, name: good + "3"},
                     {name.upper(): good}, {name: bad}]
            assert passes(r, request(1, method), {key: items})["result"] == {key: [fine]}, method


def a_capability_in_another_spelling_is_not_offered():
    def hello(id, capabilities):
        return request(id, "initialize", protocolVersion="2025-11-25", capabilities=capabilities,
                       clientInfo={"name": "c", "version": "1"})

    mine = {"Sampling": {}, "ELICITATION": {}, "experimental": {"Sampling": 1},
            "Tasks": {"Requests": {"Sampling": {}, "x": {}}}}
    left = {"experimental": {"Sampling": 1}, "Tasks": {"Requests": {"x": {}}}}
    with Rig(HOST) as r:
        r.send(hello(1, mine))
        assert json.loads(r.at_server())["params"]["capabilities"] == left
        r.send(request(2, "tools/list", _meta=modern(mine)))
        assert json.loads(r.at_server())["params"]["_meta"][META + "clientCapabilities"] == left
    with Rig(HOST, "sampling=1", "elicitation=1") as r:
        r.send(hello(1, mine))
        assert r.at_server() == line(hello(1, mine))


def what_stands_beside_a_result_of_a_task_is_capped_too():
    with Rig(HOST, "text=2000") as r:
        got = passes(r, request(1, "tools/call", name="t", arguments={}, _meta=modern()),
                     {"resultType": "task", **task()})
        assert got["result"]["taskId"] == "t1", got

        def get(id):
            return request(id, "tasks/get", taskId="t1", _meta=modern())

        small = task(status="completed", statusMessage="m" * 300, result=text(1500))
        assert passes(r, get(2), small)["result"] == small
        cut = passes(r, get(3), task(status="completed", result=text(9000)))["result"]
        assert 1900 < len(json.dumps(cut)) < 2500 and "[stockade: cut here" in json.dumps(cut), cut
        for n, beside in enumerate([{"statusMessage": "m" * 9000}, {"x": ["m" * 9000]}, {"_meta": {"a": "m" * 9000}}], 10):
            for inside in ({"result": text(1)}, {"result": {}}, {"result": []}, {}):
                got = passes(r, get(n), task(**beside, **inside))
                assert "limit" in got["error"]["message"], (beside, inside, got)
        structured = passes(r, get(20), task(result={"structuredContent": "m" * 9000, **text(1)}))
        assert "limit" in structured["error"]["message"], structured


def what_a_notification_of_a_task_has_beside_its_result_is_capped_too():
    note = {META + "subscriptionId": "l"}
    with Rig(HOST, "text=2000") as r:
        passes(r, request(1, "tools/call", name="t", arguments={}, _meta=modern()), {"resultType": "task", **task()})
        listen = request("l", "subscriptions/listen", notifications={"taskIds": ["t1"]}, _meta=modern())
        r.send(listen)
        assert r.at_server() == line(listen)

        def tell(**params):
            return {"jsonrpc": "2.0", "method": "notifications/tasks", "params": {**task(), **params, "_meta": note}}

        r.serve({"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                 "params": {"notifications": {}, "_meta": note}})
        r.at_client()
        r.serve(tell(result=text(1500)))
        assert r.at_client() == line(tell(result=text(1500)))
        r.serve(tell(result=text(9000)))
        assert b"[stockade: cut here" in r.at_client()
        r.serve(tell(statusMessage="m" * 9000, result=text(1)), tell(statusMessage="m" * 9000),
                tell(x=["m" * 9000], result={}))
        r.round_trip(9)


def a_task_takes_a_place_until_it_has_ended():
    start = request(1, "tools/call", name="build", arguments={}, task={"ttl": 1000})
    with Rig(HOST, "concurrent=2 build") as r:
        def begin(id, name):
            return passes(r, {**start, "id": id}, {"task": task(name)})

        def full(id):
            answer = refused(r, {**start, "id": id})
            assert "limit of 2 at a time" in json.dumps(answer), answer

        begin(1, "a")
        begin(2, "b")
        full(3)
        assert "result" in passes(r, call(4, "other"), text(1))
        passes(r, request(5, "tasks/get", taskId="a"), task("a"))
        full(6)
        passes(r, request(7, "tasks/get", taskId="a"), task("a", "completed"))
        begin(8, "c")
        full(9)
        passes(r, request(10, "tasks/cancel", taskId="b"), task("b", "cancelled"))
        begin(11, "d")
        full(12)
        passes(r, request(13, "tasks/result", taskId="c"), text(1))
        begin(14, "e")
        full(15)
        r.serve({"jsonrpc": "2.0", "method": "notifications/tasks/status", "params": task("e", "failed")})
        r.at_client()
        # One that ends at once, one that is none: their places are free again.
        passes(r, {**start, "id": 16}, {"task": task("f", "completed")})
        passes(r, {**start, "id": 17}, text(1))
        begin(18, "g")
        full(19)


def what_tasks_bring_counts_as_results():
    with Rig(HOST, "bytes=5000") as r:
        passes(r, request(1, "tools/call", name="t", arguments={}, task={}), {"task": task()})
        for n in (2, 3):
            assert passes(r, request(n, "tasks/result", taskId="t1"), text(2000))["result"] == text(2000)
        passes(r, request(4, "tasks/result", taskId="t1"), text(2000))
        for n, m in enumerate([call(0), request(0, "tasks/result", taskId="t1"), request(0, "tasks/get", taskId="t1"),
                               request(0, "prompts/get", name="p"), request(0, "resources/read", uri="a://x")], 10):
            answer = refused(r, {**m, "id": n})
            assert "limit of 5000 of results a session" in json.dumps(answer), answer
        # To look, and to end, costs nothing.
        passes(r, request(20, "tasks/cancel", taskId="t1"), task(status="cancelled"))
        passes(r, request(21, "tools/list"), {"tools": []})


def a_task_costs_one_call():
    with Rig(HOST, "calls=2") as r:
        passes(r, request(1, "tools/call", name="t", arguments={}, task={}), {"task": task()})
        for n in range(10, 14):
            passes(r, request(n, "tasks/get", taskId="t1"), task())
        passes(r, call(2), text(1))
        assert "limit of 2 calls a session" in json.dumps(refused(r, call(3)))
        passes(r, request(20, "tasks/result", taskId="t1"), text(1))


ODD = ["file:///a/../b", "file:///a/%2e%2e/b", "file:///a/..%2fb", "file:///a/./b", "file:///%61/b", "FILE:///a/b",
       "file:////a/b", "file://localhost/a/b", "file:/a/b", "file:///a\\\\b", " file:///a/b", "file:///a/b\t"]
GOOD = ["file:///a/x%20y", "file:///a/...", "file:///a/b?c=..", "file:///a/b%2Fc"]


def a_resource_in_another_spelling_is_not_found():
    with Rig(HOST, "policy=1", "allow=read", "uri=file:///a/*", "uri=FILE:*", "uri= *", "uri=file:/*") as r:
        for n, uri in enumerate(ODD):
            for method in ("resources/read", "resources/subscribe"):
                assert refused(r, request(n, method, uri=uri))["error"]["code"] == -32002, uri
            listen = request(n, "subscriptions/listen", notifications={"resourceSubscriptions": [uri]},
                             _meta=modern())
            assert refused(r, listen)["error"]["code"] == -32602, uri
            ref = completion(n, {"type": "ref/resource", "uri": uri})
            assert refused(r, ref)["error"]["code"] == -32002, uri
        for n, uri in enumerate(GOOD, 100):
            passes(r, request(n, "resources/read", uri=uri))
        items = [{"uri": uri, "name": "n"} for uri in GOOD + ODD]
        assert passes(r, request(200, "resources/list"), {"resources": items})["result"]["resources"] \
            == items[:len(GOOD)]
        passes(r, request(201, "resources/subscribe", uri="file:///a/"))
        r.serve(*[{"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}}
                  for uri in ODD])
        r.round_trip(202)


def without_a_list_that_picks_any_spelling_passes():
    for options in ((), ("policy=1", "allow=read", "uri=*")):
        with Rig(HOST, *options) as r:
            for n, uri in enumerate(ODD + GOOD):
                passes(r, request(n, "resources/read", uri=uri))


def a_session_in_quarantine_lets_no_task_go_on():
    with Rig(HOST, "breaker=1", "unlisted=1", "policy=1", "allow=ok") as r:
        passes(r, request(1, "tools/call", name="ok", arguments={}, _meta=modern()), {"resultType": "task", **task()})
        update = request(2, "tasks/update", taskId="t1", inputResponses={}, _meta=modern())
        passes(r, update)
        refused(r, call(3, "hidden"))
        assert "in quarantine" in json.dumps(refused(r, update))
        # To look, and to end.
        passes(r, request(4, "tasks/get", taskId="t1", _meta=modern()), task())
        passes(r, request(5, "tasks/cancel", taskId="t1", _meta=modern()))


def no_answer_of_the_old_era_asks_for_what_is_denied():
    def asks(method):
        return {"inputRequests": {"a": {"method": method, "params": {"message": "m", "messages": []}}}}

    start = request(1, "tools/call", name="t", arguments={}, task={})
    with Rig(HOST, "elicitation=1") as r:
        passes(r, start, {"task": task()})
        for n, m in enumerate([call(0), request(0, "prompts/get", name="p"), request(0, "tasks/get", taskId="t1"),
                               request(0, "ping")], 10):
            for more in ({}, {"resultType": "input_required"}, text(1)):
                got = passes(r, {**m, "id": n}, {**more, **asks("sampling/createMessage")})
                assert "policy does not permit" in json.dumps(got), (m, got)
            got = passes(r, {**m, "id": n}, asks("elicitation/create"))
            assert got["result"] == asks("elicitation/create"), got
        status = {"jsonrpc": "2.0", "method": "notifications/tasks/status"}
        fine = {**status, "params": task(**asks("elicitation/create"))}
        r.serve({**status, "params": task(**asks("sampling/createMessage"))}, fine)
        assert r.at_client() == line(fine)


def a_cancellation_that_cannot_pass_is_none():
    odd = {"uri": "a\u200b"}
    fine = {"reason": "a\u200bb", "result": {"structuredContent": {"a\u200b": 1}}}
    with Rig(HOST) as r:
        for n, params in enumerate((odd, fine)):
            m = request(n, "subscriptions/listen", notifications={}, _meta=modern())
            r.send(m)
            assert r.at_server() == line(m)
            r.serve({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": n, **params}})
            r.serve(result(n))
            got = json.loads(r.at_client())
            # The one is answered, of the other it is told that it never will be.
            assert got == result(n) if params is odd else got["params"]["reason"] == "ab", got
        r.round_trip(9)


def asks_by(where, requests):
    return {**where, "resultType": "input_required", "inputRequests": requests}


def what_asks_in_another_shape_is_denied_too():
    wish = {"method": "sampling/createMessage", "params": {}}
    bad = ([wish], "x", 1, True, [[]])
    with Rig(HOST) as r:
        for n, requests in enumerate(bad):
            r.send(call(n, _=1) | {"params": {"name": "read", "_meta": modern()}})
            r.at_server()
            r.serve(result(n, asks_by({}, requests)))
            got = json.loads(r.at_client())
            assert got["id"] == n and got["result"]["isError"] is True and "sampling" not in str(got), got
        for n, requests in enumerate(([], {}, None), 50):
            answer = asks_by({"requestState": "s"}, requests)
            assert passes(r, {**call(n), "params": {"name": "read", "_meta": modern()}}, answer)["result"] == answer


def a_result_that_is_no_object_is_malformed():
    with Rig(HOST) as r:
        for n, value in enumerate(([], "ok", 1, True, [{}])):
            for id, method in ((n, "ping"), (n + 50, "tools/call")):
                r.send(call(id) if method == "tools/call" else request(id))
                r.at_server()
                r.serve({"jsonrpc": "2.0", "id": id, "result": value})
                got = json.loads(r.at_client())
                assert got["id"] == id and (
                    got["error"]["code"] == -32603 if method == "ping" else got["result"]["isError"]), got
        # Some servers say so where there is nothing to say.
        for id, message, fine in ((90, request(90), True), (91, call(91), False),
                                  (92, request(92, "resources/read", uri="a://x"), False)):
            r.send(message)
            r.at_server()
            r.serve({"jsonrpc": "2.0", "id": id, "result": None})
            got = json.loads(r.at_client())
            assert (got == {"jsonrpc": "2.0", "id": id, "result": None}) is fine, got
        r.round_trip(99)


def answers_that_nobody_asked_for_are_recorded():
    def again(id, **responses):
        m = call(id)
        m["params"].update(inputResponses=responses, requestState="s", _meta=modern())
        return m

    ask = asks_by({"requestState": "s"}, {"k": {"method": "roots/list"}})
    with Rig(HOST) as r:
        assert passes(r, {**call(1), "params": {**call(1)["params"], "_meta": modern()}}, ask)["result"] == ask
        for id, forged in ((2, False), (3, True)):
            m = again(id, **{"k": {"roots": []}, **({"other": {"action": "accept"}} if forged else {})})
            r.send(m)
            got = json.loads(r.at_server())
            assert got["params"]["inputResponses"] == {"k": {"roots": []}}, got
            r.serve(result(id, {"resultType": "complete", "content": []}))
            r.at_client()
            said = [f for f in r.get_records_so_far("anomaly") if f["kind"] == "forged_response"]
            assert len(said) == forged, said


def text_beside_an_image_counts_as_text():
    big = "x" * 3000

    def image(**more):
        return {"content": [{"type": "image", "data": "AAAA", "mimeType": "image/png", **more}]}

    with Rig(HOST, "text=2000", "binary=100000") as r:
        assert passes(r, call(1), image())["result"] == image()
        fits = image(data="A" * 4000)
        assert passes(r, call(2), fits)["result"] == fits
        for n, more in enumerate(({"text": big}, {"annotations": {"a": big}}, {"mimeType": "image/" + big}), 3):
            got = passes(r, call(n), image(**more))
            assert got["result"]["isError"] is True and big not in str(got), got


def a_request_of_the_client_s_is_not_the_server_s_to_cancel():
    with Rig(HOST) as r:
        r.send(call(1))
        r.at_server()
        r.serve({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
        r.serve(result(1, text(1)))
        assert json.loads(r.at_client()) == result(1, text(1))
        assert [f["reason"] for f in r.get_records_so_far("protocol_refused")] == ["cancels what the client asked"]


def roots_that_are_no_list_do_not_pass():
    hidden = ({"0": {"uri": "file:///etc"}}, "file:///etc", 1, True)
    with Rig(HOST, "folder=/srv/a") as r:
        r.send(request(0, "initialize", protocolVersion="2025-11-25", capabilities={"roots": {}}))
        r.at_server()
        r.serve(result(0, {"protocolVersion": "2025-11-25"}))
        r.at_client()
        for n, roots in enumerate(hidden):
            r.serve(request(n, "roots/list"))
            r.at_client()
            r.send(result(n, {"roots": roots}))
            got = json.loads(r.at_server())
            assert got["id"] == n and got["error"]["code"] == -32603, got
        r.round_trip(50)
        ask = asks_by({"requestState": "s"}, {"k": {"method": "roots/list"}})
        m = {**call(60), "params": {"name": "read", "_meta": modern()}}
        assert passes(r, m, ask)["result"] == ask
        for n, roots in enumerate(hidden, 61):
            m = {**call(n), "params": {"name": "read", "_meta": modern(), "requestState": "s",
                                       "inputResponses": {"k": {"roots": roots}}}}
            r.send(m)
            got = json.loads(r.at_server())
            assert got["params"]["inputResponses"] == {}, got
            r.serve(result(n, {"resultType": "complete", "content": []}))
            r.at_client()


def a_modern_list_that_was_cut_is_private_whether_it_says_so_or_not():
    there = {"resultType": "complete", "ttlMs": 9, "tools": [{"name": "ok"}, {"name": "no"}]}
    with Rig(HOST, *POLICY) as r:
        m = request(1, "tools/list", _meta=modern())
        left = {"cacheScope": "private", **there, "tools": [{"name": "ok"}]}
        assert passes(r, m, there)["result"] == left
        assert passes(r, {**m, "id": 2}, {**there, "cacheScope": "public"})["result"] == left
        del left["cacheScope"]
        assert passes(r, {**m, "id": 3}, left)["result"] == left
        assert passes(r, request(4, "tools/list"), there)["result"] == left


tap.run([
    a_reference_in_another_spelling_is_refused,
    a_subscription_in_another_spelling_is_refused,
    an_item_with_two_names_is_not_listed,
    a_capability_in_another_spelling_is_not_offered,
    what_stands_beside_a_result_of_a_task_is_capped_too,
    what_a_notification_of_a_task_has_beside_its_result_is_capped_too,
    a_task_takes_a_place_until_it_has_ended,
    what_tasks_bring_counts_as_results,
    a_task_costs_one_call,
    a_resource_in_another_spelling_is_not_found,
    without_a_list_that_picks_any_spelling_passes,
    a_session_in_quarantine_lets_no_task_go_on,
    no_answer_of_the_old_era_asks_for_what_is_denied,
    a_cancellation_that_cannot_pass_is_none,
    what_asks_in_another_shape_is_denied_too,
    a_result_that_is_no_object_is_malformed,
    answers_that_nobody_asked_for_are_recorded,
    text_beside_an_image_counts_as_text,
    a_request_of_the_client_s_is_not_the_server_s_to_cancel,
    roots_that_are_no_list_do_not_pass,
    a_modern_list_that_was_cut_is_private_whether_it_says_so_or_not,
])
