#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Real servers, some of their tools asked for: with every answer a yes, what
the client sees is the same as bare; with every answer a no, nothing was done.
"""

import os
import sys

import sdk
import servers
from asked import told
from same import difference
from together import Together
from world import DECLINED, Person, World

BUILD = sys.argv[1]
TABLE = servers.table(BUILD)
ASKED = {
    "filesystem": ["write_file", "edit_file", "create_directory",
                   "move_file"],
    "everything": ["echo", "get-tiny-image", "get-structured-content",
                   "trigger-long-running-operation"],
    "memory": ["create_*", "delete_*"],
    "sequential-thinking": ["sequentialthinking"],
    "git": ["git_add", "git_commit", "git_checkout"],
    "time": ["convert_time"],
    "time-uv-run": ["get_current_time"],
    "compiled": ["write", "big_text"],
}
# What such calls leave behind.
TRACES = {"filesystem": ["sub/c.txt", "sub/deeper"], "compiled": ["t.txt"]}

t = Together()


def fits(tool, patterns):
    return any(tool == p or p.endswith("*") and tool.startswith(p[:-1])
               for p in patterns)


def calls_of(server, workspace, only=None):
    return [{"tool": tool, "arguments": servers.fill(given, workspace)}
            for tool, given in server.calls if not only or fits(tool, only)]


def bare(server, workspace):
    command = servers.fill(server.command, workspace)
    settings = [f"{k}={servers.fill(v, workspace)}"
                for k, v in server.bare_env.items()]
    return ["/usr/bin/env", *settings, *command]


def asking(server, world, workspace, patterns):
    options = servers.fill(server.options, workspace)
    return world.wrapped(
        *options, "--tool", "*", *(x for p in patterns for x in ("--ask", p)),
        "--", *servers.fill(server.command, workspace))


def play(world, server, command, workspace, answer=None, only=None):
    """All calls, each question answered so."""
    servers.make_workspace(server, workspace)
    calls = calls_of(server, workspace, only)
    with sdk.start("typescript_v1", world, command, calls) as client:
        if answer:
            with Person(world) as person:
                for call in calls:
                    if fits(call["tool"], answer[1]):
                        person.answer(person.question(call["tool"]),
                                      answer[0])
                return client.end()
        return client.end()


def traces(name, workspace):
    return [trace for trace in TRACES.get(name, [])
            if os.path.exists(os.path.join(workspace, trace))]


def is_the_same(name):
    server, patterns = TABLE[name], ASKED[name]
    with World() as world:
        workspace = world.in_top("workspace")
        without = play(world, server, bare(server, workspace),
                       workspace)
        ours = play(world, server,
                    asking(server, world, workspace, patterns), workspace,
                    ("once", patterns))
        assert without["calls"] and without["complaints"] == []
        for part, value in without.items():
            seen = difference(value, ours[part])
            assert not seen, f"{part} differ:\n{seen}"
        answered = world.records("approval.answered")
        assert {a["answer"] for a in answered} == {"once"}, answered
        assert traces(name, workspace) == TRACES.get(name, [])


def is_declined(name):
    server, patterns = TABLE[name], ASKED[name]
    with World() as world:
        workspace = world.in_top("workspace")
        seen = play(world, server,
                    asking(server, world, workspace, patterns), workspace,
                    ("deny", patterns), only=patterns)
        assert seen["calls"]
        for call in seen["calls"]:
            assert told(call) == DECLINED, call
        assert traces(name, workspace) == []


for name in ASKED:
    t.add(f"{name}_is_the_same_once_it_was_agreed_to", is_the_same, name)
for name in TRACES:
    t.add(f"{name}_did_nothing_of_what_was_declined", is_declined, name)


if __name__ == "__main__":
    t.main()
