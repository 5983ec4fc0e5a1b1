# SPDX-License-Identifier: Apache-2.0
"""Prompts and resources that policy allows and denies, through the relay.

Usage: test_relay_names.py RELAY_HOST
"""
import json
import random
import sys

import tap
from relayrig import Rig, line, request, result

HOST = sys.argv[1]
OPTIONS = ("prompt=good*", "uri=demo://*")
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}
# Asked for, and the code of a denial in the legacy and in the modern era.
PASS = [
    ("prompts/get", {"name": "good_one"}),
    ("resources/read", {"uri": "demo://a/b"}),
    ("resources/subscribe", {"uri": "demo://"}),
    ("resources/unsubscribe", {"uri": "demo://x"}),
    ("completion/complete", {"ref": {"type": "ref/prompt", "name": "good"}, "argument": {}}),
    ("completion/complete", {"ref": {"type": "ref/resource", "uri": "demo://{id}"}}),
    ("completion/complete", {"ref": {"type": "ref/other"}}),
]
DENY = [
    ("prompts/get", {"name": "bad"}, -32602),
    ("prompts/get", {"name": "Good"}, -32602),
    ("prompts/get", {"name": ""}, -32602),
    ("prompts/get", {"name": 1}, -32602),
    ("prompts/get", {}, -32602),
    ("resources/read", {"uri": "file:///etc/passwd"}, -32002),
    ("resources/read", {"uri": "DEMO://a"}, -32002),
    ("resources/read", {"uri": " demo://a"}, -32002),
    ("resources/read", {"uri": "demo://" + "x" * 4096}, -32002),
    ("resources/read", {"uri": ["demo://a"]}, -32602),
    ("resources/subscribe", {"uri": "file:///etc/passwd"}, -32002),
    ("resources/unsubscribe", {"uri": "x"}, -32002),
    ("completion/complete", {"ref": {"type": "ref/prompt", "name": "bad"}}, -32602),
    ("completion/complete", {"ref": {"type": "ref/resource", "uri": "x:{id}"}}, -32002),
    # Both names of one reference have to pass.
    ("completion/complete", {"ref": {"name": "good", "uri": "x:"}}, -32002),
    ("completion/complete", {"ref": {"name": "bad", "uri": "demo://"}}, -32602),
    ("completion/complete", {"ref": {"name": 1}}, -32602),
    ("completion/complete", {"ref": "good"}, -32602),
    ("completion/complete", {}, -32602),
]


def what_is_allowed_passes_to_the_byte():
    with Rig(HOST, *OPTIONS) as r:
        for number, (method, params) in enumerate(PASS):
            message = request(number, method, **params)
            r.send(message)
            assert r.at_server() == line(message)
            r.serve(result(number, {"x": 1}))
            assert r.at_client() == line(result(number, {"x": 1}))
        decisions = {f["decision"] for t, f in r.get_records() if t == "call"}
        assert decisions == {"allow"}, decisions


def what_is_denied_never_reaches_the_server():
    with Rig(HOST, *OPTIONS) as r:
        for number, (method, params, code) in enumerate(DENY):
            r.send(request(number, method, **params))
            answer = json.loads(r.at_client())
            assert answer["id"] == number and answer["error"]["code"] == code, (method, params, answer)
        assert r.nothing(r.server_stdin)
        calls = [f for t, f in r.get_records("result") if t == "call"]
        assert {f["decision"] for f in calls} == {"deny"}


def a_denied_prompt_is_answered_as_an_unknown_one():
    with Rig(HOST, *OPTIONS) as r:
        r.send(request(1, "prompts/get", name="bad\u202ename"))
        assert json.loads(r.at_client())["error"]["message"] == "Unknown prompt: bad\u202ename"


def a_modern_method_that_claims_no_version_has_bad_params():
    with Rig(HOST, *OPTIONS) as r:
        for number, (method, code) in enumerate((
                ("server/discover", -32602), ("subscriptions/listen", -32602),
                ("server/Discover", -32601), ("x/y", -32601))):
            for params in ({}, {"_meta": {"x": 1}}):
                r.send(request(number, method, **params))
                answer = json.loads(r.at_client())
                assert answer["error"]["code"] == code, (method, answer)
        assert r.nothing(r.server_stdin)
        r.send(request(9, "server/discover", _meta=META))
        assert json.loads(r.at_server())["id"] == 9


def in_the_modern_era_a_resource_has_another_code():
    with Rig(HOST, *OPTIONS) as r:
        r.send(request(1, "resources/read", uri="x:", _meta=META))
        assert json.loads(r.at_client())["error"]["code"] == -32602


