# SPDX-License-Identifier: Apache-2.0
"""The clients of the end-to-end tests, each as a function: scenario → seen.

A scenario is {command, args, cwd, capabilities, calls}; see clients/.
"""

import json
import os
import shutil
import subprocess

import parts

HERE = os.path.dirname(os.path.realpath(__file__))
PATIENCE = 120


class Failed(Exception):
    """The client gave up; with all it said."""


def run(command, cwd, text=None, statuses=(0,)):
    done = subprocess.run(command, cwd=cwd, input=text, text=True,
                          capture_output=True, timeout=PATIENCE)
    if done.returncode not in statuses:
        raise Failed(f"{command[-1]}: status {done.returncode}\n"
                     f"{done.stdout}\n{done.stderr}")
    return done


def typescript(script):
    """The SDK is found from where the script lies, so it is put there."""
    def client(scenario, work):
        folder = os.path.join(work, "typescript")
        if not os.path.exists(folder):
            shutil.copytree(os.path.join(HERE, "clients"), folder)
            os.symlink(parts.npm("clients"),
                       os.path.join(folder, "node_modules"))
        return json.loads(run([parts.NODE, os.path.join(folder, script)], work,
                              json.dumps(scenario)).stdout)
    return client


def python(scenario, work):
    script = os.path.join(HERE, "clients", "python_sdk.py")
    return json.loads(run([parts.PYTHON, script], work,
                          json.dumps(scenario)).stdout)


def inspector(scenario, work):
    """One run of the server a method: as many as there are calls."""
    config = os.path.join(work, "inspector.json")
    with open(config, "w", encoding="utf-8") as file:
        json.dump({"mcpServers": {"s": {
            "command": scenario["command"], "args": scenario["args"]}}}, file)
    base = [parts.NODE, parts.INSPECTOR, "--cli", "--format", "json",
            "--config", config, "--server", "s", "--cwd", scenario["cwd"],
            "--method"]
    seen = {"tools": method(base, work, "tools/list")["tools"], "results": []}
    for call in scenario["calls"][:3]:
        pairs = [f"{k}={v if isinstance(v, str) else json.dumps(v)}"
                 for k, v in call["arguments"].items()]
        given = ["--tool-arg", *pairs] if pairs else []
        seen["results"].append(method(base, work, "tools/call", "--tool-name",
                                      call["tool"], *given))
    return seen


def method(base, work, *words):
    # 5: the result is an error of the tool.
    done = run([*base, *words], work, statuses=(0, 5))
    return json.loads(done.stdout)["result"]


CLIENTS = {
    "typescript_v1": typescript("typescript_v1.mjs"),
    "typescript_v2": typescript("typescript_v2.mjs"),
    "python": python,
    "inspector": inspector,
}
