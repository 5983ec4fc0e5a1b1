// SPDX-License-Identifier: Apache-2.0
import {Client} from "@modelcontextprotocol/sdk/client/index.js";
import {StdioClientTransport} from "@modelcontextprotocol/sdk/client/stdio.js";
import {play, scenario} from "./scenario.mjs";

const {command, args, cwd, capabilities} = scenario;
await play(new Client({name: "typescript-v1", version: "1"}, {capabilities}),
	new StdioClientTransport({command, args, cwd}));
