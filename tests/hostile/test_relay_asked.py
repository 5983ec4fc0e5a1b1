# SPDX-License-Identifier: Apache-2.0
"""What a server asks of its client, where somebody has to agree to it first.

Usage: test_relay_asked.py RELAY_HOST
"""
import json
import sys
import tempfile

import tap
from keeperrig import ANY, DENY, ONCE, SESSION, asked, says
from relayrig import IPC, IPC_MSG, Rig, line, request, result, write_all

HOST = sys.argv[1]
META = "io.modelcontextprotocol/"
ASKED = ("elicitation=2", "sampling=2", "hold=60000")
BOTH = {"sampling": {}, "elicitation": {}}
FORM = {"mode": "form", "message": "Which branch?", "requestedSchema": {"type": "object", "properties": {}}}
SAMPLE = {"messages": [], "maxTokens": 1}
EMPTY = {"resultType": "complete", "content": []}


def note(method, **params):
    return {"jsonrpc": "2.0", "method": "notifications/" + method, "params": params}


def greet(r, capabilities=BOTH):
    hello = request(1, "initialize", protocolVersion="2025-11-25", capabilities=capabilities,
                    clientInfo={"name": "c", "version": "1"})
    r.send(hello)
    assert r.at_server() == line(hello), "what may be asked for is offered"
    r.serve(result(1))
    r.at_client()


def elicit(id="s", **params):
    return request(id, "elicitation/create", **{**FORM, **params})


def held(r, message):
    """Serves it; the number of the question that is put, nothing passed."""
    r.serve(message)
    number, name, shown = asked(r)
    assert name.decode() == message["method"] == shown["name"] and shown["arguments"] == message["params"], shown
    assert r.nothing(r.from_relay, 0.01)
    return number


def refused(r, id, code):
    answer = json.loads(r.at_server())
    assert answer["id"] == id and answer["error"]["code"] == code, answer
    assert r.nothing(r.from_relay, 0.02)
    return answer["error"]["message"]


def modern(id, tool="read", method="tools/call", **params):
    params = {"name": tool, "arguments": {}, **params} if method == "tools/call" else params
    return request(id, method, **params, _meta={
        META + "protocolVersion": "2026-07-28", META + "clientCapabilities": BOTH})


def asking(**requests):
    return {"resultType": "input_required", "inputRequests": requests, "requestState": "s"}


def wish(method="elicitation/create", params=FORM):
    return {"method": method, "params": params}


def called(r, message, answer):
    """A call that is answered so; nothing of it has passed."""
    r.send(message)
    r.at_server()
    r.serve(answer)
    number, name, shown = asked(r)
    assert r.nothing(r.from_relay, 0.05)
    return number, name.decode(), shown


def records(r, kind):
    r.get_records_so_far(kind)
    return [f for t, f in r.so_far if t == kind]


def a_request_passes_once_somebody_agrees():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        for message, id in ((elicit(), "s"), (request(7, "sampling/createMessage", **SAMPLE), 7)):
            n = held(r, message)
            says(r, "ANSWERED", n, ONCE)
            assert r.at_client() == line(message)
            r.send(result(id, {"action": "decline"}))
            assert r.at_server() == line(result(id, {"action": "decline"}))
        # Once was once.
        n = held(r, elicit("t"))
        says(r, "ANSWERED", n, DENY, b"not now")
        assert "not now" in refused(r, "t", -1)


def it_stands_in_the_log():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        n = held(r, elicit())
        says(r, "ANSWERED", n, ONCE)
        r.at_client()
        r.send(result("s", {"action": "cancel"}))
        r.at_server()
        m = held(r, elicit("t"))
        says(r, "ANSWERED", m, DENY)
        refused(r, "t", -1)
        calls = {f["call"]: f for f in records(r, "call") if f["dir"] == "s2c"}
        assert [(f["method"], f["decision"], f["approval"]) for f in calls.values()] == \
            [("elicitation/create", "ask", n), ("elicitation/create", "ask", m)], calls
        assert [(f["approval"], f["call"], f["method"]) for f in records(r, "approval_asked")] == \
            [(n, n, "elicitation/create"), (m, m, "elicitation/create")]
        ends = {f["call"]: (f["outcome"], f.get("code")) for f in records(r, "result")}
        assert ends[n] == ("ok", None) and ends[m] == ("refused", "-1"), ends


