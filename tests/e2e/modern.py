#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Servers that speak 2026-07-28 today, to the TypeScript SDK's client that
finds the era out by itself: wrapped they are what they are bare.

usage: modern.py BUILD
"""

import json
import os
import shutil

import parts
import sdk
from tap import Script
from world import World

MODERN = parts.npm("modern")
CLIENT = sdk.typescript("typescript_v2.mjs")
KUBE = """apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: u, user: {}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
"""

t = Script()


def fixture(world):
    place = world.in_top("server")
    shutil.copytree(os.path.join(parts.HERE, "conformance"), place)
    os.symlink(MODERN, os.path.join(place, "node_modules"))
    return [parts.NODE, os.path.join(place, "server.mjs")]


def context7(_):
    return [parts.NODE, parts.npm("modern", "@upstash", "context7-mcp",
                                  "dist", "index.js")]


def mongodb(_):
    return [parts.NODE, parts.npm("modern", "mongodb-mcp-server", "dist",
                                  "esm", "index.js"), "--telemetry=disabled"]


def kubernetes(world):
    name = "kubernetes-mcp-server-linux-amd64"
    config = os.path.join(world.project, "kubeconfig")
    with open(config, "w", encoding="utf-8") as file:
        file.write(KUBE)
    return [parts.npm("modern", name, "bin", name), "--kubeconfig", config]


# Which tool it has, and calls that need no network.
SERVERS = {
    "a server on the SDK": (
        fixture, "test_simple_text", [("test_simple_text", {}),
                                      ("test_image_content", {}),
                                      ("no_such_tool", {})]),
    "context7": (context7, "resolve-library-id", [("query-docs", {})]),
    "mongodb": (mongodb, "aggregate", [("list-databases", {})]),
    "kubernetes": (kubernetes, "pods_list", [("configuration_view", {})]),
}


def play(world, command, calls):
    scenario = {"command": command[0], "args": command[1:],
                "cwd": world.project, "capabilities": {},
                "calls": [{"tool": name, "arguments": given}
                          for name, given in calls]}
    with sdk.Running(world, CLIENT(world), json.dumps(scenario)) as client:
        return client.end()


def is_the_same(make, tool, calls):
    with World() as world:
        server = make(world)
        bare = play(world, server, calls)
        ours = play(world, world.wrapped(
            "--tool", "*", "--ro", world.project, "--ro", MODERN,
            *(["--ro", os.path.dirname(server[1])] if make is fixture else []),
            "--", *server), calls)
        assert tool in {x["name"] for x in bare["tools"]}, bare["tools"]
        assert ours["tools"] == bare["tools"]
        assert ours["version"] == bare["version"]
        for (name, _), was, now in zip(calls, bare["results"],
                                       ours["results"]):
            if name == "no_such_tool":
                assert now["error"]["code"] == -32602, now
            else:
                assert now == was, (name, was, now)
        eras = {r["era"] for r in world.records("call")}
        assert eras == {"modern"}, eras


for title, row in SERVERS.items():
    t.add(f"{title}: the client in auto mode sees what it sees bare",
          is_the_same, *row)
t.main()
