#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade approve` with a folder of sockets and keepers that misbehave, and
with questions as large as they get.

Usage: test_approve_peers.py BUILD [NAME…]
"""

import array
import fcntl
import json

import os
import re
import signal
import socket
import struct
import threading
import time

from askrig import Asking, approver, folder_of_sockets, profile, wait_for
from runrig import STOCKADE, Script, is_fine
from terminal import Terminal

t = Script()
SESSION = "0123456789abcdef0123456789abcdef"


def say(world, *words, columns=80, rows=24):
    with Terminal(world, "bash", "-c", 'set -o pipefail; "$@" | cat', "x",
                  STOCKADE, "approve", *words, columns=columns, rows=rows
                  ) as terminal:
        return terminal.wait(), terminal.text


def own_folder(world):
    """The folder, made; None where it is the user's for all tests."""
    folder = folder_of_sockets(world)
    if folder.startswith("/run/user/"):
        return None
    os.makedirs(folder, mode=0o700)
    for path in (folder, os.path.dirname(folder)):
        os.chmod(path, 0o700)
    return folder


def head(kind, ident=0, body=b"", answer=0, status=0, version=1, held=1,
         calls=1, times=(1000, 20000, 600000), what=0, size=None):
    return approver.HEAD.pack(
        version, kind, ident, answer, 0, status, 0, 0, what, held, calls, 0,
        len(body) if size is None else size, *times, bytes(32),
        bytes(64)) + body


def session_word(session=SESSION, server=b"fake"):
    return head(approver.SESSION, body=approver.SESSION_TEXT.pack(
        session.encode(), server, b"client", b"", b"", 1))


def memfd(data, sealed=True):
    fd = os.memfd_create("x", os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    if sealed:
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE |
                    fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    return fd


class Fake:
    """A keeper that says what a test wants, to whoever comes."""

    def __init__(self, folder, says, name=SESSION[:16]):
        self.says, self.heard, self.stop = says, [], False
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        short = os.open(folder, os.O_PATH)
        self.socket.bind(f"/proc/self/fd/{short}/{name}")
        os.close(short)
        self.socket.listen(4)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            peer, _ = self.socket.accept()
            threading.Thread(target=self.one, args=(peer,),
                             daemon=True).start()

    def one(self, peer):
        try:
            self.heard.append(peer.recv(16384))
            self.says(peer)
            while data := peer.recv(16384):
                self.heard.append(data)
        except OSError:
            pass
        finally:
            peer.close()


def question(peer, ident, shown, name=b"tool", sealed=True, **more):
    word = head(approver.QUESTION, ident, name, **more)
    if shown is None:
        peer.send(word)
        return
    fd = memfd(shown, sealed)
    peer.sendmsg([word], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                           array.array("i", [fd]))])
    os.close(fd)


def with_real(world, says, check):
    """A fake keeper beside a real session, which is not harmed by it."""
    folder = own_folder(world)
    if not folder:
        return
    fake = Fake(folder, says)
    profile(world)
    with Asking(world) as run:
        wait_for(lambda: len(os.listdir(folder)) == 2, "the socket")
        run.tool(1, n=1)
        wait_for(lambda: "needs approval" in run.text(), "the question")
        ident = re.search(r"stockade approve (\S+)", run.text())[1]
        status, output = say(world)
        assert status == 0 and ident in output, output
        check(output, fake)
        with Terminal(world, STOCKADE, "approve", ident, "once") as terminal:
            assert terminal.wait() == 0, terminal.text
        assert is_fine(run.got(1))
        run.end(0)


BAD = {
    "garbage": (lambda p: p.send(b"\xff" * 3000), "another language"),
    "half_a_word": (lambda p: p.send(session_word()[:50]),
                    "another language"),
    "another_version": (lambda p: p.send(head(approver.END, version=2)),
                        "another language"),
    "a_length_that_lies": (
        lambda p: p.send(head(approver.QUESTION, 1, b"x", size=8000)),
        "another language"),
    "a_session_without_ends": (
        lambda p: p.send(head(approver.SESSION, body=b"a" * 2624)),
        "another language"),
    "an_approvers_word": (
        lambda p: p.send(approver.word(approver.ATTACH, channel=1)),
        "another language"),
    "an_end_at_once": (lambda p: p.close(), None),
    "silence": (lambda p: time.sleep(60), "does not say what it is"),
    "a_session_and_then_silence": (
        lambda p: (p.send(session_word()), time.sleep(60)),
        "does not say what it is"),
}


