# SPDX-License-Identifier: Apache-2.0
"""A session with a profile that asks, and approvers for it."""

import json
import os
import sys

from runrig import PATIENCE, Run, wait_for

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "lib"))
import approver  # noqa: E402

WAITING = ("Not run: this needs the user's approval, which is being asked for."
           " Tell the user, and call again with the same arguments once they "
           "have agreed.")
# What a model reads must not help it to answer for the user.
TELLTALE = ("stockade", "approve ", "profile", "--", ".json", "/home", "/run")


def profile(world, hold="30s", name="mine", **protocol):
    folder = os.path.join(world.home, ".config", "stockade", "profiles")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    protocol = protocol or {"tools": {"ask": ["a*"], "allow": ["free"]}}
    with open(os.path.join(folder, name + ".json"), "w",
              encoding="utf-8") as file:
        json.dump({"version": 1, "extends": "static", "protocol": protocol,
                   "approval": {"hold": hold}}, file)


def folder_of_sockets(world):
    user = f"/run/user/{os.geteuid()}"
    if os.path.isdir(user) and os.stat(user).st_uid == os.geteuid():
        return os.path.join(user, "stockade", "approve")
    return os.path.join(world.home, ".local", "state", "stockade", "run",
                        "approve")


class Asking(Run):
    """A run with the profile "mine"; .seen() is what reached the server."""

    def __init__(self, world, way="serve", options=("--profile", "mine"),
                 **more):
        super().__init__(world, way, options, record=True, **more)
        self.notes = []

    def socket(self):
        wait_for(lambda: len(self.world.sessions()) > 0, "the session")
        session = list(self.world.sessions())[-1]
        return approver.wait_for_socket(folder_of_sockets(self.world), session)

    def approver(self, **how):
        return approver.Approver(self.socket(), **how)

    def tool(self, number, name="ask_me", token=None, **arguments):
        params = {"name": name, "arguments": arguments}
        if token is not None:
            params["_meta"] = {"progressToken": token}
        self.send(json.dumps({"jsonrpc": "2.0", "id": number,
                              "method": "tools/call",
                              "params": params}).encode() + b"\n")

    def got(self, number):
        """The answer of that number; what else comes goes to .notes."""
        while True:
            message = self.receive(PATIENCE)
            assert message is not None, f"no answer; stderr: {self.text()}"
            if message.get("id") == number and "method" not in message:
                return message
            self.notes.append(message)

    def seen(self):
        """The ids of the calls that the server has had."""
        if not os.path.exists(self.world.seen):
            return []
        with open(self.world.seen, "rb") as file:
            return [json.loads(x).get("id") for x in file]

    def got_all(self, *numbers):
        """The answers of those numbers, in whatever order they come."""
        found = {}
        while len(found) < len(numbers):
            message = self.receive(PATIENCE)
            assert message is not None, f"no answer; stderr: {self.text()}"
            if message.get("id") in numbers and "method" not in message:
                found[message["id"]] = message
            else:
                self.notes.append(message)
        return [found[number] for number in numbers]

    def records(self, kind):
        return [r for r in list(self.world.sessions().values())[-1]
                if r["type"] == kind]


def text(message):
    """What the model reads of a call that was not run."""
    result = message["result"]
    assert result["isError"] is True, message
    assert "structuredContent" not in result, message
    said = result["content"][0]["text"]
    assert not any(word in said for word in TELLTALE), said
    return said


__all__ = ["Asking", "PATIENCE", "WAITING", "approver",
           "folder_of_sockets", "profile", "text", "wait_for"]
