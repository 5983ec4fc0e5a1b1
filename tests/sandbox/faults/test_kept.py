#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of a session that keeps something fails once: definitions
that are pinned, one that has changed, a token that is spent, a long result
that goes to a file. What is denied, has changed or has no token does not run;
a token is good for one call, here and in the next session; what was kept is
whole, or somebody says that it is not.

Usage: test_kept.py BUILD

A sample of the points of a whole session, start included; all of them with
each error with STOCKADE_FAULTS=all in the environment.
"""

import collections
import errno
import hashlib
import json
import os
import re
import shutil
import sys
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "hostile"))

from errors import ERRORS, NOT_INJECTED, name_of, some_of  # noqa: E402
import lab  # noqa: E402
import tokenrig  # noqa: E402
from lab import side_by_side, tap  # noqa: E402
from runrig import BUILD, Run, World  # noqa: E402

FAULT = os.path.join(BUILD, "tests/sandbox/faults/fault")
ALL = os.environ.get("STOCKADE_FAULTS") == "all"
SAMPLE = 16  # of a kind of session's points
ANSWER_S = 8
TRIES = 3
WORKERS = 4
OURS = ("supervisor", "relay", "keeper", "init")
KINDS = ("first", "known")
SERVER = "kept_server"
CALLS = {3: "t", 4: "u", 5: "no", 6: "proof", 7: "proof", 8: "long"}
KEPT = re.compile(r"stockade(/(audit(/[^/]+)?|pins(/[^/]+(/[^/]+\.pins)?)?"
                  r"|tokens(/(token-\d\d|spent(/[^/]+)?))?"
                  r"|spill(/.*)?|state))?")


def ask(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method,
                       "params": params}).encode() + b"\n"


class Talk:
    """One session, to its end, and what the client and the server saw."""

    def __init__(self, world, script, changed, mode=None):
        report = os.path.join(world.top, "report")
        wrap = [FAULT, "-o", report, "-i", "-", *mode, "--"] if mode else []
        self.answers, self.twice = {}, []
        before = self.read(world.seen)
        with Run(world, script, ("--profile", "mine", "--ro",
                                 os.path.dirname(script)), wrap=wrap,
                 record=True, server="/usr/bin/python3",
                 more=("changed" if changed else "plain",)) as run:
            run.send(ask(1, "initialize", protocolVersion="2025-11-25",
                         capabilities={}, clientInfo={"name": "c",
                                                      "version": "1"}))
            if self.listen(run, {1}):
                run.send(ask(2, "tools/list"))
            if self.listen(run, {1, 2}):
                for number, name in CALLS.items():
                    run.send(ask(number, "tools/call", name=name,
                                 arguments={}))
                self.listen(run, {1, 2, *CALLS})
            run.hang_up()
            run.wait()
            self.said = run.text()
        self.seen = self.read(world.seen)[len(before):]
        if mode:
            with open(report, encoding="utf-8") as file:
                self.tool = lab.Run(file.read(), self.said)

    @staticmethod
    def read(path):
        if not os.path.exists(path):
            return []
        with open(path, "rb") as file:
            return [json.loads(line) for line in file]

    def listen(self, run, wanted):
        deadline = time.monotonic() + ANSWER_S
        while wanted - self.answers.keys():
            try:
                got = run.receive(max(deadline - time.monotonic(), 0.01))
            except AssertionError:
                return False
            if got is None:
                return False
            if "method" in got or got.get("id") is None:
                continue
            if got["id"] in self.answers:
                self.twice.append(got["id"])
            self.answers[got["id"]] = got
        return True

    def ran(self, name):
        return [m["id"] for m in self.seen if m["params"].get("name") == name]

    def fine(self, number):
        got = self.answers.get(number, {})
        return "result" in got and not got["result"].get("isError")

    def listed(self):
        got = self.answers.get(2, {}).get("result", {})
        return {tool["name"]: tool["description"]
                for tool in got.get("tools", [])}

    def lines(self):
        return [line for line in self.said.splitlines()
                if line.startswith("stockade: ")]


class Kept:
    """All points of a kind of session."""

    def __init__(self, kind):
        self.known = kind == "known"
        self.template = world = World()
        self.script = os.path.join(world.folder("server"), f"{SERVER}.py")
        shutil.copy(os.path.join(HERE, f"{SERVER}.py"), self.script)
        self.profile(world)
        tokenrig.enrol(world)
        if self.known:
            Talk(world, self.script, False)
            os.unlink(world.seen)
        self.number, text = tokenrig.token(server="python3", tool="proof",
                                           ttl=3600)
        tokenrig.add(world, text)
        self.wrong, self.missed = [], []
        self.outcomes = collections.Counter()
        with World() as world:
            self.fill(world)
            self.clean = Talk(world, self.script, self.known, ["trace", "all"])
            self.first = self.judge(world, self.clean)

    @staticmethod
    def profile(world):
        folder = os.path.join(world.home, ".config", "stockade", "profiles")
        os.makedirs(folder, mode=0o700)
        with open(os.path.join(folder, "mine.json"), "w",
                  encoding="utf-8") as file:
            json.dump({"version": 1, "extends": "python", "protocol": {
                "tools": {"allow": ["*"], "deny": ["no"],
                          "token": ["proof"]},
                "output": {"text": "1K", "over": "spill"}}}, file)

    def fill(self, world):
        for name in ("home", "state"):
            shutil.copytree(getattr(self.template, name),
                            getattr(world, name), dirs_exist_ok=True)

    def jobs(self):
        last = {}
        for process, place, occurrence in self.clean.tool.calls:
            if process in OURS and name_of(place) not in NOT_INJECTED:
                last[process, place] = occurrence
        found = [(*at, k, error) for at, n in last.items() for k in some_of(n)
                 for error in ERRORS[name_of(at[1])]]
        most = len(found) if ALL else min(SAMPLE, len(found))
        return [found[(2 * i + 1) * len(found) // (2 * most)]
                for i in range(most)]

    def usual(self):
        return {re.sub(r"\S*\d\S*", "N", line) for line in self.clean.lines()}

    def why(self, talk):
        usual = self.usual()
        return [line for line in talk.lines()
                if re.sub(r"\S*\d\S*", "N", line) not in usual]

    def marks(self, world):
        return [name for name in os.listdir(os.path.join(
            tokenrig.store(world), "spent")) if name.startswith(self.number)]

    def refused(self, world, talk):
        """What must not run, whatever fails."""
        found = []
        if talk.ran("no") or "no" in talk.listed():
            found.append("what is denied ran or is listed")
        if self.known and talk.ran("u"):
            found.append("a definition that changed ran")
        if self.known and talk.listed().get("u") not in (None,
                                                         "It is plain."):
            found.append("a definition that changed is shown")
        if len(talk.ran("proof")) > 1:
            found.append("one token, two calls")
        if talk.ran("proof") and not self.marks(world):
            found.append("a call with a token that is not spent")
        return found

    def logged(self, world, talk):
        logs = list(world.sessions().values())
        found, calls = [], {r["rpc_id"] for log in logs for r in log
                            if r["type"] == "call"}
        found += [f"call {m['id']} is not in the log" for m in talk.seen
                  if str(m["id"]) not in calls]
        spent = [r for log in logs for r in log if r["type"] == "token.spent"]
        if len(spent) < len(talk.ran("proof")):
            found.append("a token is spent, and not in the log")
        return found

    def answered(self, talk):
        found = [f"{n} was answered twice" for n in talk.twice]
        found += [f"{n} was answered and not run" for n in CALLS
                  if talk.fine(n) and n not in {m["id"] for m in talk.seen}]
        missing = {1, 2, *CALLS} - talk.answers.keys()
        if missing and not self.why(talk) and \
                "The server has ended" not in json.dumps(talk.answers) and \
                "ended before it answered" not in json.dumps(talk.answers):
            found.append(f"no answer to {missing}, and nobody says why")
        return found

    def spilled(self, talk):
        """The file that the client was told of is all of it."""
        if not talk.fine(8):
            return []
        text = json.dumps(talk.answers[8]["result"])
        hit = re.search(r"(/[^\s\"\\]*/spill/\w+/\w+\.\w+)", text)
        if not hit:
            return [] if "could not be kept" in text else \
                ["the rest is nowhere, and nobody says so"]
        if not os.path.exists(hit[1]):
            return ["the file that was told is not there"]
        with open(hit[1], "rb") as file:
            whole = file.read()
        told = re.search(r"[0-9a-f]{64}", text)
        if not told or hashlib.sha256(whole).hexdigest() != told[0]:
            return ["the file is another than was told"]
        return []

    def stored(self, world, talk):
        done = world.stockade("pin", "list", "--json")
        if done.returncode != 0:
            return [f"pins: {done.stderr}"]
        rows = json.loads(done.stdout)
        if talk.listed() and not self.why(talk) and (
                not rows or rows[0]["accepted"] < 4):
            return [f"pins are not kept, and nobody says so: {rows}"]
        return []

    def folders(self, world):
        found = [os.path.relpath(os.path.join(top, name), world.state)
                 for top, folders, files in os.walk(world.state)
                 for name in folders + files]
        return [f"left behind: {name}" for name in found
                if not KEPT.fullmatch(name)]

    def judge(self, world, talk):
        verified = world.stockade("verify")
        found = [] if verified.returncode == 0 or \
            "no audit log" in verified.stderr else \
            [f"verify: {verified.stdout}{verified.stderr}"]
        return found + lab.Lab.leftovers(talk.tool) + \
            self.refused(world, talk) + self.logged(world, talk) + \
            self.answered(talk) + self.spilled(talk) + \
            self.stored(world, talk) + self.folders(world)

    def once_more(self, world, talk):
        """Undisturbed; the server has changed by now in any case."""
        ran, marked = talk.ran("proof"), self.marks(world)
        pinned = self.known or "u" in talk.listed() and not self.why(talk)
        again = Talk(world, self.script, True)
        found = [f"once more: {x}" for x in self.refused(world, again)]
        if again.ran("proof") and (ran or marked):
            found.append("once more: the token is good for another call")
        if pinned and again.ran("u"):
            found.append("once more: a definition that changed ran")
        if not again.fine(3):
            found.append(f"once more: {again.said}")
        return found

    def meet(self, job):
        process, place, occurrence, error = job
        for _ in range(TRIES):
            with World() as world:
                self.fill(world)
                talk = Talk(world, self.script, self.known,
                            ["inject", process, place, str(occurrence),
                             str(error)])
                if not talk.tool.hit:
                    continue
                found = self.judge(world, talk)
                found += self.once_more(world, talk)
            break
        else:
            self.missed.append(job)
            return
        self.outcomes["ran" if talk.seen else "refused"] += 1
        if found and ALL:
            print(f"# {job}: {found}", flush=True)
        self.wrong += [f"{process} {place} {occurrence} "
                       f"{errno.errorcode[error]}: {x} {self.why(talk)}"
                       for x in found]


def session(kind):
    kept = Kept(kind)
    try:
        assert not kept.first, (kept.first, kept.clean.said)
        assert len(kept.clean.ran("proof")) == 1 and kept.clean.fine(3) and \
            kept.clean.fine(8), kept.clean.answers
        assert bool(kept.clean.ran("u")) != kept.known, kept.clean.seen
        unknown = {(p, name_of(place)) for p, place, _ in kept.clean.tool.calls
                   if p in OURS and
                   name_of(place) not in ERRORS.keys() | NOT_INJECTED}
        assert not unknown, unknown
        jobs = kept.jobs()
        side_by_side(kept.meet, jobs, WORKERS)
        print(f"# {len(jobs)} points, {len(kept.missed)} not met; "
              f"{dict(kept.outcomes)}")
        for line in sorted(kept.wrong):
            print(f"# {line}")
        assert not kept.wrong, f"{len(kept.wrong)} failures"
        assert len(kept.missed) <= max(len(jobs) // 10, 1), kept.missed
        assert kept.outcomes["ran"] and kept.outcomes["refused"]
    finally:
        kept.template.__exit__()


def main():
    script = tap.Script()
    for kind in KINDS:
        script.add(f"whatever_fails_nothing_runs_in_a_session_of_a_{kind}"
                   "_server_that_may_not", session, kind)
    script.main()


if __name__ == "__main__":
    main()
