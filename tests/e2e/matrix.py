#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real server under each real client: the same, wrapped, as bare.

usage: matrix.py BUILD SERVER [--bare]

--bare compares bare with bare, to try the test itself.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import parts
import servers
from clients import CLIENTS
from tap import Script

BUILD, NAME = sys.argv[1:3]
BARE_ONLY = "--bare" in sys.argv
STOCKADE = os.path.join(BUILD, "launcher", "stockade")
SERVER = servers.table(BUILD)[NAME]
# What no two runs have in common: times, and ids made of them.
VARIES = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.]*(?:Z|[+-]\d\d:?\d\d)?"
    r"|\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4} \([^)]*\)"
    r"|\d+:\d\d:\d\d [AP]M"
    r"|\b[0-9a-f]{7,40}\b|session [0-9a-f-]{36}")

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


def readable(item):
    """A blob that is text, as text: it may hold a time."""
    if isinstance(item.get("blob"), str):
        try:
            item["blob"] = base64.b64decode(item["blob"]).decode()
        except ValueError:
            pass
    return item


def steady(seen):
    """What was seen, without what varies, in lines that can be compared."""
    seen = json.loads(json.dumps(seen), object_hook=readable)
    text = json.dumps(seen, indent=1, sort_keys=True, ensure_ascii=False)
    return VARIES.sub("VARIES", text)


def difference(bare, wrapped):
    a, b = steady(bare).splitlines(), steady(wrapped).splitlines()
    lines = [f"bare    {x}\nwrapped {y}" for x, y in zip(a, b) if x != y]
    if len(a) != len(b):
        lines.append(f"{len(a)} lines bare, {len(b)} wrapped")
    return "\n".join(lines[:20])


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
