# SPDX-License-Identifier: Apache-2.0
"""Versions of the protocol, and what results of the newest one ask for.

Usage: test_relay_versions.py RELAY_HOST
"""
import json
import sys

import tap
from relayrig import Rig, line, request, result

HOST = sys.argv[1]
META = "io.modelcontextprotocol/"
KNOWN = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]


def meta(version="2026-07-28", capabilities=None):
    return {META + "protocolVersion": version, META + "clientCapabilities": capabilities or {}}


def hello(version, id=1):
    return request(id, "initialize", protocolVersion=version, capabilities={"x": {}}, clientInfo={})


def error_of(r):
    return json.loads(r.at_client())["error"]


def known_versions_are_asked_for_as_they_are():
    for version in KNOWN:
        with Rig(HOST) as r:
            r.send(hello(version))
            assert r.at_server() == line(hello(version))
            r.serve(result(1, {"protocolVersion": version}))
            assert r.at_client() == line(result(1, {"protocolVersion": version}))


def an_unknown_version_is_not_asked_for():
    for version in ("2027-01-01", "2026-07-28", "", "2025-11-25 ", "DRAFT-2026-v1", "x" * 5000):
        with Rig(HOST) as r:
            r.send(hello(version))
            assert r.at_server() == line(hello("2025-11-25")), version
    with Rig(HOST) as r:
        for bad in (1, None, [], {}, True):
            r.send(hello(bad))
            assert error_of(r)["code"] == -32602, bad
        assert r.nothing(r.server_stdin)


def a_server_cannot_answer_with_an_unknown_one():
    for version in ("2027-01-01", "2026-07-28", "", 1, None, ["2025-11-25"]):
        with Rig(HOST) as r:
            r.send(hello("2025-11-25"))
            r.at_server()
            r.serve(result(1, {"protocolVersion": version, "capabilities": {}}))
            assert error_of(r)["code"] == -32603, version


def modern_requests_name_version_and_capabilities():
    full = meta()
    with Rig(HOST) as r:
        for key in full:
            for value in (None, 1, "", [], "absent"):
                broken = {**full, key: value}
                if value == "absent":
                    del broken[key]
                if isinstance(value, str) and value == "" and key.endswith("Version"):
                    continue
                r.send(request(1, "tools/call", name="x", _meta=broken))
                assert error_of(r)["code"] == -32602, broken
        for version in ("2025-11-25", "2027-01-01", ""):
            for method in ("tools/call", "server/discover", "ping", "x/y"):
                r.send(request(1, method, name="x", _meta=meta(version)))
                error = error_of(r)
                assert error["code"] == -32022, error
                assert error["data"] == {"supported": ["2026-07-28"], "requested": version}, error
        assert r.nothing(r.server_stdin)
        r.send(request(2, "tools/call", name="x", _meta=full))
        assert r.at_server() == line(request(2, "tools/call", name="x", _meta=full))


def what_is_shown_of_a_version_is_bounded_and_escaped():
    with Rig(HOST) as r:
        r.send(request(1, "ping", _meta=meta("\x1b[2J\u202e" + "v" * 10000)))
        raw = r.at_client()
        assert len(raw) < 1000 and b"\x1b" not in raw and "\u202e".encode() not in raw, raw


def discover(r, answer):
    r.send(request(1, "server/discover", _meta=meta()))
    r.at_server()
    r.serve(result(1, answer))
    return r.at_client()


def a_server_offers_known_versions_only():
    with Rig(HOST) as r:
        for scope_first in (False, True):
            answer = {"supportedVersions": ["2027-01-01", "2026-07-28", 1, "2025-11-25", None], "capabilities": {},
                      "cacheScope": "public"}
            if scope_first:
                answer = dict(reversed(answer.items()))
            want = {**answer, "supportedVersions": ["2026-07-28", "2025-11-25"], "cacheScope": "private"}
            assert discover(r, answer) == line(result(1, want))
        for same in ({"supportedVersions": ["2026-07-28"], "cacheScope": "public"}, {"capabilities": {}},
                     {"supportedVersions": []}):
            assert discover(r, same) == line(result(1, same))
        for bad in ({"supportedVersions": ["2027-01-01"]}, {"supportedVersions": "2026-07-28"},
                    {"supportedVersions": None}):
            assert json.loads(discover(r, bad))["error"]["code"] == -32603


