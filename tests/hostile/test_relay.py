# SPDX-License-Identifier: Apache-2.0
"""The relay with peers that keep to the rules and such that do not: messages.

Usage: test_relay.py RELAY_HOST
"""
import json
import os
import sys

import tap
from relayrig import Rig, call, line, request, result, text_result

HOST = sys.argv[1]

UNCHANGED_UP = [
    rb'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"read","arguments":{"n":1.10,"big":1E400,"e":-0.0}}}',
    rb' {"id" : "x" ,"method":"tools/call", "params":{"name":"re\u0061d","arguments":{"s":"\u0000\u2028\/"}},"jsonrpc":"2.0"}	',
    b'{"jsonrpc":"2.0","id":9007199254740991,"method":"prompts/list","params":{"z":[[[]],{}],"\xc3\xa4":"\xe2\x80\xa8\xf0\x9f\x98\x80"}}\r',
    rb'{"jsonrpc":"2.0","id":"","method":"tools\/c\u0061ll","params":{"name":"read"}}',
]
UNCHANGED_DOWN = [
    rb'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"1.10"}],"n":1.10,"m":1E400,"k":12345678901234567890}}',
    rb' {"result":{"content":[]} , "id":"\u0078","jsonrpc":"2.0"}',
    b'{"jsonrpc":"2.0","id":9007199254740991,"result":{"prompts":[],"x":"\xf0\x9f\x98\x80\\u0000"}}\r',
    rb'{"jsonrpc":"2.0","id":"","error":{"code":-32000,"message":"no","data":{"a":0.10}}}',
]

