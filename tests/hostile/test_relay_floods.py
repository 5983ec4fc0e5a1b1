# SPDX-License-Identifier: Apache-2.0
"""The relay under lines, answers and floods too large: what it lets wait, what
it drops, what is left in the log, and how much memory it takes.

Usage: test_relay_floods.py RELAY_HOST [sanitized]
"""
import json
import os
import sys
import time

import tap
from relayrig import MIB, Rig, background, call, drain_records, echo, line, request, result, text_result, write_all

HOST = sys.argv[1]
# A sanitizer's shadow and its quarantine count as memory too.
SANITIZED = sys.argv[2:] == ["sanitized"]
PEAK_KIB = (128 if SANITIZED else 16) * 1024
IDLE_KIB = (64 if SANITIZED else 4) * 1024


# -- the client

def a_huge_line_of_the_clients_is_refused_by_its_id():
    with Rig(HOST) as r:
        write_all(r.to_relay, b'{"jsonrpc":"2.0","method":"tools/call","params":{"name":"x","arguments":{"s":"')
        for _ in range(100):
            write_all(r.to_relay, b"x" * MIB)
        write_all(r.to_relay, b'"}},"id":77}\n')
        answer = json.loads(r.at_client(20))
        assert answer["id"] == 77 and answer["error"]["code"] == -32600
        r.round_trip()
        assert {"limit_hit", "protocol_refused"} <= {t for t, _ in r.get_records()}
        err, peak = r.finish()
        assert peak < PEAK_KIB, peak


def the_longest_line_passes_and_one_byte_more_does_not():
    with Rig(HOST) as r:
        drain_records(r)
        frame = len(line(call(1, s=""))) - 1
        whole = line(call(1, s="x" * (8 * MIB - frame)))
        background(write_all, r.to_relay, whole)
        assert r.at_server(20) == whole
        background(write_all, r.to_relay, line(call(2, s="x" * (8 * MIB - frame + 1))))
        assert json.loads(r.at_client(20))["error"]["code"] == -32600
        err, peak = r.finish()
        print(f"# peak of a line of 8 MiB: {peak} KiB")
        assert peak < 3 * PEAK_KIB, peak


def a_hundred_thousand_requests_unread_wait():
    n = 100000
    with Rig(HOST) as r:
        drain_records(r)
        echo(r)
        writer = background(r.send, *[request(i, "prompts/list") for i in range(n)])
        writer.join(2)
        assert writer.is_alive()  # nothing is read: it is made to wait
        ids = [json.loads(r.at_client(20))["id"] for _ in range(n)]
        assert ids == list(range(n))
        err, peak = r.finish()
        assert peak < PEAK_KIB, peak
        assert r.totals["calls"] == n


def requests_without_answers_are_bounded():
    n = 20000
    with Rig(HOST) as r:
        drain_records(r)
        background(lambda: [1 for _ in iter(lambda: os.read(r.server_stdin, MIB), b"")])
        writer = background(r.send, *[request(i, "prompts/list") for i in range(n)])
        writer.join(2)
        assert writer.is_alive()
        refused = [json.loads(r.at_client(20)) for _ in range(n - 4096)]
        assert all(a["error"]["code"] == -32603 for a in refused)
        assert refused[0]["id"] == 4096
        err, peak = r.finish()
        assert peak < PEAK_KIB, peak


# -- the server

def a_server_that_reads_nothing_blocks_only_itself():
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
    with Rig(HOST) as r:
        drain_records(r)
        writer = background(r.send, *[call(i, s="x" * 1000) for i in range(4000)])
        writer.join(1)
        assert writer.is_alive()
        r.serve(note)
        assert r.at_client() == line(note)


def a_flood_of_notifications_waits_for_the_client():
    n = 60000
    note = line({"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": 1}})
    with Rig(HOST) as r:
        r.send(request(7, "ping", _meta={"progressToken": 1}))
        r.at_server()
        writer = background(r.serve, note * n)
        writer.join(1)
        assert writer.is_alive()
        for _ in range(n):
            assert r.at_client(20) == note
        err, peak = r.finish()
        assert peak < PEAK_KIB, peak


def a_flood_of_notifications_without_end_is_cut_off():
    n = 200000
    note = line({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 20}})
    with Rig(HOST) as r:
        writer = background(r.serve, note * n)
        got = background(lambda: [1 for _ in iter(lambda: os.read(r.from_relay, MIB), b"")])
        writer.join(30)
        assert not writer.is_alive()
        r.finish()
        got.join(5)
        burst = [f for t, f in r.get_records() if t == "anomaly" and f["kind"] == "burst"]
        assert burst and burst[-1]["count"] > 50000, burst
        assert r.totals["out"] < 120000 * len(note), r.totals


def a_notification_over_the_cap_goes_no_further():
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x" * 70000}}
    with Rig(HOST, "text=1000") as r:
        r.serve(note)
        r.round_trip()
    with Rig(HOST) as r:
        r.serve(note)
        assert r.at_client() == line(note)


