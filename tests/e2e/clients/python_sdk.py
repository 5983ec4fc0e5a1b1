# SPDX-License-Identifier: Apache-2.0
"""A scenario on stdin, what the client saw on stdout: see scenario.mjs."""

import json
import sys

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client


def plain(model):
    if model is None:
        return None
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


async def attempt(action):
    try:
        return plain(await action)
    except Exception as error:
        return {"error": {"message": str(error)}}


async def main():
    scenario = json.load(sys.stdin)
    server = StdioServerParameters(command=scenario["command"],
                                   args=scenario["args"], cwd=scenario["cwd"])
    async with Client(stdio_client(server)) as client:
        offered = plain(client.server_capabilities)
        seen = {"version": plain(client.server_info), "results": [],
                "tools": plain(await client.list_tools())["tools"]}
        if "prompts" in offered:
            seen["prompts"] = await attempt(client.list_prompts())
        if "resources" in offered:
            seen["resources"] = await attempt(client.list_resources())
        for call in scenario["calls"]:
            seen["results"].append(await attempt(
                client.call_tool(call["tool"], call["arguments"])))
    print(json.dumps(seen))


anyio.run(main)