def instructions_are_cut_beside_the_versions():
    for versions in (["2026-07-28"], ["2026-07-28", "2099-01-01"]):
        with Rig(HOST, "text=2000") as r:
            got = json.loads(discover(r, {"supportedVersions": versions, "instructions": "i" * 5000}))["result"]
            assert got == {"supportedVersions": ["2026-07-28"], "cacheScope": "private",
                           "instructions": "i" * 2000 + "\n[stockade: cut here, 2000 of 5000 bytes shown]"}, got


def read(r, answer):
    r.send(request(2, "resources/read", uri="a://x", _meta=meta()))
    r.at_server()
    r.serve(result(2, answer))
    return r.at_client()


def what_was_changed_for_a_client_is_for_no_other():
    def contents(text, **more):
        return {"resultType": "complete", "contents": [{"uri": "a://x", "text": text, **more}], "ttlMs": 300000,
                "cacheScope": "public"}

    def private(raw):
        got = json.loads(raw)["result"]
        assert (got["cacheScope"], got["ttlMs"]) == ("private", 300000), raw
        return got

    hello = {"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}, "ttlMs": 300000,
             "cacheScope": "public"}
    with Rig(HOST, "text=1000", "type=text/plain") as r:
        same = contents("fine", mimeType="text/plain")
        assert read(r, same) == line(result(2, same))
        assert discover(r, hello) == line(result(1, hello))
        # Cut, of a type that is not permitted, with characters that nobody sees.
        assert len(private(read(r, contents("x" * 2000)))["contents"][0]["text"]) < 1200
        assert "abc" not in json.dumps(private(read(r, contents("abc", mimeType="text/html"))))
        assert private(read(r, contents("a\u200bb\u202ec")))["contents"][0]["text"] == "abc"
        assert private(discover(r, {**hello, "instructions": "a\u200bb"}))["instructions"] == "ab"
        r.send(request(3, "tools/list", _meta=meta()))
        r.at_server()
        r.serve(result(3, {"tools": [{"name": "read", "description": "a\u200bb", "inputSchema": {}}],
                           "cacheScope": "public", "ttlMs": 300000}))
        assert private(r.at_client())["tools"][0]["description"] == "ab"
        # Nothing is kept of what is no such result.
        r.send(request(4, "prompts/get", name="p", _meta=meta()))
        r.at_server()
        r.serve(result(4, {"messages": [{"role": "user", "content": {"type": "text", "text": "a\u200bb"}}],
                           "cacheScope": "public"}))
        assert json.loads(r.at_client())["result"]["cacheScope"] == "public"


def asking(state="s", **requests):
    out = {"resultType": "input_required", "inputRequests": requests}
    return {**out, "requestState": state} if state else out


FORM = {"method": "elicitation/create", "params": {"mode": "form", "message": "m", "requestedSchema": {}}}


def tool(id, name="read", responses=None, state=None, method="tools/call"):
    params = {"uri" if method == "resources/read" else "name": name, "_meta": meta()}
    if responses is not None:
        params["inputResponses"] = responses
    if state is not None:
        params["requestState"] = state
    return request(id, method, **params)


def ask(r, first, answer):
    r.send(first)
    r.at_server()
    r.serve(result(first["id"], answer))
    return r.at_client()


YES = {"action": "accept", "content": {}}