def a_subscription_to_what_is_denied_is_refused():
    def listen(number, *uris):
        return request(number, "subscriptions/listen", _meta=META,
                       notifications={"toolsListChanged": True, "resourceSubscriptions": list(uris)})

    with Rig(HOST, *OPTIONS) as r:
        for number, uris in enumerate((["x:"], ["demo://a", "x:"], [1])):
            r.send(listen(number, *uris))
            assert json.loads(r.at_client())["error"]["code"] == -32602
        assert r.nothing(r.server_stdin)
        for number, uris in enumerate(([], ["demo://a", "demo://b"]), 10):
            r.send(listen(number, *uris))
            assert r.at_server() == line(listen(number, *uris))


LISTS = {
    "prompts/list": ("prompts", "name", ["good", "bad", "good2", "evil"], ["good", "good2"]),
    "resources/list": ("resources", "uri", ["x:", "demo://a", "demo://a", "file:///"], ["demo://a", "demo://a"]),
    "resources/templates/list": ("resourceTemplates", "uriTemplate", ["demo://{id}", "file:///{path}"], ["demo://{id}"]),
}


def listed(number, method, values, **more):
    array, key, _, _ = LISTS[method]
    return result(number, {"n": 1.5, array: [{key: v, "title": v} for v in values], **more})


def lists_show_what_is_allowed():
    with Rig(HOST, *OPTIONS) as r:
        for number, (method, (_, _, there, left)) in enumerate(LISTS.items()):
            r.send(request(number, method))
            r.at_server()
            r.serve(listed(number, method, there, cacheScope="public"))
            assert r.at_client() == line(listed(number, method, left, cacheScope="private"))


def lists_pass_where_nothing_is_denied():
    with Rig(HOST) as r:
        for number, (method, (_, _, there, _)) in enumerate(LISTS.items()):
            r.send(request(number, method))
            r.at_server()
            r.serve(listed(number, method, there, cacheScope="public"))
            assert r.at_client() == line(listed(number, method, there, cacheScope="public"))
            # What is no list is the server's own business then.
            r.send(request(number, method))
            r.at_server()
            r.serve(result(number, {"other": []}))
            assert r.at_client() == line(result(number, {"other": []}))


def a_list_that_is_none_does_not_pass_a_policy():
    with Rig(HOST, *OPTIONS) as r:
        for number, method in enumerate(LISTS):
            r.send(request(number, method))
            r.at_server()
            r.serve(result(number, {LISTS[method][0].upper(): [{"name": "bad"}]}))
            assert "error" in json.loads(r.at_client())


def without_a_policy_everything_passes():
    with Rig(HOST) as r:
        for number, (method, params, _) in enumerate(DENY):
            [value] = params.values() or [None]
            if method.startswith("completion") or not isinstance(value, str) or not 0 < len(value) < 4096:
                continue
            message = request(number, method, **params)
            r.send(message)
            assert r.at_server() == line(message)


def names_of(choice):
    """Names that differ in little, and some that match a pattern of one."""
    parts = ["get", "list", "delete", "Get", "get_", "x"]
    return sorted({choice(parts) + choice(["", "_", "*", "?", "a", "A", "\u00e4"]) + choice(parts) for _ in range(80)})


def what_is_listed_is_what_can_be_called():
    choice = random.Random(5).choice
    for _ in range(12):
        names = names_of(choice)
        globs = ["*", "get*", "*_*", "?et_*", "delete*", "*list", choice(names), choice(names)]
        options = ["policy=1"] if choice([True, False]) else []
        options += [choice(["allow=", "allow=", "deny="]) + choice(globs) for _ in range(4)]
        with Rig(HOST, *options) as r:
            r.send(request("l", "tools/list"))
            r.at_server()
            r.serve(result("l", {"tools": [{"name": n} for n in names]}))
            shown = {t["name"] for t in json.loads(r.at_client())["result"]["tools"]}
            for n, name in enumerate(names):
                message = request(n, "tools/call", name=name)
                r.send(message)
                if name in shown:
                    assert r.at_server() == line(message), (options, name)
                else:
                    answer = json.loads(r.at_client())
                    assert answer["error"]["code"] == -32602, (options, name)
            assert r.nothing(r.server_stdin, 0.01) and r.nothing(r.from_relay, 0.01)


def updated(uri):
    return {"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}}


def subscribe(r, uri):
    r.send(request("sub", "resources/subscribe", uri=uri))
    r.at_server()
    r.serve(result("sub"))
    r.at_client()


def news_of_what_is_denied_does_not_pass():
    with Rig(HOST, *OPTIONS) as r:
        subscribe(r, "demo://a")
        r.serve(updated("x:"), updated("demo://" + "y" * 5000), updated(1),
                {"jsonrpc": "2.0", "method": "notifications/resources/updated"}, updated("demo://a"))
        assert r.at_client() == line(updated("demo://a"))
        refused = [f for t, f in r.get_records() if t == "protocol_refused"]
        assert len(refused) == 4, refused
    with Rig(HOST) as r:
        subscribe(r, "x:")
        r.serve(updated("x:"))
        assert r.at_client() == line(updated("x:"))


if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__"
             and name not in ("listed", "updated", "subscribe", "names_of")])
