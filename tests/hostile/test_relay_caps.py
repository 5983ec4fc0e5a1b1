# SPDX-License-Identifier: Apache-2.0
"""Results, lists and errors over their caps, through the relay, with a keeper
that gives files, none, bad ones, or is dead.

Usage: test_relay_caps.py RELAY_HOST
"""
import base64
import hashlib
import json
import os
import resource
import shutil
import socket
import sys
import tempfile
import time

import tap
from relayrig import IPC, IPC_MSG, MIB, Rig, background, call, line, request, result, text_result

HOST = sys.argv[1]
SPILL, ERROR = 1, 2
SUFFIXES = ["txt", "json", "bin", "b64", "png"]
SPILLS = ("text=2000", "binary=2000", f"text_over={SPILL}", f"binary_over={SPILL}")
META = {"io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {}}


class Keeper:
    """Answers IPC_SPILL as a keeper would, until its socket ends."""

    def __init__(self, rig, refuse=False, mute=False, at=None, descriptor=None):
        self.folder = at or tempfile.mkdtemp()
        self.own = at is None
        self.rig, self.refuse, self.mute, self.descriptor = rig, refuse, mute, descriptor
        self.asked, self.done = [], []
        background(self.serve)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.own:
            shutil.rmtree(self.folder)

    def name(self, number, file):
        nth = file >> 8
        return f"{number}{f'-{nth}' if nth else ''}.{SUFFIXES[file & 0xff]}"

    def serve(self):
        while True:
            data = self.rig.keeper.recv(256)
            if not data:
                return
            kind, text, a, b, *_ = IPC_MSG.unpack(data)
            assert text == 0
            if kind == IPC["SPILL_DONE"]:
                self.done.append((a, b))
            elif kind == IPC["SPILL"]:
                self.asked.append((a, b))
                if not self.mute:
                    self.answer(a, b)

    def answer(self, a, b, path=None):
        if self.refuse:
            self.send(a, b, b"", [])
            return
        path = path or os.path.join(self.folder, self.name(a, b))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        fd = os.open(self.descriptor or path, os.O_WRONLY if self.descriptor else flags, 0o600)
        self.send(a, b, path.encode(), [fd])
        os.close(fd)

    def send(self, a, b, text, fds):
        head = IPC_MSG.pack(IPC["SPILLED"], len(text), a, b, 0, 0, 0, 0, 0)
        socket.send_fds(self.rig.keeper, [head + text], fds)

    def settles(self, done):
        end = time.monotonic() + 5
        while self.done != done:
            assert time.monotonic() < end, self.done
            time.sleep(0.01)

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()


def texts(answer):
    return [x["text"] for x in answer["result"]["content"]]


def served(r, id, message, method="tools/call", timeout=5, **params):
    """The client's answer to a request that the server answers with message."""
    r.send(request(id, method, **params) if method != "tools/call" else call(id))
    r.at_server()
    background(r.serve, message)
    return json.loads(r.at_client(timeout))


def assert_told(note, content, path):
    assert f"all of it, {len(content)} bytes with SHA-256 {hashlib.sha256(content).hexdigest()}, is in {path}]" in note, note


def results_of(r):
    return [f for t, f in r.get_records("result") if t == "result"]


# -- spill

def text_that_is_cut_is_in_a_file_whole():
    whole = "h\u00e9llo \U0001f600 \"x\" \\ \t" * 500
    with Rig(HOST, *SPILLS) as r, Keeper(r) as k:
        note = texts(served(r, 1, text_result(1, whole)))[0]
        assert whole.encode().startswith(note.split("\n[stockade")[0].encode())
        assert k.read("1.txt") == whole.encode()
        assert_told(note, whole.encode(), os.path.join(k.folder, "1.txt"))
        record = results_of(r)[0]
        assert record["spill"] == ["1.txt"] and record["cut"] and record["outcome"] == "ok"
        r.round_trip(2)
        k.settles([(1, 0)])


def several_texts_are_one_file_and_images_one_each():
    images = [bytes([i]) * 1501 for i in range(3)]
    content = [{"type": "text", "text": "a" * 1500}, {"type": "text", "text": "b" * 1500 + "\n"},
               {"type": "resource_link", "uri": "x:y", "name": "n"}]
    content += [{"type": "image", "mimeType": "image/png", "data": base64.b64encode(x).decode()} for x in images]
    content += [{"type": "image", "mimeType": "text/html", "data": "not base64" * 300},
                {"type": "audio", "mimeType": "text/html", "data": base64.b64encode(b"<b>" * 900).decode()}]
    with Rig(HOST, *SPILLS) as r, Keeper(r) as k:
        out = texts(served(r, 1, result(1, {"content": content})))
        link = line(content[2]).strip()
        assert k.read("1.txt").replace(b" ", b"") == b"a" * 1500 + b"\n" + b"b" * 1500 + b"\n" + link.replace(b" ", b"")
        names = sorted(os.listdir(k.folder))
        assert names == ["1-1.png", "1-2.png", "1-3.png", "1-4.b64", "1-5.bin", "1.txt"], names
        for i, x in enumerate(images):
            assert k.read(f"1-{i + 1}.png") == x
            assert_told(out[2 + i], x, os.path.join(k.folder, f"1-{i + 1}.png"))
        assert k.read("1-4.b64") == b"not base64" * 300
        assert k.read("1-5.bin") == b"<b>" * 900


def only_the_kind_that_is_to_be_kept_is_kept():
    content = [{"type": "text", "text": "a" * 3000}, {"type": "image", "mimeType": "image/png", "data": "AAAA" * 900}]
    with Rig(HOST, "text=2000", "binary=2000", f"binary_over={SPILL}") as r, Keeper(r) as k:
        text, image = texts(served(r, 1, result(1, {"content": content})))
        assert text.endswith("[stockade: cut here, 2000 of 3000 bytes shown]")
        assert "is in" in image and os.listdir(k.folder) == ["1.png"]


def what_is_within_the_caps_asks_for_no_file():
    with Rig(HOST, *SPILLS) as r, Keeper(r) as k:
        for i in range(1, 4):
            r.send(call(i))
            r.at_server()
            r.serve(text_result(i, "x" * 1900))
            assert r.at_client() == line(text_result(i, "x" * 1900))
        assert k.asked == []


def no_more_files_than_eight_a_result():
    content = [{"type": "image", "data": "AAAA" * 900} for _ in range(12)]
    with Rig(HOST, *SPILLS) as r, Keeper(r) as k:
        out = texts(served(r, 1, result(1, {"content": content})))
        assert len(k.asked) == 8 and [("is in" in x) for x in out] == [True] * 8 + [False] * 4
        assert all(x.endswith("; it could not be kept]") for x in out[8:])


def a_keeper_that_refuses_costs_the_file_and_no_more():
    with Rig(HOST, *SPILLS) as r, Keeper(r, refuse=True) as k:
        note = texts(served(r, 1, text_result(1, "x" * 5000)))[0]
        assert note.endswith("[stockade: cut here, 2000 of 5000 bytes shown; it could not be kept]")
        assert "spill" not in results_of(r)[0]
        r.round_trip(2)


def a_keeper_that_says_nothing_is_waited_for_a_second():
    with Rig(HOST, *SPILLS) as r, Keeper(r, mute=True) as k:
        begin = time.monotonic()
        note = texts(served(r, 1, text_result(1, "x" * 5000)))[0]
        assert note.endswith("; it could not be kept]") and time.monotonic() - begin > 0.9
        # One that comes late is of no use: the keeper was told so.
        k.answer(1, 0)
        r.round_trip(2)
        k.settles([(1, 1 << 32)])
        k.mute = False
        assert "is in" in texts(served(r, 3, text_result(3, "x" * 5000)))[0]


def the_client_is_served_while_a_file_is_waited_for():
    with Rig(HOST, *SPILLS) as r, Keeper(r, mute=True) as k:
        r.send(call(1))
        r.at_server()
        r.serve(text_result(1, "x" * 5000))
        r.send(request(2, "prompts/list"))
        assert json.loads(r.at_server())["id"] == 2
        while not k.asked:
            time.sleep(0.01)
        k.answer(*k.asked[0])
        assert json.loads(r.at_client())["id"] == 1
        assert k.read("1.txt") == b"x" * 5000


def a_call_that_is_cancelled_meanwhile_gives_its_file_back():
    with Rig(HOST, *SPILLS) as r, Keeper(r, mute=True) as k:
        r.send(call(1))
        r.at_server()
        r.serve(text_result(1, "x" * 5000))
        while not k.asked:
            time.sleep(0.01)
        r.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}})
        r.at_server()
        k.answer(*k.asked[0])
        r.round_trip(2)
        k.settles([(1, 1 << 32)])


