#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade approve --watch --exec PROGRAM`, with good and bad programs.

Usage: test_approve_exec.py BUILD [NAME…]
"""

import json
import os
import re
import signal
import time

from askrig import Asking, WAITING, profile, text, wait_for
from runrig import STOCKADE, Script, check_log, is_fine, processes
from terminal import Terminal

t = Script()


class Watching(Terminal):
    """No terminal at all, as a user's service has it; .pid is its own."""

    def __init__(self, world, script, language="sh", **more):
        program = world.file("program", f"#!/bin/{language}\n{script}\n",
                             0o700)
        self.pid_path = os.path.join(world.top, "pid")
        super().__init__(
            world, "setsid", "-w", "sh", "-c",
            f"echo $$ >{self.pid_path}; exec {STOCKADE} approve --watch "
            f"--exec {program} </dev/null 2>&1", **more)

    def pid(self):
        wait_for(lambda: os.path.exists(self.pid_path)
                 and os.path.getsize(self.pid_path), "the pid")
        with open(self.pid_path, encoding="ascii") as file:
            return int(file.read())

    def __exit__(self, *unused):
        try:
            os.kill(self.pid(), signal.SIGKILL)
        except ProcessLookupError:
            pass
        super().__exit__()

    def end(self):
        os.kill(self.pid(), signal.SIGTERM)
        return self.wait()


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def expect_answer(world, script, answer):
    profile(world)
    with Asking(world) as run, Watching(world, script) as watching:
        run.tool(1, n=1)
        message = run.got(1)
        if answer == "deny":
            said = text(message)
        else:
            assert is_fine(message), message
            said = ""
        record = run.records("approval.answered")[0]
        assert record["answer"] == answer, record
        assert record["channel"] == "program", record
        watching.end()
        run.end(0)
    check_log(world, [1])
    return said


ANSWERS = {
    "status_0_and_no_word_is_once": ("exit 0", "once", ""),
    "once_is_once": ("echo once", "once", ""),
    "session_is_the_session": ("printf session", "session", ""),
    "another_status_is_a_denial": ("exit 1", "deny", ""),
    "another_status_is_a_denial_whatever_it_says":
        ("echo once; exit 3", "deny", ""),
    "garbage_and_another_status_is_a_denial":
        ("echo garbage; exit 127", "deny", ""),
    "a_denial_has_its_reason": ("echo deny not today", "deny", " not today"),
    "a_denial_needs_no_reason": ("echo deny", "deny", ""),
    "a_reason_is_one_line_of_text":
        (r"printf 'deny a\tb\033[31mc'", "deny", " a b [31mc"),
    "a_long_reason_is_cut":
        ("printf 'deny '; head -c 3000 /dev/zero | tr '\\0' x", "deny",
         " " + "x" * 512),
    "a_reason_that_is_no_text_is_none":
        (r"printf 'deny a\377b'", "deny", ""),
    "a_program_that_closes_stdin_early_may_answer":
        ("exec <&-; echo once", "once", ""),
}


def check_answer(world, script, answer, reason):
    said = expect_answer(world, script, answer)
    if answer == "deny":
        assert said.rstrip() == "Not run: the user declined." + reason, said


for name, (script, answer, reason) in ANSWERS.items():
    t.add(name, check_answer, script, answer, reason)

NO_ANSWER = {
    "what_is_no_answer_is_none": ("echo yes", "what it wrote is no answer"),
    "once_in_capitals_is_none": ("echo ONCE", "what it wrote is no answer"),
    "deny_with_more_is_no_denial":
        ("echo denying", "what it wrote is no answer"),
    "always_is_none": ("echo always", "on a terminal only"),
    "two_lines_are_none": ("echo once; echo once", "more than one line"),
    "a_nul_is_none": (r"printf 'once\0'", "more than one line"),
    "a_signal_is_none": ("kill -9 $$", "ended by a signal"),
    "a_signal_after_once_is_none": ("echo once; kill -15 $$", "by a signal"),
    "ten_megabytes_are_none":
        ("head -c 10000000 /dev/zero | tr '\\0' o", "it wrote too much"),
    "an_endless_flood_is_none": ("exec yes once", "it wrote too much"),
    "a_flood_of_blanks_is_none":
        ("echo once; head -c 9000 /dev/zero | tr '\\0' ' '; echo",
         "it wrote too much"),
}


