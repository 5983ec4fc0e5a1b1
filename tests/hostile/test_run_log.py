#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What may go wrong with the log, and with our own processes, in the middle of
a session: nothing is forwarded that the log does not hold.

Usage: test_run_log.py BUILD [NAME…]
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import time

from place import Place, fill, mount
from runrig import (AS_ROOT, HANG_S, PATIENCE, Run, Script, check_log,
                    descendants, is_fine, is_refusal, of_type, request,
                    wait_for)

# All ends in 2 s after a signal; a keeper alone would have 10.
SIGNAL_S = 7
t = Script()


def small_state(world, size, kind="tmpfs"):
    """The state folder on a filesystem of its own."""
    return Place(lambda: mount("none", world.state, kind, 0,
                               f"size={size}" if kind == "tmpfs" else None))


def state_records(world, place):
    sessions = world.sessions(place.path(world.audit()))
    assert len(sessions) == 1, sessions.keys()
    return next(iter(sessions.values()))


def verify_in(world, place, expected=0):
    done = world.stockade("verify", wrap=place.enter)
    assert done.returncode == expected, (done.stdout, done.stderr)
    return done.stdout


@t.test
def control_a_state_folder_on_its_own_filesystem(world):
    with small_state(world, "4m") as place:
        with Run(world, wrap=place.enter, record=True) as run:
            for number in range(1, 21):
                assert is_fine(run.ask(number))
            run.end(0, verify=None)
        verify_in(world, place)
        check_log(world, range(1, 21), state_records(world, place))


@t.test
def control_what_is_missing_in_the_log_would_be_found(world):
    with Run(world, record=True) as run:
        for number in (1, 2, 3):
            assert is_fine(run.ask(number))
        run.end(0)
    records = world.records()
    check_log(world, [1, 2, 3])
    for lost in range(1, len(records) - 1):
        try:
            check_log(world, [1, 2, 3], records[:lost] + records[lost + 1:])
        except AssertionError:
            continue
        raise AssertionError(f"record {lost} is not missed")


def ask_until_refused(run, number=1, most=200000):
    """The first number that is refused, after at least one that is not."""
    for number in range(number, number + most):
        answer = run.ask(number)
        if is_refusal(answer):
            return number, answer
        assert is_fine(answer), answer
    raise AssertionError("nothing was refused")


@t.test
def a_disk_that_fills_up_in_a_session_denies_and_recovers(world):
    with small_state(world, "2m") as place, \
            Run(world, wrap=place.enter, record=True) as run:
        assert is_fine(run.ask(1))
        filler = fill(place.path(world.state))
        refused, answer = ask_until_refused(run, 2)
        assert "recorded" in json.dumps(answer), answer
        # It stays so, and quickly.
        for number in (refused + 1, refused + 2):
            assert is_refusal(run.ask(number))
        run.expect_line("cannot grow|takes no record", 2)
        with open(world.seen, "rb") as file:
            seen = [json.loads(line)["id"] for line in file]
        assert seen == list(range(1, refused)), "a refused call was forwarded"
        # All that went through is in the log now, while the disk is full.
        wait_for(lambda: len(of_type(state_records(world, place), "result"))
                 >= refused - 1, "the last records")
        check_log(world, seen, state_records(world, place))
        os.unlink(filler)
        wait_for(lambda n=[refused + 3]: n.append(n[0]) or
                 is_fine(run.ask(n.__setitem__(0, n[0] + 1) or n[0])),
                 "calls to pass again")
        number = 10 ** 6
        assert is_fine(run.ask(number))
        run.end(0, verify=None)
        verify_in(world, place)
        records = state_records(world, place)
        check_log(world, [*seen, number], records)
        assert records[-1]["type"] == "session.end"


@t.test
def a_session_ends_in_order_on_a_full_disk(world):
    with small_state(world, "2m") as place, \
            Run(world, wrap=place.enter, record=True) as run:
        assert is_fine(run.ask(1))
        fill(place.path(world.state))
        refused, _ = ask_until_refused(run, 2)
        run.end(0, verify=None)
        verify_in(world, place)
        records = state_records(world, place)
        check_log(world, range(1, refused), records)
        assert records[-1]["type"] == "session.end", records[-1]


