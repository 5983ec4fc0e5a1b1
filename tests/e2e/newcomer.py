#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A first run with no option at all: the error says exactly the option that
makes it work, and with that option it works.
"""

import os
import re
import shlex
import sys
import tempfile

import parts
from mcp import Client, Gone, refused, text_of
from tap import Script

STOCKADE = os.path.join(sys.argv[1], "launcher", "stockade")
SERVER = [parts.NODE, parts.script("filesystem", "server-filesystem")]
t = Script()


def first_run(folder, cwd):
    """What stderr says, and whether the folder could be listed."""
    with Client([STOCKADE, "run", "--", *SERVER, folder], cwd=cwd) as client:
        try:
            client.initialize()
            worked = not refused(client.call("list_directory", path=folder))
        except Gone:
            worked = False
        client.close()
        return client.said, worked


def options_in(said, folder):
    """The options that stderr names for this folder, ready to be pasted."""
    found = re.findall(r"--(?:ro|rw) (?:'[^']*'|[^\s,;()]+)", said)
    return [words for words in map(shlex.split, found) if words[1] == folder]


def with_folder(name, check):
    with tempfile.TemporaryDirectory(dir=os.environ["HOME"]) as root:
        folder = os.path.join(root, name)
        os.mkdir(folder)
        with open(os.path.join(folder, "a.txt"), "w", encoding="utf-8"):
            pass
        # The client's own folder is another one.
        os.mkdir(os.path.join(root, "cwd"))
        check(os.path.realpath(folder), os.path.join(root, "cwd"))


def is_told_and_works(folder, cwd):
    said, worked = first_run(folder, cwd)
    assert not worked, "the folder was there without any grant"
    options = options_in(said, folder)
    assert len(options) == 2, said
    for option in options:
        with Client([STOCKADE, "run", *option, "--", *SERVER, folder],
                    cwd=cwd) as client:
            client.initialize()
            answer = client.call("list_directory", path=folder)
            assert "a.txt" in text_of(answer), (option, answer, client.said)


@t.test
def the_error_names_the_option_and_the_option_works():
    with_folder("project", is_told_and_works)


@t.test
def so_it_does_for_a_folder_with_a_space_in_its_name():
    with_folder("my project", is_told_and_works)


@t.test
def standard_output_holds_messages_only():
    def check(folder, cwd):
        with Client([STOCKADE, "run", "--ro", folder, "--", *SERVER, folder],
                    cwd=cwd) as client:
            client.initialize()
            client.tools()
            assert client.close() == 0, client.said
            assert all("jsonrpc" in other for other in client.others)
    with_folder("project", check)


t.main()