def check_no_answer(world, script, said):
    profile(world)
    with Asking(world) as run, Watching(world, script) as watching:
        run.tool(1, n=1)
        watching.expect(re.escape(said))
        assert run.seen() == [] and not run.records("approval.answered")
        # Others can answer still.
        with run.approver() as peer:
            assert peer.until("question")["id"] == 1
            assert peer.answer(1, "once")["status"] == "taken"
        assert is_fine(run.got(1))
        watching.end()
        run.end(0)
    check_log(world, [1])


for name, (script, said) in NO_ANSWER.items():
    t.add(name, check_no_answer, script, said)


@t.test
def the_program_is_told_what_it_needs_and_no_more(world):
    profile(world)
    script = (f'echo "$#:$1" >{world.top}/args; cat >{world.top}/stdin; '
              f'env >{world.top}/env; echo deny; '
              f'tr "\\0" " " </proc/$$/cmdline >{world.top}/cmdline')
    with Asking(world) as run, Watching(
            world, script, env={"MINE": "kept"}) as watching:
        secret = "s3cret\u202e\x1b[31m\n\u00e9\\ \" \U0001f600"
        run.tool(1, **{"text": secret, "key\u200b": [1.50, True]})
        text(run.got(1))
        watching.end()
        run.end(0)
        call = run.records("call")[0]
    assert read(f"{world.top}/args") == "1:bad_server: ask_me?\n"
    assert "s3cret" not in read(f"{world.top}/cmdline")
    env = read(f"{world.top}/env").splitlines()
    assert "SSH_ASKPASS_PROMPT=confirm" in env and "MINE=kept" in env
    raw = read(f"{world.top}/stdin")
    assert max(map(ord, raw)) < 0x7f and raw.count("\n") == 1
    told = json.loads(raw)
    for member in ("id server client tool title arguments args_hash rules "
                   "reason expires").split():
        assert member in told, member
    # What a program decodes and prints drives no terminal.
    assert told["arguments"] == {
        "text": 's3cret\\u202e\\u001b[31m\\n\\u00e9\\\\ " \\ud83d\\ude00',
        "key\\u200b": [1.50, True]}, told
    assert "1.50" in raw or "1.5" in raw
    assert told["args_hash"] == call["args_hash"]
    assert told["server"] == "bad_server" and told["tool"] == "ask_me"
    assert told["rules"] == ["ask:a*"], told


@t.test
def one_program_at_a_time_the_most_urgent_first(world):
    profile(world)
    script = (f"echo + >>{world.top}/now; sleep 0.3; "
              f"cat >>{world.top}/stdin; echo - >>{world.top}/now; echo once")
    with Asking(world) as run, Watching(world, script) as watching:
        # While nobody is there, the second one is refused at once.
        run.tool(1, n=1)
        wait_for(lambda: os.path.exists(f"{world.top}/now"), "the program")
        for number in (2, 3):
            run.tool(number, n=number)
        assert all(map(is_fine, run.got_all(1, 2, 3)))
        watching.end()
        run.end(0)
    assert read(f"{world.top}/now") == "+\n-\n" * 3
    told = [json.loads(x) for x in read(f"{world.top}/stdin").splitlines()]
    assert [x["arguments"]["n"] for x in told] == [1, 2, 3], told


HANGS = ("trap '' TERM; echo once; word=program-{0}; "
         "sh -c 'exec -a \"$0\" sleep 1000' $word & "
         "exec python3 -c 'import signal, time; "
         "signal.signal(15, signal.SIG_IGN); time.sleep(1000)' {0}")


@t.test
def a_program_that_hangs_is_killed_when_somebody_else_answers(world):
    profile(world)
    word = f"hang-{os.getpid()}"
    with Asking(world) as run, Watching(
            world, HANGS.format(word), "bash") as watching:
        run.tool(1, n=1)
        watching.expect("the program is asked")
        wait_for(lambda: processes(word), "the program")
        assert run.seen() == []
        with run.approver() as peer:
            peer.until("question")
            assert peer.answer(1, "deny")["status"] == "taken"
        assert text(run.got(1))
        watching.expect(r"not open any more \(deny\)")
        wait_for(lambda: not processes(word), "the end of the program")
        wait_for(lambda: not processes(f"program-{word}"), "and its child")
        watching.end()
        run.end(0)


