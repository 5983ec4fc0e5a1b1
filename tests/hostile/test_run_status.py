#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade status` and `stockade stop`: which sessions run, and their end.

Usage: test_run_status.py BUILD [NAME…]
"""

import contextlib
import json
import os
import signal
import subprocess

from runrig import Run, STOCKADE, Script, is_fine, wait_for

t = Script()


def stockade(world, *words):
    return world.stockade(*words)


def status(world):
    done = stockade(world, "status", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    found = [row for row in rows if "session" in row]
    assert done.returncode == (0 if found else 1), done
    assert all("pins" in row for row in rows[len(found):]), done
    return found


@contextlib.contextmanager
def sessions(world, count, way="serve"):
    with contextlib.ExitStack() as stack:
        runs = []
        for number in range(1, count + 1):
            run = stack.enter_context(Run(world, way))
            if way == "serve":
                assert is_fine(run.ask(1))
            wait_for(lambda: len(status(world)) == number, "its log")
            run.remember()
            runs.append(run)
        yield runs


def gone(run):
    wait_for(lambda: run.process.poll() is not None, "its end")
    wait_for(lambda: not run.left(), "the end of all")


@t.test
def where_nothing_runs_there_is_nothing_to_show(world):
    done = stockade(world, "status")
    assert done.returncode == 1 and done.stdout == "", done
    assert "no session runs" in done.stderr
    # A session that is over is none that runs.
    with sessions(world, 1) as [run]:
        run.end(0)
    assert status(world) == []


@t.test
def running_sessions_are_shown_oldest_first(world):
    with sessions(world, 3) as runs:
        shown = status(world)
        assert [s["pid"] for s in shown] == [r.process.pid for r in runs]
        assert all(s["here"] and s["server"] == "bad_server" and
                   s["calls"] >= 1 and s["denied"] == 0 for s in shown), shown
        table = stockade(world, "status").stdout.splitlines()
        assert len(table) == 4 and table[0].startswith("SESSION"), table
        assert [row.split()[0] for row in table[1:]] == [
            s["session"][:8] for s in shown]
        runs[1].end(0)
        assert [s["pid"] for s in status(world)] == [
            runs[0].process.pid, runs[2].process.pid]


@t.test
def denied_calls_are_counted(world):
    with Run(world, "serve", ["--deny", "bad*"]) as run:
        assert is_fine(run.ask(1, "good"))
        assert "error" in run.ask(2, "bad_one")

        def counted():
            [s] = status(world)
            return (s["calls"], s["denied"]) == (2, 1)
        wait_for(counted, "both calls in the log")


@t.test
def one_session_is_stopped_and_no_other(world):
    with sessions(world, 2) as (first, second):
        session = status(world)[0]["session"]
        done = stockade(world, "stop", session[:12])
        assert done.returncode == 0, done
        assert done.stdout == f"stopped {session[:8]} (bad_server)\n", done
        gone(first)
        # Its own: by the end of its input, by the signal, or for want of time.
        assert first.process.returncode in (
            0, 128 + signal.SIGTERM, 128 + signal.SIGKILL), first.text()
        assert is_fine(second.ask(2))
        assert [s["pid"] for s in status(world)] == [second.process.pid]
    ends = [r for r in world.sessions()[session] if r["type"] == "session.end"]
    assert ends and ends[0]["cause"] == "signal", ends


@t.test
def all_are_stopped(world):
    with sessions(world, 3) as runs:
        done = stockade(world, "stop", "--all")
        assert done.returncode == 0 and done.stdout.count("stopped ") == 3, done
        for run in runs:
            gone(run)
    assert status(world) == []
    done = stockade(world, "stop", "--all")
    assert done.returncode == 1 and "no session runs" in done.stderr, done


@t.test
def a_server_that_ignores_its_signal_ends_too(world):
    with sessions(world, 1, "stubborn") as [run]:
        done = stockade(world, "stop", "--all")
        assert done.returncode == 0, done
        gone(run)
    world.verify()


@t.test
def a_supervisor_that_hangs_is_killed(world):
    with sessions(world, 1) as [run]:
        os.kill(run.process.pid, signal.SIGSTOP)
        done = stockade(world, "stop", "--all")
        assert done.returncode == 0, done
        assert "does not end and is killed" in done.stderr, done
        gone(run)


@t.test
def operands_that_name_no_session_are_refused(world):
    with sessions(world, 1) as [run]:
        for words, code in ((["stop"], 2), (["stop", "--all", "ab"], 2),
                            (["stop", ""], 2), (["stop", "xyz"], 2),
                            (["stop", "a" * 33], 2), (["stop", "../.."], 2),
                            (["status", "x"], 2)):
            done = stockade(world, *words)
            assert done.returncode == code, (words, done)
        session = status(world)[0]["session"]
        other = ("0" if session[0] != "0" else "1") + session[1:]
        done = stockade(world, "stop", other)
        assert done.returncode == 1 and "no session runs" in done.stderr, done
        assert is_fine(run.ask(2))


@t.test
def what_two_sessions_begin_with_stops_neither(world):
    with sessions(world, 17) as runs:
        names = [s["session"] for s in status(world)]
        # Seventeen have two with the same first digit.
        digit = next(d for d in "0123456789abcdef"
                     if sum(n[0] == d for n in names) > 1)
        done = stockade(world, "stop", digit)
        assert done.returncode == 2 and "more digits" in done.stderr, done
        assert all(run.process.poll() is None for run in runs)
        assert stockade(world, "stop", "--all").returncode == 0


def forged(world, run, pid):
    """The running session's log says another process; its lock stays."""
    [path] = [os.path.join(world.audit(), name) for name in os.listdir(world.audit())
              if name.endswith(".jsonl") and name != "ledger.jsonl"]
    with open(path, "r+b") as file:
        text = file.read()
        old = b'"pid":%d,' % run.process.pid
        new = b'"pid":%d,' % pid
        assert text.count(old) == 1
        assert len(new) <= len(old)
        file.seek(0)
        # As long as before, for the keeper writes behind it.
        file.write(text.replace(old, new + b" " * (len(old) - len(new))))


