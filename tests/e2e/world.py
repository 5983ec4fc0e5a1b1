# SPDX-License-Identifier: Apache-2.0
"""A user for one test: a home and a project of its own, the environment that a
client's SDK leaves, and the person who answers what policy asks for.
"""

import json
import os
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time

import parts  # noqa: F401
from approver import Approver

STOCKADE = os.path.join(sys.argv[1], "launcher", "stockade")
TINY = os.path.join(sys.argv[1], "tests", "e2e", "tiny_server")
PATIENCE = 200  # only to tell a hang from a busy machine
POLL_S = 0.05
PATH = "/usr/local/bin:/usr/bin:/bin"

# What a client is told, word for word.
WAITING = ("Not run: this needs the user's approval, which is being asked "
           "for. Tell the user, and call again with the same arguments once "
           "they have agreed.")
DECLINED = "Not run: the user declined."


class World:
    """Folders of one test; gone when the test is."""

    def __init__(self):
        self.kept = tempfile.TemporaryDirectory(
            prefix="stockade-e2e.", dir=os.environ["HOME"])
        self.top = os.path.realpath(self.kept.name)
        self.home, self.project = (self.folder(n) for n in ("home", "project"))
        self.work = self.project
        user = os.environ.get("USER", "root")
        # What SDK clients pass on, and no more.
        self.env = {"HOME": self.home, "LOGNAME": user, "PATH": PATH,
                    "SHELL": "/bin/sh", "TERM": "dumb", "USER": user}

    def folder(self, name):
        os.mkdir(self.in_top(name), 0o700)
        return self.in_top(name)

    def file(self, name, text):
        with open(self.in_top(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.in_top(name)

    def in_top(self, name):
        return os.path.join(self.top, name)

    def in_project(self, name):
        return os.path.join(self.project, name)

    def wrapped(self, *words):
        return [STOCKADE, "run", *words]

    def tiny(self, *options):
        """The small server, granted the project."""
        return self.wrapped("--rw", self.project, *options, "--", TINY)

    def verb(self, *words):
        done = subprocess.run([STOCKADE, *words], env=self.env, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=PATIENCE)
        assert done.returncode == 0, (words, done)
        return done.stdout

    def records(self, kind=None, /, **members):
        """Those of the whole log, which is whole."""
        self.verb("verify")
        found = map(json.loads, self.verb("log", "--json").splitlines())
        return [r for r in found if kind in (None, r["type"]) and all(
            r.get(k) == v for k, v in members.items())]

    def record(self, kind, /, **members):
        """One of those, once it is there."""
        deadline = time.monotonic() + PATIENCE
        while not (found := self.records(kind, **members)):
            assert time.monotonic() < deadline, self.records()
            time.sleep(POLL_S)
        return found[0]

    def sessions(self):
        """Ids of those that have a file in the log."""
        folder = os.path.join(self.home, ".local/state/stockade/audit")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return sorted(n[11:43] for n in names
                      if re.match(r"\d{4}-\d\d-\d\d-[0-9a-f]{32}\.jsonl$", n))

    def sockets(self):
        """session → path, of those that listen."""
        folder = f"/run/user/{os.geteuid()}"
        folder = (os.path.join(folder, "stockade")
                  if os.path.isdir(folder)
                  and os.stat(folder).st_uid == os.geteuid()
                  else os.path.join(self.home, ".local/state/stockade/run"))
        folder = os.path.join(folder, "approve")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return {session: os.path.join(folder, name)
                for session in self.sessions() for name in names
                if session.startswith(name)}

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.kept.cleanup()


class Question:
    def __init__(self, session, approver, said):
        self.session, self.approver = session, approver
        self.id, self.name = said["id"], said["name"]
        self.shown = json.loads(said["shown"])

    def full_id(self):
        """As a person would type it."""
        return f"{self.session[:8]}:{self.id}"


class Person:
    """Attached to each session of a world from its start; what is asked comes
    out of question(), notices and answers' fates pile up in .heard.
    """

    def __init__(self, world):
        self.world, self.heard = world, []
        self.asked, self.approvers, self.threads = queue.Queue(), {}, []
        self.done = threading.Event()
        self.go(self.watch)

    def go(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self.threads.append(thread)
        thread.start()

    def watch(self):
        while not self.done.wait(POLL_S):
            for session, path in self.world.sockets().items():
                if session not in self.approvers:
                    self.approvers[session] = Approver(path)
                    self.go(self.listen, session)

    def listen(self, session):
        approver = self.approvers[session]
        seen = set()
        while (said := approver.next()) is not None:
            self.heard.append(said)
            if said["type"] == "question" and said["id"] not in seen:
                seen.add(said["id"])
                self.asked.put(Question(session, approver, said))

    def question(self, name, timeout=PATIENCE / 2):
        question = self.asked.get(timeout=timeout)
        assert question.name == name, (question.name, name)
        return question

    def answer(self, question, answer, **more):
        """Returns once it is known what became of the answer."""
        question.approver.command(id=question.id, answer=answer, **more)
        fate = self.wait(lambda said: said["type"] == "done"
                         and said["id"] == question.id)
        assert fate["status"] == "taken", fate

    def wait(self, fits, timeout=PATIENCE):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for said in list(self.heard):
                if fits(said):
                    return said
            time.sleep(POLL_S)
        raise AssertionError(f"never heard; heard: {self.heard}")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.done.set()
        self.threads[0].join()
        for approver in self.approvers.values():
            approver.process.stdin.close()
            approver.process.wait()
        for thread in self.threads[1:]:
            thread.join()
        for approver in self.approvers.values():
            approver.process.stdout.close()