@t.test
def what_a_program_leaves_running_goes_with_it(world):
    profile(world)
    word = f"left-{os.getpid()}"
    script = f"sh -c 'sleep 1000; : {word}' & echo once"
    with Asking(world) as run, Watching(world, script) as watching:
        run.tool(1, n=1)
        assert is_fine(run.got(1))
        wait_for(lambda: not any(
            word in " ".join(open(f"/proc/{p}/cmdline", "rb").read()
                             .decode(errors="replace").split("\0"))
            for p in filter(str.isdigit, os.listdir("/proc"))
            if os.path.exists(f"/proc/{p}/cmdline")), "its child's end")
        watching.end()
        run.end(0)


@t.test
def the_end_of_the_approver_ends_the_program(world):
    profile(world)
    for number, sig in enumerate((signal.SIGTERM, signal.SIGKILL)):
        word = f"gone-{os.getpid()}-{number}"
        with Asking(world) as run, Watching(
                world, f"exec python3 -c 'import time; time.sleep(1000)' "
                f"{word}") as watching:
            run.tool(1, n=1)
            wait_for(lambda: processes(word), "the program")
            os.kill(watching.pid(), sig)
            watching.wait()
            wait_for(lambda: not processes(word), "the end of the program")
            assert run.seen() == []
            run.end(0)
        os.unlink(watching.pid_path)


@t.test
def a_retry_asks_the_program_again(world):
    profile(world, hold="1s")
    script = (f"echo x >>{world.top}/asked; "
              f"[ $(wc -l <{world.top}/asked) = 1 ] && echo what || echo once")
    with Asking(world) as run, Watching(world, script) as watching:
        run.tool(1, n=1)
        watching.expect("no answer")
        assert text(run.got(1)) == WAITING
        run.tool(2, n=1)
        assert is_fine(run.got(2))
        watching.end()
        run.end(0)
    assert read(f"{world.top}/asked") == "x\nx\n"


@t.test
def a_call_that_was_let_go_does_not_keep_others_waiting(world):
    """The dialog of a call that is gone gives way to one that is held."""
    profile(world, hold="2s")
    script = (f"cat >{world.top}/last; grep -q first {world.top}/last && "
              f"exec sleep 1000; echo once")
    with Asking(world) as run, Watching(world, script) as watching:
        run.tool(1, which="first")
        assert text(run.got(1)) == WAITING
        run.tool(2, which="second")
        assert is_fine(run.got(2))
        watching.expect("waits: another call is held")
        # And has another turn.
        watching.expect("the program is asked")
        watching.expect("the program is asked")
        watching.end()
        run.end(0)


@t.test
def a_program_that_is_not_there_is_said_at_once(world):
    for word, said in (("/no/such", "No such file"), ("no-such", "No such"),
                       (world.file("plain", "x"), "Permission denied"),
                       (world.work, "Permission denied")):
        with Terminal(world, STOCKADE, "approve", "--watch", "--exec", word
                      ) as terminal:
            assert terminal.wait() == 125, (word, terminal.text)
            terminal.expect(said)


@t.test
def a_program_that_goes_away_or_cannot_run_is_no_answer(world):
    profile(world)
    with Asking(world) as run, Watching(world, "echo once") as watching:
        watching.pid()
        os.unlink(os.path.join(world.top, "program"))
        run.tool(1, n=1)
        # An approver may have come before the file went.
        watching.expect("was not asked|No such file")
        assert run.seen() == []
        with run.approver() as peer:
            peer.until("question")
            peer.answer(1, "deny")
        text(run.got(1))
        run.end(0)


@t.test
def large_arguments_reach_a_program_that_reads_and_one_that_does_not(world):
    for number, script in enumerate(
            (f"wc -c >{world.top}/size", "exec <&-; sleep 0.2; exit 0")):
        profile(world)
        with Asking(world) as run, Watching(world, script) as watching:
            run.tool(1, text="x" * (1 << 20), n=number)
            assert is_fine(run.got(1))
            watching.end()
            run.end(0)
        os.unlink(watching.pid_path)
        os.unlink(world.seen)
    assert int(read(f"{world.top}/size")) > 1 << 20


@t.test
def sessions_come_and_go(world):
    profile(world)
    with Watching(world, "echo once") as watching:
        for number in (1, 2):
            with Asking(world) as run:
                run.tool(1, n=number)
                assert is_fine(run.got(1))
                run.end(0)
        time.sleep(0.2)
        watching.end()
    assert watching.text.count(": once") == 2, watching.text


t.main()
