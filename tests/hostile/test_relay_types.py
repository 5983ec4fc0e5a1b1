# SPDX-License-Identifier: Apache-2.0
"""Every field of every method, of every wrong type, from either side: each
request is answered exactly once, and the session goes on in step.

Usage: test_relay_types.py RELAY_HOST
"""
import copy
import json
import os
import sys

import tap
from relayrig import MIB, Rig, background, drain_records, request, result

HOST = sys.argv[1]
META = "io.modelcontextprotocol/"
MODERN = {META + "protocolVersion": "2026-07-28", META + "logLevel": "info",
          META + "clientCapabilities": {"elicitation": {"form": {}}, "extensions": {META + "tasks": {}}}}
WRONG = [None, True, 0, -1.5, 1 << 62, "", "x", "é" * 3000, [], {}, [[]], [None], [{}], {"a": {}}, {"": [1]}]
OPEN = ("sampling=1", "elicitation=1", "folder=/srv")
CLOSED = ("policy=1", "allow=read", "prompt=p", "uri=a://x")

C2S = {
    "initialize": {"protocolVersion": "2025-11-25", "capabilities": {"sampling": {}, "tasks": {"requests": {}}},
                   "clientInfo": {"name": "c", "version": "1"}},
    "server/discover": {}, "ping": {}, "tools/list": {"cursor": "c"},
    "tools/call": {"name": "read", "arguments": {"a": 1}, "task": {"ttl": 1}, "requestState": "s",
                   "inputResponses": {"k": {"roots": [{"uri": "file:///srv"}]}}},
    "resources/list": {"cursor": "c"}, "resources/templates/list": {"cursor": "c"},
    "resources/read": {"uri": "a://x"}, "resources/subscribe": {"uri": "a://x"},
    "resources/unsubscribe": {"uri": "a://x"},
    "subscriptions/listen": {"notifications": {"toolsListChanged": True, "promptsListChanged": True,
                                               "resourcesListChanged": True, "resourceSubscriptions": ["a://x"],
                                               "taskIds": ["t"]}},
    "prompts/list": {"cursor": "c"}, "prompts/get": {"name": "p", "arguments": {"a": "b"}},
    "completion/complete": {"ref": {"type": "ref/prompt", "name": "p", "uri": "a://x"},
                            "argument": {"name": "a", "value": "v"}, "context": {"arguments": {"b": "c"}}},
    "logging/setLevel": {"level": "info"}, "tasks/get": {"taskId": "t"}, "tasks/result": {"taskId": "t"},
    "tasks/list": {"cursor": "c"}, "tasks/cancel": {"taskId": "t"},
    "tasks/update": {"taskId": "t", "inputResponses": {"k": {}}},
}
S2C = {
    "ping": {}, "roots/list": {}, "tasks/get": {"taskId": "c"}, "tasks/list": {},
    "sampling/createMessage": {"messages": [{"role": "user", "content": {"type": "text", "text": "x"}}],
                               "maxTokens": 1, "task": {}},
    "elicitation/create": {"mode": "url", "message": "m", "url": "https://x/", "elicitationId": "e",
                           "requestedSchema": {"type": "object", "properties": {}}},
}
NOTES = {
    "cancelled": {"requestId": 1, "reason": "r"}, "progress": {"progressToken": 1, "progress": 1, "total": 2,
                                                               "message": "m"},
    "message": {"level": "info", "logger": "l", "data": {}}, "tools/list_changed": {}, "prompts/list_changed": {},
    "resources/list_changed": {}, "resources/updated": {"uri": "a://x"}, "initialized": {},
    "roots/list_changed": {}, "elicitation/complete": {"elicitationId": "e"},
    "subscriptions/acknowledged": {"notifications": {"toolsListChanged": True}},
    "tasks/status": {"taskId": "t", "status": "working"},
    "tasks": {"taskId": "t", "status": "completed", "result": {"content": []}, "inputRequests": {}},
}
TAG = {META + "subscriptionId": "l", META + "protocolVersion": "2026-07-28"}
TEXT = [{"type": "text", "text": "x"}]
TASK = {"taskId": "t", "status": "working"}
RESULTS = {
    "initialize": {"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"},
                   "instructions": "i"},
    "server/discover": {"supportedVersions": ["2026-07-28"], "capabilities": {}, "cacheScope": "public", "ttlMs": 1},
    "tools/list": {"tools": [{"name": "read", "title": "t", "inputSchema": {}}], "nextCursor": "n",
                   "cacheScope": "public"},
    "tools/call": {"content": TEXT, "structuredContent": {"a": 1}, "isError": False, "task": TASK,
                   "inputRequests": {"k": {"method": "roots/list", "params": {}}}, "requestState": "s"},
    "resources/list": {"resources": [{"uri": "a://x", "name": "x"}]},
    "resources/templates/list": {"resourceTemplates": [{"uriTemplate": "a://{x}", "name": "x"}]},
    "resources/read": {"contents": [{"uri": "a://x", "text": "x", "blob": "eA=="}]},
    "prompts/list": {"prompts": [{"name": "p"}]},
    "prompts/get": {"messages": [{"role": "user", "content": TEXT[0]}]},
    "completion/complete": {"completion": {"values": ["a"], "total": 1, "hasMore": False}},
    "tasks/list": {"tasks": [TASK]},
}


