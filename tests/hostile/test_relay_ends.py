# SPDX-License-Identifier: Apache-2.0
"""The relay when the log, the client or the server fails.

Usage: test_relay_ends.py RELAY_HOST
"""
import fcntl
import json
import os
import pty
import socket
import subprocess
import sys
import tempfile
import time
import tty

import tap
from keeperrig import DENY, ONCE, asked, says
from relayrig import MIB, Rig, background, call, echo, line, request, text_result, write_all

HOST = sys.argv[1]


# -- the log

def without_credit_a_call_is_denied_in_the_end():
    with Rig(HOST, credit=0) as r:
        r.send(call(1))
        answer = json.loads(r.at_client())
        text = answer["result"]["content"][0]["text"]
        assert answer["id"] == 1 and answer["result"]["isError"] and "/" not in text
        assert "log takes no record" in r.stderr_line()
        r.send(request(2, "prompts/list"), call(3))
        assert json.loads(r.at_client(0.8))["error"]["code"] == -32603
        assert json.loads(r.at_client(0.8))["result"]["isError"]
        assert r.nothing(r.server_stdin)
        r.credit(1 << 20)
        r.round_trip(4)
        assert [f["rpc_id"] for t, f in r.get_records() if t == "call"] == ["4"]


def credit_that_comes_late_is_not_too_late():
    with Rig(HOST, credit=0) as r:
        r.send(call(1))
        assert r.nothing(r.server_stdin, 0.2)
        r.credit(1 << 20)
        assert r.at_server() == line(call(1))


def while_a_call_waits_for_the_log_answers_go_on():
    note = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "x"}}
    with Rig(HOST, credit=0) as r:
        r.send(call(1))
        assert r.nothing(r.server_stdin, 0.05)
        r.serve(note)
        assert r.at_client(0.9) == line(note)


def every_forwarded_call_has_room_for_its_result():
    with Rig(HOST, credit=20000) as r:
        for i in range(50):
            r.send(call(i))
        forwarded = 0
        try:
            while r.at_server(0.5):
                forwarded += 1
        except Exception:
            pass
        assert 1 < forwarded < 20, forwarded
        r.serve(*[text_result(i) for i in range(forwarded)])
        while len(r.get_records_so_far("result")) < forwarded:
            time.sleep(0.01)
        assert not r.get_records_so_far("anomaly")


def a_keeper_that_reads_nothing_denies_calls():
    with Rig(HOST) as r:
        echo(r)
        denied = 0
        for i in range(20000):
            r.send(call(i))
            if b"isError" in r.at_client():
                denied += 1
                break
        assert denied
        records = r.get_records()
        assert len([1 for t, _ in records if t == "call"]) == i
        time.sleep(0.05)
        r.send(call("again"))
        assert b"isError" not in r.at_client()


def a_dead_keeper_denies_calls():
    with Rig(HOST) as r:
        r.round_trip()
        r.keeper.close()
        r.close(r.records)
        assert "keeper" in r.stderr_line()
        r.send(call(2))
        assert json.loads(r.at_client())["result"]["isError"]
        assert r.nothing(r.server_stdin)


# -- the client

def nothing_is_read_before_the_word_is_given():
    with Rig(HOST, go=False) as r:
        r.send(call(1))
        assert r.nothing(r.server_stdin)
        r.ipc("GO")
        assert r.at_server() == line(call(1))


def the_clients_end_is_passed_on():
    with Rig(HOST) as r:
        r.send(call(1))
        r.close(r.to_relay)
        assert r.at_server() == line(call(1))
        assert r.eof(r.server_stdin)
        r.expect_ipc("CLIENT_EOF")
        r.serve(text_result(1))
        assert r.at_client() == line(text_result(1))
        r.finish()
        assert r.totals["calls"] == 1


def half_a_line_is_answered_and_not_forwarded():
    with Rig(HOST) as r:
        write_all(r.to_relay, line(call(1)) + b'{"jsonrpc":"2.0","id":2,"method":"ping"}')
        r.close(r.to_relay)
        assert r.at_server() == line(call(1))
        assert r.eof(r.server_stdin)
        assert json.loads(r.at_client())["error"]["code"] == -32700
        assert r.get_records("protocol_refused")[-1][1]["bytes"] == 40


def a_client_that_is_gone_is_told_of():
    with Rig(HOST) as r:
        r.round_trip()
        r.close(r.from_relay)
        r.expect_ipc("CLIENT_GONE")
        assert r.eof(r.server_stdin)
        background(r.serve, *[{"jsonrpc": "2.0", "method": "notifications/progress",
                               "params": {"progressToken": 1, "progress": i}} for i in range(30000)]).join(20)
        r.finish()


