# SPDX-License-Identifier: Apache-2.0
"""A server with tools of which one may have another definition by now.

Usage: kept_server.py plain|changed WORD SEEN
"""
import json
import sys

LONG = "the quick brown fox " * 400


def tool(name, text):
    return {"name": name, "description": text, "inputSchema": {
        "type": "object"}}


def answer(m):
    params = m.get("params", {})
    if m["method"] == "initialize":
        return {"protocolVersion": "2025-11-25", "capabilities": {
            "tools": {}}, "serverInfo": {"name": "kept", "version": "1"}}
    if m["method"] == "tools/list":
        return {"tools": [tool(name, "What it does.") for name in
                          ("t", "no", "proof", "long")] +
                [tool("u", f"It is {sys.argv[1]}.")]}
    with open(sys.argv[3], "a", encoding="utf-8") as file:
        file.write(json.dumps(m) + "\n")
    return {"content": [{"type": "text", "text": LONG if params.get("name") ==
                         "long" else "fine"}]}


for line in sys.stdin.buffer:
    message = json.loads(line)
    if "id" in message and "method" in message:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"],
                          "result": answer(message)}), flush=True)
