# SPDX-License-Identifier: Apache-2.0
"""Notifications: only those that belong to something that goes on get through.

Usage: test_relay_notify.py RELAY_HOST
"""
import json
import sys

import tap
from relayrig import Rig, line, request, result, text_result

HOST = sys.argv[1]
META = "io.modelcontextprotocol/"
MODERN = {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": {}}


def note(method, **params):
    return {"jsonrpc": "2.0", "method": "notifications/" + method, "params": params}


def progress(token, value=1, **more):
    return note("progress", progressToken=token, progress=value, **more)


def tagged(id, method, **params):
    return note(method, **params, _meta={META + "subscriptionId": id})


def legacy(r):
    r.send(request("hello", "initialize", protocolVersion="2025-11-25",
                   capabilities={"roots": {}, "sampling": {}, "elicitation": {"url": {}}},
                   clientInfo={"name": "c", "version": "1"}))
    r.at_server()
    r.serve(result("hello", {"protocolVersion": "2025-11-25", "capabilities": {},
                             "serverInfo": {"name": "s", "version": "1"}}))
    r.at_client()


def ask(r, id, method="tools/call", meta=None, **params):
    if method == "tools/call":
        params.setdefault("name", "read")
    r.send(request(id, method, **params, _meta=meta or {}))
    r.at_server()


def passes(r, *notes):
    for n in notes:
        r.serve(n)
        got = r.at_client()
        assert got == line(n), (n, got)


def dropped(r, *notes):
    """None of them, and the next answer is in step; each is recorded."""
    before = len(r.get_records_so_far("protocol_refused"))
    r.serve(*notes)
    r.send(request("step", "ping") if not getattr(r, "modern", False) else
           request("step", "tools/list", _meta=MODERN))
    r.at_server()
    r.serve(result("step", {"tools": []}))
    got = r.at_client()
    assert got == line(result("step", {"tools": []})), got
    assert len(r.get_records_so_far("protocol_refused")) == before + len(notes)


def progress_passes_for_a_live_token_only():
    with Rig(HOST) as r:
        ask(r, 1, meta={"progressToken": 1})
        ask(r, 2, meta={"progressToken": "a"})
        passes(r, progress(1), progress("a", 0.5, total=3, message="m"),
               b'{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"\\u0061","progress":2}}')
        dropped(r, progress("1"), progress("A"), progress(2), progress(""), progress(None), progress([1]),
                progress(1.0), progress(1, "1"), progress(1, None), progress(1, 1, message=5),
                progress(1, 1, total="x"), note("progress", progress=1), note("progress", progressToken=1),
                {"jsonrpc": "2.0", "method": "notifications/progress"})
        r.serve(text_result(1))
        r.at_client()
        dropped(r, progress(1, 9))
        passes(r, progress("a", 9))


def progress_of_a_cancelled_call_is_late():
    with Rig(HOST) as r:
        ask(r, 1, meta={"progressToken": 1})
        passes(r, progress(1))
        r.send(note("cancelled", requestId=1))
        r.at_server()
        dropped(r, progress(1, 2))


def a_token_is_a_string_or_an_integer():
    with Rig(HOST) as r:
        for bad in (None, True, 1.5, [1], {"a": 1}, 1e400, "x" * 300, 1 << 60):
            m = json.dumps(request(5, "tools/call", name="read", _meta={"progressToken": bad}))
            r.send(m.replace("Infinity", "1e400"))
            answer = json.loads(r.at_client())
            assert answer["id"] == 5 and answer["error"]["code"] == -32602, (bad, answer)
        assert r.nothing(r.server_stdin)


def progress_does_not_go_back_behind_ours():
    with Rig(HOST, "policy=1", "ask=read", "hold=60000") as r:
        r.send(request(1, "tools/call", name="read", arguments={}, _meta={"progressToken": "t"}))
        ours = json.loads(r.at_client())["params"]
        assert ours["progressToken"] == "t" and ours["progress"] == -1000000
        # The server has not heard of it yet.
        dropped(r, progress("t", 1))


def the_client_tells_of_progress_too():
    with Rig(HOST, "sampling=1") as r:
        legacy(r)
        r.serve(request("s", "sampling/createMessage", messages=[], maxTokens=1, _meta={"progressToken": 7}))
        r.at_client()
        for bad in (progress(8), progress("7")):
            r.send(bad)
        r.send(progress(7))
        assert r.at_server() == line(progress(7))
        r.send(result("s", {"role": "assistant"}))
        r.at_server()
        r.send(progress(7, 2), request("x", "ping"))
        assert r.at_server() == line(request("x", "ping"))


def log(level="info"):
    return note("message", level=level, data="x")


def a_legacy_server_logs_as_it_likes():
    with Rig(HOST) as r:
        passes(r, log())
        legacy(r)
        passes(r, log(), log("emergency"))
        dropped(r, log("loud"), log(1), note("message", data="x"))


def a_modern_one_logs_for_a_request_that_wants_it():
    with Rig(HOST) as r:
        r.modern = True
        ask(r, 1, meta=MODERN)
        dropped(r, log(), log("emergency"))
        ask(r, 2, meta={**MODERN, META + "logLevel": "warning"})
        passes(r, log("warning"), log("critical"))
        dropped(r, log("info"))
        r.serve(text_result(2))
        r.at_client()
        dropped(r, log("critical"))


CHANGED = ("tools/list_changed", "prompts/list_changed", "resources/list_changed")


def listen(r, id, **notifications):
    ask(r, id, "subscriptions/listen", MODERN, notifications=notifications)
    r.modern = True


def acknowledged(id):
    return tagged(id, "subscriptions/acknowledged", notifications={})


def a_subscription_is_acknowledged_first_and_once():
    with Rig(HOST) as r:
        listen(r, "l", toolsListChanged=True)
        dropped(r, tagged("l", CHANGED[0]), acknowledged("m"), note("subscriptions/acknowledged", notifications={}))
        passes(r, acknowledged("l"), tagged("l", CHANGED[0]), tagged("l", CHANGED[0]))
        dropped(r, acknowledged("l"), tagged("l", CHANGED[1]), tagged("l", CHANGED[2]), note(CHANGED[0]),
                tagged("L", CHANGED[0]), tagged(1, CHANGED[0]), tagged(None, CHANGED[0]))


def a_subscription_ends():
    for end in ("client", "server", "result"):
        with Rig(HOST) as r:
            listen(r, 1, toolsListChanged=True)
            listen(r, 2, toolsListChanged=True)
            passes(r, acknowledged(1), acknowledged(2), tagged(1, CHANGED[0]))
            if end == "client":
                r.send(note("cancelled", requestId=1))
                r.at_server()
            elif end == "server":
                passes(r, note("cancelled", requestId=1))
            else:
                r.serve(result(1, {"resultType": "complete"}))
                r.at_client()
            dropped(r, tagged(1, CHANGED[0]), acknowledged(1))
            passes(r, tagged(2, CHANGED[0]))


def resources_are_told_of_that_were_subscribed():
    with Rig(HOST, "uri=a://*") as r:
        listen(r, 1, resourceSubscriptions=["a://x", "a://d/"])
        passes(r, acknowledged(1))
        for uri in ("a://x", "a://x/below", "a://d/e", "a://x#y"):
            passes(r, tagged(1, "resources/updated", uri=uri))
        dropped(r, *[tagged(1, "resources/updated", uri=u) for u in ("a://y", "a://xy", "b://x", "a://", 1, "")],
                note("resources/updated", uri="a://x"), tagged(1, "resources/updated"))


def legacy_subscriptions_come_and_go():
    with Rig(HOST) as r:
        legacy(r)
        news = note("resources/updated", uri="a://x")
        dropped(r, news)
        ask(r, 1, "resources/subscribe", uri="a://x")
        passes(r, news)
        passes(r, note(CHANGED[0]), note(CHANGED[2]))
        dropped(r, tagged(1, CHANGED[0]))
        ask(r, 2, "resources/unsubscribe", uri="a://x")
        dropped(r, news)


def subscriptions_are_bounded():
    with Rig(HOST) as r:
        legacy(r)
        for i in range(1024):
            ask(r, i, "resources/subscribe", uri=f"a://{i}")
            r.serve(result(i))
            r.at_client()
        r.send(request("over", "resources/subscribe", uri="a://over"))
        assert json.loads(r.at_client())["error"]["code"] == -32602
        ask(r, "again", "resources/subscribe", uri="a://7")
        r.serve(result("again"))
        r.at_client()
        dropped(r, note("resources/updated", uri="a://over"))
        passes(r, note("resources/updated", uri="a://1023"))
    with Rig(HOST) as r:
        for i in range(64):
            listen(r, i, toolsListChanged=True)
        r.send(request("over", "subscriptions/listen", notifications={}, _meta=MODERN))
        assert json.loads(r.at_client())["error"]["code"] == -32602
        for bad in ([], "x", {"toolsListChanged": 1}, {"resourceSubscriptions": "a"}, {"taskIds": [1]},
                    {"resourceSubscriptions": [f"a:{i}" for i in range(1025)]}):
            r.send(request("bad", "subscriptions/listen", notifications=bad, _meta=MODERN))
            assert json.loads(r.at_client())["error"]["code"] == -32602, bad


def an_elicitation_is_completed_once():
    done = note("elicitation/complete", elicitationId="e1")
    with Rig(HOST, "elicitation=1") as r:
        legacy(r)
        dropped(r, done)
        r.serve(request("s", "elicitation/create", mode="url", message="m", url="https://x/", elicitationId="e1"))
        r.at_client()
        dropped(r, note("elicitation/complete", elicitationId="e2"), note("elicitation/complete"),
                note("elicitation/complete", elicitationId=1))
        passes(r, done)
        dropped(r, done)


HELPERS = ("note", "progress", "tagged", "legacy", "ask", "passes", "dropped", "log", "listen", "acknowledged")

if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__" and name not in HELPERS])