BAD_UP = {
    "not JSON": (b"garbage", -32700),
    "an array": (b'[{"jsonrpc":"2.0","id":5,"method":"ping"}]', -32600),
    "a name twice": (b'{"jsonrpc":"2.0","id":5,"method":"ping","method":"tools/call"}', -32600),
    "a name twice, escaped": (rb'{"jsonrpc":"2.0","id":5,"method":"ping","m\u0065thod":"x"}', -32600),
    "another case": (b'{"jsonrpc":"2.0","id":5,"method":"ping","Method":"tools/call"}', -32600),
    "an unknown member": (b'{"jsonrpc":"2.0","id":5,"method":"ping","x":1}', -32600),
    "a fraction as id": (b'{"jsonrpc":"2.0","id":5.0,"method":"ping"}', -32600),
    "null as id": (b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600),
    "params null": (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":null}', -32600),
    "a byte order mark": (b'\xef\xbb\xbf{"jsonrpc":"2.0","id":5,"method":"ping"}', -32700),
    "bad UTF-8": (b'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":"\xc0\xaf"}}', -32700),
    "half a surrogate": (rb'{"jsonrpc":"2.0","id":5,"method":"ping","params":{"a":"\ud83d"}}', -32700),
    "two messages": (b'{"jsonrpc":"2.0","id":5,"method":"ping"}{"jsonrpc":"2.0","id":6,"method":"ping"}', -32700),
}

UNSEEN_PASSES = "unseen=2"
POLICY = ("policy=1", "allow=read*", "deny=read_secret")


def both_ways_every_byte_is_as_it_was():
    with Rig(HOST, UNSEEN_PASSES) as r:
        for up, down in zip(UNCHANGED_UP, UNCHANGED_DOWN):
            r.send(up)
            assert r.at_server() == up + b"\n"
            r.serve(down)
            assert r.at_client() == down + b"\n"


def lines_may_come_in_single_bytes():
    with Rig(HOST, UNSEEN_PASSES) as r:
        for up, down in zip(UNCHANGED_UP, UNCHANGED_DOWN):
            for b in up + b"\n":
                os.write(r.to_relay, bytes([b]))
            assert r.at_server() == up + b"\n"
            for b in down + b"\n":
                os.write(r.server_stdout, bytes([b]))
            assert r.at_client() == down + b"\n"


def many_lines_may_come_at_once():
    with Rig(HOST) as r:
        r.send(b"\n \r\n", *[call(i) for i in range(300)])
        for i in range(300):
            assert r.at_server() == line(call(i))
        r.serve(b"\r\n\n", *[text_result(i) for i in range(300)])
        for i in range(300):
            assert r.at_client() == line(text_result(i))


def what_is_ambiguous_is_answered_and_never_forwarded():
    for name, (bad, code) in BAD_UP.items():
        with Rig(HOST) as r:
            r.send(bad)
            answer = json.loads(r.at_client())
            assert answer["error"]["code"] in (code, -32600, -32700), (name, answer)
            assert r.nothing(r.server_stdin, 0.02), name
            records = r.get_records("protocol_refused")
            assert records[0][1]["bytes"] == len(bad)
            r.round_trip()


def half_a_surrogate_of_the_servers_is_mended():
    with Rig(HOST) as r:
        r.send(call(1))
        r.at_server()
        r.serve(rb'{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"x\ud83d"}]}}')
        assert rb'"x\ufffd"' in r.at_client()


def a_call_is_recorded_before_it_is_forwarded():
    with Rig(HOST, credit=0) as r:
        r.send(call(1, x=1))
        assert r.nothing(r.server_stdin)
        assert r.get_records() == []
        r.credit(1 << 20)
        assert r.at_server() == line(call(1, x=1))
        (kind, f), = r.get_records("call")
        assert kind == "call" and f["call"] == 1 and f["dir"] == "c2s"
        assert f["rpc_id"] == "1" and f["method"] == "tools/call"
        assert f["tool"] == "read" and f["decision"] == "client"
        assert f["args_bytes"] == len(b'{"x": 1}') - 1


def the_result_is_recorded_with_its_call():
    with Rig(HOST) as r:
        for i, (answer, outcome) in enumerate([
                (text_result(0), "ok"),
                (result(1, {"content": [], "isError": True}), "tool_error"),
                ({"jsonrpc": "2.0", "id": 2, "error": {"code": -5, "message": "x"}}, "rpc_error")]):
            r.send(call(i))
            r.at_server()
            r.serve(answer)
            r.at_client()
            f = dict(r.get_records("result"))["result"]
            assert f["call"] == i + 1 and f["outcome"] == outcome
            assert f["sent_bytes"] == len(line(answer))
            if outcome == "rpc_error":
                assert f["code"] == "-5"


def who_talks_is_in_the_log():
    hello = request("i", "initialize", protocolVersion="2025-11-25", capabilities={},
                    clientInfo={"name": "tester", "version": "7"})
    with Rig(HOST) as r:
        r.send(hello)
        r.at_server()
        r.serve(result("i", {"serverInfo": {"name": "s", "version": "8"}}))
        r.at_client()
        records = dict(r.get_records("result"))
        assert records["call"]["client.name"] == "tester"
        assert records["call"]["client.version"] == "7"
        assert records["result"]["server.version"] == "8"


def a_call_names_its_trace():
    with Rig(HOST) as r:
        r.send(request(1, "tools/call", name="read",
                       _meta={"claudecode/toolUseId": "toolu_1", "traceparent": "00-ab"}))
        f = dict(r.get_records("call"))["call"]
        assert f["client_call"] == "toolu_1" and f["trace"] == "00-ab"


def equal_arguments_have_one_hash():
    with Rig(HOST) as r:
        hashes = []
        for i, text in enumerate([rb'{"a":1,"b":"x"}', rb'{ "b" : "\u0078", "a":1 }', rb'{"a":1.0,"b":"x"}']):
            r.send(b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"t","arguments":%s}}' % (i, text))
            r.at_server()
            hashes.append(dict(r.get_records("call"))["call"]["args_hash"])
        assert hashes[0] == hashes[1] != hashes[2]


def an_unlisted_tool_is_unknown_and_never_forwarded():
    with Rig(HOST, *POLICY) as r:
        for i, name in enumerate(["write", "read_secret", "READ", "", "x\0read", "read\0"]):
            r.send(call(i, name))
            answer = json.loads(r.at_client())
            assert answer["id"] == i and answer["error"]["code"] == -32602
            assert answer["error"]["message"] == "Unknown tool: " + name, answer
            records = dict(r.get_records("result"))
            assert records["call"]["decision"] == "deny" and records["result"]["outcome"] == "refused"
        assert r.nothing(r.server_stdin)
        r.round_trip(100)


