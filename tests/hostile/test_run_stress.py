#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A hostile client, server and approver at the same time, each by the dice, and
what must hold whatever they do: an answer to each request, a result to each
call, and nothing run that nobody permits.

Usage: test_run_stress.py BUILD [NAME…]; names are seed_N, for any N.
"""

import json
import os
import queue
import random
import re
import sys
import threading
import time

from askrig import Asking, approver
from runrig import Script, of_type, wait_for
from siterig import profile as put_profile
from tokenrig import add, enrol, token

t = Script()
SEEDS = range(1, 9)
STEPS = 90

CAPABLE = {"elicitation": {}, "sampling": {}, "roots": {}}
VERSION = "io.modelcontextprotocol/protocolVersion"
CAPABILITIES = "io.modelcontextprotocol/clientCapabilities"
TOOLS = ["free", "ask_a", "ask_b", "ruled", "tok", "hidden", "slow"]

SERVER = r"""
import json, os, random, select, sys, time
R = random.Random(%d)
DIES = R.random() < .3
TOOLS = %r
FORMS = [{"mode": "form", "message": "m%%d" %% i, "requestedSchema": {
    "type": "object", "properties": {}}} for i in range(3)]
def text(s):
    return {"content": [{"type": "text", "text": s}]}
def say(m):
    sys.stdout.buffer.write(json.dumps({"jsonrpc": "2.0"} | m).encode() + b"\n")
    sys.stdout.buffer.flush()
calls, asked, number = [], [], 0
def modern(m):
    return "protocolVersion" in json.dumps(m.get("params", {}).get("_meta", {}))
