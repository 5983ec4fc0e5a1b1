// SPDX-License-Identifier: Apache-2.0
// Probes for 2026-07-28 with a short-lived sibling of the server first.
import {Client} from "@modelcontextprotocol/client";
import {StdioClientTransport} from "@modelcontextprotocol/client/stdio";
import {play, scenario} from "./scenario.mjs";

const {command, args, cwd, capabilities} = scenario;
await play(new Client({name: "typescript-v2", version: "1"},
	{capabilities, versionNegotiation: {mode: "auto"}}),
	new StdioClientTransport({command, args, cwd}));