def session_is_for_what_was_asked_and_any_for_the_method():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        says(r, "ANSWERED", held(r, elicit()), SESSION)
        r.at_client()
        r.serve(elicit("a"))
        assert r.at_client() == line(elicit("a"))
        n = held(r, elicit("b", message="Your password?"))
        says(r, "ANSWERED", n, SESSION | ANY)
        assert r.at_client() == line(elicit("b", message="Your password?"))
        r.serve(elicit("c", message="Anything"))
        assert r.at_client() == line(elicit("c", message="Anything"))
        # Of another method nothing was said.
        says(r, "ANSWERED", held(r, request("d", "sampling/createMessage", **SAMPLE)), DENY)
        refused(r, "d", -1)


def nobody_there_is_no():
    with Rig(HOST, "elicitation=2", "hold=200") as r:
        greet(r, {"elicitation": {}})
        n = held(r, elicit())
        refused(r, "s", -32603)
        # It stays in the queue; meanwhile others do not wait.
        r.serve(elicit("t"))
        asked(r)
        refused(r, "t", -32603)
        says(r, "ANSWERED", n, ONCE)
        r.round_trip("x")
        r.serve(elicit("u"))
        assert r.at_client() == line(elicit("u"))


def what_waits_is_unknown_to_the_client():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        n = held(r, elicit())
        r.send(result("s", {"action": "accept", "content": {"a": 1}}), '{"jsonrpc":"2.0","id":"s","result":1,"x":2}')
        r.round_trip("x")
        assert r.nothing(r.server_stdin, 0.02)
        assert records(r, "protocol_refused")
        # The id is taken, and a page is not opened before it was shown.
        r.serve(elicit(), note("elicitation/complete", elicitationId="e"))
        r.round_trip("y")
        says(r, "ANSWERED", n, ONCE)
        assert r.at_client() == line(elicit())


def a_cancelled_one_is_forgotten():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        n = held(r, elicit())
        r.serve(note("cancelled", requestId="s"))
        r.round_trip("x")
        says(r, "ANSWERED", n, SESSION)
        r.round_trip("y")
        r.serve(elicit("t"))
        assert r.at_client() == line(elicit("t"))
        assert ["cancelled"] == [f["outcome"] for f in records(r, "result") if f["call"] == n]


def what_is_cancelled_has_ended_whatever_the_client_says():
    """The client's answer has crossed the server's cancellation, whole or not."""
    late = [line(result("s", {"action": "accept", "content": {}})),
            line({"jsonrpc": "2.0", "id": "s", "error": {"code": 1, "message": "no"}}),
            b'{"jsonrpc":"2.0","id":"s","result":{},"result":{}}\n']
    for answer in late:
        with Rig(HOST, *ASKED) as r:
            greet(r)
            n = held(r, elicit())
            says(r, "ANSWERED", n, ONCE)
            assert r.at_client() == line(elicit())
            r.serve(note("cancelled", requestId="s"))
            r.at_client()
            write_all(r.to_relay, answer)
            r.round_trip("x")
            assert ["cancelled"] == [f["outcome"] for f in records(r, "result") if f["call"] == n]
            # The id is free again.
            r.serve(request("s", "ping"))
            assert r.at_client() == line(request("s", "ping"))


def a_flood_is_bounded():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        for i in range(4):
            held(r, elicit(i, message=str(i)))
        r.serve(elicit(8, message="8"))
        refused(r, 8, -32603)
        # Equal ones wait for one question, 64 of all in all.
        for i in range(10, 70):
            assert held(r, elicit(i, message="1"))
        r.serve(*[elicit(i, message="1") for i in range(70, 84)])
        for i in range(70, 84):
            refused(r, i, -32603)
        r.round_trip("x")


def what_is_shown_is_what_passes():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        r.serve(elicit(message="A\u200bB\u202e"))
        n, _, shown = asked(r)
        assert shown["arguments"]["message"] == "AB", shown
        says(r, "ANSWERED", n, ONCE)
        assert r.at_client() == line(elicit(message="AB"))


def a_page_that_may_not_be_opened_is_not_asked_for():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        r.serve(request("s", "elicitation/create", mode="url", url="http://x.example/", elicitationId="e", message="m"))
        refused(r, "s", -32602)
        n = held(r, request("s", "elicitation/create", mode="url", url="https://x.example/", elicitationId="e",
                            message="m"))
        says(r, "ANSWERED", n, ONCE)
        r.at_client()
        done = note("elicitation/complete", elicitationId="e")
        r.serve(done)
        assert r.at_client() == line(done)


