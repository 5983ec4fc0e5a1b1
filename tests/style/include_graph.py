#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who may include whom.

An argument, the build folder, adds the check that each header compiles alone.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys

import tree
from tap import Script

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+(?:"([^"]+)"|<([^>]+)>)', re.M)

# What has to stay out of a folder, followed through all that it includes.
# Folders of ours by the start of a path.
FORBIDDEN = {
    "policy/": ["launcher/"],
    "launcher/base/": ["policy/"] + [
        f"launcher/{f}/" for f in ("cli", "plan", "runtime", "sandbox",
                                   "supervisor", "relay", "keeper", "egress")],
    "launcher/keeper/": ["policy/json.h", "policy/message.h",
                         "launcher/relay/"],
    "launcher/sandbox/": ["launcher/relay/", "launcher/keeper/",
                          "launcher/supervisor/"],
    "launcher/relay/": ["launcher/sandbox/mount", "launcher/supervisor/"],
    "launcher/": ["launcher/cli/"],
}
EXCEPT = {"launcher/cli/": ["launcher/cli/"], "launcher/main.c": ["launcher/cli/"]}
# policy/ is pure: nothing of the system, no clock, no stream.
SYSTEM_OUT_OF_POLICY = re.compile(
    r"(sys|linux|netinet|arpa|asm)/|(unistd|fcntl|time|stdio|signal|poll|"
    r"dirent|pwd|grp|sched|pthread|sodium|jansson|seccomp)\.h")

t = Script()


def resolve(path, name):
    """The file of ours that an include means, as the compiler would look."""
    for base in (os.path.dirname(path), "", "launcher"):
        found = os.path.normpath(os.path.join(base, name))
        if os.path.isfile(os.path.join(tree.TOP, found)):
            return found
    return None


def graph(paths):
    """{path: ([files of ours], [system headers])}"""
    edges = {}
    for path in paths:
        ours, system = [], []
        for quoted, angled in INCLUDE.findall(tree.read(path)):
            found = resolve(path, quoted) if quoted else None
            (ours if found else system).append(found or quoted or angled)
        edges[path] = (ours, system)
    return edges


def reach(edges, path):
    """All files of ours that path includes, each with the way to it."""
    ways, todo = {path: [path]}, [path]
    while todo:
        here = todo.pop()
        for there in edges.get(here, ([], []))[0]:
            if there not in ways:
                ways[there] = ways[here] + [there]
                todo.append(there)
    del ways[path]
    return ways


def permitted(path, target):
    return any(path.startswith(who) and target.startswith(tuple(what))
               for who, what in EXCEPT.items())


def violations(edges):
    for path in edges:
        out = [f for who, what in FORBIDDEN.items()
               if path.startswith(who) for f in what]
        for target, way in reach(edges, path).items():
            if target.startswith(tuple(out)) and not permitted(path, target):
                yield " -> ".join(way)


@t.test
def a_forbidden_include_would_be_found():
    edges = {"launcher/keeper/a.c": (["launcher/keeper/b.h"], []),
             "launcher/keeper/b.h": (["policy/json.h"], [])}
    assert set(violations(edges)) == {
        "launcher/keeper/a.c -> launcher/keeper/b.h -> policy/json.h",
        "launcher/keeper/b.h -> policy/json.h"}


@t.test
def layers_include_only_what_they_may():
    edges = graph(tree.sources("launcher", "policy"))
    assert any(ours for ours, _ in edges.values())
    bad = list(violations(edges))
    assert not bad, "\n" + "\n".join(bad)


@t.test
def policy_includes_nothing_of_the_system():
    bad = [f"{path}: {name}"
           for path, (_, system) in graph(tree.sources("policy")).items()
           for name in system if SYSTEM_OUT_OF_POLICY.match(name)]
    assert not bad, "\n" + "\n".join(bad)


@t.test
def no_headers_include_each_other_in_a_circle():
    edges = graph(tree.sources("launcher", "policy"))
    bad = [" -> ".join(way + [path]) for path in edges
           for there, way in reach(edges, path).items()
           if path in edges.get(there, ([], []))[0]]
    assert not bad, "\n" + "\n".join(bad)


def flags_of(build):
    """The compiler and the project's flags, from the compile database."""
    with open(os.path.join(build, "compile_commands.json"),
              encoding="utf-8") as file:
        for entry in json.load(file):
            words = entry["command"].split()
            if entry["file"].endswith("launcher/main.c"):
                keep = [w for w in words[1:] if re.match(r"-(I|D|W|std|O|f)", w)
                        and w not in ("-MD", "-MQ", "-MF")]
                return [words[0]] + [w.replace('\\"', '"').strip("'")
                                     for w in keep], entry["directory"]
    raise AssertionError("the compile database does not name launcher/main.c")


def compile_alone(build):
    (command, folder) = flags_of(build)
    headers = tree.sources("launcher", "policy", suffixes=(".h",))
    assert headers

    def check(path):
        text = f'#include "{os.path.join(tree.TOP, path)}"\n'
        done = subprocess.run(
            command + ["-I", tree.TOP, "-I", os.path.join(tree.TOP, "launcher"),
                       "-Werror", "-fsyntax-only", "-x", "c", "-"],
            input=text, capture_output=True, text=True, cwd=folder)
        return f"{path}:\n{done.stderr}" if done.returncode else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        bad = [b for b in pool.map(check, headers) if b]
    assert not bad, "\n" + "\n".join(bad)


if len(sys.argv) > 1:
    t.add("each_header_compiles_alone", compile_alone, sys.argv[1])
t.main()