def only_what_was_asked_for_is_answered():
    with Rig(HOST, "elicitation=1") as r:
        assert ask(r, tool(1), asking(k=FORM)) == line(result(1, asking(k=FORM)))
        for n, bad in enumerate([
                tool(2, responses={"k": YES}), tool(2, responses={"k": YES}, state="t"),
                tool(2, responses={"K": YES}, state="s"), tool(2, responses={"k": YES, "l": YES}, state="s"),
                tool(2, name="write", responses={"k": YES}, state="s"),
                tool(2, name="read", responses={"k": YES}, state="s", method="prompts/get"),
                tool(2, responses=[], state="s"), tool(2, responses=None, state="s") | {},
                request(2, "tools/list", inputResponses={"k": YES}, requestState="s", _meta=meta())]):
            if n == 7:
                bad["params"]["inputResponses"] = "k"
            r.send(bad)
            if n > 5:
                assert error_of(r)["code"] == -32602, bad
                continue
            # What nobody asked for goes no further; the server asks again.
            bad["params"]["inputResponses"] = {"k": YES} if n == 3 else {}
            assert r.at_server() == line(bad)
            r.serve(result(2, asking(k=FORM)))
            r.at_client()
        good = tool(3, responses={"k": YES}, state="s")
        r.send(good)
        assert r.at_server() == line(good)
        # Nothing has to be answered at once, and a state alone is the server's.
        for more in (tool(4, responses={}, state="s"), tool(5, state="z")):
            r.send(more)
            assert r.at_server() == line(more)


def a_state_may_be_long_and_written_in_another_way():
    state = "é" * 100000
    with Rig(HOST, "elicitation=1") as r:
        ask(r, tool(1), asking(state, k=FORM))
        r.send(json.dumps(tool(2, responses={"k": YES}, state=state)))
        assert b"inputResponses" in r.at_server()
        r.send(tool(3, responses={"k": YES}, state=state[:-1] + "e"))
        assert json.loads(r.at_server())["params"]["inputResponses"] == {}


def a_result_does_not_ask_without_end():
    with Rig(HOST, "elicitation=1") as r:
        many = {f"k{i}": FORM for i in range(65)}
        assert json.loads(ask(r, tool(1), asking(**many)))["result"]["isError"]
        del many["k64"]
        assert ask(r, tool(2), asking(**many)) == line(result(2, asking(**many)))
        # The oldest are forgotten.
        for i in range(20):
            ask(r, tool(10 + i), asking(f"s{i}", **many))
        r.send(tool(3, responses={"k0": YES}, state="s"))
        assert json.loads(r.at_server())["params"]["inputResponses"] == {}
        r.send(tool(4, responses={"k0": YES}, state="s19"))
        assert b"inputResponses" in r.at_server()


def elicitation(**params):
    return {"method": "elicitation/create", "params": params}


BAD_PAGES = [
    "http://x/", "HTTPS://x/", "https:/x", "https:x", "//x/", "javascript:alert(1)", "file:///etc/passwd",
    "https://", "https:///x", "https://a@b/", "https://x\\@y/", " https://x/", "https://x /", "https://x\n/",
    "https\u200b://x/", "data:text/html,x", "https://\u0430pple.com/", "", 1, None, ["https://x/"],
]


def a_page_to_open_is_an_https_one():
    page = elicitation(mode="url", message="m", url="https://x.example/y?z", elicitationId="e")
    bad = [elicitation(mode="url", message="m", url=u, elicitationId="e") for u in BAD_PAGES]
    bad += [elicitation(mode="URL", url="https://x/"), elicitation(mode=1), elicitation(mode="url"),
            elicitation(url="http://x/", message="m"), elicitation(mode="form", url="javascript:x"),
            elicitation(requestedSchema=[]), {"method": "elicitation/create"},
            {"method": "elicitation/create", "params": []}]
    with Rig(HOST, "elicitation=1") as r:
        for n, good in enumerate((page, FORM, elicitation(message="m"))):
            assert ask(r, tool(n), asking(k=good)) == line(result(n, asking(k=good)))
        for one in bad:
            assert json.loads(ask(r, tool(50), asking(k=one)))["result"]["isError"], one
    with Rig(HOST, "elicitation=1") as r:
        ask(r, hello("2025-11-25"), {"protocolVersion": "2025-11-25"})
        for one in (page, FORM):
            r.serve({"jsonrpc": "2.0", "id": "s", **one})
            assert r.at_client() == line({"jsonrpc": "2.0", "id": "s", **one})
            r.send(result("s", {"action": "decline"}))
            r.at_server()
        for one in bad:
            r.serve({"jsonrpc": "2.0", "id": "s", **one})
            assert json.loads(r.at_server())["error"]["code"] in (-32602, -32600), one
        assert r.nothing(r.from_relay)