def a_client_that_closes_all_ends_it_too():
    with Rig(HOST) as r:
        r.send(call(1))
        r.at_server()
        r.close(r.from_relay)
        r.close(r.to_relay)
        assert r.eof(r.server_stdin)
        r.serve(text_result(1))
        r.finish()
        assert "result" in [t for t, _ in r.get_records()]


def a_client_that_does_not_read_does_not_hold_up_the_end():
    with Rig(HOST) as r:
        r.send(call(1), call(2))
        r.at_server()
        background(r.serve, text_result(1, "x" * 3 * MIB))
        time.sleep(0.2)
        r.ipc("SERVER_EXIT")
        while r.expect_any_ipc() != "TOTALS":
            pass
        r.ended()
        outcomes = [f["outcome"] for t, f in r.get_records() if t == "result"]
        assert outcomes[-1] == "lost", outcomes


# -- the client's descriptors

def flags_of(fds):
    return [fcntl.fcntl(fd, fcntl.F_GETFL) for fd in fds]


def check_descriptors(make, rounds=3):
    client_in, client_out, to_relay, from_relay, *more = make()
    keep = [os.dup(client_in), os.dup(client_out)]  # what the client shares
    before = flags_of([*keep, to_relay, from_relay])
    with Rig(HOST, client=(client_in, client_out, to_relay, from_relay)) as r:
        for i in range(rounds):
            r.round_trip(i)
        r.send(call("big", s="x" * 100000))
        assert r.at_server() == line(call("big", s="x" * 100000))
        r.serve(text_result("big", "y" * 100000))
        assert r.at_client() == line(text_result("big", "y" * 100000))
        assert flags_of([*keep, to_relay, from_relay]) == before
        assert not any(f & os.O_NONBLOCK for f in before)
        for fd in keep:
            os.close(fd)
        r.finish()


def pipes_of_the_clients_stay_as_they_are():
    check_descriptors(Rig.pipes)


def sockets():
    a, b = socket.socketpair()
    c, d = socket.socketpair()
    return a.detach(), c.detach(), b.detach(), d.detach()


def sockets_of_the_clients_stay_as_they_are():
    check_descriptors(sockets)


def one_socket_may_be_both():
    def make():
        a, b = socket.socketpair()
        fd = a.detach()
        return fd, os.dup(fd), os.dup(b.fileno()), b.detach()

    check_descriptors(make)


def a_terminal_stays_as_it_is():
    master, slave = pty.openpty()
    tty.setraw(slave)
    check_descriptors(lambda: (os.dup(slave), slave, os.dup(master), master))


def a_pipe_that_cannot_be_opened_again_works():
    """Mode 0 keeps anyone but root from a second opening."""
    class Unprivileged(Rig):
        @staticmethod
        def pipes():
            fds = Rig.pipes()
            for fd in fds:
                os.fchmod(fd, 0)
            return fds

    was, subprocess.Popen = subprocess.Popen, as_nobody(subprocess.Popen)
    try:
        check_descriptors(Unprivileged.pipes)
    finally:
        subprocess.Popen = was


def as_nobody(popen):
    def start(*args, **kw):
        if os.getuid() == 0:
            kw["user"] = 65534
        return popen(*args, **kw)

    return start


def files_may_be_both_ends():
    with tempfile.TemporaryFile() as up, tempfile.TemporaryFile() as down:
        up.write(line(call(1)) + line(call(2)))
        up.flush()
        up.seek(0)
        down.write(b"before\n")
        down.flush()
        fds = os.dup(up.fileno()), os.dup(down.fileno()), os.dup(0), os.dup(0)
        with Rig(HOST, client=fds) as r:
            assert r.at_server() == line(call(1))
            assert r.at_server() == line(call(2))
            r.expect_ipc("CLIENT_EOF")
            r.serve(text_result(1), text_result(2))
            r.finish()
        down.seek(0)
        assert down.read() == b"before\n" + line(text_result(1)) + line(text_result(2))


# -- the server

def a_server_that_ends_leaves_no_call_without_an_answer():
    with Rig(HOST) as r:
        r.send(call(1), request(2, "prompts/list"), call(3))
        for _ in range(3):
            r.at_server()
        r.serve(text_result(3))
        write_all(r.server_stdout, b'{"jsonrpc":"2.0","id":1,"resu')
        r.close(r.server_stdout)
        assert r.at_client() == line(text_result(3))
        assert json.loads(r.at_client())["result"]["isError"]
        assert json.loads(r.at_client())["error"]["code"] == -32603
        r.expect_ipc("SERVER_EOF")
        r.send(call(4))
        assert json.loads(r.at_client())["result"]["isError"]
        r.finish()
        outcomes = [f["outcome"] for t, f in r.get_records() if t == "result"]
        assert outcomes == ["ok", "lost", "lost", "lost"], outcomes


