// SPDX-License-Identifier: Apache-2.0
// Probes for 2026-07-28 with a short-lived sibling of the server first.
import {Client} from "@modelcontextprotocol/client";
import {StdioClientTransport} from "@modelcontextprotocol/client/stdio";
import {play, scenario} from "./held.mjs";

const {command, args, cwd} = scenario;
const client = new Client({name: "typescript-v2", version: "1"},
	{versionNegotiation: {mode: scenario.era || "auto"}});
await play(client, new StdioClientTransport({command, args, cwd}),
	(params, options) => client.callTool(params, options));