def a_full_disk_costs_the_file_and_no_more():
    with Rig(HOST, *SPILLS) as r, Keeper(r, descriptor="/dev/full") as k:
        note = texts(served(r, 1, text_result(1, "x" * 5000)))[0]
        assert note.endswith("; it could not be kept]"), note
        r.round_trip(2)
        k.settles([(1, 1 << 32)])
        assert "spill" not in results_of(r)[0]


def a_limit_on_the_size_of_files_kills_nobody():
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    with tempfile.TemporaryDirectory() as folder:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, old[1]))
        try:
            r = Rig(HOST, *SPILLS)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        with r, Keeper(r, at=folder):
            note = texts(served(r, 1, text_result(1, "x" * 50000)))[0]
            assert note.endswith("; it could not be kept]"), note
            r.round_trip(2)


def a_dead_keeper_costs_the_call():
    """Without a log nothing is forwarded: that is so with a file too."""
    with Rig(HOST, *SPILLS) as r:
        r.send(call(1))
        r.at_server()
        r.keeper.close()
        r.serve(text_result(1, "x" * 5000))
        assert texts(json.loads(r.at_client()))[0].endswith("; it could not be kept]")


def a_keeper_that_answers_what_nobody_asked_hurts_nobody():
    with Rig(HOST, *SPILLS) as r, Keeper(r) as k:
        for a, b in ((1, 0), (0, 0), (7, 9 << 8), (1 << 63, (1 << 64) - 1), (0, 8 << 8)):
            k.send(a, b, b"/nowhere", [r.keeper.fileno()])
        r.round_trip(1)
        assert "is in" in texts(served(r, 2, text_result(2, "x" * 5000)))[0]


