#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real server under each real client: the same, wrapped, as bare.

usage: matrix.py BUILD SERVER [--bare]

--bare compares bare with bare, to try the test itself.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

import parts  # noqa: F401
import servers
from clients import CLIENTS
from same import difference
from tap import Script

BUILD, NAME = sys.argv[1:3]
BARE_ONLY = "--bare" in sys.argv
STOCKADE = os.path.join(BUILD, "launcher", "stockade")
SERVER = servers.table(BUILD)[NAME]
t = Script()


def scenario(wrapped, workspace):
    command = servers.fill(SERVER.command, workspace)
    if wrapped:
        options = servers.fill(SERVER.options, workspace)
        command = [STOCKADE, "run", *options, "--", *command]
    elif SERVER.bare_env:
        command = ["/usr/bin/env", *(
            f"{k}={servers.fill(v, workspace)}"
            for k, v in SERVER.bare_env.items()), *command]
    return {"command": command[0], "args": command[1:], "cwd": workspace,
            "capabilities": {}, "calls": [
                {"tool": tool, "arguments": servers.fill(given, workspace)}
                for tool, given in SERVER.calls]}


def same(client, work):
    workspace = os.path.join(work, "workspace")
    seen = []
    for wrapped in (False, not BARE_ONLY):
        shutil.rmtree(os.path.join(os.environ["HOME"], ".local"),
                      ignore_errors=True)
        servers.make_workspace(SERVER, workspace)
        seen.append(CLIENTS[client](scenario(wrapped, workspace), work))
    bare, wrapped = seen
    assert bare["tools"] and bare["results"]
    covered = {tool for tool, _ in SERVER.calls} | set(SERVER.left_out)
    missing = {tool["name"] for tool in bare["tools"]} - covered
    assert not missing, f"tools that no call tries: {missing}"
    for part in bare:
        told = difference(bare[part], wrapped[part])
        assert not told, f"{part} differ:\n{told}"
    if not BARE_ONLY:
        logged(len(bare["results"]))


def logged(calls):
    """The log of the wrapped run holds each call, and is whole."""
    checked = subprocess.run([STOCKADE, "verify"], capture_output=True,
                             text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    listed = subprocess.run([STOCKADE, "log", "--json"], capture_output=True,
                            text=True)
    assert listed.returncode == 0, listed.stderr
    records = [json.loads(line) for line in listed.stdout.splitlines()]
    found = [r for r in records if r["type"] == "call"
             and r.get("method") == "tools/call"]
    assert len(found) == calls, (len(found), calls)


with tempfile.TemporaryDirectory(prefix="stockade-e2e.",
                                 dir=os.environ["HOME"]) as folder:
    for name in CLIENTS:
        t.add(f"{NAME}_is_the_same_to_{name}", same, name, folder)
    t.main()
