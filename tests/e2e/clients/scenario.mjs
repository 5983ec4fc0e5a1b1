// SPDX-License-Identifier: Apache-2.0
// A scenario on stdin: {command, args, cwd, capabilities, calls: [{tool,
// arguments}]}. What the client saw of the server goes to stdout, as JSON.
import {readFileSync} from "node:fs";

export const scenario = JSON.parse(readFileSync(0, "utf8"));

async function attempt(action) {
	try {
		return await action();
	} catch (error) {
		return {error: {code: error.code, message: error.message}};
	}
}

export async function play(client, transport) {
	await client.connect(transport);
	const seen = {version: client.getServerVersion(), results: []};
	const offered = client.getServerCapabilities();
	seen.tools = (await client.listTools()).tools;
	if (offered.prompts)
		seen.prompts = await attempt(() => client.listPrompts());
	if (offered.resources)
		seen.resources = await attempt(() => client.listResources());
	for (const {tool, arguments: given} of scenario.calls)
		seen.results.push(await attempt(
			() => client.callTool({name: tool, arguments: given})));
	await client.close();
	console.log(JSON.stringify(seen));
}