def what_the_server_wrote_last_still_arrives():
    with Rig(HOST) as r:
        r.send(call(1))
        r.at_server()
        r.serve(text_result(1))
        write_all(r.server_stderr, b"last words")
        err, _ = r.finish()
        assert r.at_client() == line(text_result(1))
        assert "last words" in err


def a_call_to_a_server_that_exited_at_once_is_answered():
    with Rig(HOST, go=False) as r:
        r.send(request(1, "initialize"))
        r.ipc("GO")
        r.finish()
        assert json.loads(r.at_client())["error"]["code"] == -32603


def a_grandchild_that_keeps_the_pipes_open_holds_up_nothing():
    with Rig(HOST) as r:
        r.send(call(1))
        r.at_server()
        r.ipc("SERVER_EXIT")
        while r.expect_any_ipc() != "TOTALS":
            pass
        r.ended()
        assert json.loads(r.at_client())["result"]["isError"]


def stop_closes_the_servers_input():
    with Rig(HOST) as r:
        r.round_trip()
        r.ipc("STOP")
        assert r.eof(r.server_stdin)
        r.send(call(2))
        assert json.loads(r.at_client())["result"]["isError"]


def no_end_that_is_closed_makes_it_spin():
    ends = {
        "keeper": lambda r: (r.keeper.close(), r.close(r.records)),
        "keeper's pipe": lambda r: r.close(r.records),
        "client's end": lambda r: r.close(r.to_relay),
        "client": lambda r: (r.close(r.to_relay), r.close(r.from_relay)),
        "server's input": lambda r: r.close(r.server_stdin),
        "server's output": lambda r: r.close(r.server_stdout),
        "server's errors": lambda r: r.close(r.server_stderr),
        "client, blocked": lambda r: (background(r.serve, text_result(9, "x" * 2 * MIB)), time.sleep(0.1),
                                      r.close(r.to_relay)),
        "server, blocked": lambda r: (background(r.send, call(8, s="x" * 4 * MIB)), time.sleep(0.1),
                                      r.close(r.server_stdout)),
    }
    for make in (Rig.pipes, sockets):
        for name, close in ends.items():
            with Rig(HOST, client=make()) as r:
                r.round_trip()
                r.send(call(9))
                r.at_server()
                close(r)
                assert comes_to_rest(r), name


def comes_to_rest(rig):
    """Once what there was to do is done; one that spins never does."""
    for _ in range(40):
        before = cpu_ticks(rig)
        time.sleep(0.25)
        if cpu_ticks(rig) - before < 3:
            return True
    return False


def cpu_ticks(rig):
    with open(f"/proc/{rig.process.pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


# -- the supervisor

def a_dead_supervisor_is_the_end():
    with Rig(HOST) as r:
        r.round_trip()
        r.close(r.liveness)
        r.ended()
    with Rig(HOST) as r:
        r.round_trip()
        r.supervisor.close()
        r.ended()


def an_answer_that_comes_while_all_is_lost_changes_nothing():
    """The last results wait for the log, which is full, when somebody agrees to, or denies, what was held."""
    for answer in (ONCE, DENY):
        with Rig(HOST, "policy=1", "allow=read", "ask=ask", "hold=60000") as r:
            fcntl.fcntl(r.records, fcntl.F_SETPIPE_SZ, 4096)
            held = set(range(1, 31))
            r.send(*(call(n, "ask") for n in held))
            question = asked(r)[0]
            r.send(*map(call, range(31, 130)))
            sent = 0
            while not r.nothing(r.server_stdin, 0.2):
                r.at_server()
                sent += 1
            assert sent < 98, f"the log took all: {sent}"
            r.close(r.server_stdout)
            lost = [json.loads(r.at_client())["id"]]
            says(r, "ANSWERED", question, answer)
            while len(lost) < 30 + sent:
                lost.append(json.loads(r.at_client())["id"])
            assert sorted(lost) == list(range(1, 31 + sent)), lost
            err, _ = r.finish()
            assert "Sanitizer" not in err, err
            told = [json.loads(x)["id"] for x in os.read(r.from_relay, MIB).split(b"\n") if x]
            assert not set(told) & set(lost), told


if __name__ == "__main__":
    tap.run([f for n, f in list(globals().items())
             if callable(f) and getattr(f, "__module__", "") == "__main__" and f.__code__.co_argcount == 0
             and n not in ("sockets", "asked", "says")])
