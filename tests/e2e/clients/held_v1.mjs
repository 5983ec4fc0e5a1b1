// SPDX-License-Identifier: Apache-2.0
import {Client} from "@modelcontextprotocol/sdk/client/index.js";
import {StdioClientTransport} from "@modelcontextprotocol/sdk/client/stdio.js";
import {play, scenario} from "./held.mjs";

const {command, args, cwd} = scenario;
const client = new Client({name: "typescript-v1", version: "1"});
await play(client, new StdioClientTransport({command, args, cwd}),
	(params, options) => client.callTool(params, undefined, options));
