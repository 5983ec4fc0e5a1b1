# SPDX-License-Identifier: Apache-2.0
"""The test as the keeper of a Rig: what the relay asks, and what it is told."""
import array
import json
import socket

from relayrig import IPC, IPC_MSG

ONCE, SESSION, ALWAYS, DENY = 1, 2, 3, 4
ANY = 0x100


def says(r, kind, a=0, b=0, text=b"", fds=(), claims=None):
    n = len(text) if claims is None else claims
    control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    r.keeper.sendmsg([IPC_MSG.pack(IPC[kind], n, a, b, 0, 0, 0, 0, 0) + text], control)


def asked(r, timeout=5):
    """The next question: its number, name and what is shown of it."""
    while True:
        r.keeper.settimeout(timeout)
        data, control, flags, _ = r.keeper.recvmsg(16384, 256)
        assert not flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC)
        kind, n, a = IPC_MSG.unpack_from(data)[:3]
        fds = array.array("i")
        for _, _, d in control:
            fds.frombytes(d)
        shown = b""
        for fd in fds:
            with open(fd, "rb") as file:
                file.seek(0)
                shown = file.read()
        if kind != IPC["QUESTION"]:
            continue
        text = data[IPC_MSG.size:]
        assert len(text) == n
        length = int.from_bytes(text[4:8], "little")
        return a, text[40:40 + length], json.loads(shown)
