// SPDX-License-Identifier: Apache-2.0
// A server on the TypeScript SDK, of both eras, with what the conformance suite
// calls for by name.
import {Server, createRequestStateCodec, inputRequired} from
	"@modelcontextprotocol/server";
import {serveStdio} from "@modelcontextprotocol/server/stdio";
import {randomBytes} from "node:crypto";
import {setTimeout as sleep} from "node:timers/promises";

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAA" +
	"MBAQDJ/pLvAAAAAElFTkSuQmCC";
const WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA=";
const text = (it) => ({type: "text", text: it});
const image = {type: "image", data: PNG, mimeType: "image/png"};
const said = (it) => ({content: [text(it)]});
const form = (message, properties, required = Object.keys(properties)) => ({
	message, requestedSchema: {type: "object", properties, required}});
const string = {type: "string"};
const codec = createRequestStateCodec({key: randomBytes(32)});

// Asks until each of the answers is there; state goes round with it.
const ask = (requests, done, state) => async (_, ctx) => {
	const have = ctx.mcpReq.inputResponses ?? {};
	if (Object.keys(requests).every((key) => have[key] !== undefined &&
			(have[key].action !== "accept" || have[key].content)))
		return said(done(have, ctx.mcpReq.requestState()));
	return inputRequired({inputRequests: requests, ...state && {
		requestState: await codec.mint({state}, ctx)}});
};
const elicit = (...it) => inputRequired.elicit(form(...it));
const question = (words, most) => inputRequired.createMessage({
	maxTokens: most, messages: [{role: "user", content: text(words)}]});
const NAME = {user_name: elicit("What is your name?", {name: string})};
const CONFIRM = {confirm: elicit("Please confirm", {ok: {type: "boolean"}})};
const GREETING = {...NAME, greeting: question("Generate a greeting", 50),
	client_roots: inputRequired.listRoots()};

async function rounds(_, ctx) {
	const have = ctx.mcpReq.inputResponses ?? {};
	const state = ctx.mcpReq.requestState();
	const again = async (key, round, ...it) => inputRequired({
		inputRequests: {[key]: elicit(...it)},
		requestState: await codec.mint({round}, ctx)});
	if (state?.round === 2 && have.step2)
		return said("all rounds are done");
	if (state?.round === 1 && have.step1)
		return again("step2", 2, "Step 2: What is your favorite color?",
			{color: string});
	return again("step1", 1, "Step 1: What is your name?", {name: string});
}

async function logging(_, ctx) {
	for (const it of ["Tool execution started", "Tool processing data",
		"Tool execution completed"]) {
		await ctx.mcpReq.log("info", it);
		await sleep(50);
	}
	return said("logged");
}

async function progress(_, ctx) {
	const progressToken = ctx.mcpReq._meta?.progressToken;
	for (const it of [0, 50, 100]) {
		if (progressToken !== undefined)
			await ctx.mcpReq.notify({method: "notifications/progress",
				params: {progressToken, progress: it, total: 100}});
		await sleep(20);
	}
	return said("done");
}

const completed = ({action, content}) => said(
	`Elicitation completed: action=${action}, ` +
	`content=${JSON.stringify(content)}`);
const choice = {type: "string", enum: ["option1", "option2", "option3"]};
const titled = ["First", "Second", "Third"];
const values = (word) => titled.map((it, i) => (
	{const: `value${i + 1}`, title: `${it} ${word}`}));
const DEFAULTS = form("With defaults", {
	name: {type: "string", default: "John Doe"},
	age: {type: "integer", default: 30},
	score: {type: "number", default: 95.5},
	status: {type: "string", enum: ["active", "inactive", "pending"],
		default: "active"},
	verified: {type: "boolean", default: true}}, []);
const ENUMS = form("Choose", {
	untitledSingle: choice,
	titledSingle: {type: "string", oneOf: values("Option")},
	legacyEnum: {type: "string", enum: ["opt1", "opt2", "opt3"],
		enumNames: ["Option One", "Option Two", "Option Three"]},
	untitledMulti: {type: "array", items: choice},
	titledMulti: {type: "array", items: {anyOf: values("Choice")}}}, []);
const elicits = (it) => async (_, ctx) =>
	completed(await ctx.mcpReq.elicitInput(it));

async function sampling({prompt}, ctx) {
	const got = await ctx.mcpReq.requestSampling({maxTokens: 100,
		messages: [{role: "user", content: text(prompt)}]});
	return said(`LLM response: ${got.content.text}`);
}

async function elicitation({message}, ctx) {
	const got = await ctx.mcpReq.elicitInput(form(message, {
		username: {type: "string", description: "User's response"},
		email: {type: "string", description: "User's email address"}}));
	return said(`User response: ${JSON.stringify(got)}`);
}

const embedded = (uri, mimeType, it) =>
	({type: "resource", resource: {uri, mimeType, text: it}});
