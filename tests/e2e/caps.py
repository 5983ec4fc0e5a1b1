#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Results over their caps as real clients take them: each gets an answer that
it can use, in each mode, also of a tool with an output schema.

Usage: caps.py BUILD
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile

import parts
from clients import CLIENTS
from tap import Script

sys.path.insert(0, os.path.join(parts.TOP, "tests", "hostile"))
STOCKADE = os.path.join(sys.argv[1], "launcher", "stockade")
SERVER = os.path.join(parts.TOP, "tests", "hostile", "big_server.py")
CALLS = [
    {"tool": "text", "arguments": {"n": 100}},
    {"tool": "text", "arguments": {"n": 9000}},
    {"tool": "image", "arguments": {"n": 9000}},
    {"tool": "structured", "arguments": {"n": 100, "text": 9000}},
    {"tool": "structured", "arguments": {"n": 9000, "text": 10}},
    {"tool": "structured", "arguments": {"n": 9000, "text": 10, "error": True}},
]
TOLD = re.compile(r"(\d+) bytes with SHA-256 ([0-9a-f]{64}), is in (/[^]\s]+)")
t = Script()


@contextlib.contextmanager
def home(over):
    """A HOME with a profile; its folder for the test's own files."""
    old = os.environ.get("HOME", "/var/tmp")
    top = tempfile.mkdtemp(prefix="caps.", dir=old)
    folder = os.path.join(top, ".config", "stockade", "profiles")
    work = os.path.join(top, "work")
    os.makedirs(folder, 0o700)
    os.mkdir(work)
    shutil.copy(SERVER, work)
    with open(os.path.join(folder, "big.json"), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "python", "protocol": {
            "tools": {"allow": ["*"]},
            "output": {"text": "2K", "binary": "2K", "over": over}}}, file)
    os.environ["HOME"] = top
    try:
        yield work
    finally:
        os.environ["HOME"] = old
        shutil.rmtree(top, ignore_errors=True)


def text_of(result):
    return result["content"][0]["text"]


def is_error(result):
    return result.get("isError") is True and "structuredContent" not in result


def check_file(result, over):
    hit = TOLD.search(text_of(result))
    assert bool(hit) == (over == "spill"), result
    if not hit:
        return None
    with open(hit[3], "rb") as file:
        content = file.read()
    assert len(content) == int(hit[1])
    assert hashlib.sha256(content).hexdigest() == hit[2]
    return content


def check(results, over):
    small, text, image, structured, large, failed = results
    for result in results:
        assert "error" not in result and result["content"], result
    assert not small.get("isError") and len(text_of(small)) == 100
    for result in (text, image):
        assert is_error(result) == (over == "error"), result
        check_file(result, over)
    if over != "error":
        assert structured["structuredContent"] == {"value": "v" * 100}
        assert not structured.get("isError"), structured
    else:
        assert is_error(structured), structured
    # What a schema asks for is whole, or there is an error.
    assert is_error(large), large
    whole = check_file(large, over)
    if whole:
        assert json.loads(whole)["structuredContent"] == {"value": "v" * 9000}
    assert is_error(failed), failed


def answers_are_usable(name, over):
    with home(over) as work:
        scenario = {"command": STOCKADE, "cwd": work, "capabilities": {},
                    "calls": CALLS, "args": [
                        "run", "--profile", "big", "--ro", work, "--",
                        "/usr/bin/python3", os.path.join(work, "big_server.py")]}
        seen = CLIENTS[name](scenario, work)
        assert any("outputSchema" in tool for tool in seen["tools"])
        check(seen["results"], over)


for client in ("typescript_v1", "typescript_v2", "python"):
    for way in ("truncate", "spill", "error"):
        t.add(f"{client}: {way}", answers_are_usable, client, way)

if __name__ == "__main__":
    t.main()
