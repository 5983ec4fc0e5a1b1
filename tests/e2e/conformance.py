#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The official conformance suite, through a bridge: what passes bare passes
wrapped where policy allows all, in both eras, check by check.

usage: conformance.py BUILD
"""

import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess

import parts
from tap import Script
from world import World

HERE = os.path.join(os.path.dirname(os.path.realpath(__file__)), "conformance")
SUITE = parts.script("conformance", "conformance")
PATIENCE = 280
LEGACY, MODERN = "2025-11-25", "2026-07-28"
# So many pass whole without us; fewer, and nothing is proved.
LEAST = {LEGACY: 25, MODERN: 28}
# These look at HTTP, so at our bridge, not at what goes through us.
OF_THE_BRIDGE = {
    "dns-rebinding-protection": "the headers Host and Origin",
    "server-session-lifecycle": "sessions are named and ended in headers",
    "server-sse-multiple-streams": "event streams side by side",
    "server-sse-polling": "event streams that are closed and resumed",
    "http-header-validation": "headers that repeat the message",
    "http-custom-header-server-validation": "the same for parameters",
}
ALL = {"tools": {"allow": ["*"]}, "prompts": {"allow": ["*"]},
       "resources": {"allow": ["*"]},
       "methods": {"sampling/createMessage": "allow",
                   "elicitation/create": "allow", "roots/list": "allow"}}
FOLDER = re.compile(r"server-(.+?)-\d{4}-\d\d-\d\dT")
WORST = ["SUCCESS", "INFO", "SKIPPED", "WARNING", "FAILURE"]

t = Script()


def prepare(world, protocol):
    """The server, beside what it is made of; and a profile for it."""
    folder = os.path.join(world.home, ".config/stockade/profiles")
    os.makedirs(folder)
    with open(os.path.join(folder, "mine.json"), "w",
              encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "node", "protocol": protocol},
                  file)
    place = world.in_top("server")
    shutil.copytree(HERE, place)
    os.symlink(parts.npm("modern"), os.path.join(place, "node_modules"))
    return [parts.NODE, os.path.join(place, "server.mjs")]


def wrap(world, server):
    return world.wrapped("--profile", "mine", "--ro", os.path.dirname(
        server[1]), "--ro", parts.npm("modern"), "--", *server)


class Bridge:
    """Its port, while it is there."""

    def __init__(self, world, command):
        self.process = subprocess.Popen(
            ["/usr/bin/python3", os.path.join(HERE, "bridge.py"), *command],
            env=world.env, cwd=world.project, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.stdin.close()
        self.process.wait(timeout=PATIENCE)
        self.process.stdout.close()


def statuses(folder):
    """{scenario: {check: status}}; of one that comes twice the worst."""
    found = {}
    for path in glob.glob(os.path.join(folder, "*", "checks.json")):
        scenario = FOLDER.match(os.path.basename(os.path.dirname(path)))[1]
        checks = found.setdefault(scenario, {})
        with open(path, encoding="utf-8") as file:
            for check in json.load(file):
                before = checks.get(check["id"], WORST[0])
                checks[check["id"]] = max(
                    before, check["status"], key=WORST.index)
    return found


def run(wrapped, *what, protocol=None):
    with World() as world:
        command = prepare(world, protocol or ALL)
        out = world.in_top("results")
        with Bridge(world, wrap(world, command) if wrapped else command) as b:
            subprocess.run(
                [parts.NODE, SUITE, "server", "--url",
                 f"http://localhost:{b.port}/mcp", "-o", out, *what],
                env=world.env, cwd=world.top, timeout=PATIENCE,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
        return statuses(out)


def compare(bare, wrapped, scenario):
    lost = {check: wrapped.get(scenario, {}).get(check)
            for check, status in bare[scenario].items()
            if status in ("SUCCESS", "WARNING")
            and wrapped.get(scenario, {}).get(check) not in (
                status, "SUCCESS")}
    assert not lost, f"passes bare, not wrapped: {lost}"


def whole(found):
    return [name for name, checks in found.items() if name not in OF_THE_BRIDGE
            and checks and "FAILURE" not in checks.values()]


def enough(bare, revision):
    names = whole(bare)
    assert len(names) >= LEAST[revision], names


def a_denied_tool_is_noticed(bare, wrapped):
    name = "tools-call-simple-text"
    try:
        compare(bare, wrapped, name)
    except AssertionError:
        return
    raise AssertionError(wrapped)


def main():
    denied = {**ALL, "tools": {"allow": ["*"], "deny": ["test_simple_text"]}}
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        runs = {(revision, wrapped): pool.submit(
            run, wrapped, "--requirements", revision)
            for revision in (LEGACY, MODERN) for wrapped in (False, True)}
        control = pool.submit(
            run, True, "--scenario", "tools-call-simple-text",
            "--spec-version", MODERN, protocol=denied)
        found = {key: future.result() for key, future in runs.items()}
    for revision in (LEGACY, MODERN):
        bare, wrapped = found[revision, False], found[revision, True]
        t.add(f"{revision}: bare, enough of the suite passes", enough, bare,
              revision)
        for name in sorted(bare):
            if name in OF_THE_BRIDGE:
                print(f"# {revision} {name} is about {OF_THE_BRIDGE[name]}")
                continue
            t.add(f"{revision}: {name} is wrapped as it is bare", compare,
                  bare, wrapped, name)
    t.add("the control: a tool that is denied is noticed",
          a_denied_tool_is_noticed, found[MODERN, False], control.result())
    t.main()


main()