const tools = {
	test_simple_text: () =>
		said("This is a simple text response for testing."),
	test_image_content: () => ({content: [image]}),
	test_audio_content: () => ({content: [
		{type: "audio", data: WAV, mimeType: "audio/wav"}]}),
	test_embedded_resource: () => ({content: [embedded(
		"test://embedded-resource", "text/plain",
		"This is an embedded resource content.")]}),
	test_multiple_content_types: () => ({content: [
		text("Multiple content types test:"), image,
		embedded("test://mixed-content-resource", "application/json",
			'{"test":"data","value":123}')]}),
	test_tool_with_logging: logging,
	test_logging_tool: logging,
	test_error_handling: () => ({isError: true, content: [
		text("This tool intentionally returns an error for testing")]}),
	test_tool_with_progress: progress,
	test_sampling: sampling,
	test_elicitation: elicitation,
	test_elicitation_sep1034_defaults: elicits(DEFAULTS),
	test_elicitation_sep1330_enums: elicits(ENUMS),
	test_missing_capability: ask(
		{question: question("Any word", 10)}, () => "had it"),
	test_streaming_elicitation: ask(NAME, () => "had it"),
	test_input_required_result_elicitation: ask(NAME,
		(got) => `Hello, ${got.user_name.content?.name}!`),
	test_input_required_result_sampling: ask(
		{capital_question: question("What is the capital of France?", 100)},
		(got) => `It said: ${got.capital_question.content?.text}`),
	test_input_required_result_list_roots: ask(
		{client_roots: inputRequired.listRoots()},
		(got) => `Roots: ${JSON.stringify(got.client_roots.roots)}`),
	test_input_required_result_request_state: ask(CONFIRM,
		(_, state) => state?.state === "mine" ? "state-ok" : "lost", "mine"),
	test_input_required_result_tampered_state: ask(CONFIRM,
		() => "done", "mine"),
	test_input_required_result_capabilities: (_, ctx) => ask(
		ctx.mcpReq.envelope?.[
			"io.modelcontextprotocol/clientCapabilities"]?.sampling
			? {it: question("A word", 10)} : NAME, () => "done")(_, ctx),
	test_input_required_result_multiple_inputs: ask(GREETING,
		() => "all were there", "mine"),
	test_input_required_result_multi_round: rounds,
};
const required = {test_sampling: "prompt", test_elicitation: "message"};
const toolList = Object.keys(tools).map((name) => ({name,
	description: `The suite calls ${name}`, inputSchema: {type: "object",
		...required[name] && {properties: {[required[name]]: string},
			required: [required[name]]}}}));

const user = (content) => ({role: "user", content});
const prompts = {
	test_simple_prompt: () => ({messages: [
		user(text("This is a simple prompt for testing."))]}),
	test_prompt_with_arguments: ({arg1, arg2}) => ({messages: [user(text(
		`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`))]}),
	test_prompt_with_embedded_resource: ({resourceUri}) => ({messages: [
		user(embedded(resourceUri, "text/plain",
			"Embedded resource content for testing.")),
		user(text("Please process the embedded resource above."))]}),
	test_prompt_with_image: () => ({messages: [user(image),
		user(text("Please analyze the image above."))]}),
	test_input_required_result_prompt: (_, ctx) =>
		ctx.mcpReq.inputResponses?.user_context
			? {messages: [user(text("with a context"))]}
			: inputRequired({inputRequests: {user_context: elicit(
				"What context should the prompt use?",
				{context: string})}}),
};
const promptArguments = {test_prompt_with_arguments: ["arg1", "arg2"],
	test_prompt_with_embedded_resource: ["resourceUri"]};

const resources = {
	"test://static-text": {mimeType: "text/plain",
		text: "This is the content of the static text resource."},
	"test://static-binary": {mimeType: "image/png", blob: PNG},
	"test://watched-resource": {mimeType: "text/plain", text: "watched"},
};

function read(uri) {
	const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
	const found = resources[uri] ?? (id && {mimeType: "application/json",
		text: JSON.stringify({id, templateTest: true,
			data: `Data for ID: ${id}`})});
	if (!found)
		throw Object.assign(new Error("Resource not found"),
			{code: -32602, data: {uri}});
	return {contents: [{uri, ...found}]};
}

serveStdio(() => {
	const server = new Server({name: "conformance", version: "1"}, {
		capabilities: {tools: {listChanged: true},
			prompts: {listChanged: true}, resources: {subscribe: true},
			completions: {}, logging: {}},
		requestState: {verify: codec.verify}});
	const on = (method, handler) => server.setRequestHandler(method,
		({params}, ctx) => handler(params ?? {}, ctx));

	on("tools/list", () => ({tools: toolList}));
	on("tools/call", ({name, arguments: given}, ctx) => {
		if (!tools[name])
			throw Object.assign(new Error(`Unknown tool: ${name}`),
				{code: -32602});
		return tools[name](given ?? {}, ctx);
	});
	on("prompts/list", () => ({prompts: Object.keys(prompts).map((name) => ({
		name, description: `The suite gets ${name}`, arguments:
			promptArguments[name]?.map((it) => ({name: it,
				description: it, required: true}))}))}));
	on("prompts/get", ({name, arguments: given}, ctx) =>
		prompts[name](given ?? {}, ctx));
	on("resources/list", () => ({resources: Object.entries(resources).map(
		([uri, {mimeType}]) => ({uri, mimeType, name: uri.slice(7),
			description: "The suite reads it"}))}));
	on("resources/templates/list", () => ({resourceTemplates: [
		{uriTemplate: "test://template/{id}/data", name: "template",
			mimeType: "application/json"}]}));
	on("resources/read", ({uri}) => read(uri));
	on("resources/subscribe", () => ({}));
	on("resources/unsubscribe", () => ({}));
	on("completion/complete", () => ({completion: {
		values: ["paris", "park", "party"], total: 3, hasMore: false}}));
	return server;
});
