#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Clients that misbehave, under the whole of `stockade run`: each request has
an answer or an end, memory stays bounded, and the log tells all.

Usage: test_run_client.py BUILD [NAME…]
"""

import json
import os
import pty
import signal
import socket
import subprocess
import threading
import time
import tty

from runrig import (AS_ROOT, HANG_S, PATIENCE, Run, Script, check_log, is_fine,
                    is_refusal, of_type, request, wait_for)

# Of one of our processes; a line has 8 MiB at most.
MEMORY_KIB = 64 * 1024
# A shell's background job ignores it, and so would all that it starts.
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
t = Script()


def pings(first, count):
    return b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"ping"}\n' % n
                    for n in range(first, first + count))


@t.test
def one_that_closes_early(world):
    with Run(world) as run:
        run.end(0)
        assert run.rest() == []
    assert world.records()[-1]["cause"] == "client closed its end"


@t.test
def one_that_closes_before_anything_is_set_up(world):
    done = world.stockade("run", "--", "/bin/cat")
    assert done.returncode == 0 and done.stdout == "", done
    world.verify()


@t.test
def one_that_does_not_wait_for_its_answers(world):
    with Run(world, record=True) as run:
        run.send(b"".join(request(n) for n in range(1, 101)))
        run.end(0)
        answers = run.rest()
    assert [a["id"] for a in answers] == list(range(1, 101))
    assert all(map(is_fine, answers))
    check_log(world, range(1, 101))


@t.test
def one_that_closes_its_stdout(world):
    out_r, out_w = os.pipe()
    with Run(world, record=True, stdout=out_w) as run:
        os.close(out_w)
        run.call(1)
        os.read(out_r, 4096)
        os.close(out_r)
        run.call(2)
        run.wait()
        world.verify()
    check_log(world, [1])
    assert world.records()[-1]["cause"] == "client is gone"


@t.test
def one_that_sends_half_a_line(world):
    with Run(world, record=True) as run:
        assert is_fine(run.ask(1))
        run.send(request(2)[:-9])
        run.end(0)
        left = run.rest()
    assert [a["error"]["code"] for a in left] == [-32700], left
    check_log(world, [1])
    with open(world.seen, "rb") as file:
        assert len(file.readlines()) == 1, "half a line went through"


@t.test
def one_that_pauses_within_a_line(world):
    with Run(world) as run:
        for byte in request(1):
            run.send(bytes([byte]))
        time.sleep(0.5)
        assert is_fine(run.answer(1))
        run.end(0)
    check_log(world, [1])


@t.test
def a_line_of_100_MiB_is_refused_and_the_next_passes(world):
    with Run(world, record=True) as run:
        run.send(b'{"jsonrpc":"2.0","id":7,"method":"tools/call","params":'
                 b'{"name":"t","arguments":{"x":"')
        block = b"x" * (1 << 20)
        for _ in range(100):
            run.send(block)
        run.send(b'"}}}\n')
        first = run.receive()
        assert first["error"]["code"] == -32600, first
        assert is_fine(run.ask(8))
        peak = run.peak_kib()
        assert peak < MEMORY_KIB, f"{peak} KiB"
        run.end(0)
    check_log(world, [8])
    assert of_type(world.records(), "protocol.refused")
    with open(world.seen, "rb") as file:
        assert len(file.readlines()) == 1, "the long line went through"


@t.test
def lines_of_7_MiB_pass_and_leave_memory_bounded(world):
    with Run(world) as run:
        for number in range(1, 9):
            run.send(b'{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":'
                     b'{"name":"t","arguments":{"x":"%s"}}}\n'
                     % (number, b"x" * (7 << 20)))
            assert is_fine(run.answer(number))
        peak = run.peak_kib()
        assert peak < MEMORY_KIB, f"{peak} KiB"
        run.end(0)
    check_log(world, range(1, 9))


@t.test
def a_line_without_end_stops_at_the_end_of_file(world):
    with Run(world) as run:
        for _ in range(20):
            run.send(b"x" * (1 << 20))
        run.end(0)
        left = run.rest()
    assert left and all("error" in a for a in left), left
    check_log(world)


def feed(run, data, done):
    """Writes until it is done or told that nobody reads."""
    try:
        run.process.stdin.write(data)
        run.process.stdin.flush()
        done.append(True)
    except (BrokenPipeError, ValueError):
        pass


@t.test
def requests_without_end_and_no_answer_read(world):
    """100 000 of them: back-pressure, then answers, each once."""
    out_r, out_w = os.pipe()
    done = []
    with Run(world, stdout=out_w) as run:
        os.close(out_w)
        data = b"".join(request(n) for n in range(100000))
        writer = threading.Thread(target=feed, args=(run, data, done),
                                  daemon=True)
        writer.start()
        time.sleep(2)
        assert not done, "nothing held the client up"
        peak = run.peak_kib()
        assert peak < MEMORY_KIB, f"{peak} KiB"
        # It reads after all: the answers come, in full and in order.
        with os.fdopen(out_r, "rb") as out:
            told = [json.loads(out.readline()) for _ in range(3000)]
        assert len({a["id"] for a in told}) == len(told), "answered twice"
        # On a machine that is very busy some could not be recorded in time.
        fine = [a for a in told if not is_refusal(a)]
        assert len(fine) > 1000 and all(map(is_fine, fine)), told[-1]
        run.process.send_signal(signal.SIGTERM)
        run.wait()
        writer.join(PATIENCE)
        world.verify()
    calls, _ = check_log(world, late=True)
    assert len(calls) >= len(fine), (len(calls), len(fine))


@t.test
def thousands_of_pings_are_answered_in_order(world):
    with Run(world) as run:
        done = []
        writer = threading.Thread(target=feed, daemon=True,
                                  args=(run, pings(0, 5000), done))
        writer.start()
        for number in range(5000):
            assert is_fine(run.answer(number))
        run.end(0)
    check_log(world, range(5000))


@t.test
def one_that_reads_neither_stdout_nor_stderr(world):
    """Nothing waits for it longer than a deadline."""
    with Run(world, "flood-stderr-call", reads=False) as run:
        run.call(1)
        time.sleep(2)
        assert run.process.poll() is None
        run.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        run.process.wait(PATIENCE)
        assert time.monotonic() - began < HANG_S, "stderr held the end up"
        wait_for(lambda: not run.left(), "the end of all")
        world.verify()


@t.test
def one_whose_stderr_is_full_from_the_start(world):
    """The pipe takes nothing: no line of ours may hang the start or the end."""
    err_r, err_w = os.pipe()
    os.set_blocking(err_w, False)
    try:
        while True:
            os.write(err_w, b"x" * 4096)
    except BlockingIOError:
        pass
    os.set_blocking(err_w, True)
    with Run(world, "abort-call", stderr=err_w) as run:
        os.close(err_w)
        run.call(1)
        try:
            answer = run.receive()
        finally:
            os.close(err_r)
        assert is_refusal(answer), answer
        run.end(128 + signal.SIGABRT)
    check_log(world, [1])


@t.test
def one_that_closes_its_stderr(world):
    err_r, err_w = os.pipe()
    with Run(world, "garbage-call", stderr=err_w) as run:
        os.close(err_w)
        os.close(err_r)
        assert is_refusal(run.ask(1))
        run.end(0)
    check_log(world, [1])


@t.test
def one_whose_stderr_is_a_full_device(world):
    with open("/dev/full", "wb") as full:
        with Run(world, "garbage-call", stderr=full) as run:
            assert is_refusal(run.ask(1))
            run.end(0)
    check_log(world, [1])


@t.test
def raw_bytes_are_answered_one_by_one(world):
    bad = [b"\xff\xfe", b"\x00", b"[]", b"[" * 100000, b"nul", b"{}", b'"x"',
           b'{"jsonrpc":"2.0","id":1,"method":"ping"',
           b'\xef\xbb\xbf{"jsonrpc":"2.0","id":1,"method":"ping"}',
           b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}',
           b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}',
           b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"\\ud83d"}}',
           b'{"jsonrpc":"2.0","id":1,"method":"no/such"}',
           b'{"jsonrpc":"2.0","id":1,"method":"\xc0\xaf"}']
    with Run(world, record=True) as run:
        for line in bad:
            run.send(line + b"\n")
            answer = run.receive()
            assert answer and answer["error"]["code"] in (
                -32700, -32600, -32601), (line[:60], answer)
        assert is_fine(run.ask(50))
        run.end(0)
    check_log(world, [50])
    with open(world.seen, "rb") as file:
        assert len(file.readlines()) == 1, "one of them went through"


@t.test
def an_unlisted_tool_never_reaches_the_server(world):
    with Run(world, options=["--tool", "good_*"], record=True) as run:
        assert is_fine(run.ask(1, "good_one"))
        for number, tool in enumerate(
                ("bad", "GOOD_one", "good", "good_one ", "good_\x00"), 2):
            refused = run.ask(number, tool)
            assert is_fine(run.ask(100 + number, "good_x"))
            code = refused.get("error", {}).get("code")
            if tool.startswith("good_"):
                continue  # the glob takes any run of characters
            assert code == -32602, (tool, refused)
        run.end(0)
    check_log(world, [1, 2, 3, 4])


def through(ours_in, ours_out, run, number=1):
    os.write(ours_in, request(number))
    data = b""
    while not data.endswith(b"\n"):
        piece = os.read(ours_out, 4096)
        assert piece, "end of output"
        data += piece
    message = json.loads(data)
    assert message["id"] == number and is_fine(message), message


@t.test
def over_named_pipes(world):
    names = [os.path.join(world.top, n) for n in ("in", "out")]
    for name in names:
        os.mkfifo(name)
    ends = [os.open(name, os.O_RDWR) for name in names]
    theirs = [os.open(names[0], os.O_RDONLY), os.open(names[1], os.O_WRONLY)]
    with Run(world, stdin=theirs[0], stdout=theirs[1]) as run:
        through(ends[0], ends[1], run)
        for fd in theirs + ends:
            os.close(fd)
        run.wait()
        world.verify()
    check_log(world, [1])


@t.test
def over_a_socket_whose_other_end_is_reset(world):
    ours, theirs = socket.socketpair()
    with Run(world, stdin=theirs.fileno(), stdout=theirs.fileno()) as run:
        theirs.close()
        through(ours.fileno(), ours.fileno(), run)
        ours.close()
        run.wait()
        world.verify()
    check_log(world, [1])


@t.test
def from_a_file_and_into_a_full_device(world):
    given = world.file("given", request(1).decode() * 3)
    with open(given, "rb") as stdin, open("/dev/full", "wb") as stdout:
        with Run(world, stdin=stdin, stdout=stdout) as run:
            run.wait()
            world.verify()


@t.test
def from_a_folder_it_ends(world):
    fd = os.open(world.work, os.O_RDONLY)
    with Run(world, stdin=fd) as run:
        os.close(fd)
        run.wait()
        world.verify()
        assert run.rest() == []


@t.test
def over_a_terminal_that_hangs_up(world):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    with Run(world, stdin=theirs, stdout=theirs,
             start_new_session=True) as run:
        os.close(theirs)
        through(ours, ours, run)
        os.close(ours)
        run.wait()
        world.verify()
    check_log(world, [1])


def group_signal(world, number):
    with Run(world, start_new_session=True) as run:
        assert is_fine(run.ask(1))
        began = time.monotonic()
        os.killpg(run.process.pid, number)
        status = run.wait()
        assert time.monotonic() - began < HANG_S
        assert status in (0, 128 + number), (status, run.text())
        world.verify()
    check_log(world, [1])
    assert world.records()[-1]["type"] == "session.end"


for name in ("SIGINT", "SIGTERM", "SIGHUP"):
    t.add(f"{name}_to_the_group", group_signal, getattr(signal, name))


@t.test
def a_storm_of_signals(world):
    with Run(world, "stubborn", start_new_session=True) as run:
        wait_for(world.sessions, "the session")
        began = time.monotonic()
        for number in (2, 1, 15, 2, 3, 10, 12, 15, 2) * 20:
            if number in (3, 10, 12):
                continue  # those end by default, and are another test's
            try:
                run.process.send_signal(number)
            except ProcessLookupError:
                break
            time.sleep(0.005)
        run.wait()
        assert time.monotonic() - began < HANG_S
        world.verify()


@t.test
def a_signal_that_kills_the_supervisor_leaves_nothing(world):
    for number in (signal.SIGQUIT, signal.SIGUSR1, signal.SIGSEGV,
                   signal.SIGKILL):
        with Run(world) as run:
            assert is_fine(run.ask(1))
            run.remember()
            run.process.send_signal(number)
            run.process.wait(PATIENCE)
            wait_for(lambda r=run: not r.left(), f"the end after {number}")
    world.verify()


@t.test
def one_that_is_gone_takes_all_with_it(world):
    """The client dies without a word; its pipes are all that tell it."""
    script = ("import subprocess,sys,time\n"
              "p=subprocess.Popen(sys.argv[1:],stdin=subprocess.PIPE,"
              "stdout=subprocess.PIPE)\n"
              "print(p.pid,flush=True)\ntime.sleep(100)\n")
    with Run(world) as run:  # gives the words of the command
        command = run.process.args
        run.end(0)
    word = run.word
    client = subprocess.Popen(["/usr/bin/python3", "-c", script, *command],
                              stdout=subprocess.PIPE, env=world.env,
                              stderr=subprocess.DEVNULL, cwd=world.work)
    supervisor = int(client.stdout.readline())
    wait_for(lambda: len(world.sessions()) == 2, "the second session")
    client.kill()
    client.wait()
    client.stdout.close()
    wait_for(lambda: not os.path.exists(f"/proc/{supervisor}/fd") or
             not run.left(), f"the end of {word}")
    wait_for(lambda: not run.left(), f"the end of {word}")
    world.verify()


@t.test
def a_value_passed_by_name_is_in_no_argument(world):
    secret = "s3cr3t-" + os.urandom(8).hex()
    with Run(world, options=["--env", "TOKEN"], env={"TOKEN": secret}) as run:
        assert is_fine(run.ask(1))
        ps = subprocess.run(["ps", "-eww", "-o", "args"],
                            capture_output=True, text=True).stdout
        assert run.word in ps and secret not in ps
        if AS_ROOT:  # the relay, which reads what others send, has wiped it
            holds = [secret.encode() in open(f"/proc/{pid}/environ", "rb").read()
                     for pid in run.ours()]
            assert holds[0] and not all(holds), holds
        run.end(0)
        assert secret not in run.text()
    assert secret not in json.dumps(world.records())


t.main()
