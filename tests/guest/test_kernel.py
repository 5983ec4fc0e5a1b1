#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the second kernel has not: the newer parts of Landlock, and ids that
can be mapped on tmpfs.

usage: test_kernel.py STOCKADE
"""

import os
import subprocess
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sandbox"))

from wrapped import AS_ROOT, PYTHON, Place, Wrapper  # noqa: E402

from tap import Script  # noqa: E402

t = Script()
w = Wrapper(os.path.realpath(sys.argv[1]))
# A tmpfs that is no folder of the system's: init makes it.
SHARED = "/memory"


def doctor(place):
    """Its rows, by the check's name."""
    said = subprocess.run([w.stockade, "doctor"], cwd=SHARED, check=True,
                          capture_output=True, text=True,
                          env={**os.environ, "HOME": place.home}).stdout
    return {line[8:39].strip(): (line[:8].strip(), line[39:])
            for line in said.splitlines() if line[:8].strip()}


class Memory(Place):
    """Two folders on a tmpfs besides: one to be granted, with a file of its
    owner's in it, and one that nobody grants."""

    def __init__(self):
        super().__init__()
        self.granted = os.path.join(SHARED, os.path.basename(self.top))
        os.mkdir(self.granted)
        with open(os.path.join(self.granted, "private"), "w",
                  encoding="ascii") as file:
            file.write("content")
        os.chmod(file.name, 0o600)
        assert filesystem(self.granted) == "tmpfs"

    def __exit__(self, *unused):
        super().__exit__()
        subprocess.run(["rm", "-rf", self.granted], check=True)

    def touch(self):
        return f"""
attempt('private', open, {self.granted!r} + '/private')
attempt('write', write, {self.granted!r} + '/new')
"""


def filesystem(path):
    return subprocess.run(["stat", "-f", "-c", "%T", path], check=True,
                          capture_output=True, text=True).stdout.strip()


@t.test
def it_is_the_kernel_that_was_asked_for():
    assert os.uname().release.startswith("6.1."), os.uname().release
    abi = subprocess.run(
        [PYTHON, "-I", "-S", "-c", "import ctypes; print(ctypes.CDLL(None)"
         ".syscall(444, None, 0, 1))"], check=True, capture_output=True,
        text=True).stdout
    assert abi == "2\n", abi


@t.test
def doctor_says_what_is_weaker_here():
    with Place() as place:
        rows = doctor(place)
    assert rows["Landlock"][0] == "weaker", rows
    assert "ABI 2" in rows["Landlock"][1], rows
    state, words = rows["limits"]
    assert state == "ok" and "memory processes CPU" in words, rows
    if AS_ROOT:
        state, words = rows["id-mapped mounts"]
        assert state == "weaker" and "write grants here are refused" in words


@t.test
def landlock_without_its_newer_parts_is_no_degraded_start():
    with Place() as place:
        assert w.command(place, [], ["/bin/true"]).status == 0
        start, = place.records("session.start")
        assert start["kernel"] == os.uname().release, start
        assert "degraded" not in start, start


# Ids on tmpfs.

def a_write_grant_of_roots_is_refused():
    with Memory() as place:
        session = w.refused(place, ["--rw", place.granted],
                            ["cannot grant", place.granted, "--keep-uid"])
        assert session.facts() == {}, session.said
        assert os.listdir(place.granted) == ["private"]


def a_read_grant_of_roots_goes_on_with_a_line():
    with Memory() as place:
        session = w.inside(place, ["--ro", place.granted], place.touch())
        assert session.status == 0, session.said
        facts = session.facts()
        # Nobody's uid reads what others may read, and no more.
        assert facts["private"] == "EACCES", session.said
        assert facts["write"] in ("EROFS", "EACCES"), session.said
        assert any(place.granted in line and "map" in line
                   for line in session.lines()), session.said


def who_keeps_uid_0_may_write():
    with Memory() as place:
        session = w.inside(place, ["--keep-uid", "--rw", place.granted],
                           place.touch())
        assert session.facts() == {"private": "ok", "write": "ok"}, \
            session.said
        assert os.stat(place.granted + "/new").st_uid == 0


def a_grant_that_holds_such_a_mount_is_refused():
    with Place() as place:
        inner = place.folder("granted/deep/inner")
        w.refused(place, ["--rw", place.path("granted")],
                  ["cannot grant", "--keep-uid"], before=[
                      "unshare", "--mount", "sh", "-c",
                      f'mount -t tmpfs tmpfs {inner} && exec "$@"', "sh"])
        session = w.inside(place, ["--rw", place.path("granted")],
                           f"attempt('write', write, {inner!r} + '/new')")
        assert session.facts() == {"write": "ok"}, session.said


def a_users_grant_needs_no_map():
    with Memory() as place:
        session = w.inside(place, ["--rw", place.granted], place.touch())
        assert session.facts() == {"private": "ok", "write": "ok"}, \
            session.said


for check in ([a_write_grant_of_roots_is_refused,
               a_read_grant_of_roots_goes_on_with_a_line,
               who_keeps_uid_0_may_write,
               a_grant_that_holds_such_a_mount_is_refused] if AS_ROOT
              else [a_users_grant_needs_no_map]):
    t.add(check.__name__, check)

t.main()