def an_answer_that_asks_waits():
    for message in (modern(2), modern(2, method="prompts/get", name="p"), modern(2, method="resources/read", uri="a:b")):
        with Rig(HOST, *ASKED) as r:
            answer = result(2, asking(k=wish()))
            n, name, shown = called(r, message, answer)
            assert name == "elicitation/create" and shown["arguments"] == FORM, shown
            says(r, "ANSWERED", n, ONCE)
            assert r.at_client() == line(answer)
            # The person's answer reaches the server.
            again = {**message, "id": 3, "params": {**message["params"], "requestState": "s", "inputResponses": {
                "k": {"action": "accept", "content": {}}}}}
            r.send(again)
            assert r.at_server() == line(again)
            r.serve(result(3, EMPTY))
            assert r.at_client() == line(result(3, EMPTY))


def an_answer_that_asks_ends_the_call_where_nobody_agrees():
    with Rig(HOST, *ASKED) as r:
        n, _, _ = called(r, modern(2), result(2, asking(k=wish())))
        says(r, "ANSWERED", n, DENY, b"Ask me later.")
        got = json.loads(r.at_client())["result"]
        assert got["isError"] and got["resultType"] == "complete", got
        assert "declined" in got["content"][0]["text"] and "Ask me later." in got["content"][0]["text"], got
        # A moment later it is no new question, and nothing of it is answered.
        r.send(modern(3))
        r.at_server()
        r.serve(result(3, asking(k=wish())))
        assert "declined" in json.loads(r.at_client())["result"]["content"][0]["text"]
        r.send(modern(4, requestState="s", inputResponses={"k": {"action": "accept"}}))
        assert json.loads(r.at_server())["params"]["inputResponses"] == {}
        calls = {f["call"]: f for f in records(r, "call")}
        ends = {f["call"]: f["outcome"] for f in records(r, "result")}
        first = [k for k, f in calls.items() if f.get("rpc_id") == "2"][0]
        assert (calls[n]["dir"], calls[n]["method"], calls[n]["decision"], calls[n]["origin"], calls[n]["era"]) == \
            ("s2c", "elicitation/create", "ask", first, "modern"), calls[n]
        assert ends[n] == ends[first] == "refused", ends
    with Rig(HOST, *ASKED) as r:
        n, _, _ = called(r, modern(2, method="prompts/get", name="p"), result(2, asking(k=wish())))
        says(r, "ANSWERED", n, DENY)
        assert json.loads(r.at_client())["error"]["code"] == -32603


def a_call_that_comes_again_finds_the_answer():
    with Rig(HOST, "elicitation=2", "hold=200") as r:
        answer = asking(k=wish())
        n, _, _ = called(r, modern(2), result(2, answer))
        got = json.loads(r.at_client())["result"]
        assert got["isError"] and "approval" in got["content"][0]["text"], got
        for tell in ("stockade", "approve ", "profile", "--"):
            assert tell not in got["content"][0]["text"], got
        says(r, "ANSWERED", n, ONCE)
        r.round_trip("x")
        r.send(modern(3))
        r.at_server()
        r.serve(result(3, answer))
        assert r.at_client() == line(result(3, answer))


def several_are_one_question_and_shown_whole():
    with Rig(HOST, *ASKED) as r:
        both = {"a": wish(), "b": wish("sampling/createMessage", SAMPLE), "c": {"method": "roots/list"}}
        n, name, shown = called(r, modern(2), result(2, asking(**both)))
        assert "elicitation/create" in name and "sampling/createMessage" in name, name
        assert shown["arguments"] == both, shown
        says(r, "ANSWERED", n, ONCE)
        assert r.at_client() == line(result(2, asking(**both)))
    # One that is denied is not asked for along with others.
    with Rig(HOST, "elicitation=2", "hold=60000") as r:
        r.send(modern(2))
        r.at_server()
        r.serve(result(2, asking(a=wish(), b=wish("sampling/createMessage", SAMPLE))))
        assert json.loads(r.at_client())["result"]["isError"]


