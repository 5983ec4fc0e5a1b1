#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Characters that nobody sees under the whole of `stockade run`: what is left
of them in a result, in a file that keeps one, on the terminal, in the log.

Usage: test_run_clean.py BUILD [NAME…]
"""

import json
import os
import re

from runrig import Run, Script, of_type

PYTHON = "/usr/bin/python3"
SERVER = r'''
import json, sys
RED, RLO, TAG = "\x1b[31m", "\u202e", "\U000e0041"
for line in sys.stdin:
    m = json.loads(line)
    if "id" not in m or "method" not in m:
        continue
    out = {}
    if m["method"] == "tools/list":
        out = {"tools": [{"name": "say", "description": "says" + TAG, "inputSchema": {"type": "object"}},
                         {"name": "say" + RLO, "inputSchema": {"type": "object"}}]}
    elif m["method"] == "tools/call":
        sys.stderr.write(RED + "said" + RLO + "\n")
        sys.stderr.flush()
        text = (RED + "a" + RLO + TAG) * m["params"]["arguments"]["n"]
        out = {"content": [{"type": "text", "text": text}]}
        if m["params"]["arguments"]["n"] == 0:
            out = {"content": [{"type": "image", "data": "YWJj", "mimeType": "image/" + x} for x in ("png", "gif", "bmp")]}
    print(json.dumps({"jsonrpc": "2.0", "id": m["id"], "result": out}), flush=True)
'''
t = Script()


def profile(world, **output):
    folder = os.path.join(world.home, ".config/stockade/profiles")
    os.makedirs(folder, 0o700, exist_ok=True)
    with open(os.path.join(folder, "unseen.json"), "w", encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "python", "protocol": {
            "tools": {"allow": ["*"]}, "output": output}}, file)


def start(world, *options):
    path = os.path.join(world.work, "server.py")
    with open(path, "w", encoding="utf-8") as file:
        file.write(SERVER)
    return Run(world, path, ["--ro", world.work, *options], server=PYTHON)


def ask(run, number, method="tools/call", n=1):
    params = {"name": "say", "arguments": {"n": n}} if method == "tools/call" else {}
    run.send(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}).encode() + b"\n")
    return run.answer(number)["result"]


@t.test
def without_a_profile_they_are_taken_out_and_counted(world):
    with start(world) as run:
        assert ask(run, 1)["content"][0]["text"] == "a"
        assert ask(run, 2, n=3)["content"][0]["text"] == "aaa"
        tools = ask(run, 3, "tools/list")["tools"]
        assert [(x["name"], x["description"]) for x in tools] == [("say", "says")], tools
        run.end(0)
        said = run.text()
    assert len(re.findall(r"sends characters that are not seen \(ansi, bidi, tag\); they are taken out", said)) == 1, said
    assert "\x1b" not in said and "\u202e" not in said and "said" in said
    records = world.records()
    assert [r.get("stripped") for r in of_type(records, "result")] == [
        {"ansi": 1, "bidi": 1, "tag": 1}, {"ansi": 3, "bidi": 3, "tag": 3}, {"tag": 1}]
    assert [r["kind"] for r in of_type(records, "anomaly")] == ["unseen"]
    world.verify()
    table = world.stockade("log").stdout
    assert "taken out: ansi 3, bidi 3, tag 3" in table, table


@t.test
def a_profile_says_what_becomes_of_them(world):
    for word, text in (("show", "<U+001B>[31ma<U+202E><U+E0041>"), ("pass", "\x1b[31ma\u202e\U000e0041"), ("strip", "a")):
        profile(world, unseen=word)
        with start(world, "--profile", "unseen") as run:
            assert ask(run, 1)["content"][0]["text"] == text
            run.end(0)
        told = world.stockade("explain", "--profile", "unseen", "--", PYTHON).stdout
        assert re.search(rf"^  unseen +{word}$", told, re.M), told
        shown = world.stockade("profile", "show", "unseen").stdout
        assert re.search(rf"protocol\.output\.unseen +{word}", shown), shown


@t.test
def what_narrows_makes_it_stricter_only(world):
    def narrowed(own, narrow):
        profile(world, unseen=own)
        path = os.path.join(world.home, "narrow.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"version": 1, "protocol": {"output": {"unseen": narrow}}}, file)
        with start(world, "--profile", "unseen", "--narrow", path) as run:
            text = ask(run, 1)["content"][0]["text"]
            run.end(0)
        return text

    assert narrowed("pass", "strip") == "a"
    assert narrowed("strip", "pass") == "a"


@t.test
def types_of_content_need_the_profile_and_what_narrows(world):
    profile(world, types=["image/png", "image/gif"])
    path = os.path.join(world.home, "narrow.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"version": 1, "protocol": {"output": {"types": ["image/png", "image/bmp"]}}}, file)
    for options, passed in (([], [True, True, False]), (["--narrow", path], [True, False, False])):
        with start(world, "--profile", "unseen", *options) as run:
            got = ask(run, 1, n=0)["content"]
            assert [x["type"] == "image" for x in got] == passed, got
            run.end(0)
    for records in world.sessions().values():
        assert [r.get("cut") for r in of_type(records, "result")] == [True]
    told = world.stockade("explain", "--profile", "unseen", "--narrow", path, "--", PYTHON).stdout
    assert re.search(r"^  types +image/png image/gif$", told, re.M), told
    assert re.search(r"^  and types +image/png image/bmp$", told, re.M), told
    shown = world.stockade("profile", "show", "unseen").stdout
    assert re.search(r"protocol\.output\.types +image/gif", shown), shown


@t.test
def what_is_kept_in_a_file_is_without_them(world):
    profile(world, text="1K", over="spill")
    with start(world, "--profile", "unseen") as run:
        note = ask(run, 1, n=3000)["content"][0]["text"]
        path = re.search(r"is in (/\S+?)\]$", note)[1]
        with open(path, "rb") as file:
            assert file.read() == b"a" * 3000
        run.end(0)


if __name__ == "__main__":
    t.main()
