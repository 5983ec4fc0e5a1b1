#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Approvers that misbehave, or are not to be ones: nothing is approved by
accident, the session goes on, and the log tells.

Usage: test_run_approver.py BUILD [NAME…]
"""

import os
import socket
import subprocess
import sys
import threading

from askrig import Asking, approver, profile, text
from place import fill
from runrig import Script, is_fine

t = Script()


def open_question(run, peer, number=1, **arguments):
    run.tool(number, **arguments)
    return peer.until("question", id=number)


def goes_on(run, number=900):
    """The session is alive, and the question can still be answered."""
    run.tool(number, name="free")
    assert is_fine(run.got(number))
    with run.approver() as other:
        other.until("question")
        assert other.answer(1, "once")["status"] == "taken"
    assert is_fine(run.got(1))
    run.end(0)


def plain_socket(run):
    """A connection of the test's own process, which is the client."""
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with approver.address(run.socket()) as short:
        peer.connect(short)
    return peer


@t.test
def the_first_answer_counts(world):
    profile(world)
    with Asking(world) as run, run.approver() as one, run.approver() as two:
        open_question(run, one)
        two.until("question")
        assert one.answer(1, "deny")["status"] == "taken"
        assert two.until("gone")["answer"] == "deny"
        assert two.answer(1, "once")["status"] == "late"
        assert one.answer(1, "session", any=True)["status"] == "late"
        text(run.got(1))
        assert run.seen() == []
        run.end(0)