def paths(value, prefix=()):
    """Of each field in it, and of it itself."""
    yield prefix
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, prefix + (key,))


def replaced(value, path, by):
    if not path:
        return by
    out = copy.copy(value)
    out[path[0]] = replaced(value[path[0]], path[1:], by)
    return out


def without(value, path):
    out = copy.deepcopy(value)
    at = out
    for key in path[:-1]:
        at = at[key]
    del at[path[-1]]
    return out


def variants(value):
    """Each field of each wrong type, and absent."""
    for path in paths(value):
        for by in WRONG:
            yield replaced(value, path, by)
        if path:
            yield without(value, path)


def answering(fd, send, answer):
    """A peer that answers what it gets, until its end."""
    def run():
        rest = b""
        while True:
            data = os.read(fd, MIB)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for text in lines:
                m = json.loads(text)
                if "method" in m and "id" in m:
                    send(answer(m))

    return background(run)


def each_is_answered_once(read, sent, mark):
    """Up to the answer to the last one, which is good."""
    seen = {}
    while mark not in seen:
        m = json.loads(read(20))
        if "method" not in m:
            assert m["id"] not in seen, m
            assert ("result" in m) != ("error" in m), m
            seen[m["id"]] = m
    assert set(seen) == set(sent) | {mark}, set(seen) ^ set(sent)
    return seen


def legacy_hello(r):
    hello = request("hello", "initialize", **C2S["initialize"])
    r.send(hello)
    r.at_server()
    r.serve(result("hello", RESULTS["initialize"]))
    r.at_client()


def requests_of(modern, methods):
    n = 0
    for method, params in methods.items():
        if modern:
            params = {**params, "_meta": {**MODERN, "progressToken": 1}}
        for bad in variants(params):
            n += 1
            yield {"jsonrpc": "2.0", "id": n, "method": method, "params": bad}


def from_the_client(modern, options):
    with Rig(HOST, *options) as r:
        drain_records(r)
        if not modern:
            legacy_hello(r)
        messages = list(requests_of(modern, C2S))
        answering(r.server_stdin, r.serve, lambda m: result(m["id"], {"resultType": "complete"}))
        last = request("last", "tools/call", name="read", **({"_meta": MODERN} if modern else {}))
        background(r.send, *messages, last)
        seen = each_is_answered_once(r.at_client, [m["id"] for m in messages], "last")
        assert "result" in seen["last"], seen["last"]
        codes = {m["error"]["code"] for m in seen.values() if "error" in m}
        assert codes <= {-32600, -32601, -32602, -32603, -32022, -32002}, codes
        print(f"# {len(messages)} requests")