def a_result_waits_for_the_log_with_its_file_written_once():
    with Rig(HOST, *SPILLS, credit=0) as r, Keeper(r) as k:
        r.credit(8192)
        r.send(call(1))
        r.at_server()
        r.serve(text_result(1, "x" * 5000))
        assert json.loads(r.at_client())["id"] == 1
        assert k.asked == [(1, 0)] and k.read("1.txt") == b"x" * 5000


def the_longest_line_is_kept_whole():
    whole = "\u00e9" * (4 * MIB - 500)
    raw = json.dumps({"jsonrpc": "2.0", "id": 1, "result": {"content": [{"type": "text", "text": whole}]}}, ensure_ascii=False)
    with Rig(HOST, *SPILLS) as r, Keeper(r) as k:
        assert 8 * MIB - 2000 < len(raw.encode()) < 8 * MIB
        note = texts(served(r, 1, raw, timeout=20))[0]
        assert_told(note, whole.encode(), os.path.join(k.folder, "1.txt"))
        assert k.read("1.txt") == whole.encode()


# -- error

def a_result_over_an_error_cap_is_an_error():
    with Rig(HOST, "text=2000", f"text_over={ERROR}") as r:
        answer = served(r, 1, text_result(1, "x" * 5000))["result"]
        assert answer["isError"] is True and "structuredContent" not in answer
        assert answer["content"][0]["text"] == \
            "The server's answer was over the output limit. It has 5000 bytes of text, the limit is 2000. Nothing of it is shown."
        answer = served(r, 2, result(2, {"messages": [{"role": "user", "content": {"type": "text", "text": "x" * 5000}}]}),
                        "prompts/get", name="p")
        assert answer["error"]["code"] == -32603 and "5000" in answer["error"]["message"]
        records = results_of(r)
        assert [(f["outcome"], f["cut"]) for f in records] == [("tool_error", 1), ("rpc_error", 1)]
        r.round_trip(3)