def answer(m):
    i, dice = m["id"], R.random()
    if m["method"] == "initialize":
        return say({"id": i, "result": {"protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "s", "version": "1"}}})
    if m["method"] == "tools/list":
        return say({"id": i, "result": {"tools": [
            {"name": n, "description": R.choice(["d"] * 9 + ["e"]),
             "inputSchema": {"type": "object"}} for n in TOOLS]}})
    if modern(m) and dice < .5:
        r = {"resultType": "input_required"}
        if R.random() < .8:
            r["requestState"] = "s%%d" %% R.randrange(3)
        if R.random() < .7:
            r["inputRequests"] = {"k": {"method": R.choice(
                ["elicitation/create"] * 4 + ["sampling/createMessage"]),
                "params": R.choice(FORMS)}}
        return say({"id": i, "result": r})
    if not modern(m) and dice < .15:
        return say({"id": i, "error": {"code": -32042, "message": "open",
            "data": {"elicitations": [{"mode": "url", "message": "m",
                "elicitationId": "e%%d" %% R.randrange(3),
                "url": "https://example.com/"}]}}})
    if dice < .6:
        return say({"id": i, "error": {"code": 7, "message": "no"}})
    say({"id": i, "result": text(R.choice(["fine", "x" * 9000])) | (
        {"resultType": "complete"} if modern(m) else {})})
    if dice > .95:
        say({"id": i, "result": text("twice")})
def trouble():
    global number
    dice = R.random()
    if dice < .5:
        number += 1
        i = R.choice([number, "x%%d" %% number])
        asked.append(i)
        say({"id": i, "method": R.choice(["elicitation/create"] * 5 + [
            "sampling/createMessage", "roots/list", "ping"]),
            "params": R.choice(FORMS)})
    elif dice < .7 and asked:
        say({"method": "notifications/cancelled",
             "params": {"requestId": R.choice(asked)}})
    elif dice < .8:
        say({"id": R.choice(["no", 1, 2, 3]), "result": text("forged")})
    elif dice < .85:
        say({"method": "notifications/tools/list_changed"})
    elif dice < .9:
        say({"method": "notifications/progress", "params": {
            "progressToken": R.choice([1, "p"]), "progress": 1}})
    elif dice < .95:
        sys.stdout.buffer.write(b"noise\n[]\n{}\n")
        sys.stdout.buffer.flush()
    elif DIES and R.random() < .3:
        os._exit(3)
rest = b""
while True:
    if select.select([0], [], [], R.choice([0, .01, .05]))[0]:
        piece = os.read(0, 65536)
        if not piece:
            break
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            m = json.loads(line)
            if "method" in m and "id" in m:
                with open(sys.argv[2], "ab") as file:
                    file.write(line + b"\n")
                calls.append(m)
    while calls and R.random() < .6:
        m = calls.pop(R.randrange(len(calls)))
        if m.get("params", {}).get("name") != "slow":
            answer(m)
    if R.random() < .3:
        trouble()
"""


def policy(dice):
    return {"extends": "python", "protocol": {
        "pins": dice.choice(["off", "off", "first"]),
        "prompts": {"ask": ["ask_*"], "allow": ["free"]},
        "output": {"text": "4K", "over": dice.choice(["spill", "truncate"])},
        "tools": {"allow": ["free", "ruled", "slow"], "ask": ["ask_*"],
                  "token": ["tok"]},
        "rules": [{"id": "big", "tools": ["ruled"],
                   "ask_if": {"/n": {"min": 2}}},
                  {"id": "never", "tools": ["ruled"],
                   "deny_if": {"/n": {"eq": 0}}}],
        "methods": {"elicitation/create": "ask"},
        "rate": {"free": "100/min"},
        "concurrent": {"*": dice.choice([3, 8, 30])},
        "call_timeout": "1s"},
        "approval": {"hold": dice.choice(["1s", "5s"]),
                     "elicitation": dice.random() < .5},
        "breaker": {"unlisted": 3, "action": dice.choice(["alert", "block"])},
        "tasks": {"brief": {"tools": ["*"],
                            "expires": dice.choice(["2s", "1h"])}}}


class Person:
    """Answers what it is asked as the dice fall, comes and goes."""

    def __init__(self, run, seed):
        self.run, self.dice, self.path = run, random.Random(-seed), run.socket()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while os.path.exists(self.path):
            try:
                with approver.Approver(self.path) as peer:
                    self.sit(peer)
            except OSError:
                return

    def sit(self, peer):
        while said := peer.next():
            if self.dice.random() < .03:
                return
            if said["type"] != "question" or self.dice.random() < .25:
                continue
            time.sleep(self.dice.choice([0, 0, .05, .2]))
            for _ in range(self.dice.choice([1, 1, 1, 2])):
                peer.command(id=said["id"], answer=self.dice.choice(
                    ["once"] * 5 + ["deny", "deny", "session"]))


class Client:
    def __init__(self, run, seed):
        self.run, self.dice, self.number = run, random.Random(seed), 0
        self.sent, self.answered, self.cancelled = {}, {}, set()
        self.asked, self.retries = [], []

    def say(self, **message):
        self.run.send(json.dumps({"jsonrpc": "2.0"} | message).encode()
                      + b"\n")

    def request(self, method, **params):
        self.number += 1
        number = self.dice.choice([self.number, f"c{self.number}"])
        self.sent[number] = (method, params)
        self.say(id=number, method=method, params=params)

    def meta(self, era):
        meta = {VERSION: "2026-07-28",
                CAPABILITIES: self.dice.choice([CAPABLE, {}])} if era else {}
        if self.dice.random() < .3:
            meta["progressToken"] = self.dice.choice([1, "p", self.number])
        return {"_meta": meta} if meta else {}

    def call(self):
        if self.dice.random() < .1:
            return self.request(
                "prompts/get", name=self.dice.choice(["ask_p", "free", "no"]),
                arguments={"n": "1"}, **self.meta(self.dice.random() < .5))
        return self.request("tools/call", name=self.dice.choice(TOOLS), arguments={
            "n": self.dice.randrange(4)}, **self.meta(self.dice.random() < .5))

    def again(self):
        """What asked for input comes again, as it should and as not."""
        if not self.retries:
            return self.call()
        method, params, result = self.dice.choice(self.retries)
        params = {**params, "_meta": {VERSION: "2026-07-28",
                                      CAPABILITIES: CAPABLE}}
        if "requestState" in result:
            params["requestState"] = result["requestState"]
        if self.dice.random() < .9:
            params["inputResponses"] = {
                k: self.fill() for k in result.get("inputRequests", {})}
        if method == "tools/call" and self.dice.random() < .2:
            params["name"] = self.dice.choice(TOOLS)
        if method == "tools/call" and self.dice.random() < .2:
            params["arguments"] = {"n": self.dice.randrange(4)}
        return self.request(method, **params)

    def fill(self):
        return {"action": self.dice.choice(["accept", "accept", "decline"]),
                "content": {"answer": self.dice.choice(
                    ["Run it once", "Do not run it", "x"])}}

    def cancel(self):
        if self.sent:
            number = self.dice.choice(list(self.sent)[-6:])
            self.cancelled.add(number)
            self.say(method="notifications/cancelled",
                     params={"requestId": number})

    def reply(self):
        """To what the server asked, or once more, or to what it did not."""
        number = self.dice.choice(self.asked[-4:] or ["none"])
        if self.dice.random() < .8:
            self.say(id=number, result=self.fill())
        else:
            self.say(id=number, error={"code": 1, "message": "no"})

    def nonsense(self):
        self.run.send(self.dice.choice([
            b"\n", b"[]\n", b"{}\n", b"x\n",
            b'{"jsonrpc":"2.0","method":"tools/call","params":{}}\n',
            b'{"jsonrpc":"2.0","id":"d","id":"d","method":"ping"}\n']))

    def hear(self, message):
        if "method" in message and "id" in message:
            assert message["method"] in (
                "elicitation/create", "roots/list", "ping"), message
            self.asked.append(message["id"])
        elif "method" not in message and message.get("id") is not None:
            number = message["id"]
            if number == "d":
                return
            assert number in self.sent, f"to nothing: {message}"
            assert number not in self.answered, \
                f"twice: {self.answered[number]} {message}"
            self.answered[number] = message
            result = message.get("result", {})
            if result.get("resultType") == "input_required":
                self.retries.append((*self.sent[number], result))

    def listen(self, seconds):
        until = time.monotonic() + seconds
        while True:
            try:
                line = self.run.lines.get(
                    timeout=max(0, until - time.monotonic()))
            except queue.Empty:
                return True
            if line is None:
                self.run.lines.put(None)
                return False
            self.hear(json.loads(line))

    def work(self):
        """Whether the server is there till the end."""
        self.request("initialize", protocolVersion="2025-11-25",
                     capabilities=self.dice.choice([CAPABLE, {}]),
                     clientInfo={"name": "c", "version": "1"})
        self.listen(.1)
        self.say(method="notifications/initialized")
        self.request("tools/list")
        for _ in range(STEPS):
            self.dice.choices(
                [self.call, self.again, self.cancel, self.reply,
                 self.nonsense], [9, 5, 3, 4, 1])[0]()
            if not self.listen(self.dice.choice([0, 0, .01, .05, .15])):
                return False
        return self.listen(self.dice.choice([0, .5, 2]))


def check_results(records):
    """Each call has one result, and each result a call."""
    calls = {r["call"]: r for r in of_type(records, "call")}
    results = [r["call"] for r in of_type(records, "result")]
    for number in set(results) | set(calls):
        assert number in calls and results.count(number) == 1, [
            r for r in records if r.get("call") == number]
    return calls


def answers_to(records):
    return {r["approval"]: r for r in of_type(records, "approval.answered")}


def check_run(client, calls, records, world):
    """What the server was given was permitted, each piece once."""
    with open(world.seen, "rb") as file:
        seen = [json.loads(x) for x in file]
    seen = [m for m in seen if not str(m["id"]).startswith("look-")]
    ids = [json.dumps(m["id"]) for m in seen]
    assert len(set(ids)) == len(ids), "run twice"
    of = {c["rpc_id"]: c for c in calls.values() if c.get("dir") != "s2c"}
    missing = [i for i in ids if i not in of]
    assert not missing, f"run, and not in the log: {missing}"
    answers, used, args = answers_to(records), {}, {}
    for m in seen:
        c = of[json.dumps(m["id"])]
        if m["method"] == "prompts/get":
            assert m["params"]["name"] != "no", m
            if m["params"]["name"] == "ask_p":
                assert answers[c["approval"]]["answer"] != "deny", c
        if m["method"] != "tools/call":
            continue
        name, n = m["params"]["name"], m["params"]["arguments"]["n"]
        assert name != "hidden" and (name, n) != ("ruled", 0), m
        on = c.get("reason", "").startswith("goes on")
        if name == "tok":
            assert c["decision"] == "token" and c["token"], c
            key = c["token"]
        elif name.startswith("ask") or (name == "ruled" and n >= 2):
            assert c["decision"] == "ask", c
            got = answers[c["approval"]]
            assert got["answer"] in ("once", "session"), (c, got)
            assert args.setdefault(c["approval"], (name, n)) == (name, n)
            key = got["answer"] + c.get("reason", "")
        else:
            continue
        if not on:
            used.setdefault((key, c.get("approval")), []).append(c)
    spent = of_type(records, "token.spent")
    assert len({(r["token"], i) for i, r in enumerate(spent)}) <= 3
    for (key, _), them in used.items():
        if key.startswith("once") and "before" in key:
            assert len(them) == 1, f"once, twice: {them}"
    tokens = [k for (k, _), v in used.items() for _ in v if re.match(
        "[0-9a-f]{32}$", k)]
    assert len(tokens) <= len(spent), (tokens, spent)


def check_asked(client, calls, records):
    """What the client was asked, somebody agreed to first."""
    answers = answers_to(records)
    for c in calls.values():
        if c.get("dir") != "s2c" or c["method"] != "elicitation/create" or \
                "origin" in c:
            continue
        if c["rpc_id"] in map(json.dumps, client.asked):
            assert answers[c["approval"]]["answer"] != "deny", c


def check_answered(client, calls, whole):
    logged = {c["rpc_id"] for c in calls.values() if c.get("dir") != "s2c"}
    missing = [n for n in client.sent
               if n not in client.answered and n not in client.cancelled
               and (whole or json.dumps(n) in logged)]
    assert not missing, f"no answer: {missing}"


def try_seed(world, seed):
    dice = random.Random(seed)
    put_profile(world, policy(dice))
    script = world.file("server.py", SERVER % (seed, TOOLS))
    enrol(world)
    for uses in 1, 2:
        add(world, token(server="python3", tool="tok", uses=uses)[1])
    options = ["--profile", "mine", "--ro", script]
    if dice.random() < .3:
        options += ["--task", "brief"]
    with Asking(world, script, options, server="/usr/bin/python3") as run:
        person = None
        client = Client(run, seed)
        try:
            wait_for(lambda: world.sessions() or run.process.poll(),
                     "the session")
            assert run.process.poll() is None
            person = Person(run, seed)
            whole = client.work()
            run.hang_up()
            while client.listen(60):
                pass
        except BaseException:
            print(f"# {run.text()}"[-3000:], file=sys.stderr)
            raise
        status = run.wait()
        assert status in (0, 3, 137), (status, run.text())
        assert "said what it may not" not in run.text(), run.text()
        world.verify()
        person.thread.join(30)
    records = world.records()
    calls = check_results(records)
    check_answered(client, calls, whole and status == 0)
    check_run(client, calls, records, world)
    check_asked(client, calls, records)


def main():
    names = [f"seed_{n}" for n in SEEDS]
    for name in sys.argv[2:]:
        names += [] if name in names else [name]
    for name in names:
        t.add(name, try_seed, int(name[5:]))
    t.main()


if __name__ == "__main__":
    main()