def a_listed_tool_may_be_written_with_escapes():
    with Rig(HOST, *POLICY) as r:
        text = rb'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"n\u0061me":"re\u0061d_x"}}'
        r.send(text)
        assert r.at_server() == text + b"\n"
        f = dict(r.get_records("call"))["call"]
        assert f["tool"] == "read_x" and f["decision"] == "allow"
        assert f["rules"] == ["allow:read*"]


def a_tool_without_a_name_is_refused():
    with Rig(HOST) as r:
        for params in ({}, {"name": 5}, {"name": None}, {"name": ["read"]}):
            r.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
            assert json.loads(r.at_client())["error"]["code"] == -32602
        r.send({"jsonrpc": "2.0", "id": 1, "method": "tools/call"})
        assert json.loads(r.at_client())["error"]["code"] == -32602
        assert r.nothing(r.server_stdin)


def five_unlisted_tools_are_an_anomaly():
    with Rig(HOST, *POLICY) as r:
        for i in range(5):
            assert not [t for t, _ in r.get_records() if t == "anomaly"]
            r.send(call(i, "nope"))
            r.at_client()
        f = dict(r.get_records("anomaly"))["anomaly"]
        assert f["kind"] == "unlisted_tool" and f["count"] == 5


def unknown_methods_are_not_found():
    with Rig(HOST) as r:
        for i, method in enumerate(["x/y", "Tools/call", "notifications/cancelled", "sampling/createMessage"]):
            r.send(request(i, method))
            answer = json.loads(r.at_client())
            assert answer["id"] == i and answer["error"]["code"] == -32601
        r.send({"jsonrpc": "2.0", "method": "notifications/unheard"})
        r.round_trip(50)


def lists_are_filtered_by_the_same_rule():
    tools = [{"name": n, "description": 'd"},{'} for n in ("read_a", "write", "read_secret", "read_b")]
    with Rig(HOST, *POLICY) as r:
        r.send(request(1, "tools/list"))
        r.at_server()
        r.serve(result(1, {"tools": tools, "n": 1}))
        got = json.loads(r.at_client())["result"]
        assert [t["name"] for t in got["tools"]] == ["read_a", "read_b"] and got["n"] == 1
        r.send(request(2, "tools/list"))
        r.at_server()
        r.serve(result(2, {"tools": 5}))
        assert json.loads(r.at_client())["error"]["code"] == -32603


def a_long_text_is_cut():
    with Rig(HOST, "text=100") as r:
        r.send(call(1))
        r.at_server()
        r.serve(text_result(1, "ä" * 1000))
        text = json.loads(r.at_client())["result"]["content"][0]["text"]
        assert text.startswith("ää") and len(text) < 300
        records = dict(r.get_records("limit_hit"))
        assert records["result"]["cut"] == 1
        assert records["limit_hit"]["limit"] == "text" and records["limit_hit"]["value"] == 2000


def what_cannot_be_cut_is_an_error_result():
    with Rig(HOST, "text=100") as r:
        r.send(call(1))
        r.at_server()
        r.serve(result(1, {"content": [], "structuredContent": {"a": "x" * 1000}}))
        got = json.loads(r.at_client())["result"]
        assert got["isError"] is True and "structuredContent" not in got


def an_answer_counts_once_and_only_for_its_id():
    with Rig(HOST) as r:
        r.serve(text_result(1))
        r.send(call(1), call("a"))
        r.at_server()
        r.at_server()
        r.serve(text_result("1"), text_result(2), text_result(1, "right"), text_result(1, "again"),
                rb'{"jsonrpc":"2.0","id":"\u0061","result":{"content":[]}}')
        assert r.at_client() == line(text_result(1, "right"))
        assert rb'"\u0061"' in r.at_client()
        assert r.nothing(r.from_relay)
        kinds = [f["kind"] for t, f in r.get_records() if t == "anomaly"]
        assert kinds == ["forged_response"] * 4, kinds