@t.test
def many_outstanding_calls_on_a_full_disk_keep_their_results(world):
    """What was forwarded has its result in the log, space or no space."""
    with small_state(world, "2m") as place, \
            Run(world, "mute-call", wrap=place.enter, record=True) as run:
        for number in range(1, 31):
            run.call(number)
        wait_for(lambda: os.path.exists(world.seen) and
                 len(open(world.seen, "rb").readlines()) == 30, "the calls")
        fill(place.path(world.state))
        run.end(0, verify=None)
        assert sorted(a["id"] for a in run.rest()) == list(range(1, 31))
        verify_in(world, place)
        check_log(world, range(1, 31), state_records(world, place))


@t.test
def a_start_on_a_full_disk_is_refused(world):
    with small_state(world, "1m") as place:
        fill(place.path(world.state))
        done = world.stockade("run", "--", "/bin/cat", wrap=place.enter)
        assert done.returncode == 125 and done.stdout == "", done
        assert "no space" in done.stderr.lower(), done.stderr


@t.test
def a_start_with_almost_no_space_runs_or_is_refused(world):
    """Never a run whose first calls find no log."""
    outcomes = set()
    for left in (8, 32, 64, 96, 128, 160, 192, 256, 384):
        with small_state(world, "1m") as place:
            fill(place.path(world.state), left * 1024)
            with Run(world, wrap=place.enter) as run:
                run.send(request(1))
                answer = run.receive()
                outcomes.add(answer is not None)
                if answer is None:
                    assert run.wait() == 125
                    run.expect_line("no space")
                    continue
                assert is_fine(answer), (left, answer)
                run.end(0, verify=None)
            verify_in(world, place)
    assert outcomes == {True, False}, outcomes


@t.test
def a_filesystem_that_reserves_nothing_loses_nothing(world):
    """ramfs has no fallocate: one record at a time."""
    with small_state(world, "", "ramfs") as place, \
            Run(world, wrap=place.enter, record=True) as run:
        run.send(b"".join(request(n) for n in range(1, 201)))
        for number in range(1, 201):
            assert is_fine(run.answer(number))
        run.end(0, verify=None)
        verify_in(world, place)
        check_log(world, range(1, 201), state_records(world, place))


def make_read_only(world, place):
    """To all who open it from now on. Root is not held up by a mode, and a
    mount with a file that is open for writing cannot be made read-only: so
    another one is put over it."""
    if AS_ROOT:
        for words in (["--bind", world.state, world.state],
                      ["-o", "remount,bind,ro", world.state]):
            subprocess.run([*place.enter, "mount", "-n", *words], check=True,
                           env=world.env)
    else:
        os.chmod(place.path(world.audit()), 0o500)
    try:
        open(place.path(os.path.join(world.audit(), "new")), "x").close()
    except OSError as error:
        assert error.errno == (errno.EROFS if AS_ROOT else errno.EACCES)
    else:
        raise AssertionError("the folder is not read-only")


@t.test
def a_state_folder_that_becomes_read_only(world):
    """Writing goes on through what is open; a new start is refused."""
    last = 1000
    with small_state(world, "8m") as place:
        with Run(world, wrap=place.enter, record=True) as run:
            assert is_fine(run.ask(1))
            make_read_only(world, place)
            # More than was reserved before.
            run.send(b"".join(request(n) for n in range(2, last + 1)))
            for number in range(2, last + 1):
                assert is_fine(run.answer(number))
            done = world.stockade("run", "--", "/bin/cat", wrap=place.enter)
            assert done.returncode == 125 and done.stdout == "", done
            assert "audit log cannot be written" in done.stderr, done.stderr
            run.end(0, verify=None)
        verify_in(world, place)
        records = state_records(world, place)
        check_log(world, range(1, last + 1), records)
        assert records[-1]["type"] == "session.end", records[-1]
        assert len(json.dumps(records)) > 256 * 1024


