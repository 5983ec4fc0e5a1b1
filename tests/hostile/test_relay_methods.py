# SPDX-License-Identifier: Apache-2.0
"""Every method, in both directions and eras, under three policies: the table
tests/unit/policy/methods.table against the relay.

Usage: test_relay_methods.py RELAY_HOST
"""
import json
import os
import re
import sys

import tap
from relayrig import ROOT, Rig, line, request, result

HOST = sys.argv[1]
TABLE = os.path.join(ROOT, "tests/unit/policy/methods.table")
META = "io.modelcontextprotocol/"
MODERN = {META + "protocolVersion": "2026-07-28",
          META + "clientCapabilities": {"extensions": {META + "tasks": {}}}}
POLICIES = {
    "none": (),
    "open": ("policy=1", "allow=*", "prompt=*", "uri=*", "sampling=1", "elicitation=1"),
    "closed": ("policy=1", "prompt=none", "uri=none", "roots=2"),
}
COLUMNS = [(d, e) for d in ("c2s", "s2c") for e in ("legacy", "modern")]


def table():
    rows = {}
    for text in open(TABLE):
        words = text.split()
        if not words or words[0] == "#":
            continue
        method, kind, *cells = words
        assert len(cells) == 4 and kind in ("req", "note"), text
        for column, cell in zip(COLUMNS, cells):
            three = cell.split("/")
            three = three * 3 if len(three) == 1 else three
            assert len(three) == 3 and set(three) <= {"pass", "-", "hide"}, text
            for policy, word in zip(POLICIES, three):
                rows[(method, kind, *column, policy)] = word
    return rows


def task(id):
    return {"taskId": id, "status": "working", "createdAt": "x", "lastUpdatedAt": "x", "ttlMs": None}


