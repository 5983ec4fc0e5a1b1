# SPDX-License-Identifier: Apache-2.0
"""Claude Code without an account: the model is a stub on loopback."""

import json
import subprocess

import parts
from messages_stub import Stub
from world import PATIENCE

TOOL = "mcp__x__"
STREAM = ["-p", "--input-format", "stream-json", "--output-format",
          "stream-json", "--verbose"]


class ClaudeCode:
    """One headless run in a world; steps as in Stub, tools of the server by
    their own names. talks: it is driven by messages on its stdin."""

    def __init__(self, world, server, steps, allowed=(), talks=False):
        config = {"x": {"command": server[0], "args": server[1:],
                        "alwaysLoad": True}}
        self.stub = Stub(steps)
        self.process = subprocess.Popen(
            [parts.CLAUDE, *(STREAM if talks else ["-p", "go"]),
             "--strict-mcp-config", "--mcp-config",
             world.file("mcp.json", json.dumps({"mcpServers": config})),
             "--allowedTools", TOOL + "*", *allowed],
            env={**world.env, "ANTHROPIC_BASE_URL": self.stub.address(),
                 "ANTHROPIC_API_KEY": "dummy",
                 "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, cwd=world.project)
        if talks:
            self.say(type="user", message={"role": "user", "content": "go"})
        else:
            self.process.stdin.close()
            self.process.stdin = None

    def say(self, **message):
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()

    def interrupt(self):
        """What the Escape key does."""
        self.say(type="control_request", request_id="1",
                 request={"subtype": "interrupt"})

    def end(self, statuses=(0,)):
        """What the model was told: (is an error, text) of each call."""
        said, _ = self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode in statuses, (said, self.stub.told)
        return self.stub.told

    def read_by_model(self):
        """All that any request held."""
        return json.dumps(self.stub.requests, ensure_ascii=False)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        self.stub.close()


def tool(name, **arguments):
    return TOOL + name, arguments


def shell(command, **more):
    return "Bash", {"command": command, "description": "a test", **more}