def limited(blocks):
    """Under a limit on the size of files, in units of 512 bytes."""
    return ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh"]


@t.test
def a_limit_on_file_sizes_denies_and_loses_nothing(world):
    with Run(world, wrap=limited(600)) as run:
        refused, _ = ask_until_refused(run)
        assert refused > 20, refused
        assert is_refusal(run.ask(refused + 1))
        run.end(0)
    check_log(world, range(1, refused))


@t.test
def a_limit_on_file_sizes_that_leaves_no_room_refuses_the_start(world):
    with Run(world, wrap=limited(1)) as run:
        assert run.receive() is None
        assert run.wait() == 125
        assert len(run.ours_said()) >= 1, run.text()


@t.test
def a_log_that_is_removed_under_the_keeper(world):
    """What it writes is gone with the file; verify says so."""
    with Run(world) as run:
        assert is_fine(run.ask(1))
        shutil.rmtree(world.audit())
        run.ask(2)
        run.end(verify=None)
    done = world.stockade("verify")
    assert "intact" not in done.stdout.replace("NOT INTACT", ""), done


@t.test
def a_ledger_that_another_keeps_locked(world):
    with Run(world) as run:
        run.end(0)
    ledger = os.path.join(world.audit(), "ledger.jsonl")
    holder = subprocess.Popen(["flock", ledger, "sleep", "60"])
    try:
        time.sleep(0.3)
        began = time.monotonic()
        done = world.stockade("run", "--", "/bin/cat")
        assert time.monotonic() - began < HANG_S
        assert done.returncode == 125, done
        assert "locked by another process" in done.stderr, done.stderr
    finally:
        holder.terminate()
        holder.wait()


def part_of(run, what):
    """The keeper has the log open, the relay its wiped arguments: told apart
    by what they are children of and which came when."""
    children = run.ours()[1:]
    return sorted(children)[("relay", "init", "keeper").index(what)]


def killed_part(world, what, number=signal.SIGKILL):
    with Run(world, record=True, start_new_session=True) as run:
        for n in range(1, 11):
            assert is_fine(run.ask(n))
        run.remember()
        time.sleep(0.1)  # records are on their way for a millisecond
        began = time.monotonic()
        os.kill(part_of(run, what), number)
        status = run.wait()
        assert time.monotonic() - began < HANG_S
        answered = list(range(1, 11))
        if what != "keeper":
            world.verify()
            assert world.records()[-1]["type"] == "session.end"
        else:
            assert "cut short" in world.stockade("verify").stdout
        check_log(world, answered)
        assert status == 125, status
        run.expect_line(f"{what} ended unexpectedly")


for part in ("keeper", "relay", "init"):
    t.add(f"the_{part}_is_killed", killed_part, part)


def stopped_part(world, what):
    """A part that hangs holds nobody up for ever."""
    with Run(world, start_new_session=True) as run:
        assert is_fine(run.ask(1))
        run.remember()
        part = part_of(run, what)
        os.kill(part, signal.SIGSTOP)
        try:
            if what == "keeper":
                # Credit is left for some; then calls are denied.
                refused, _ = ask_until_refused(run, 2)
                assert is_refusal(run.ask(refused + 1))
            began = time.monotonic()
            run.process.send_signal(signal.SIGTERM)
            run.process.wait(PATIENCE)
            assert time.monotonic() - began < HANG_S
            assert run.process.returncode > 0
        finally:
            try:
                os.kill(part, signal.SIGCONT)
            except ProcessLookupError:
                pass
        wait_for(lambda: not run.left(), "the end of all", HANG_S)


for part in ("keeper", "relay"):
    t.add(f"the_{part}_hangs", stopped_part, part)


def wait_for_all_but(run, keeper):
    """Those that the supervisor has still to wait for count too."""
    wait_for(lambda: [pid for pid, _ in descendants(run.process.pid)] ==
             [keeper], "the end of all but the keeper")


