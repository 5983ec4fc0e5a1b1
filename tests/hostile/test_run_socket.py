#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Where a session's control socket lies: who reaches it, what is swept, and
which folders are none to make it in.

Usage: test_run_socket.py BUILD [NAME…]
"""

import os
import socket

from askrig import (Asking, approver, folder_of_sockets, profile, wait_for)
from runrig import Run, Script, is_fine

t = Script()


REACH = """
import json, os, socket, sys
def reach(folder):
    try:
        names = os.listdir(folder)
        fd = os.open(folder, os.O_PATH)
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for name in names:
            peer.connect(f"/proc/self/fd/{fd}/{name}")
        return f"{len(names)} reached"
    except OSError as error:
        return f"none: {error}"
if __name__ == "__main__":
    for line in sys.stdin:
        m = json.loads(line)
        print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": {
            "content": [{"type": "text", "text": reach(FOLDER)}]}}),
            flush=True)
"""


@t.test
def the_server_does_not_reach_the_socket(world):
    """Not through a grant that holds its folder either."""
    profile(world)
    folder = folder_of_sockets(world)
    text = f"FOLDER = {folder!r}\n" + REACH
    script = world.file("reach.py", text)
    local = os.path.join(world.home, ".local")
    os.makedirs(local, mode=0o700, exist_ok=True)
    options = ["--profile", "mine", "--ro", script, "--ro", local]
    with Run(world, script, options, server="/usr/bin/python3") as run:
        wait_for(lambda: len(world.sessions()) > 0, "the session")
        approver.wait_for_socket(folder, list(world.sessions())[0])
        run.call(1, "free")
        said = run.answer(1)["result"]["content"][0]["text"]
        assert said.startswith(("none", "0 reached")), said
        control = {"__name__": "control"}
        exec(text, control)  # the same words, out here
        assert control["reach"](folder)[0] in "123456789"
        run.end(0)


@t.test
def a_stale_socket_is_swept_and_a_living_one_is_not(world):
    profile(world)
    folder = folder_of_sockets(world)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    stale = os.path.join(folder, "0123456789abcdef")
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with approver.address(stale) as short:
        dead.bind(short)
    dead.close()
    with Asking(world) as one:
        living = one.socket() if not os.path.exists(stale) else None
        wait_for(lambda: not os.path.exists(stale), "the sweep")
        one.tool(1, name="free")
        assert is_fine(one.got(1))
        names = set(os.listdir(folder))
        with Asking(world) as two:
            two.tool(1, name="free")
            assert is_fine(two.got(1))
            assert names <= set(os.listdir(folder)), "a living one is gone"
            two.hang_up()
            two.wait()
        assert living or names
        one.end(0)
    left = [n for n in os.listdir(folder)
            if any(s.startswith(n) for s in world.sessions())]
    assert not left, "the sockets of ended sessions are there"


def start_is_refused(world, pattern):
    with Asking(world) as run:
        assert run.wait() == 125, run.text()
        run.expect_line(pattern)
        assert run.rest() == []
    # Without anything to ask, the folder is of no interest.
    with Run(world, options=["--tool", "*"]) as run:
        assert is_fine(run.ask(1))
        run.end()


def own_folder(world):
    """The part of the folder that a test may spoil, or None."""
    if folder_of_sockets(world).startswith("/run/user/"):
        return None
    path = os.path.dirname(folder_of_sockets(world))
    os.makedirs(path, mode=0o700, exist_ok=True)
    return path


@t.test
def a_folder_that_others_may_write_is_refused(world):
    profile(world)
    if folder := own_folder(world):
        os.chmod(folder, 0o777)
        start_is_refused(world, "run.*")


@t.test
def a_folder_that_is_a_link_is_refused(world):
    profile(world)
    if folder := own_folder(world):
        os.rmdir(folder)
        os.symlink(world.folder("elsewhere"), folder)
        start_is_refused(world, "run.*")


@t.root
def a_folder_of_somebody_else_is_refused(world):
    profile(world)
    if folder := own_folder(world):
        os.chown(folder, 12345, 12345)
        start_is_refused(world, "run.*")


@t.test
def a_path_too_long_for_a_socket_is_none(world):
    for _ in range(8):
        world.home = os.path.join(world.home, "d" * 60)
    os.makedirs(world.home, mode=0o700)
    world.env["HOME"] = world.home
    profile(world)
    with Asking(world) as run:
        run.tool(1)
        # The test's own address would be too long as well.
        path = run.socket()
        folder = os.open(os.path.dirname(path), os.O_PATH | os.O_DIRECTORY)
        short = f"/proc/{os.getpid()}/fd/{folder}/{os.path.basename(path)}"
        with approver.Approver(short) as peer:
            peer.until("question")
            assert peer.answer(1, "once")["status"] == "taken"
        assert is_fine(run.got(1))
        os.close(folder)
        run.end(0)


t.main()