def an_id_in_use_is_refused():
    with Rig(HOST) as r:
        r.send(call(1), call(1, x=1), rb'{"jsonrpc":"2.0","id":1,"method":"ping"}')
        assert r.at_server() == line(call(1))
        for _ in range(2):
            answer = json.loads(r.at_client())
            assert answer["error"]["code"] == -32600 and answer["id"] is None
        assert r.nothing(r.server_stdin)
        r.serve(text_result(1))
        assert r.at_client() == line(text_result(1))
        r.round_trip(1)


def a_malformed_answer_is_replaced():
    with Rig(HOST) as r:
        r.send(call(1), request(2, "prompts/list"))
        r.at_server()
        r.at_server()
        r.serve(b'{"jsonrpc":"2.0","id":1,"result":{},"extra":1}', b'{"jsonrpc":"2.0","id":2,"result":{},"error":{}}')
        first, second = json.loads(r.at_client()), json.loads(r.at_client())
        assert first["id"] == 1 and first["result"]["isError"] is True
        assert second["id"] == 2 and second["error"]["code"] == -32603


def a_cancellation_passes_if_there_is_something_to_cancel():
    def cancel(id):
        return {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}}

    with Rig(HOST) as r:
        r.send(call(1), cancel(2), cancel("1"), cancel(1), cancel(1), call(3))
        assert [r.at_server() for _ in range(3)] == [line(call(1)), line(cancel(1)), line(call(3))]
        r.serve(text_result(1), text_result(3))
        assert r.at_client() == line(text_result(3))
        records = r.get_records()
        assert not [f for t, f in records if t == "anomaly"]
        assert [f["outcome"] for t, f in records if t == "result"] == ["cancelled", "ok"]


def a_request_of_the_servers_is_answered_once():
    ask = request("s", "roots/list")
    with Rig(HOST) as r:
        r.round_trip()
        r.serve(ask)
        assert r.at_client() == line(ask)
        r.send(result("t"), result("s"), result("s"))
        assert r.at_server() == line(result("s"))
        assert r.nothing(r.server_stdin)
        calls = [f for t, f in r.get_records() if t == "call" and f["dir"] == "s2c"]
        assert len(calls) == 1 and calls[0]["method"] == "roots/list"


def ids_of_both_sides_do_not_mix():
    with Rig(HOST) as r:
        r.send(call(1))
        r.at_server()
        r.serve(request(1, "roots/list"))
        r.at_client()
        r.serve(text_result(1))
        assert r.at_client() == line(text_result(1))
        r.send(result(1, {"roots": []}))
        assert r.at_server() == line(result(1, {"roots": []}))


def a_server_asks_nothing_in_the_modern_era():
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {}}
    with Rig(HOST) as r:
        r.send(request(1, "server/discover", _meta=meta))
        r.at_server()
        r.serve(request("s", "roots/list"))
        assert json.loads(r.at_server())["error"]["code"] == -32601
        assert r.nothing(r.from_relay)
        f = dict(r.get_records("call"))["call"]
        assert f["era"] == "modern"


def unknown_requests_of_the_servers_are_answered():
    with Rig(HOST) as r:
        r.round_trip()
        r.serve(request("s", "shell/run"))
        answer = json.loads(r.at_server())
        assert answer["id"] == "s" and answer["error"]["code"] == -32601
        r.serve({"jsonrpc": "2.0", "method": "notifications/unheard"})
        assert r.nothing(r.from_relay)


def notifications_pass_without_a_record():
    up = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    down = {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}}
    with Rig(HOST) as r:
        r.send(up, request(7, "ping", _meta={"progressToken": 1}))
        assert r.at_server() == line(up)
        r.at_server()
        r.get_records("call")
        r.serve(down)
        assert r.at_client() == line(down)
        assert r.get_records() == []


def noise_is_kept_from_the_client_and_shown_escaped():
    with Rig(HOST) as r:
        r.serve(b"starting \x1b[31mup\x07 \xe2\x80\xae")
        shown = r.stderr_line()
        assert shown.endswith("starting \\x1b[31mup\\x07 \\xe2\\x80\\xae\n"), shown
        r.round_trip()


if __name__ == "__main__":
    tap.run([f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == "__main__"])
