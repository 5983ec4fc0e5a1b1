#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of the commands that change something, or that tell what
was done, fails once: what is said to be done is done, what is done stands in
the log, what is kept is whole, and the same command, once more, does it.

Usage: test_commands.py BUILD [COMMAND…]

The points are those of a trace of the command. A sample of them is tried,
spread over all; with STOCKADE_FAULTS=all in the environment each, with each of
its errors.
"""

import collections
import contextlib
import errno
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import termios
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "hostile"))

import commands  # noqa: E402
from commands_live import live_commands  # noqa: E402
from errors import ERRORS, NOT_INJECTED, name_of, some_of  # noqa: E402
import lab  # noqa: E402
from lab import side_by_side, tap  # noqa: E402
from runrig import BUILD, World  # noqa: E402
from terminal import Terminal  # noqa: E402

FAULT = os.path.join(BUILD, "tests/sandbox/faults/fault")
ALL = os.environ.get("STOCKADE_FAULTS") == "all"
SAMPLE = 14  # of a command's points
TRIES = 3
WORKERS = 4
END_S = 60
TYPED = termios.ECHO | termios.ISIG | termios.ICANON
NOT_RECORDED = re.compile("audit log does not say so|could not be recorded")
NUMBERS = re.compile(r"[0-9a-f]{12,}|\b[0-9a-f]{8}\b|\d+(?=(\.\d+)?( s\b|Z))"
                     r"|\d\d\d\d-\d\d-\d\d|\d\d:\d\d:\d\d(\.\d+)?|\+\d+ ms")


class Typist:
    """A terminal of its own for a command, and somebody who types."""

    def __init__(self, typed):
        self.leader, self.follower = pty.openpty()
        self.typed, self.text, self.at = list(typed), "", 0

    def attend(self, process):
        deadline = time.monotonic() + END_S
        while process.poll() is None and time.monotonic() < deadline:
            self.look(0.05)
        self.look(0)
        self.quiet = not termios.tcgetattr(self.follower)[3] & TYPED == TYPED
        os.close(self.leader)
        os.close(self.follower)

    def look(self, seconds):
        while select.select([self.leader], [], [], seconds)[0]:
            self.text += os.read(self.leader, 65536).decode(errors="replace")
            if self.typed and self.typed[0][0] in self.text[self.at:]:
                pattern, answer = self.typed.pop(0)
                self.at = self.text.index(pattern, self.at) + len(pattern)
                os.write(self.leader, answer.encode() + b"\n")
            seconds = 0


class Done:
    """One run of a command, to its end."""

    def __init__(self, command, world, wrap=()):
        typist = Typist(command.typed) if command.typed else None
        paths = [os.path.join(world.top, name) for name in ("out", "err")]
        before = ["setsid", "-c"] if typist else []
        with open(paths[0], "wb") as out, open(paths[1], "wb") as err:
            process = subprocess.Popen(
                [*before, *wrap, *command.words(world)],
                stdin=typist.follower if typist else subprocess.DEVNULL,
                stdout=typist.follower if command.terminal else out,
                stderr=err, env=world.env, cwd=world.work)
            if typist:
                typist.attend(process)
            try:
                self.status = process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                self.status = None
        self.out, self.err = (self.read(path) for path in paths)
        self.out += typist.text if command.terminal else ""
        self.typed = typist.text if typist else ""
        self.out = self.out.replace(world.top, "TOP")
        self.quiet = typist.quiet if typist else False

    @staticmethod
    def read(path):
        with open(path, encoding="utf-8", errors="backslashreplace") as file:
            return file.read()


class Apart:
    """The same in a terminal of a process that nobody here has started."""

    quiet = False

    def __init__(self, command, world, wrap=()):
        typed = list(command.typed)
        with Terminal(world, *wrap, *command.words(world),
                      columns=200) as terminal:
            deadline = time.monotonic() + END_S
            while terminal.reader.is_alive() and time.monotonic() < deadline:
                if typed and typed[0][0] in terminal.text:
                    with contextlib.suppress(BrokenPipeError):  # it ended
                        terminal.type(typed.pop(0)[1] + "\n")
                time.sleep(0.02)
            self.status = terminal.wait()
            self.out = self.err = terminal.text.replace(
                "\r", "").replace(world.top, "TOP")
        self.typed = ""


def finish(command, world, wrap=()):
    return (Apart if command.detached else Done)(command, world, wrap)


class Faults:
    """All points of one command."""

    def __init__(self, command):
        self.command = command
        self.template = World()
        command.prepare(self.template)
        self.wrong, self.missed = [], []
        self.outcomes = collections.Counter()
        self.clean, self.run = None, None

    def begin(self):
        with self.world() as world:
            self.run, self.clean = self.trace(world, ["trace", "all"])
            return self.judge(world, self.run, self.clean)

    def close(self):
        self.template.__exit__()

    @contextlib.contextmanager
    def world(self):
        with World() as world:
            self.fill(world)
            try:
                yield world
            finally:
                self.command.end(world)

    def fill(self, world):
        for name in ("home", "state", "work"):
            shutil.copytree(getattr(self.template, name),
                            getattr(world, name), symlinks=True,
                            dirs_exist_ok=True)
        self.command.begin(world)

    def trace(self, world, mode):
        report = os.path.join(world.top, "report")
        done = finish(self.command, world,
                      [FAULT, "-o", report, "-i", "-", "-t", str(END_S), *mode,
                       "--"])
        with open(report, encoding="utf-8") as file:
            return lab.Run(file.read(), done.err), done

    def points(self):
        last = {}
        for process, place, occurrence in self.run.calls:
            if name_of(place) not in NOT_INJECTED:
                last[process, place] = occurrence
        for (process, place), n in last.items():
            for k in some_of(n):
                for number in ERRORS[name_of(place)]:
                    yield process, place, k, number

    def jobs(self):
        points = list(self.points())
        most = len(points) if ALL else \
            min(self.command.some or SAMPLE, len(points))
        return [points[(2 * i + 1) * len(points) // (2 * most)]
                for i in range(most)]

    def said(self, run):
        """Our lines, but those of an undisturbed run."""
        usual = {NUMBERS.sub("N", line) for line in self.run.said}
        return [x for x in run.said if NUMBERS.sub("N", x) not in usual]

    def judge(self, world, run, done, failed=""):
        c, found = self.command, lab.Lab.leftovers(run)
        said = self.said(run)
        is_done, is_recorded = c.is_done(world), c.is_recorded(world)
        self.outcomes["done" if run.end in c.fine else "said"] += 1
        if run.end not in (*c.fine, *c.no, 125):
            found.append(f"status {run.end}")
        if run.end in c.fine and not is_done:
            found.append("said to be done, and is not")
        if run.end in c.fine and done is not self.clean and \
                self.shown(done) != self.shown(self.clean) and \
                not c.is_told(self.shown(done)):
            found.append(f"shows something else: {self.shown(done)!r}")
        # On a terminal standard output is as good.
        if run.end not in c.fine and not said and \
                not re.search(r"Nothing was \w+", done.out):
            found.append("nobody says why")
        if len(said) > 1 and not c.talks:
            found.append("more than one line")
        if c.writes and is_done and not is_recorded and not (
                getattr(c, "late", False) and run.end == 125 and
                NOT_RECORDED.search(done.err)):
            found.append("done, and not in the log")
        if c.writes and not is_done and c.is_promised(world):
            found.append("in the log as done, and is not")
        if done.quiet:
            found.append("the terminal does not show what is typed")
        # Nobody reads what is typed then: the terminal shows it.
        return found + self.kept(world, done, failed != "read")

    def shown(self, done):
        lines = done.out.splitlines() if not self.command.detached else \
            [x for x in done.out.splitlines() if not x.startswith("stockade:")]
        return NUMBERS.sub("N", "\n".join(lines))

    def kept(self, world, done, typed=True):
        found = commands.left_over(world)
        found += commands.told_secrets(world, done.out, done.err,
                                       done.typed if typed else "")
        if os.path.isdir(world.audit()) and any(
                name.endswith(".jsonl") for name in os.listdir(world.audit())):
            verified = world.stockade("verify")
            if verified.returncode != 0:
                found.append(f"verify: {verified.stdout}{verified.stderr}")
        return found

    def once_more(self, world):
        done = finish(self.command, world)
        found = []
        if done.status not in self.command.after:
            found.append(f"once more: status {done.status}: {done.err}")
        wrong = self.command.repaired(world)
        if wrong:
            found.append(f"once more: {wrong}: {done.err}")
        return found + self.kept(world, done)

    def meet(self, point):
        process, place, occurrence, number = point
        for _ in range(TRIES):
            with self.world() as world:
                run, done = self.trace(
                    world, ["inject", process, place, str(occurrence),
                            str(number)])
                if not run.hit:
                    continue
                try:
                    found = self.judge(world, run, done, name_of(place))
                    found += self.once_more(world)
                except (AssertionError, OSError) as error:
                    found = [f"cannot be looked at: {error}"]
            break
        else:
            self.missed.append(point)
            return
        self.wrong += [
            f"{self.command.name}: {place} {occurrence} "
            f"{errno.errorcode[number]}: {fault} {self.said(run)}"
            for fault in found]


def one(command, totals, lock):
    faults = Faults(command)
    try:
        found = faults.begin()
        assert not found and faults.run.end == 0, \
            (found, faults.run.end, faults.clean.err)
        unknown = {name_of(place) for _, place, _ in faults.run.calls} - \
            ERRORS.keys() - NOT_INJECTED.keys()
        assert not unknown, f"no errors for {sorted(unknown)}"
        jobs = faults.jobs()
        side_by_side(faults.meet, jobs, WORKERS)
        with lock:
            totals["points"] += len(jobs)
            totals["missed"] += len(faults.missed)
            totals.update(faults.outcomes)
        print(f"# {len(jobs)} points of {len(list(faults.points()))}, "
              f"{len(faults.missed)} not met; {dict(faults.outcomes)}")
        for line in sorted(faults.wrong):
            print(f"# {line}")
        assert not faults.wrong, f"{len(faults.wrong)} failures"
        assert len(faults.missed) <= len(jobs) // 10, faults.missed
    finally:
        faults.close()


def main():
    script = tap.Script()
    totals, lock = collections.Counter(), threading.Lock()
    chosen = [c for c in commands.all_commands() + live_commands()
              if not sys.argv[2:] or c.name in sys.argv[2:]]
    for command in chosen:
        script.add(f"whatever_fails_{re.sub('[^a-z]+', '_', command.name)}"
                   "_is_done_or_says_why", one, command, totals, lock)

    @script.test
    def both_came_about():
        print(f"# {dict(totals)}")
        assert totals["done"] > 0 and totals["said"] > 0, totals

    script.main()


if __name__ == "__main__":
    main()
