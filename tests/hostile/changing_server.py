# SPDX-License-Identifier: Apache-2.0
"""A server that shows what a file says at that moment, and writes down what
reaches it.

Usage: changing_server.py WORD SEEN
shown.json beside it holds {"tools": […], "prompts": […], …, "instructions": …,
"pages": n, "hello": {…}, "then": {…}}: after its first list of tools, "then" is
what it shows. With "slow" it greets when there is a file "greet", and writes
down whether something came before that.
"""
import json
import os
import select
import sys
import time

LISTS = {"tools/list": "tools", "prompts/list": "prompts",
         "resources/list": "resources",
         "resources/templates/list": "resourceTemplates"}
HERE = os.path.dirname(os.path.abspath(__file__))
SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
shown = 0


def definitions():
    with open(os.path.join(HERE, "shown.json"), encoding="utf-8") as file:
        now = json.load(file)
    return {**now, **now["then"]} if shown and "then" in now else now


def answer_list(key, params):
    global shown
    now = definitions()
    with open(os.path.join(HERE, "lists"), "a", encoding="utf-8") as file:
        file.write(json.dumps(params) + "\n")
    if now.get("mute"):
        return None
    shown += key == "tools"
    items, size = now.get(key, []), now.get("pages", 1000)
    at = int(params.get("cursor", 0))
    result = {key: items[at:at + size], "cacheScope": "public", "ttlMs": 0}
    if at + size < len(items) or now.get("endless"):
        result["nextCursor"] = str(at + size)
    return result


def greet_late():
    while not os.path.exists(os.path.join(HERE, "greet")):
        time.sleep(0.01)
    waiting = select.select([sys.stdin.buffer], [], [], 0)[0]
    with open(os.path.join(HERE, "early"), "w", encoding="utf-8") as file:
        file.write("yes" if waiting else "no")


def answer(m):
    method, params = m["method"], m.get("params", {})
    if method == "initialize" and definitions().get("slow"):
        greet_late()
    if method in ("initialize", "server/discover"):
        result = {"protocolVersion": "2025-11-25", "serverInfo":
                  {"name": "changing", "version": "1"}, "capabilities":
                  definitions().get("capabilities", {
                      "tools": {}, "prompts": {}, "resources": {}})}
        if definitions().get("instructions") is not None:
            result["instructions"] = definitions()["instructions"]
        return {**result, **definitions().get("hello", {})}
    if method == "subscriptions/listen":
        print(json.dumps({
            "jsonrpc": "2.0",
            "method": "notifications/subscriptions/acknowledged",
            "params": {"_meta": {SUBSCRIPTION: m["id"]}, "notifications":
                       params["notifications"]}}), flush=True)
        return None
    if method in LISTS:
        return answer_list(LISTS[method], params)
    with open(sys.argv[2], "a", encoding="utf-8") as file:
        file.write(json.dumps(m) + "\n")
    if method == "resources/read":
        return {"contents": [{"uri": params["uri"], "text": "fine"}]}
    if method == "prompts/get":
        return {"messages": []}
    return {"content": [{"type": "text", "text": "fine"}]}


for line in sys.stdin.buffer:
    message = json.loads(line)
    if "id" in message and "method" in message:
        result = answer(message)
        if definitions().get("announce"):
            print(json.dumps({"jsonrpc": "2.0", "method":
                              "notifications/tools/list_changed"}), flush=True)
        if result is not None:
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"],
                              "result": result}), flush=True)