def signalled_end(world, keeper_signal, at_the_end):
    """A signal ends all in 2 s; at the end only the keeper is still there, and
    the signal comes while it is waited for."""
    with Run(world, record=True, start_new_session=True) as run:
        assert is_fine(run.ask(1))
        wait_for(lambda: of_type(world.records(), "result"), "the records")
        run.remember()
        keeper = part_of(run, "keeper")
        if keeper_signal:
            os.kill(keeper, keeper_signal)
        if at_the_end:
            run.hang_up()
            wait_for_all_but(run, keeper)
        began = time.monotonic()
        run.process.send_signal(signal.SIGTERM)
        status = run.wait()
        took = time.monotonic() - began
        if not keeper_signal:
            assert status in (0, 128 + signal.SIGTERM), (status, run.text())
            world.verify()
            assert world.records()[-1]["type"] == "session.end"
        else:
            assert took < SIGNAL_S, f"{took:.1f} s"
            assert status == 125, (status, run.text())
            run.expect_line("keeper does not end.* log is not whole")
            assert "cut short" in world.stockade("verify").stdout
    check_log(world)


t.add("control_a_signal_leaves_a_whole_log", signalled_end, 0, False)
t.add("a_signal_ends_all_though_the_keeper_hangs", signalled_end,
      signal.SIGSTOP, False)
t.add("a_signal_cuts_the_wait_for_a_keeper_that_hangs", signalled_end,
      signal.SIGSTOP, True)


@t.test
def the_keeper_is_killed_at_the_very_end(world):
    """All others have ended in order: what is missing is told all the same."""
    with Run(world, start_new_session=True) as run:
        assert is_fine(run.ask(1))
        keeper = part_of(run, "keeper")
        os.kill(keeper, signal.SIGSTOP)
        run.hang_up()
        wait_for_all_but(run, keeper)
        os.kill(keeper, signal.SIGKILL)
        assert run.wait() == 125, run.text()
        run.expect_line("keeper ended unexpectedly.* log is not whole")
    assert "cut short" in world.stockade("verify").stdout


@t.test
def the_keeper_is_killed_with_calls_on_their_way(world):
    """The log may end early, by records of the last moment; it is whole."""
    with Run(world, record=True) as run:
        run.send(b"".join(request(n) for n in range(1, 501)))
        for number in range(1, 251):
            assert is_fine(run.answer(number))
        os.kill(part_of(run, "keeper"), signal.SIGKILL)
        assert run.wait() == 125
    assert "cut short" in world.stockade("verify").stdout
    records = world.records()
    assert [r["seq"] for r in records] == list(range(len(records)))


@t.test
def twenty_sessions_at_once(world):
    runs = [Run(world) for _ in range(20)]
    try:
        for number in range(1, 6):
            for run in runs:
                run.call(number)
            for run in runs:
                assert is_fine(run.answer(number))
        for run in runs:
            run.hang_up()
        for run in runs:
            assert run.wait() == 0, run.text()
    finally:
        for run in runs:
            run.__exit__()
    assert "20 sessions" in world.verify()
    sessions = world.sessions()
    assert len(sessions) == 20
    for records in sessions.values():
        check_log(world, range(1, 6), records)
    with open(os.path.join(world.audit(), "ledger.jsonl"), "rb") as file:
        lines = [json.loads(line) for line in file]
    assert [x["seq"] for x in lines] == list(range(len(lines)))
    for kind in ("start", "end"):
        assert {x["session"] for x in lines if x["type"] == kind} == \
            set(sessions), kind


@t.test
def killed_sessions_leave_a_log_that_goes_on(world):
    for _ in range(5):
        with Run(world) as run:
            assert is_fine(run.ask(1))
            run.remember()
            # The keeper first: it would bring its log to an end.
            for pid in [part_of(run, "keeper"), *run.ours()]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            run.process.wait(PATIENCE)
            wait_for(lambda r=run: not r.left(), "the end of all", HANG_S)
    with Run(world) as run:
        assert is_fine(run.ask(1))
        run.end(0, verify=None)
    text = world.stockade("verify")
    assert text.stdout.count("cut short") >= 5, text.stdout
    assert len(world.sessions()) == 6


t.main()
