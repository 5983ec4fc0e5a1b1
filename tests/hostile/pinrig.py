# SPDX-License-Identifier: Apache-2.0
"""A session with the server whose definitions change, and what it shows."""

import json
import os
import shutil

from askrig import approver, folder_of_sockets
from runrig import Run, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CHANGED = ("Not run: the tool's definition changed; the user must look at it "
           "first.")


def tool(name, description="What it does.", **more):
    return {"name": name, "description": description,
            "inputSchema": {"type": "object"}, **more}


def show(world, **now):
    """What the server shows from here on."""
    path = os.path.join(world.work, "shown.json")
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"tools": [tool("t"), tool("u")], **now}, file)
    os.rename(path + ".new", path)
    return path


def profile(world, name="mine", **protocol):
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, name + ".json"), "w",
              encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "python", "protocol": protocol or {
            "tools": {"allow": ["*"]}, "prompts": {"allow": ["*"]},
            "resources": {"allow": ["*"]}}}, file)


class Pinned(Run):
    """One session; .number counts its requests."""

    def __init__(self, world, *options, capabilities=None, hello=True, **more):
        for name in ("changing_server.py",):
            if not os.path.exists(os.path.join(world.work, name)):
                shutil.copy(os.path.join(HERE, name), world.work)
        super().__init__(world, os.path.join(world.work, "changing_server.py"),
                         options,
                         server="/usr/bin/python3", record=True, **more)
        self.number = 0
        if hello:
            self.hello = self.ask_for("initialize", {
                "protocolVersion": "2025-11-25",
                "capabilities": capabilities or {},
                "clientInfo": {"name": "c", "version": "1"}})

    def ask_for(self, method, params=None):
        self.number += 1
        message = {"jsonrpc": "2.0", "id": self.number, "method": method}
        if params is not None:
            message["params"] = params
        self.send(json.dumps(message).encode() + b"\n")
        return self.answer(self.number)

    def list(self, kind="tools", method=None):
        """All pages of it."""
        items, params = [], {}
        while True:
            result = self.ask_for(method or kind + "/list", params)["result"]
            items += result[kind]
            if "nextCursor" not in result:
                return items
            params = {"cursor": result["nextCursor"]}

    def names(self):
        return [item["name"] for item in self.list()]

    def try_tool(self, name):
        """"fine", or what was said instead."""
        got = self.ask_for("tools/call", {"name": name})
        if "error" in got:
            return f"{got['error']['code']} {got['error']['message']}"
        text = got["result"]["content"][0]["text"]
        assert bool(got["result"].get("isError")) == (text != "fine"), got
        return text


def one_run(world, *options, **more):
    """A whole session that lists and calls; the list and the answer."""
    with Pinned(world, *options, **more) as run:
        listed = run.list()
        said = run.try_tool("t")
        run.end(0)
    return listed, said


def store_files(world):
    """The files of the only store."""
    top = os.path.join(world.state, "stockade", "pins")
    folders = os.listdir(top)
    assert len(folders) == 1, folders
    folder = os.path.join(top, folders[0])
    return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]


def events(world):
    """(event, kind, name) of all that is kept."""
    found = []
    for path in store_files(world):
        with open(path, encoding="utf-8") as file:
            for line in file.read().split("\n")[1:-2]:
                event, kind, _, _, definition = line.split(" ", 4)
                held = json.loads(definition)
                name = held if not isinstance(held, dict) else held.get(
                    "name", held.get("uri"))
                found.append((event, kind, name))
    return found


def records(world, kind):
    found = [r for session in world.sessions().values() for r in session
             if r["type"] == kind]
    return sorted(found, key=lambda r: r["time"])


def sockets(world):
    folder = folder_of_sockets(world)
    own = {session[:16] for session in world.sessions()}
    return own & set(os.listdir(folder)) if os.path.isdir(folder) else set()


def attach(world):
    """An approver of the session that runs."""
    wait_for(lambda: sockets(world), "its socket")
    [session] = sockets(world)
    return approver.Approver(approver.wait_for_socket(
        folder_of_sockets(world), session))


def wait_accepted(run):
    wait_for(lambda: "a changed definition is accepted" in run.text(),
             "what became of the answer")


def details(question):
    return json.loads(question["shown"])["arguments"]