def a_list_without_end_is_cut_off():
    def page(r, n, cursor, following):
        r.send(request(n, "tools/list", **({"cursor": cursor} if cursor is not None else {})))
        r.at_server()
        r.serve(result(n, {"tools": [{"name": "read"}], "nextCursor": following}))
        return json.loads(r.at_client())

    with Rig(HOST) as r:
        drain_records(r)
        assert page(r, 0, None, "c0")["result"]["nextCursor"] == "c0"
        for n in range(1000):
            assert page(r, n, f"c{n}", f"c{n + 1}")["result"]["nextCursor"] == f"c{n + 1}"
        r.send(request(1, "tools/list", cursor="c1000"))
        assert json.loads(r.at_client())["error"]["code"] == -32602
        # The others go on, and this one does from its beginning.
        r.send(request(2, "prompts/list", cursor="x"))
        assert b"prompts/list" in r.at_server()
        assert "result" in page(r, 3, None, "c0") and "result" in page(r, 4, "c0", "c1")
        assert page(r, 5, "c1", "c1")["error"]["code"] == -32603


def a_flood_of_garbage_fills_neither_log_nor_terminal():
    with Rig(HOST, "stderr=2000") as r:
        echo(r)
        r.serve(b"\x1b[2J garbage\n" * 50000)
        r.send(call(1))
        assert r.at_client(20) == line(text_result(1))
        err, peak = r.finish()
        records = [f for t, f in r.get_records() if t == "protocol_refused"]
        assert 100 < len(records) < 120 and records[-1]["count"] == 50000
        assert len(err) < 20000 and "\x1b" not in err and "not shown" in err


def a_flood_of_forged_answers_is_bounded_in_the_log():
    with Rig(HOST) as r:
        r.serve(line(text_result(1)) * 50000)
        r.finish()
        records = [f for t, f in r.get_records() if t == "anomaly"]
        assert 100 < len(records) < 120 and records[-1]["count"] == 50000


def a_flood_of_requests_from_the_server_is_bounded():
    with Rig(HOST) as r:
        r.round_trip()
        background(lambda: [1 for _ in iter(lambda: os.read(r.server_stdin, MIB), b"")])
        for i in range(3000):
            r.serve(request(i, "roots/list"))
            if i < 900:
                r.at_client()
                r.send(result(i, {"roots": []}))
        r.finish()
        records = r.get_records()
        asked = [f for t, f in records if t == "call" and f["dir"] == "s2c"]
        assert 900 <= len(asked) < 1300, len(asked)
        assert "burst" in [f.get("kind") for t, f in records]


def stderr_is_passed_on_escaped_up_to_its_cap():
    with Rig(HOST, "stderr=100") as r:
        write_all(r.server_stderr, b"one\r\ntwo \x1b[1m\n")
        assert r.stderr_line() == "one\n"
        assert r.stderr_line() == "two \\x1b[1m\n"
        write_all(r.server_stderr, b"more and more\n" * 100000)
        records = r.get_records("limit_hit")
        assert records[0][1]["limit"] == "stderr" and records[0][1]["value"] == 100
        err, _ = r.finish()
        assert err.count("more") < 20 and err.count("not shown") == 1


def a_huge_answer_is_dropped_and_its_call_answered():
    with Rig(HOST) as r:
        r.send(call(5))
        r.at_server()
        write_all(r.server_stdout, b'{"result":{"content":[{"type":"text","text":"')
        for _ in range(100):
            write_all(r.server_stdout, b"y" * MIB)
        write_all(r.server_stdout, b'"}]},"jsonrpc":"2.0","id":5}\n')
        assert json.loads(r.at_client(20))["result"]["isError"]
        r.round_trip()
        assert "limit_hit" in [t for t, _ in r.get_records()]
        err, peak = r.finish()
        assert peak < PEAK_KIB, peak


# -- memory

def an_idle_relay_is_small():
    with Rig(HOST) as r:
        for i in range(10):
            r.round_trip(i)
        err, peak = r.finish()
        print(f"# idle peak {peak} KiB, shared pages of libraries included")
        assert peak < IDLE_KIB, peak


def memory_is_given_back():
    with Rig(HOST) as r:
        drain_records(r)
        big = line(call(1, s="x" * 6 * MIB))
        background(write_all, r.to_relay, big)
        assert r.at_server(20) == big
        for _ in range(50):
            with open(f"/proc/{r.process.pid}/status") as f:
                rss = int([x for x in f if x.startswith("VmRSS")][0].split()[1])
            if rss < IDLE_KIB:
                return
            time.sleep(0.1)
        raise AssertionError(f"{rss} KiB")


if __name__ == "__main__":
    tap.run([f for f in list(globals().values()) if callable(f) and getattr(f, "__module__", "") == "__main__"])