def each_kind_has_its_own_way():
    image = {"type": "image", "mimeType": "image/png", "data": "A" * 4000}
    with Rig(HOST, "text=2000", "binary=2000", f"binary_over={ERROR}") as r:
        assert "cut here" in texts(served(r, 1, text_result(1, "x" * 5000)))[0]
        answer = served(r, 2, result(2, {"content": [image]}))["result"]
        assert answer["isError"] and "4000 bytes of binary content, the limit is 2000" in answer["content"][0]["text"]


def in_the_modern_era_an_error_is_complete():
    with Rig(HOST, "text=2000", f"text_over={ERROR}") as r:
        r.send(request(1, "tools/call", name="t", arguments={}, _meta=META))
        r.at_server()
        r.serve(text_result(1, "x" * 5000))
        answer = json.loads(r.at_client())["result"]
        assert answer["isError"] and answer["resultType"] == "complete"


# -- structured content

def structured_content_is_whole_or_there_is_an_error():
    for over in (0, SPILL, ERROR):
        with Rig(HOST, "text=2000", f"text_over={over}") as r, Keeper(r) as k:
            value = {"content": [{"type": "text", "text": "x" * 5000}], "structuredContent": {"a": "b" * 1000}}
            answer = served(r, 1, result(1, value))["result"]
            if over == ERROR:
                assert answer["isError"] and "structuredContent" not in answer
            else:
                assert answer["structuredContent"] == value["structuredContent"] and "isError" not in answer
                assert len(answer["content"][0]["text"].split("\n[")[0]) < 1000
            value["structuredContent"]["a"] = "b" * 3000
            answer = served(r, 2, result(2, value))["result"]
            assert answer["isError"] and "structuredContent" not in answer, answer
            if over == SPILL:
                whole = json.dumps(value, separators=(",", ":")).encode()
                assert k.read("2.json") == whole
                assert hashlib.sha256(whole).hexdigest() in answer["content"][0]["text"]
            value["isError"] = True
            answer = served(r, 3, result(3, value))["result"]
            assert answer["isError"] and "structuredContent" not in answer


# -- lists, instructions, errors

LISTS = {"tools/list": ("tools", "name"), "prompts/list": ("prompts", "name"),
         "resources/list": ("resources", "uri"), "resources/templates/list": ("resourceTemplates", "uriTemplate")}


def a_list_loses_whole_items_at_its_end():
    for method, (array, key) in LISTS.items():
        with Rig(HOST, "text=2000") as r:
            items = [{key: f"n:{i}", "description": "d" * 100000} for i in range(50)]
            value = {array: items, "nextCursor": "more", "ttlMs": 1.50}
            raw = json.dumps({"jsonrpc": "2.0", "id": 1, "result": value})
            r.send(request(1, method))
            r.at_server()
            background(r.serve, raw)
            got = r.at_client(20)
            out = json.loads(got)["result"]
            assert out["nextCursor"] == "more" and b'"ttlMs": 1.5' in got
            kept = out[array]
            assert len(kept) == 10 and kept == items[:10]
            records = r.get_records("limit_hit")
            assert [(f["limit"], f["call"]) for t, f in records if t == "limit_hit"] == [("text", 1)]
            assert [f["cut"] for t, f in records if t == "result"] == [1]


def a_flood_in_one_description_costs_that_item_alone():
    for method, (array, key) in LISTS.items():
        with Rig(HOST, "text=2000") as r:
            items = [{key: f"n:{i}", "description": "d" * (MIB if i == 1 else 10)} for i in range(4)]
            out = served(r, 1, result(1, {array: items}), method, timeout=20)["result"]
            assert out[array] == [items[0], items[2], items[3]]