@t.test
def a_process_that_is_no_session_is_never_signalled(world):
    """A log whose number is another process's: by chance, or by malice."""
    with subprocess.Popen(["sleep", "1000"]) as bystander:
        try:
            with sessions(world, 1) as [run]:
                if len(str(bystander.pid)) <= len(str(run.process.pid)):
                    forged(world, run, bystander.pid)
                    assert status(world)[0]["here"] is False
                    done = stockade(world, "stop", "--all")
                    assert done.returncode == 125, done
                    assert "nothing was done" in done.stderr, done
                    assert bystander.poll() is None
                    assert is_fine(run.ask(2))
        finally:
            bystander.kill()


@t.test
def a_number_that_was_used_again_is_not_signalled(world):
    """Even where it is a stockade again, but a later one."""
    with sessions(world, 1) as [first]:
        with subprocess.Popen(
                [STOCKADE, "run", "--", "/bin/cat"], stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env={**world.env, "XDG_STATE_HOME": world.folder("other")}) \
                as later:
            try:
                wait_for(lambda: os.listdir(os.path.join(world.top, "other")),
                         "its log")
                if len(str(later.pid)) <= len(str(first.process.pid)):
                    forged(world, first, later.pid)
                    begin_earlier(world)
                    done = stockade(world, "stop", "--all")
                    assert done.returncode == 125, done
                    assert later.poll() is None
            finally:
                later.stdin.close()


def begin_earlier(world):
    """The session began earlier than it did."""
    [path] = [os.path.join(world.audit(), name) for name in os.listdir(world.audit())
              if name.endswith(".jsonl") and name != "ledger.jsonl"]
    with open(path, "r+b") as file:
        text = file.read()
        at = text.index(b'"time":"') + len(b'"time":"')
        year = int(text[at:at + 4]) - 1
        file.seek(at)
        file.write(b"%04d" % year)


t.main()
