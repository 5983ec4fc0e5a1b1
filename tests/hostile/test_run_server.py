#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that misbehave, under the whole of `stockade run`: each ends in an
answer to the client, a documented status and a whole log, with nothing left.

Usage: test_run_server.py BUILD [NAME…]
"""

import signal
import time

from runrig import (HANG_S, Run, Script, check_log, is_fine, is_refusal, of_type,
                    processes, wait_for)

# Of one of our processes, with lines of 8 MiB on their way both ways.
MEMORY_KIB = 64 * 1024
t = Script()


@t.test
def control_a_good_server_is_not_disturbed(world):
    with Run(world, record=True) as run:
        for number in range(1, 51):
            assert is_fine(run.ask(number))
        run.end(0)
        assert run.rest() == []
    calls, results = check_log(world, range(1, 51))
    assert len(calls) == len(results) == 50
    with open(world.seen, "rb") as file:
        assert len(file.readlines()) == 50


@t.test
def control_what_is_left_running_would_be_found(world):
    with Run(world) as run:
        run.ask(1)
        assert len(run.ours()) >= 4, run.ours()
        assert len(run.remember()) >= 4, run.known
        assert run.peak_kib() > 500
        run.end(0)


@t.test
def one_that_exits_at_once(world):
    with Run(world, "exit") as run:
        run.call(1)
        first = run.receive()
        assert first is None or is_refusal(first), first
        run.end(3)
    check_log(world)
    assert world.records()[-1]["status"] == 3


@t.test
def one_that_exits_in_a_call(world):
    with Run(world, "exit-call", record=True) as run:
        for number in (1, 2, 3):
            run.call(number)
        answers = run.rest()
        # Those that came when it was gone may be told so first.
        assert 1 in [a["id"] for a in answers]
        assert all(map(is_refusal, answers)), answers
        run.end(3)
    check_log(world, [a["id"] for a in answers])


@t.test
def one_that_crashes_in_a_call(world):
    with Run(world, "abort-call", record=True) as run:
        assert is_refusal(run.ask(1))
        run.end(128 + signal.SIGABRT)
        run.expect_line("signal 6")
    check_log(world, [1])
    assert world.records()[-1]["signal"] == signal.SIGABRT


def never_answers(world, way, status, least):
    """End of file, 5 s, SIGTERM, 2 s, SIGKILL."""
    with Run(world, way, record=True) as run:
        run.call(1)
        wait_for(lambda: of_type(world.records(), "call")
                 if world.sessions() else False, "the call in the log")
        began = time.monotonic()
        run.end(status)
        took = time.monotonic() - began
        assert least <= took < HANG_S, f"{took:.1f} s"
        answers = run.rest()
    assert [a["id"] for a in answers] == [1] and is_refusal(answers[0]), answers
    check_log(world, [1])


t.add("one_that_never_answers_ends_with_its_input", never_answers, "mute-call", 0,
      0)
t.add("one_that_does_not_read_is_terminated_5_s_after_the_end",
      never_answers, "deaf", 128 + signal.SIGTERM, 4.5)
t.add("one_that_ignores_SIGTERM_is_killed_7_s_after_the_end", never_answers,
      "stubborn", 128 + signal.SIGKILL, 6.5)
t.add("one_that_stops_itself_is_killed_too", never_answers, "stop",
      128 + signal.SIGKILL, 4.5)


def ends_by_signal(world, way, number):
    with Run(world, way, start_new_session=True) as run:
        run.call(1)
        wait_for(lambda: of_type(world.records(), "call")
                 if world.sessions() else False, "the call in the log")
        began = time.monotonic()
        run.process.send_signal(number)
        status = run.wait()
        assert time.monotonic() - began < HANG_S
        assert status in (0, 128 + number, 128 + signal.SIGKILL), status
        world.verify()


for name in ("SIGTERM", "SIGINT", "SIGHUP"):
    t.add(f"one_that_ignores_everything_ends_2_s_after_{name}", ends_by_signal,
          "stubborn", getattr(signal, name))


@t.test
def one_that_prints_garbage_serves_all_the_same(world):
    with Run(world, "garbage", record=True) as run:
        for number in (101, 102):
            assert is_fine(run.ask(number))
        run.end(0)
        assert run.rest() == [], "garbage reached the client"
        assert b"\x1b" not in run.said and b"\x07" not in run.said
        assert "owned" in run.text() and "hello, I am" in run.text()
    check_log(world, [101, 102])
    assert of_type(world.records(), "protocol.refused")


@t.test
def one_that_prints_garbage_for_an_answer(world):
    with Run(world, "garbage-call", record=True) as run:
        first = run.ask(1)
        assert is_refusal(first), first
        assert is_fine(run_ping(run, 2))
        run.end(0)
    check_log(world, [1, 2])


def run_ping(run, number):
    run.send(b'{"jsonrpc":"2.0","id":%d,"method":"ping"}\n' % number)
    return run.answer(number)


def floods(world, way, least_said=0):
    """For two seconds: memory and what is shown stay within bounds."""
    with Run(world, way, ["--limit", "stderr=64K"]) as run:
        run.call(1)
        time.sleep(2)
        wait_for(lambda: len(run.said) >= least_said, "the flood", HANG_S)
        peak = run.peak_kib()
        run.process.send_signal(signal.SIGTERM)
        status = run.wait()
        world.verify()
        assert peak < MEMORY_KIB, f"{peak} KiB"
        assert len(run.said) < 256 * 1024, f"{len(run.said)} bytes on stderr"
        assert b"\x1b" not in run.said
        assert status in (128 + signal.SIGTERM, 128 + signal.SIGKILL), run.text()
    records = world.records()
    assert len(records) < 2000, f"{len(records)} records of a flood"
    return records


for way in ("noise", "line", "notifications", "requests"):
    t.add(f"a_flood_of_{way}_on_stdout_is_bounded", floods, f"flood-{way}")


@t.test
def notifications_in_great_number_pass_in_order(world):
    with Run(world, "notify-call") as run:
        run.call(1)
        for number in range(20000):
            message = run.receive()
            assert message["params"]["data"] == number, message
        assert is_fine(run.answer(1))
        run.end(0)
    check_log(world, [1])
    assert len(world.records()) < 100


@t.test
def a_flood_on_stderr_is_bounded(world):
    # What a reader is too slow for is not waited with: some of it comes.
    records = floods(world, "flood-stderr", 4096)
    assert [r for r in of_type(records, "limit.hit")
            if r["limit"] == "stderr"], "the cap is not in the log"


@t.test
def a_flood_does_not_starve_a_call(world):
    with Run(world, "flood-stderr-call", ["--limit", "stderr=64K"]) as run:
        assert is_fine(run_ping(run, 1))
        run.call(2)
        time.sleep(0.5)
        run.process.send_signal(signal.SIGTERM)
        run.wait()
        assert is_refusal(run.answer(2))
    check_log(world, [1, 2])


@t.test
def one_that_forks_without_end_meets_its_limit(world):
    with Run(world, "forks", ["--limit", "pids=64"]) as run:
        run.call(1)
        wait_for(lambda: len(run.remember()) >= 30, "the forks")
        assert len([p for p in run.remember()]) < 200
        run.process.send_signal(signal.SIGTERM)
        run.wait()
        world.verify()


@t.test
def one_that_eats_all_memory_ends_with_124(world):
    with Run(world, "memory-call", ["--limit", "memory=64M"],
             record=True) as run:
        assert is_fine(run_ping(run, 1))
        run.call(2)
        assert is_refusal(run.answer(2))
        run.end(124)
        run.expect_line("limit memory reached")
    check_log(world, [1, 2])
    hits = of_type(world.records(), "limit.hit")
    assert [h["limit"] for h in hits] == ["memory"], hits


@t.test
def one_that_runs_past_its_session_ends_with_124(world):
    with Run(world, "mute-call", ["--limit", "session=1s"]) as run:
        run.call(1)
        first = run.receive()
        assert first is None or is_refusal(first), first
        assert run.wait() == 124
        run.expect_line("limit session reached")
        world.verify()


@t.test
def one_that_closes_its_stdout_but_lives(world):
    with Run(world, "close-stdout-call", record=True) as run:
        assert is_fine(run_ping(run, 1))
        began = time.monotonic()
        assert is_refusal(run.ask(2))
        assert run.receive() is None
        assert run.wait() == 128 + signal.SIGKILL
        assert time.monotonic() - began < HANG_S
        world.verify()
    check_log(world, [1, 2])


@t.test
def one_that_closes_its_stdin_but_lives(world):
    with Run(world, "close-stdin-call") as run:
        assert is_fine(run_ping(run, 1))
        run.call(2)
        time.sleep(0.2)
        try:
            for number in range(3, 40):
                run.call(number)
        except BrokenPipeError:
            pass
        run.end()
        answers = run.rest()
        assert answers and all(map(is_refusal, answers)), answers
    check_log(world, [a["id"] for a in answers])


@t.test
def forged_answers_are_dropped_and_told(world):
    with Run(world, "forge-call", record=True) as run:
        for number in (1, 2):
            assert is_fine(run.ask(number))
        run.end(0)
        assert run.rest() == []
    check_log(world, [1, 2])
    kinds = [r["kind"] for r in of_type(world.records(), "anomaly")]
    assert "forged_response" in kinds, kinds


@t.test
def a_second_answer_is_dropped(world):
    with Run(world, "twice-call", record=True) as run:
        for number in (1, 2):
            assert is_fine(run.ask(number))
        run.end(0)
        assert run.rest() == []
    check_log(world, [1, 2])
    assert of_type(world.records(), "anomaly")


@t.test
def an_answer_over_8_MiB_is_an_error_and_no_end(world):
    with Run(world, "huge-call", record=True) as run:
        for number in (1, 2, 3):
            assert is_refusal(run.ask(number))
        assert is_fine(run_ping(run, 4))
        peak = run.peak_kib()
        assert peak < MEMORY_KIB, f"{peak} KiB"
        run.end(0)
    check_log(world, [1, 2, 3, 4])


@t.test
def one_that_dies_within_a_line(world):
    with Run(world, "half-call", record=True) as run:
        assert is_refusal(run.ask(1))
        run.end(0)
        assert run.rest() == []
    check_log(world, [1])


@t.test
def bytes_that_are_no_UTF8_do_not_pass(world):
    with Run(world, "bad-utf8-call", record=True) as run:
        assert is_refusal(run.ask(1))
        assert is_fine(run_ping(run, 2))
        run.end(0)
    check_log(world, [1, 2])


@t.test
def half_a_surrogate_pair_is_mended(world):
    with Run(world, "surrogate-call") as run:
        answer = run.ask(1)
        assert answer["result"]["content"][0]["text"] == "cut \ufffd here"
        run.end(0)
    check_log(world, [1])


@t.test
def daemons_without_a_name_end_with_the_session(world):
    with Run(world, "hide-call", record=True) as run:
        assert is_fine(run_ping(run, 1))
        run.call(2)
        wait_for(lambda: len(run.remember()) >= 20, "the daemons")
        assert not set(processes(run.word)) - set(run.ours()), "not hidden"
        run.end()
    check_log(world, [1])


@t.test
def daemons_end_when_the_supervisor_is_killed(world):
    with Run(world, "hide-call") as run:
        assert is_fine(run_ping(run, 1))
        run.call(2)
        wait_for(lambda: len(run.remember()) >= 20, "the daemons")
        run.process.kill()
        run.process.wait()
        wait_for(lambda: not run.left(), "the end of all", HANG_S)
        world.verify()
    last = world.records()[-1]
    assert last.get("cause", "").startswith("supervisor "), last


@t.test
def one_that_kills_its_group_kills_only_itself(world):
    with Run(world, "kill-group-call", record=True) as run:
        assert is_fine(run_ping(run, 1))
        assert is_refusal(run.ask(2))
        run.end(128 + signal.SIGKILL)
    check_log(world, [1, 2])


@t.test
def one_that_kills_all_it_sees_stays_alone(world):
    with Run(world, "kill-all-call", record=True) as run:
        for number in (1, 2):
            assert is_fine(run.ask(number))
        run.end(0)
    check_log(world, [1, 2])


t.main()