def page_error(*pages, id=1):
    return {"jsonrpc": "2.0", "id": id, "error": {"code": -32042, "message": "m", "data": {"elicitations": list(pages)}}}


def pages_to_open_first_are_asked_for_too():
    page = {"mode": "url", "elicitationId": "e", "url": "https://x/", "message": "m"}
    done = {"jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": {"elicitationId": "e"}}

    def answers(r, error, first=None):
        r.send(first or request(1, "tools/call", name="read"))
        r.at_server()
        r.serve(error)
        return r.at_client()

    with Rig(HOST, "elicitation=1") as r:
        assert answers(r, page_error(page, page)) == line(page_error(page, page))
        r.serve(done)
        assert r.at_client() == line(done)
        for bad in ([{**page, "url": "http://x/"}], [page, 1], [{**page, "mode": "form"}], [],
                    [{**page, "elicitationId": 1}]):
            assert json.loads(answers(r, page_error(*bad)))["result"]["isError"], bad
        r.serve({**page_error(), "error": {"code": -32042, "message": "m"}})
        # It is of 2025-11-25 alone.
        assert json.loads(answers(r, page_error(page), tool(1)))["result"]["isError"]
    with Rig(HOST) as r:
        assert json.loads(answers(r, page_error(page)))["result"]["isError"]
        r.serve(done)
        r.round_trip("next")


def names_in_another_case_are_those_of_some_reader():
    good = {"resultType": "complete", "content": []}
    tools = {"tools": [{"name": "read"}]}
    page = {"mode": "url", "message": "m", "url": "https://x/", "elicitationId": "e"}
    with Rig(HOST, "policy=1", "allow=read", "elicitation=1") as r:
        assert ask(r, tool(0), {**good, "Contents_": []}) == line(result(0, {**good, "Contents_": []}))
        for more in ({"InputRequests": {"k": FORM}}, {"RESULTTYPE": "input_required"}, {"Content": []},
                     {"tas\u212a": {}}, {"i\u017fError": True}, {"StructuredContent": {}}):
            answer = json.loads(ask(r, tool(1), {**good, **more}))
            assert answer["result"]["isError"], more
        for first in (request(2, "tools/list"), request(2, "tools/list", _meta=meta())):
            answer = json.loads(ask(r, first, {**tools, "Tools": [{"name": "write"}]}))
            assert answer["error"]["code"] == -32603, answer
        for bad in ({**FORM, "Method": "sampling/createMessage"}, {**FORM, "PARAMS": {}}, elicitation(**page, URL="http://x/"),
                    elicitation(**page, Mode="form"), elicitation(message="m", Url="http://x/")):
            assert json.loads(ask(r, tool(3), asking(k=bad)))["result"]["isError"], bad
        for bad in ({**page, "Url": "http://x/"}, ):
            r.send(request(4, "tools/call", name="read"))
            r.at_server()
            r.serve(page_error(bad, id=4))
            assert json.loads(r.at_client())["result"]["isError"], bad
        # What the tool says in its own words is its own.
        own = {**good, "structuredContent": {"Tools": [], "tools": [], "Content": 1}}
        assert ask(r, tool(5), own) == line(result(5, own))


HELPERS = ("read", "meta", "hello", "error_of", "discover", "asking", "tool", "ask", "elicitation", "page_error")

if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__" and name not in HELPERS])
