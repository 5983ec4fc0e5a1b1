# SPDX-License-Identifier: Apache-2.0
"""An approver that says what a test wants it to say.

It has no ancestor in the test: a client's descendant may not answer, and the
test is the client. With a terminal of its own it is in the foreground of it.
"""

import array
import contextlib
import json
import os
import pty
import fcntl
import socket
import struct
import subprocess
import sys
import termios
import time

HEAD = struct.Struct("<IIQ10I3Q32s64s")
ATTACH, ANSWER, SESSION, QUESTION, END, GONE, DONE, NOTICE = range(1, 9)
TYPES = {SESSION: "session", QUESTION: "question", END: "end", GONE: "gone",
         DONE: "done", NOTICE: "notice"}
TERMINAL, PROGRAM, READER = 1, 2, 3
ANSWERS = {"once": 1, "session": 2, "always": 3, "deny": 4}
ANSWER_NAMES = ["none", "once", "session", "always", "deny"]
STATUS = ["taken", "late", "unknown", "refused", "unrecorded", "too many",
          "not offered"]
FAULTS = ["fine", "gone", "descends", "no terminal"]
KINDS = ["tool", "prompt", "resource", "session", "pin", "request"]
SESSION_TEXT = struct.Struct("<33s256s256s65s2048s2xI")


def word(kind, ident=0, answer=0, channel=0, scope=0, text=b"", version=1,
         digests=bytes(64), text_len=None):
    size = len(text) if text_len is None else text_len
    return HEAD.pack(version, kind, ident, answer, channel, 0, 0, scope, 0, 0,
                     0, 0, size, 0, 0, 0, bytes(32), digests) + text


def plain(raw):
    return raw.split(b"\0", 1)[0].decode(errors="replace")


def parse(data, fds):
    """A word as a dictionary; what is shown of a question is read whole."""
    (version, kind, ident, answer, _, status, fault, _, what, held, calls,
     _, size, asked, hold, left, args_hash, _) = HEAD.unpack_from(data)
    text = data[HEAD.size:]
    assert version == 1 and len(text) == size, (version, len(text), size)
    said = {"type": TYPES[kind], "id": ident}
    if kind == SESSION:
        names = ("session", "server", "client", "profile", "workspace")
        parts = SESSION_TEXT.unpack(text)
        said |= dict(zip(names, map(plain, parts))) | {"pid": parts[-1]}
    if kind == QUESTION:
        said |= {"name": text.decode(errors="replace"), "kind": KINDS[what],
                 "held": bool(held), "calls": calls, "asked_ms_ago": asked,
                 "hold_ms": hold, "left_ms": left,
                 "args_hash": args_hash.hex(), "shown": None}
    if fds:
        raw = os.pread(fds[0], os.fstat(fds[0]).st_size, 0)
        said["seals"] = fcntl.fcntl(fds[0], fcntl.F_GET_SEALS)
        said["shown"] = raw.decode()
    if kind == GONE:
        said["answer"] = ANSWER_NAMES[answer]
    if kind == DONE:
        said |= {"status": STATUS[status], "fault": FAULTS[fault]}
    if kind == NOTICE:
        said["text"] = text.decode(errors="replace")
    return said


def receive(sock):
    try:
        data, ancillary, _, _ = sock.recvmsg(16384, socket.CMSG_SPACE(64))
    except ConnectionResetError:  # it had not read all that we had said
        return None
    fds = array.array("i")
    for level, kind, part in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            fds.frombytes(part[:len(part) - len(part) % fds.itemsize])
    if not data:
        return None
    said = parse(data, fds)
    for fd in fds:
        os.close(fd)
    return said


@contextlib.contextmanager
def address(path):
    """A path may be longer than an address has room for (unix(7))."""
    folder, name = os.path.split(path)
    fd = os.open(folder, os.O_PATH)
    try:
        yield f"/proc/self/fd/{fd}/{name}"
    finally:
        os.close(fd)


def tell(said):
    """In one piece: there are two of us."""
    os.write(1, json.dumps(said).encode() + b"\n")


def main(path, channel):
    """The process itself: words on stdout as JSON, commands on stdin."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        with address(path) as short:
            sock.connect(short)
    except OSError as error:  # the session is over already
        sys.exit(f"{path}: {error}" if os.path.exists(path) else None)
    if channel:
        sock.send(word(ATTACH, channel=channel))
    if os.fork() == 0:
        while True:
            said = receive(sock)
            try:
                tell(said)
            except BrokenPipeError:
                os._exit(0)
            if said is None:
                os._exit(0)
    for line in sys.stdin:
        command = json.loads(line)
        try:
            if "raw" in command:
                sock.send(bytes.fromhex(command["raw"]))
            elif "answer" in command:
                sock.send(word(ANSWER, command["id"],
                               ANSWERS[command["answer"]],
                               scope=int(command.get("any", False)),
                               text=command.get("reason", "").encode()))
        except OSError as error:
            with contextlib.suppress(BrokenPipeError):
                tell({"type": "error", "text": str(error)})
    os._exit(0)


def detach(terminal):
    """Away from the test: another session, and nobody's child."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    if terminal:
        # A session leader opens it, so it becomes the controlling one.
        leader, follower = pty.openpty()
        name = os.ttyname(follower)
        os.close(follower)
        if os.fork() == 0:
            os.setsid()
            fd = os.open(name, os.O_RDWR)
            fcntl.ioctl(fd, termios.TIOCSCTTY, 0)
            os.tcsetpgrp(fd, os.getpgrp())
            os.close(leader)
            return
        os.wait()
        os._exit(0)


class Approver:
    """The test's handle of one."""

    def __init__(self, path, channel=TERMINAL, terminal=True, detached=True):
        self.process = subprocess.Popen(
            [sys.executable, __file__, path, str(channel),
             str(int(terminal)), str(int(detached))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.seen = []

    def next(self):
        line = self.process.stdout.readline()
        if not line:
            return None
        said = json.loads(line)
        self.seen.append(said)
        return said

    def until(self, kind, **members):
        """The next word of that type and with these members."""
        while True:
            said = self.next()
            assert said is not None, (kind, self.seen)
            if said["type"] == kind and all(
                    said.get(k) == v for k, v in members.items()):
                return said

    def command(self, **members):
        self.process.stdin.write(json.dumps(members) + "\n")
        self.process.stdin.flush()

    def answer(self, ident, answer, **more):
        """What became of it: "taken", "late", …"""
        self.command(id=ident, answer=answer, **more)
        return self.until("done", id=ident)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def wait_for_socket(folder, session=None, seconds=30):
    """The path of a session's control socket, once it is there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        names = os.listdir(folder) if os.path.isdir(folder) else []
        names = [n for n in names if not session or session.startswith(n)]
        if names:
            return os.path.join(folder, names[0])
        time.sleep(0.02)
    raise AssertionError(f"no socket in {folder}")


if __name__ == "__main__":
    if sys.argv[4] == "1":
        detach(sys.argv[3] == "1")
    main(sys.argv[1], int(sys.argv[2]))