def a_task_that_asks_waits_too():
    task = {"taskId": "t", "status": "working", "createdAt": "x", "lastUpdatedAt": "x", "ttlMs": None}
    extension = {"extensions": {META + "tasks": {}}, **BOTH}
    meta = {META + "protocolVersion": "2026-07-28", META + "clientCapabilities": extension}
    with Rig(HOST, *ASKED) as r:
        r.send(request(1, "tools/call", name="read", arguments={}, _meta=meta))
        r.at_server()
        r.serve(result(1, {"resultType": "task", **task}))
        r.at_client()
        waiting = {"resultType": "complete", **task, "status": "input_required", "inputRequests": {"k": wish()}}
        n, _, _ = called(r, request(2, "tasks/get", taskId="t", _meta=meta), result(2, waiting))
        says(r, "ANSWERED", n, ONCE)
        assert r.at_client() == line(result(2, waiting))
        n, _, _ = called(r, request(3, "tasks/get", taskId="t", _meta=meta), result(3, waiting))
        says(r, "ANSWERED", n, DENY)
        assert json.loads(r.at_client())["error"]["code"] == -32603


def pages_that_an_error_asks_for_wait_too():
    pages = [{"mode": "url", "elicitationId": "e", "url": "https://x.example/", "message": "m"}]
    error = {"jsonrpc": "2.0", "id": 2, "error": {"code": -32042, "message": "m", "data": {"elicitations": pages}}}
    with Rig(HOST, *ASKED) as r:
        greet(r)
        n, name, shown = called(r, request(2, "tools/call", name="read", arguments={}), error)
        assert name == "elicitation/create" and shown["arguments"] == {"elicitations": pages}, shown
        says(r, "ANSWERED", n, ONCE)
        assert r.at_client() == line(error)
        n, _, _ = called(r, request(3, "tools/call", name="read", arguments={}), {**error, "id": 3})
        says(r, "ANSWERED", n, DENY)
        assert json.loads(r.at_client())["result"]["isError"]


def a_call_that_waits_so_can_be_cancelled():
    with Rig(HOST, *ASKED) as r:
        n, _, _ = called(r, modern(2), result(2, asking(k=wish())))
        # Another answer is one to nothing; the id is taken.
        r.serve(result(2, EMPTY))
        r.send(note("cancelled", requestId=2, _meta=modern(2)["params"]["_meta"]))
        r.round_trip("x")
        says(r, "ANSWERED", n, ONCE)
        r.round_trip("y")
        assert r.nothing(r.from_relay, 0.02)
        ends = {f["call"]: f["outcome"] for f in records(r, "result")}
        assert ends[n] == "cancelled", ends


def what_passes_in_between_costs_another_no_file():
    with Rig(HOST, *ASKED, "text=2000", "text_over=1") as r, tempfile.TemporaryFile() as file:
        n, _, _ = called(r, modern(2), result(2, asking(k=wish())))
        r.send(modern(3))
        r.at_server()
        r.serve(result(3, {"resultType": "complete", "content": [{"type": "text", "text": "x" * 5000}]}))
        kind, _, number, which = IPC_MSG.unpack(r.keeper.recv(256))[:4]
        assert kind == IPC["SPILL"], kind
        # The one waits for its file when the other is agreed to.
        says(r, "ANSWERED", n, ONCE)
        assert json.loads(r.at_client())["id"] == 2
        says(r, "SPILLED", number, which, b"/files/3.txt", [file.fileno()])
        answer = json.loads(r.at_client())
        assert answer["id"] == 3 and "/files/3.txt" in answer["result"]["content"][0]["text"], answer
        assert IPC_MSG.unpack(r.keeper.recv(256))[:4] == (IPC["SPILL_DONE"], 0, number, which)


def a_session_that_ends_passes_nothing():
    with Rig(HOST, *ASKED) as r:
        greet(r)
        n = held(r, elicit())
        called(r, modern(2), result(2, asking(k=wish(params={"message": "x"}))))
        r.close(r.server_stdout)
        got = json.loads(r.at_client())
        assert got["id"] == 2 and got["result"]["isError"], got
        # It ran: its answer is what is missing.
        assert not got["result"]["content"][0]["text"].startswith("Not run"), got
        says(r, "ANSWERED", n, ONCE)
        assert r.nothing(r.from_relay, 0.05)


HELPERS = ("note", "greet", "elicit", "held", "refused", "modern", "asking", "wish", "called", "records", "asked",
           "says")

if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__" and name not in HELPERS])
