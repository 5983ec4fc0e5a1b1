# SPDX-License-Identifier: Apache-2.0
"""Clients made with an SDK, run beside the test: see clients/held.mjs."""

import json
import os
import shutil
import signal
import subprocess

import parts
from world import PATIENCE

HERE = os.path.dirname(os.path.realpath(__file__))


class Running:
    """A client at work. It starts in the environment of a login session, of
    which an SDK passes six variables on."""

    def __init__(self, world, command, text=""):
        login = {**world.env, "LANG": "C.UTF-8", "DISPLAY": ":0",
                 "XDG_RUNTIME_DIR": world.in_top("runtime"),
                 "XDG_STATE_HOME": world.in_top("state"),
                 "XDG_CONFIG_HOME": world.in_top("config")}
        self.process = subprocess.Popen(
            command, env=login, cwd=world.project, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
        self.process.stdin.write(text)
        self.process.stdin.close()
        self.process.stdin = None

    def end(self, statuses=(0,)):
        out, said = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode in statuses, (
            self.process.returncode, out, said)
        return json.loads(out) if out else None

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.communicate()


def typescript(name):
    """The SDK is found from where the script lies, so it is put there."""
    def command(world):
        folder = world.in_top("typescript")
        if not os.path.exists(folder):
            shutil.copytree(os.path.join(HERE, "clients"), folder)
            os.symlink(parts.npm("clients"),
                       os.path.join(folder, "node_modules"))
        return [parts.NODE, os.path.join(folder, name)]
    return command


def python(_):
    return [parts.PYTHON, os.path.join(HERE, "clients", "held_sdk.py")]


KINDS = {
    "typescript_v1": (typescript("held_v1.mjs"), {}),
    "typescript_v2": (typescript("held_v2.mjs"), {"era": "auto"}),
    "typescript_v2_legacy": (typescript("held_v2.mjs"), {"era": "legacy"}),
    "python": (python, {}),
}


def start(kind, world, server, calls):
    command, more = KINDS[kind]
    return Running(world, command(world), json.dumps({
        "command": server[0], "args": server[1:], "cwd": world.project,
        "calls": calls, **more}))


def inspector(world, server, tool, **arguments):
    """One call by the Inspector's command line, with no option for time."""
    config = world.file("inspector.json", json.dumps({"mcpServers": {
        "s": {"command": server[0], "args": server[1:]}}}))
    return Running(world, [
        parts.NODE, parts.INSPECTOR, "--cli", "--format", "json", "--config",
        config, "--server", "s", "--cwd", world.project,
        "--method", "tools/call", "--tool-name", tool, "--tool-arg",
        *(f"{k}={v}" for k, v in arguments.items())])
