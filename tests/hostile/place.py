# SPDX-License-Identifier: Apache-2.0
"""A mount namespace of a test's own, with a filesystem of its own in it.

An ordinary user gets it in a user namespace in which he is himself. A holder
process keeps it alive; `enter` is the words that run a command inside, and
`path` is how to get at a folder in it from outside.
"""

import ctypes
import os
import signal

import runrig

CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), what)


def mount(source, target, kind=None, flags=0, options=None):
    def text(value):
        return value.encode() if value is not None else None
    check(libc.mount(text(source), text(target), text(kind),
                     ctypes.c_ulong(flags), text(options)),
          f"{kind or 'bind'} on {target}")


def write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def map_all(pid, ready):
    """In a child of root's that has stayed outside: every id is itself."""
    os.read(ready, 1)
    write(f"/proc/{pid}/uid_map", "0 0 4294967295")
    write(f"/proc/{pid}/gid_map", "0 0 4294967295")
    os._exit(0)


def unshare_as_self():
    """Into a user and a mount namespace in which all ids are what they were:
    those of an ordinary user are his own alone."""
    uid, gid, pid = os.geteuid(), os.getegid(), os.getpid()
    ready, say_ready = os.pipe()
    mapper = os.fork() if runrig.AS_ROOT else None
    if mapper == 0:
        map_all(pid, ready)
    check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS), "unshare")
    os.write(say_ready, b"x")
    if mapper:
        check(-os.waitpid(mapper, 0)[1], "id maps")
        return
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{uid} {uid} 1")
    write("/proc/self/gid_map", f"{gid} {gid} 1")


class Place:
    """prepare() runs in the namespaces, as their master."""

    def __init__(self, prepare, own_user=not runrig.AS_ROOT):
        says_r, says_w = os.pipe()
        self.own_user = own_user
        self.holder = os.fork()
        if self.holder == 0:
            self.hold(says_w, prepare)
        os.close(says_w)
        with os.fdopen(says_r, encoding="utf-8") as says:
            said = says.read(4096)
        if said != "ready":
            self.close()
            raise AssertionError(f"no namespace: {said}")
        user = ["-U", "--preserve-credentials"] if own_user else []
        self.enter = ["nsenter", "-t", str(self.holder), *user, "-m", "--"]

    def hold(self, says, prepare):
        """In the child, which has one thread: nothing here returns."""
        try:
            if self.own_user:
                unshare_as_self()
            else:
                check(libc.unshare(CLONE_NEWNS), "unshare")
            mount(None, "/", None, MS_REC | MS_PRIVATE)
            prepare()
            os.write(says, b"ready")
        except BaseException as error:
            os.write(says, repr(error).encode())
            os._exit(1)
        os.close(says)
        os.closerange(3, 256)
        while True:
            signal.pause()

    def path(self, path):
        return f"/proc/{self.holder}/root{path}"

    def close(self):
        try:
            os.kill(self.holder, signal.SIGKILL)
            os.waitpid(self.holder, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


def fill(folder, leave=0):
    """Leaves no space but that, in a file of its own; its path."""
    name = os.path.join(folder, "filler")
    fd = os.open(name, os.O_WRONLY | os.O_CREAT, 0o600)
    for block in (1 << 16, 4096, 1):
        try:
            while True:
                os.write(fd, b"x" * block)
        except OSError:
            continue
    if leave:
        os.ftruncate(fd, max(os.fstat(fd).st_size - leave, 0))
    os.close(fd)
    return name
