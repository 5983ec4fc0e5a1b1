# SPDX-License-Identifier: Apache-2.0
"""The same for the SDK in Python: see held.mjs."""

import json
import os
import sys

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client


async def appears(file):
    while not os.path.exists(file):
        await anyio.sleep(0.02)


async def give_up(call, scope):
    if call.get("cancel"):
        await appears(call["cancel"])
        scope.cancel()


async def perform(client, call):
    became = {"progress": []}

    async def progress(progress, total, message):
        became["progress"].append({"progress": progress, "message": message})

    if call.get("begin"):
        await appears(call["begin"])
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            tasks.start_soon(give_up, call, scope)
            try:
                result = await client.call_tool(
                    call["tool"], call["arguments"],
                    progress_callback=progress if call.get("progress")
                    else None)
                became["result"] = result.model_dump(
                    mode="json", by_alias=True, exclude_none=True)
            except Exception as error:
                became["error"] = {"message": str(error)}
        if scope.cancelled_caught:
            became["error"] = {"message": "no longer wanted"}
        tasks.cancel_scope.cancel()
    return became


async def main():
    scenario = json.load(sys.stdin)
    server = StdioServerParameters(command=scenario["command"],
                                   args=scenario["args"], cwd=scenario["cwd"])
    seen = {"complaints": [], "calls": []}

    async def complain(message):
        if isinstance(message, Exception):
            seen["complaints"].append(str(message))

    async with Client(stdio_client(server), message_handler=complain) as client:
        seen["tools"] = [tool.name for tool in
                         (await client.list_tools()).tools]
        for call in scenario["calls"]:
            seen["calls"].append(await perform(client, call))
    print(json.dumps(seen))


anyio.run(main)
