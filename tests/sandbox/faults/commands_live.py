# SPDX-License-Identifier: Apache-2.0
"""Commands about a session that runs: it is ended, a call of it is agreed to."""

import json
import os
import time

import tokenrig
from askrig import Asking, profile
from commands import Command, config, get, records, rows
from runrig import PATIENCE, STOCKADE, alive, descendants, wait_for


class Live(Command):
    """Each world has a session of its own, which nobody traces."""

    writes = True
    talks = True  # says of each thing what it did not come to
    some = 6  # of its points, as each takes a while

    def __init__(self):
        self.runs = {}

    def begin(self, world):
        run = Asking(world)
        self.runs[world.top] = run, []
        run.tool(1, "free")
        run.got(1)
        self.runs[world.top] = run, descendants(run.process.pid)

    def end(self, world):
        run, _ = self.runs.pop(world.top)
        try:
            run.hang_up()
        except BrokenPipeError:
            pass  # it was ended
        run.process.wait(PATIENCE)
        run.__exit__()

    def run_of(self, world):
        return self.runs[world.top][0]


class Stop(Live):
    """With its tokens."""

    name = "stop --all --revoke"
    arguments = ("stop", "--all", "--revoke")
    after = (0, 1)  # nothing runs then

    def prepare(self, world):
        profile(world, tools={"allow": ["free"], "token": ["t"]})
        tokenrig.enrol(world)
        _, self.text = tokenrig.token(ttl=3600)
        tokenrig.add(world, self.text)

    def is_gone(self, world):
        run, known = self.runs[world.top]
        return run.process.poll() is not None and not alive(known)

    def is_done(self, world):
        try:
            wait_for(lambda: self.is_gone(world), "its end", 1)
        except AssertionError:
            return False
        return not self.counts(world)

    def counts(self, world):
        """It, or a copy of it."""
        path = tokenrig.plant(world, self.text, 40)
        try:
            return [row for row in rows(world) if row["counts"]]
        finally:
            os.unlink(path)

    def is_recorded(self, world):
        return len(records(world, "token.revoked")) == 1

    late = True

    def repaired(self, world):
        if not self.is_gone(world):
            return "it runs"
        return "its token counts" if any(row["counts"] for row in rows(world)) \
            else None


class Approve(Live):
    """A call that is held, once; with "always" the profile says so, too."""

    detached = True  # nobody whom the client has started may answer
    after = (0, 1)
    no = (1,)  # a session that is not heard is left out, and a line says so

    def __init__(self, answer):
        super().__init__()
        self.name, self.answer = f"approve {answer}", answer
        self.typed = (("[y/N]", "y"),) if answer == "always" else ()

    def prepare(self, world):
        profile(world, tools={"ask": ["a*"], "allow": ["free"]})

    def begin(self, world):
        super().begin(world)
        self.run_of(world).tool(2, "ask_me")
        wait_for(lambda: records(world, "approval.asked"), "the question")

    def words(self, world):
        asked = records(world, "approval.asked")[0]
        number = f"{asked['session'][:8]}:{asked['approval']}"
        return [STOCKADE, "approve", number, self.answer]

    def said(self, world):
        return [r["answer"] for r in records(world, "approval.answered")]

    def is_done(self, world):
        """It ran; or it was declined and did not."""
        deadline = time.monotonic() + 1
        while time.monotonic() < deadline and not self.said(world):
            time.sleep(0.02)
        return self.said(world) == [self.answer]

    def is_recorded(self, world):
        return True  # by what is_done() looks at

    def repaired(self, world):
        text = get(config(world, "profiles", "mine.json"))
        try:
            always = json.loads(text)["protocol"]["tools"].get("always")
        except ValueError:
            return f"the profile is damaged: {text}"
        if self.answer == "always" and always != ["ask_me"]:
            return f"always: {always}"
        if 2 in self.run_of(world).seen() and self.answer == "deny":
            return "what was declined ran"
        return None if self.is_done(world) else "it is not answered"


def live_commands():
    return [Stop(), Approve("once"), Approve("deny"), Approve("always")]
