// SPDX-License-Identifier: Apache-2.0
// For calls that are held. {command, args, cwd, calls}; a call is {tool,
// arguments} and may have: progress, whether to listen to it; begin, a file
// to wait for; cancel, a file at whose appearance the call is given up.
// To stdout: what became of each call, and what else the SDK complained of.
import {existsSync, readFileSync} from "node:fs";
import {setTimeout as pause} from "node:timers/promises";

export const scenario = JSON.parse(readFileSync(0, "utf8"));

async function appears(file) {
	while (!existsSync(file))
		await pause(20);
}

async function perform(call, request) {
	const options = {}, became = {progress: []};
	if (call.begin)
		await appears(call.begin);
	if (call.progress)
		options.onprogress = (told) => became.progress.push(told);
	if (call.cancel) {
		const giveUp = new AbortController();
		options.signal = giveUp.signal;
		appears(call.cancel).then(() => giveUp.abort("no longer wanted"));
	}
	try {
		became.result = await request(
			{name: call.tool, arguments: call.arguments}, options);
	} catch (error) {
		became.error = {code: error.code, message: String(error.message)};
	}
	return became;
}

export async function play(client, transport, request) {
	const seen = {complaints: [], calls: []};
	client.onerror = (error) => seen.complaints.push(String(error.message));
	await client.connect(transport);
	seen.tools = (await client.listTools()).tools.map((tool) => tool.name);
	for (const call of scenario.calls)
		seen.calls.push(await perform(call, request));
	await client.close();
	console.log(JSON.stringify(seen));
}