def a_list_has_ten_thousand_items_at_most():
    for method, (array, key) in LISTS.items():
        with Rig(HOST) as r:
            items = [{key: f"n:{i}"} for i in range(10001)]
            out = served(r, 1, result(1, {array: items}), method, timeout=20)["result"]
            assert out[array] == items[:10000]
            records = r.get_records("limit_hit")
            assert [(f["limit"], f["value"]) for t, f in records if t == "limit_hit"] == [("items", 10001)]
            r.send(request(2, method))
            r.at_server()
            same = line(result(2, {array: items[:10000]}))
            background(r.serve, same)
            assert r.at_client(20) == same


def a_small_cap_on_results_hides_no_tool():
    for method, (array, key) in LISTS.items():
        with Rig(HOST, "text=1024", f"text_over={ERROR}") as r:
            whole = line(result(1, {array: [{key: f"n:{i}", "description": "d" * 1000} for i in range(500)]}))
            r.send(request(1, method))
            r.at_server()
            background(r.serve, whole)
            assert r.at_client(20) == whole
    with Rig(HOST, "text=1024", f"text_over={ERROR}") as r:
        hello = line(result(1, {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {
            "name": "s", "version": "1", "icons": [{"src": "data:image/png;base64," + "A" * 50000}]}}))
        r.send(request(1, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "c", "version": "1"}))
        r.at_server()
        r.serve(hello)
        assert r.at_client() == hello


def what_policy_hides_counts_for_nothing():
    with Rig(HOST, "text=2000", "policy=1", "allow=good*") as r:
        items = [{"name": f"bad{i}", "description": "d" * 100000} for i in range(50)] + [{"name": "good"}]
        out = served(r, 1, result(1, {"tools": items}), "tools/list", timeout=20)["result"]
        assert out["tools"] == [{"name": "good"}]
        assert not [t for t, _ in r.get_records("result") if t == "limit_hit"]


def what_hides_beside_a_list_is_refused():
    for method, (array, key) in LISTS.items():
        with Rig(HOST, "text=2000") as r:
            out = served(r, 1, result(1, {array: [{key: "a"}], "_meta": {"x": "y" * (MIB + 9000)}}), method, timeout=20)
            assert out["error"]["code"] == -32603, out


def instructions_are_cut_whatever_is_said_of_results():
    for over in (0, SPILL, ERROR):
        with Rig(HOST, "text=2000", f"text_over={over}") as r, Keeper(r) as k:
            value = {"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {"name": "s", "version": "1"},
                     "instructions": "i" * 5000}
            out = served(r, 1, result(1, value), "initialize", protocolVersion="2025-06-18", capabilities={},
                         clientInfo={"name": "c", "version": "1"})["result"]
            assert out["instructions"] == "i" * 2000 + "\n[stockade: cut here, 2000 of 5000 bytes shown]"
            assert out["serverInfo"] == value["serverInfo"] and k.asked == []


def errors_are_cut_and_stay_errors():
    with Rig(HOST, "text=2000") as r:
        def failed(id, **error):
            return served(r, id, {"jsonrpc": "2.0", "id": id, "error": {"code": -32000 - id, **error}})["error"]

        assert failed(1, message="m" * 5000) == {
            "code": -32001, "message": "m" * 2000 + "\n[stockade: cut here, 2000 of 5000 bytes shown]"}
        assert failed(2, message="m", data="d" * 5000) == {
            "code": -32002, "message": "m\n[stockade: data of 5002 bytes left out]"}
        out = failed(3, data=["d" * 5000], message="m" * 5000)
        assert set(out) == {"code", "message"} and out["code"] == -32003 and len(out["message"]) < 2200
        assert failed(4, message="m" * 1000, data="d" * 900) == {"code": -32004, "message": "m" * 1000, "data": "d" * 900}
        assert [f.get("cut", 0) for f in results_of(r)] == [1, 1, 1, 0]


def other_answers_are_bounded_too():
    with Rig(HOST, "text=2000") as r:
        out = served(r, 1, result(1, {"completion": {"values": ["v" * (MIB + 5000)]}}), "completion/complete", timeout=20,
                     ref={"type": "ref/prompt", "name": "p"}, argument={"name": "a", "value": ""})
        assert out["error"]["code"] == -32603


if __name__ == "__main__":
    tap.run([f for name, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__"
             and name not in ("Keeper", "texts", "served", "assert_told", "results_of")])
