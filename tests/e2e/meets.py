#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A wrapper that got six variables from an SDK, and an approver in a terminal
of a login session, find each other; the system has a folder for the user's
sockets, or none.
"""

import json
import os
import subprocess
import time

import sdk
from asked import write
from tap import Script
from terminal import Terminal
from world import PATIENCE, POLL_S, STOCKADE, World

import place

t = Script()
RUN = "/run/user"


def no_folder():
    place.mount("none", RUN, "tmpfs", 0, "mode=755")


def a_folder_of_the_users():
    no_folder()
    os.mkdir(f"{RUN}/{os.geteuid()}", 0o700)


def login(world, *names):
    """What a login session has beside the six; none of it is passed on."""
    return {**world.env, "DISPLAY": ":0", "LANG": "C.UTF-8", **{
        name: world.folder(name) for name in names}}


def only_question(world, system, env):
    """What `approve` lists, once there is something."""
    deadline = time.monotonic() + PATIENCE
    while True:
        done = subprocess.run(
            [*system.enter, STOCKADE, "approve", "--json"], env=env,
            capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.stdout:
            return json.loads(done.stdout)
        assert done.returncode == 1 and time.monotonic() < deadline, done
        time.sleep(POLL_S)


def meet(prepare, *names):
    with World() as world, place.Place(prepare) as system:
        made, env = world.in_project("made"), login(world, *names)
        server = [*system.enter, *world.tiny("--ask", "write")]
        with sdk.start("typescript_v1", world, server,
                       [write(made)]) as client:
            asked = only_question(world, system, env)
            assert asked["arguments"]["path"] == made, asked
            with Terminal(world, *system.enter, STOCKADE, "approve",
                          asked["id"], "once", env=env) as terminal:
                assert terminal.wait() == 0, terminal.text
            call, = client.end()["calls"]
        assert not call["result"].get("isError") and os.path.exists(made), call
        answered, = world.records("approval.answered")
        assert answered["by"]["tty"].startswith("/dev/pts/"), answered


t.add("they_meet_in_the_users_folder", meet, a_folder_of_the_users,
      "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
t.add("they_meet_where_state_is_kept_elsewhere", meet, no_folder,
      "XDG_RUNTIME_DIR", "XDG_STATE_HOME")
t.add("they_meet_where_there_is_no_such_folder", meet, no_folder,
      "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME")


if __name__ == "__main__":
    t.main()
