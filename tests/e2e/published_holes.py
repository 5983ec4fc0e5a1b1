#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two published holes of server-filesystem 2025.3.28: both work bare, neither
works wrapped. 2025.7.1, where they are mended, is the control.

CVE-2025-53110: a folder whose name begins like the allowed one is allowed.
CVE-2025-53109: a symbolic link out of the allowed folder is followed.
"""

import os
import sys
import tempfile

import parts
from mcp import Client, refused, text_of
from tap import Script

STOCKADE = os.path.join(sys.argv[1], "launcher", "stockade")
SECRET = "not for the server"
t = Script()


class Place:
    """A folder that is allowed, beside one that is not."""

    def __init__(self, root):
        self.allowed = os.path.join(root, "project")
        beside = os.path.join(root, "project_secret")
        self.secret = os.path.join(beside, "key.txt")
        self.planted = os.path.join(beside, "planted.txt")
        os.mkdir(self.allowed)
        os.mkdir(beside)
        with open(self.secret, "w", encoding="utf-8") as file:
            file.write(SECRET)
        with open(os.path.join(self.allowed, "a.txt"), "w",
                  encoding="utf-8") as file:
            file.write("fine")
        os.symlink(self.secret, os.path.join(self.allowed, "link"))
        os.symlink(self.planted, os.path.join(self.allowed, "out"))


def start(place, folder, wrapped):
    command = [parts.NODE, parts.script(folder, "server-filesystem"),
               place.allowed]
    if wrapped:
        command = [STOCKADE, "run", "--rw", place.allowed, "--", *command]
    return Client(command, cwd=place.allowed)


def prefix(client, place):
    return client.call("read_file", path=place.secret)


def link(client, place):
    return client.call("read_file", path=os.path.join(place.allowed, "link"))


def link_out(client, place):
    client.call("write_file", path=os.path.join(place.allowed, "out"),
                content="planted")
    return None


HOLES = {"CVE_2025_53110_prefix": prefix, "CVE_2025_53109_link": link,
         "CVE_2025_53109_link_for_writing": link_out}


def works(hole, folder, wrapped):
    """Whether the hole gives what it must not give."""
    with tempfile.TemporaryDirectory(dir=os.environ["HOME"]) as root:
        place = Place(root)
        with start(place, folder, wrapped) as client:
            client.initialize()
            fine = client.call("read_file",
                               path=os.path.join(place.allowed, "a.txt"))
            assert text_of(fine) == "fine", fine
            answer = HOLES[hole](client, place)
        if answer is None:
            return os.path.exists(place.planted)
        told = text_of(answer)
        assert (SECRET in told) != refused(answer), answer
        return SECRET in told


def expect(hole, folder, wrapped, expected):
    assert works(hole, folder, wrapped) == expected


for name in HOLES:
    t.add(f"{name}_works_bare", expect, name, "vulnerable", False, True)
    t.add(f"{name}_fails_wrapped", expect, name, "vulnerable", True, False)
    t.add(f"{name}_is_mended_in_the_control", expect, name, "fixed", False,
          False)
t.main()