class Session:
    """A session of one era in which everything that can go on does."""

    def __init__(self, rig, era, policy):
        self.r, self.era, self.policy, self.n = rig, era, policy, 0
        self.meta = MODERN if era == "modern" else None
        if era == "legacy":
            self.forward("hello", "initialize", protocolVersion="2025-11-25", clientInfo={"name": "c", "version": "1"},
                         capabilities={"roots": {}, "sampling": {}, "elicitation": {}})
            self.answer("hello", {"protocolVersion": "2025-11-25"})
        self.forward("live", "tools/list", _meta={**(self.meta or {}), "progressToken": "p",
                                                  META + "logLevel": "debug"})
        if policy != "closed":
            self.forward("make", "tools/call", name="read", **({"task": {}} if era == "legacy" else {}))
            self.answer("make", {"task": task("t")} if era == "legacy" else {"resultType": "task", **task("t")})
        if era == "modern":
            self.forward("l", "subscriptions/listen", notifications=self.subscriptions())
            self.r.serve(self.acknowledged("l"))
            self.r.at_client()
        elif policy != "closed":
            self.forward("sub", "resources/subscribe", uri="a://x")
            self.answer("sub", {})
        if era == "legacy" and policy == "open":
            self.client_task()

    def subscriptions(self):
        out = {"toolsListChanged": True, "promptsListChanged": True, "resourcesListChanged": True, "taskIds": ["t"]}
        return out if self.policy == "closed" else {**out, "resourceSubscriptions": ["a://x"]}

    def client_task(self):
        self.r.serve(request("s", "sampling/createMessage", messages=[], maxTokens=1, task={}))
        self.r.at_client()
        self.r.send(result("s", {"task": task("c")}))
        self.r.at_server()

    def forward(self, id, method, **params):
        if self.meta:
            params = {"_meta": self.meta, **params}
        self.r.send(request(id, method, **params))
        self.r.at_server()

    def answer(self, id, value):
        self.r.serve(result(id, value))
        self.r.at_client()

    @staticmethod
    def acknowledged(id):
        return {"jsonrpc": "2.0", "method": "notifications/subscriptions/acknowledged",
                "params": {"notifications": {}, "_meta": {META + "subscriptionId": id}}}

    def ask_back(self, id="back"):
        """A request of the server's without an answer, with a token."""
        self.r.serve(request(id, "ping", _meta={"progressToken": "q"}))
        self.r.at_client()

    def params(self, method, direction):
        if method.startswith("tasks/"):
            return {"tasks/list": {}}.get(method, {"taskId": "t" if direction == "c2s" else "c"})
        return {
            "initialize": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {}},
            "tools/call": {"name": "read", "arguments": {"x": 1.0}},
            "resources/read": {"uri": "a://x"}, "resources/subscribe": {"uri": "a://x"},
            "resources/unsubscribe": {"uri": "a://y"}, "prompts/get": {"name": "p"},
            "subscriptions/listen": {"notifications": {"resourceSubscriptions": ["a://x"]}},
            "completion/complete": {"ref": {"type": "ref/prompt", "name": "p"}, "argument": {"name": "a", "value": ""},
                                    "context": {"arguments": {"b": "c"}}},
            "logging/setLevel": {"level": "info"},
            "sampling/createMessage": {"messages": [], "maxTokens": 1},
            "elicitation/create": {"message": "m", "requestedSchema": {"type": "object", "properties": {}}},
        }.get(method, {})

    def note(self, method, direction):
        """The notification, about something that goes on."""
        name = method.removeprefix("notifications/")
        params = {"progress": {"progressToken": "p" if direction == "s2c" else "q", "progress": 1},
                  "message": {"level": "info", "data": "x"}, "resources/updated": {"uri": "a://x"},
                  "tasks/status": task("t" if direction == "s2c" else "c"), "tasks": task("t"),
                  "elicitation/complete": {"elicitationId": "e"}}.get(name, {})
        if name == "cancelled":
            params = {"requestId": self.cancellable(direction)}
        if direction == "s2c" and self.era == "modern":
            if name.endswith("changed") or name in ("resources/updated", "tasks"):
                params = {**params, "_meta": {META + "subscriptionId": "l"}}
        if direction == "c2s" and self.era == "modern":
            params = {**params, "_meta": MODERN}
        if name == "subscriptions/acknowledged":
            if self.era == "modern":
                self.forward("new", "subscriptions/listen", notifications={})
            return self.acknowledged("new")
        return {"jsonrpc": "2.0", "method": method, "params": params}

    def cancellable(self, direction):
        if direction == "c2s":
            self.forward("away", "tools/list")
            return "away"
        if self.era == "modern":
            self.forward("gone", "subscriptions/listen", notifications={})
            return "gone"
        self.ask_back("away")
        return "away"

    def prepare(self, method, direction):
        if direction == "c2s" and self.era == "legacy" and method == "notifications/progress":
            self.ask_back()
        if method == "notifications/elicitation/complete" and self.policy == "open" and self.era == "legacy":
            self.r.serve(request("e", "elicitation/create", mode="url", message="m", url="https://x/",
                                 elicitationId="e"))
            self.r.at_client()

    def outcome(self, method, kind, direction):
        self.n += 1
        self.prepare(method, direction)
        there, here = (self.r.at_server, self.r.at_client)
        send, back = self.r.send, self.r.serve
        if direction == "s2c":
            there, here, send, back = here, there, back, send
        if kind == "note":
            message = self.note(method, direction)
            send(message)
            return self.note_outcome(message, send, there)
        params = self.params(method, direction)
        if self.meta:
            params = {**params, "_meta": self.meta}
        message = request(self.n, method, **params)
        send(message)
        got = self.arrives(message, there, here)
        if got == "pass" and method != "subscriptions/listen":
            back({"jsonrpc": "2.0", "id": self.n, "error": {"code": -1, "message": "m"}})
            here()
        return got

    def arrives(self, message, there, here):
        import select
        fd_there = self.r.server_stdin if there == self.r.at_server else self.r.from_relay
        fd_here = self.r.from_relay if there == self.r.at_server else self.r.server_stdin
        ready = select.select([fd_there, fd_here], [], [], 5)[0]
        if fd_there in ready:
            got = there()
            assert got == line(message), (message, got)
            return "pass"
        code = json.loads(here())["error"]["code"]
        return {-32601: "-", -32602: "hide", -32002: "hide"}[code]

    def note_outcome(self, message, send, there):
        """What comes out before the next that certainly does."""
        if there == self.r.at_server:
            mark = request(f"step{self.n}", "tools/list", **({"_meta": MODERN} if self.meta else {}))
        else:
            self.forward("step", "tools/list")
            mark = result("step", {"tools": []})
        send(mark)
        got = there()
        if got == line(mark):
            return "-"
        assert got == line(message), (message, got)
        assert there() == line(mark)
        return "pass"


def the_table_has_every_method():
    source = open(os.path.join(ROOT, "policy/method.c")).read()
    names = set(re.findall(r"\{\s*\"([A-Za-z_/]+)\"", source))
    assert names == {row[0] for row in table()}, names ^ {row[0] for row in table()}
    assert len(names) == 36


def column(direction, era, policy):
    def test():
        rows = [(k, v) for k, v in table().items() if k[2:] == (direction, era, policy)]
        wrong = []
        with Rig(HOST, *POLICIES[policy]) as r:
            session = Session(r, era, policy)
            for (method, kind, *_), want in rows:
                got = session.outcome(method, kind, direction)
                if got != want:
                    wrong.append((method, want, got))
        assert len(rows) == 36 and not wrong, wrong

    test.__name__ = f"{direction}_{era}_policy_{policy}"
    return test


if __name__ == "__main__":
    tap.run([the_table_has_every_method] +
            [column(d, e, p) for d, e in COLUMNS for p in POLICIES])