def from_the_server(modern, options):
    with Rig(HOST, *options) as r:
        drain_records(r)
        legacy_hello(r)
        messages = list(requests_of(modern, S2C))
        answering(r.from_relay, r.send, lambda m: result(m["id"], {}))
        # As many as are allowed at once.
        for n in range(0, len(messages), 200):
            part = messages[n:n + 200]
            mark = f"last{n}"
            r.serve(*part, request(mark, "ping"))
            each_is_answered_once(r.at_server, [m["id"] for m in part], mark)


def results(modern, options):
    with Rig(HOST, *options) as r:
        drain_records(r)
        n = 0
        for method, value in RESULTS.items():
            if method in ("initialize", "tasks/list") and modern or method == "server/discover" and not modern:
                continue
            params = {k: v for k, v in C2S[method].items() if k not in ("inputResponses", "requestState")}
            if modern:
                value = {**value, "resultType": "complete"}
                params = {**params, "_meta": MODERN}
            for bad in variants(value):
                n += 1
                r.send(request(n, method, **params))
                r.at_server()
                r.serve({"jsonrpc": "2.0", "id": n, "result": bad})
                got = json.loads(r.at_client())
                assert got["id"] == n and ("result" in got) != ("error" in got), got
        r.round_trip("end")
        assert r.nothing(r.from_relay) and r.nothing(r.server_stdin)
        print(f"# {n} results")


def errors(modern):
    good = {"code": -32042, "message": "m", "data": {"elicitations": [
        {"mode": "url", "url": "https://x/", "elicitationId": "e", "message": "m"}]}}
    with Rig(HOST, "elicitation=1") as r:
        drain_records(r)
        for n, bad in enumerate(variants(good)):
            r.send(request(n, "tools/call", name="read", **({"_meta": MODERN} if modern else {})))
            r.at_server()
            r.serve({"jsonrpc": "2.0", "id": n, "error": bad})
            assert json.loads(r.at_client())["id"] == n, bad
        r.round_trip("end")


def notes_of(modern):
    for name, params in NOTES.items():
        for bad in variants({**params, "_meta": TAG} if modern else params):
            yield {"jsonrpc": "2.0", "method": "notifications/" + name, "params": bad}


def notifications(modern):
    with Rig(HOST, *OPEN) as r:
        drain_records(r)
        if not modern:
            legacy_hello(r)
        r.send(request("l", "subscriptions/listen", **C2S["subscriptions/listen"], _meta=MODERN),
               request(1, "tools/list", _meta={**MODERN, "progressToken": 1}))
        r.at_server()
        r.at_server()
        messages = list(notes_of(modern))
        background(r.serve, *messages, {"jsonrpc": "2.0", "id": "l", "result": {}})
        while "id" not in json.loads(r.at_client(20)):
            pass
        background(r.send, *messages, request("end", "tools/list", _meta=MODERN))
        while "id" not in json.loads(r.at_server(20)):
            pass
        r.serve(result("end", {"tools": []}))
        assert json.loads(r.at_client())["id"] == "end"
        print(f"# {len(messages)} notifications each way")


def cases():
    for modern in (False, True):
        era = "modern" if modern else "legacy"
        for options, policy in ((OPEN, "open"), (CLOSED, "closed")):
            yield f"{era}_requests_of_the_clients_{policy}", lambda m=modern, o=options: from_the_client(m, o)
            yield f"{era}_requests_of_the_servers_{policy}", lambda m=modern, o=options: from_the_server(m, o)
            yield f"{era}_results_{policy}", lambda m=modern, o=options: results(m, o)
        yield f"{era}_errors", lambda m=modern: errors(m)
        yield f"{era}_notifications", lambda m=modern: notifications(m)


if __name__ == "__main__":
    tests = []
    for name, test in cases():
        test.__name__ = name
        tests.append(test)
    tap.run(tests)