def flood_of_notices(peer):
    peer.send(session_word())
    while True:
        peer.send(head(approver.NOTICE, body=b"\x1b[2Jflood"))


def flood_of_questions(peer):
    peer.send(session_word())
    for number in range(1, 100000):
        question(peer, number, b'{"arguments":{},"rules":[]}')


BAD["a_flood_of_notices"] = (flood_of_notices, "flood")
BAD["a_flood_of_questions"] = (flood_of_questions, None)


def check_bad(world, says, said):
    def check(output, _):
        assert "\x1b[2J" not in output, output
        assert said is None or said in output, output

    with_real(world, says, check)


for name, (says, said) in BAD.items():
    t.add(f"{name}_harms_no_other_session", check_bad, says, said)

@t.test
def one_that_was_slow_is_tried_again_and_told_of_once(world):
    """It may only have been stopped: whoever watches for days comes back."""
    folder = own_folder(world)
    if not folder:
        return

    def says(peer):
        if len(fake.heard) == 1:
            time.sleep(60)
        peer.send(session_word())
        peer.send(head(approver.END))
        question(peer, 1, b'{"arguments":{},"rules":[]}')

    fake = Fake(folder, says)
    program = world.file("program", "#!/bin/sh\necho once\n", 0o700)
    with Terminal(world, "setsid", "-w", "sh", "-c",
                  f"echo $$ >{world.top}/pid; exec {STOCKADE} approve "
                  f"--watch --exec {program} </dev/null 2>&1") as watching:
        try:
            wait_for(lambda: any(h[4:8] == struct.pack("<I", approver.ANSWER)
                                 for h in fake.heard), "the answer")
            assert watching.text.count("does not say what it is") == 1, \
                watching.text
        finally:
            with open(f"{world.top}/pid", encoding="ascii") as file:
                os.kill(int(file.read()), signal.SIGKILL)


UNREADABLE = {
    "no_memory": (None, True), "no_json": (b"{]", True),
    "unsealed_memory": (b'{"arguments":{},"rules":[]}', False),
    "nothing_of_arguments": (b'{"rules":[]}', True),
    "two_of_arguments":
        (b'{"arguments":{},"arguments":{"a":1},"rules":[]}', True),
    "arguments_that_are_bare": (b'"x"', True),
    "arguments_that_end_early": (b'{"arguments":{"a":"', True),
}


def check_unreadable(world, shown, sealed):
    folder = own_folder(world)
    if not folder:
        return

    def says(peer):
        peer.send(session_word())
        question(peer, 1, shown, sealed=sealed)
        peer.send(head(approver.END))

    fake = Fake(folder, says)
    ident = SESSION[:8] + ":1"
    status, output = say(world, ident)
    assert status == 0 and "cannot be read" in output, output
    for words in ((ident, "once"), (ident, "session"),
                  ("--tool", "tool", "session")):
        with Terminal(world, STOCKADE, "approve", *words) as terminal:
            assert terminal.wait() == 1, terminal.text
    answers = [h for h in fake.heard if h[4:8] != struct.pack("<I", 1)]
    assert answers == [], "what nobody could read was approved"


for name, (shown, sealed) in UNREADABLE.items():
    t.add(f"{name}_cannot_be_approved", check_unreadable, shown, sealed)


@t.test
def names_of_a_keeper_are_escaped(world):
    folder = own_folder(world)
    if not folder:
        return

    def says(peer):
        peer.send(session_word(server=b"\x1b]0;x\x07\xe2\x80\xae\xff"))
        question(peer, 1, b'{"arguments":{"a":1},"rules":["\xc2\x9b31m"]}',
                 name=b"t\x1b[31m\nfake line")
        peer.send(head(approver.END))

    Fake(folder, says)
    for words in ((), ("1",), ("--json",)):
        status, output = say(world, *words)
        assert status == 0, output
        assert not re.search("[^\x20-\x7e\r\n]", output), output
        if "--json" in words:
            assert json.loads(output)["tool"] == "t\x1b[31m\nfake line"