@t.test
def many_at_once_give_one_answer(world):
    profile(world)
    with Asking(world) as run:
        peers = [run.approver() for _ in range(6)]
        for peer in peers:
            peer.until("end")
        run.tool(1)
        got = []
        threads = [threading.Thread(target=lambda p=p: got.append(
            p.until("question") and p.answer(1, "once")["status"]))
            for p in peers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(got) == ["late"] * 5 + ["taken"], got
        assert is_fine(run.got(1)) and run.seen() == [1]
        for peer in peers:
            peer.close()
        run.end(0)
    assert len([r for r in world.records()
                if r["type"] == "approval.answered"]) == 1


@t.test
def what_was_not_asked_cannot_be_answered(world):
    profile(world)
    with Asking(world) as run, run.approver() as peer:
        peer.until("end")
        for ident in (1, 2, 77, 0, 2**64 - 1):
            assert peer.answer(ident, "session")["status"] == "unknown"
        open_question(run, peer)
        assert peer.answer(2, "once")["status"] == "unknown"
        goes_on(run)


@t.test
def a_question_of_another_session_is_not_answered(world):
    profile(world)
    with Asking(world) as one:
        one.tool(1)
        first = one.socket()
        with Asking(world) as two:
            two.tool(5, name="free")
            assert is_fine(two.got(5))
            two.tool(1)
            path = [n for n in os.listdir(os.path.dirname(first))
                    if n != os.path.basename(first)]
            with approver.Approver(first) as peer:
                peer.until("question")
                assert peer.answer(2, "once")["status"] == "unknown"
                assert peer.answer(1, "once")["status"] == "taken"
            assert is_fine(one.got(1))
            assert two.seen().count(1) == 1, "the other session's call ran"
            two.hang_up()
            two.wait()
            assert path
        one.end(0)


@t.test
def one_that_says_nothing_hinders_nobody(world):
    profile(world)
    with Asking(world) as run:
        silent = [plain_socket(run) for _ in range(4)]
        run.tool(1)
        goes_on(run)
        for peer in silent:
            peer.close()


@t.test
def one_that_dies_in_the_middle_has_not_answered(world):
    profile(world)
    with Asking(world) as run:
        with run.approver() as peer:
            open_question(run, peer)
            # Half of an answer, and gone.
            half = approver.word(approver.ANSWER, 1, 1)[:60]
            peer.command(raw=half.hex())
        assert run.seen() == []
        goes_on(run)


@t.test
def what_is_no_word_ends_the_connection(world):
    profile(world)
    words = {
        "garbage": os.urandom(300),
        "empty text": approver.word(approver.ANSWER, 1, 1, text_len=4),
        "of another version": approver.word(approver.ANSWER, 1, 1, version=2),
        "an answer that there is not": approver.word(approver.ANSWER, 1, 5),
        "no answer": approver.word(approver.ANSWER, 1, 0),
        "a scope that there is not":
            approver.word(approver.ANSWER, 1, 1, scope=2),
        "a keeper's word": approver.word(approver.DONE, 1, 1),
        "a type that there is not": approver.word(99, 1, 1),
        "too long a reason": approver.word(approver.ANSWER, 1, 1,
                                           text=b"x" * 513),
        "a NUL in the reason": approver.word(approver.ANSWER, 1, 1,
                                             text=b"a\0b"),
        "a second greeting": approver.word(approver.ATTACH, channel=1),
        "much": approver.word(approver.ANSWER, 1, 1, text=b"x" * 60000),
    }
    with Asking(world) as run:
        run.tool(1)
        for name, raw in words.items():
            with run.approver() as peer:
                peer.until("question")
                peer.command(raw=raw.hex())
                while (said := peer.next()) is not None:
                    assert said["type"] != "done", (name, said)
                assert run.seen() == [], name
        goes_on(run)


@t.test
def ten_mib_are_not_read(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1)
        peer = plain_socket(run)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
        sent = 0
        try:
            while sent < 10 << 20:
                sent += peer.send(b"x" * 65536)
        except OSError:
            pass
        peer.close()
        assert run.peak_kib() < 48 * 1024, run.peak_kib()
        goes_on(run)


@t.test
def a_crowd_is_let_in_up_to_a_bound(world):
    profile(world)
    with Asking(world) as run:
        run.tool(1)
        crowd = [plain_socket(run) for _ in range(40)]
        for peer in crowd:
            peer.close()
        goes_on(run)


@t.test
def one_that_does_not_read_is_let_go_of(world):
    profile(world, hold="1s")
    with Asking(world) as run:
        run.tool(1)
        path = run.socket()
        # Attached, and never reads a word; stopped, so that it cannot.
        with approver.Approver(path) as deaf:
            deaf.until("question")
            with approver.Approver(path) as other:
                other.until("question")
                run.got(1)
                for number in range(2, 60):
                    run.tool(number)
                    run.got(number) if number % 7 == 0 else None
                assert other.answer(1, "deny")["status"] == "taken"
        run.tool(900, name="free")
        assert is_fine(run.got(900))
        run.end()


def is_kept_off(world, run, start):
    """The approver made by start() is refused, told of and written down."""
    with run.approver() as watcher:
        open_question(run, watcher)
        with start() as peer:
            said = peer.until("done")
            assert said["status"] == "refused", said
            assert said["fault"] == "descends", said
            assert not any(w["type"] == "question" for w in peer.seen), \
                "it was shown the question"
        notice = watcher.until("notice")["text"]
        assert "python3" in notice, notice
        assert run.seen() == []
        assert watcher.answer(1, "deny")["status"] == "taken"
        text(run.got(1))
    run.end(0)
    [anomaly] = [r for r in world.records() if r["type"] == "anomaly"
                 and r["kind"] == "self_approval"]
    assert anomaly["by"]["pid"] > 1, anomaly
    assert "self_approval" in run.text()


@t.test
def the_client_cannot_agree_with_itself(world):
    profile(world)
    with Asking(world) as run:
        is_kept_off(world, run,
                    lambda: run.approver(terminal=False, detached=False))


@t.test
def one_that_leaves_at_once_is_told_of_all_the_same(world):
    profile(world)
    with Asking(world) as run, run.approver() as watcher:
        open_question(run, watcher)
        watcher.until("end")
        for _ in range(5):
            peer = plain_socket(run)
            peer.send(approver.word(approver.ATTACH, channel=1))
            peer.close()
            assert "python3" in watcher.until("notice")["text"]
        assert watcher.answer(1, "deny")["status"] == "taken"
        text(run.got(1))
        run.end(0)
    assert len([r for r in world.records() if r["type"] == "anomaly"
                and r["kind"] == "self_approval"]) == 5


@t.test
def nor_can_a_shell_of_the_clients_through_a_terminal(world):
    """script(1) makes a terminal; the ancestry tells."""
    profile(world)

    def start():
        peer = approver.Approver.__new__(approver.Approver)
        peer.seen = []
        peer.process = subprocess.Popen(
            ["script", "-qec", f"stty -echo -onlcr; exec {sys.executable} "
             f"{approver.__file__} {run.socket()} 1 0 0", "/dev/null"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        return peer

    with Asking(world) as run:
        is_kept_off(world, run, start)


@t.test
def the_parent_of_a_shell_that_only_runs_the_wrapper_is_the_client(world):
    profile(world)
    with Asking(world, wrap=["sh", "-c", '"$@"; exit $?', "sh"]) as run:
        is_kept_off(world, run,
                    lambda: run.approver(terminal=False, detached=False))


@t.test
def one_without_a_terminal_cannot_answer_as_a_person(world):
    profile(world)
    with Asking(world) as run, run.approver(terminal=False) as peer, \
            run.approver() as watcher:
        open_question(run, peer)
        watcher.until("question")
        said = peer.answer(1, "once")
        assert said["status"] == "refused", said
        assert said["fault"] == "no terminal", said
        assert run.seen() == []
        # The others hear of it, and the log has it at once.
        notice = watcher.until("notice")["text"]
        [anomaly] = [r for r in world.records() if r["type"] == "anomaly"]
        assert anomaly["kind"] == "self_approval", anomaly
        assert str(anomaly["by"]["pid"]) in notice, (anomaly, notice)
        goes_on(run)


@t.test
def a_program_can_and_the_log_says_so(world):
    profile(world)
    with Asking(world) as run, \
            run.approver(channel=approver.PROGRAM, terminal=False) as peer:
        open_question(run, peer)
        assert peer.answer(1, "always")["status"] == "refused"
        assert peer.answer(1, "once")["status"] == "taken"
        assert is_fine(run.got(1))
        run.end(0)
    [answered] = [r for r in world.records()
                  if r["type"] == "approval.answered"]
    assert answered["channel"] == "program" and "tty" not in answered["by"]


@t.test
def a_reader_reads_and_no_more(world):
    profile(world, hold="1s")
    with Asking(world) as run, run.approver(channel=approver.READER) as peer:
        open_question(run, peer)
        assert peer.answer(1, "once")["status"] == "refused"
        text(run.got(1))
        # Nobody was there who could have answered.
        run.tool(2, n=2, token="x")
        text(run.got(2))
        assert run.notes == []
        run.end(0)


@t.root
def an_answer_that_cannot_be_recorded_does_not_count(world):
    """A small disk, full before the answer."""
    profile(world)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700",
                    "tmpfs", world.state], check=True)
    try:
        with Asking(world) as run, run.approver() as peer:
            open_question(run, peer)
            fill(world.state)
            # What was reserved is there; the answers use it up.
            for number in range(2, 400):
                run.tool(number, n=number)
                said = run.got(number) if number > 8 else None
                if said and "could not be recorded" in str(said):
                    break
            if peer.answer(1, "once")["status"] == "taken":
                assert is_fine(run.got(1))
            else:
                # Whoever comes after it is answered, so it had its chance.
                run.tool(999, name="free")
                run.got(999)
                assert 1 not in run.seen()
            run.hang_up()
            run.wait()
    finally:
        subprocess.run(["umount", "-l", world.state], check=False)


t.main()