@t.test
def a_stale_socket_is_skipped_with_a_line(world):
    if folder := own_folder(world):
        stale = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with approver.address(os.path.join(folder, "f" * 16)) as short:
            stale.bind(short)
        stale.close()
        with open(os.path.join(folder, "e" * 16), "w", encoding="ascii"):
            pass
        os.symlink("/dev/null", os.path.join(folder, "d" * 16))
        status, output = say(world)
        assert status == 1, output
        assert "ffffffff: nobody listens any more: skipped" in output, output
        assert "eeeeeeee: it is no socket: skipped" in output, output
        assert "dddddddd: it is no socket: skipped" in output, output
        assert "nothing waits" in output


@t.test
def a_folder_that_others_may_write_is_refused(world):
    if folder := own_folder(world):
        os.chmod(folder, 0o770)
        for words in ((), ("1", "once"), ("--watch", "--exec", "/bin/true")):
            status, output = say(world, *words)
            assert status == 125 and "may be written by others" in output, \
                output


@t.root
def a_folder_of_somebody_else_is_refused(world):
    if folder := own_folder(world):
        os.chown(folder, 12345, 12345)
        status, output = say(world)
        assert status == 125 and "belongs to uid 12345" in output, output


@t.test
def a_folder_that_is_a_link_is_refused(world):
    if folder := own_folder(world):
        os.rmdir(folder)
        os.symlink(world.folder("elsewhere", 0o700), folder)
        status, output = say(world)
        assert status == 125 and "symbolic link" in output, output


@t.test
def without_a_folder_nothing_waits(world):
    if not folder_of_sockets(world).startswith("/run/user/"):
        status, output = say(world)
        assert status == 1 and "nothing waits" in output, output


def read_back(output):
    """What was shown whole, as the value that it is."""
    shown = output.split("arguments\r\n", 1)[1].replace("\r\n", "\n")
    # A string goes on in new quotes behind a line end.
    return json.loads(re.sub(r'\\n"\n *"', r"\\n", shown))


def check_shown_whole(world, arguments):
    profile(world)
    with Asking(world) as run:
        run.tool(1, **arguments)
        wait_for(lambda: "needs approval" in run.text(), "the question")
        ident = re.search(r"stockade approve (\S+)", run.text())[1]
        status, output = say(world, ident)
        assert status == 0
        assert not re.search("[^\x20-\x7e\r\n]", output)
        assert read_back(output) == arguments
        status, output = say(world, "--json")
        line = [x for x in output.splitlines() if ident in x][0]
        assert json.loads(line)["arguments"] == arguments
        # On a terminal, page by page.
        with Terminal(world, STOCKADE, "approve", ident) as terminal:
            terminal.expect("lines 1 to 23 of")
            terminal.type("G")
            terminal.expect(r"of \d+")
            assert run.seen() == []
            terminal.type("oq")
            terminal.expect(r"\(q\)uit\? ")
            assert run.seen() == [], "a key of the pager answered"
            terminal.type("o\n")
            assert terminal.wait() == 0, terminal.text[-2000:]
        assert is_fine(run.got(1))
        run.end(0)


LARGE = {
    "a_text_of_1_mib": {"text": "0123456789abcdef" * 65536},
    "a_mebibyte_of_escapes": {"text": "\x1b[2J\u202e\u200b\n" * 100000},
    "a_hundred_thousand_keys":
        {"o": [{f"key{j}-{i}": i for i in range(10000)} for j in range(10)]},
    "deep_arguments":
        {"d": json.loads("[" * 100 + '{"a":"\\u0000"}' + "]" * 100),
         "text": "line\n" * 50},
    "seven_mebibytes": {"text": "x" * (7 << 20), "tail": "t\n" * 100},
}
for name, arguments in LARGE.items():
    t.add(f"{name}_is_shown_to_the_last_byte", check_shown_whole, arguments)


t.main()
