/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/clean_place.h"

/* What no row names is the place's own rest. */
static const struct place_info {
	enum place rest;
	bool fixes_names;
} infos[_PLACE_N] = {
	[PLACE_TEXT] = {PLACE_TEXT, false},
	[PLACE_STRUCTURED] = {PLACE_STRUCTURED, false},
	[PLACE_FIXED] = {PLACE_FIXED, true},
	[PLACE_OPAQUE] = {PLACE_OPAQUE, false},
	[PLACE_META] = {PLACE_META, false},
	[PLACE_ASKS] = {PLACE_ASK, true},
	[PLACE_SCHEMA] = {PLACE_TEXT, true},
	[PLACE_SCHEMAS] = {PLACE_SCHEMA, true},
	/* Of all others it is text. */
};

static const struct row {
	enum place in;
	const char *key;
	enum place to;
} rows[] = {
	{PLACE_MESSAGE, "jsonrpc", PLACE_OPAQUE},
	{PLACE_MESSAGE, "id", PLACE_OPAQUE},
	{PLACE_MESSAGE, "method", PLACE_OPAQUE},
	{PLACE_MESSAGE, "result", PLACE_RESULT},
	{PLACE_MESSAGE, "params", PLACE_PARAMS},

	{PLACE_RESULT, "tools", PLACE_TOOL},
	{PLACE_RESULT, "prompts", PLACE_PROMPT},
	{PLACE_RESULT, "resources", PLACE_RESOURCE},
	{PLACE_RESULT, "resourceTemplates", PLACE_RESOURCE},
	{PLACE_RESULT, "contents", PLACE_CONTENT},
	{PLACE_RESULT, "content", PLACE_CONTENT},
	{PLACE_RESULT, "messages", PLACE_CHAT},
	{PLACE_RESULT, "structuredContent", PLACE_STRUCTURED},
	{PLACE_RESULT, "result", PLACE_RESULT},
	{PLACE_RESULT, "task", PLACE_TASK},
	{PLACE_RESULT, "tasks", PLACE_TASK},
	{PLACE_RESULT, "taskId", PLACE_OPAQUE},
	{PLACE_RESULT, "inputRequests", PLACE_ASKS},
	{PLACE_RESULT, "requestState", PLACE_OPAQUE},
	{PLACE_RESULT, "nextCursor", PLACE_OPAQUE},
	{PLACE_RESULT, "resultType", PLACE_OPAQUE},
	{PLACE_RESULT, "cacheScope", PLACE_OPAQUE},
	{PLACE_RESULT, "protocolVersion", PLACE_OPAQUE},
	{PLACE_RESULT, "_meta", PLACE_META},

	{PLACE_PARAMS, "messages", PLACE_CHAT},
	{PLACE_PARAMS, "tools", PLACE_TOOL},
	{PLACE_PARAMS, "requestedSchema", PLACE_SCHEMA},
	{PLACE_PARAMS, "url", PLACE_FIXED},
	{PLACE_PARAMS, "uri", PLACE_FIXED},
	{PLACE_PARAMS, "elicitationId", PLACE_OPAQUE},
	{PLACE_PARAMS, "progressToken", PLACE_OPAQUE},
	{PLACE_PARAMS, "requestId", PLACE_OPAQUE},
	{PLACE_PARAMS, "subscriptionId", PLACE_OPAQUE},
	{PLACE_PARAMS, "taskId", PLACE_OPAQUE},
	{PLACE_PARAMS, "cursor", PLACE_OPAQUE},
	{PLACE_PARAMS, "result", PLACE_RESULT},
	{PLACE_PARAMS, "_meta", PLACE_META},

	{PLACE_META, "taskId", PLACE_OPAQUE},
	{PLACE_META, "progressToken", PLACE_OPAQUE},
	{PLACE_META, "io.modelcontextprotocol/subscriptionId", PLACE_OPAQUE},
	{PLACE_TASK, "taskId", PLACE_OPAQUE},
	{PLACE_ASK, "method", PLACE_OPAQUE},
	{PLACE_ASK, "params", PLACE_PARAMS},

	{PLACE_TOOL, "name", PLACE_FIXED},
	{PLACE_TOOL, "inputSchema", PLACE_SCHEMA},
	{PLACE_TOOL, "outputSchema", PLACE_SCHEMA},
	{PLACE_TOOL, "_meta", PLACE_META},
	{PLACE_PROMPT, "name", PLACE_FIXED},
	{PLACE_PROMPT, "arguments", PLACE_ARGUMENT},
	{PLACE_ARGUMENT, "name", PLACE_FIXED},
	{PLACE_RESOURCE, "uri", PLACE_FIXED},
	{PLACE_RESOURCE, "uriTemplate", PLACE_FIXED},

	{PLACE_CHAT, "content", PLACE_CONTENT},
	{PLACE_CONTENT, "data", PLACE_FIXED},
	{PLACE_CONTENT, "blob", PLACE_FIXED},
	{PLACE_CONTENT, "uri", PLACE_FIXED},
	{PLACE_CONTENT, "resource", PLACE_CONTENT},
	{PLACE_CONTENT, "content", PLACE_CONTENT},
	{PLACE_CONTENT, "id", PLACE_OPAQUE},
	{PLACE_CONTENT, "toolUseId", PLACE_OPAQUE},

	{PLACE_SCHEMA, "properties", PLACE_SCHEMAS},
	{PLACE_SCHEMA, "patternProperties", PLACE_SCHEMAS},
	{PLACE_SCHEMA, "dependentSchemas", PLACE_SCHEMAS},
	{PLACE_SCHEMA, "$defs", PLACE_SCHEMAS},
	{PLACE_SCHEMA, "definitions", PLACE_SCHEMAS},
	{PLACE_SCHEMA, "items", PLACE_SCHEMA},
	{PLACE_SCHEMA, "prefixItems", PLACE_SCHEMA},
	{PLACE_SCHEMA, "additionalItems", PLACE_SCHEMA},
	{PLACE_SCHEMA, "unevaluatedItems", PLACE_SCHEMA},
	{PLACE_SCHEMA, "contains", PLACE_SCHEMA},
	{PLACE_SCHEMA, "additionalProperties", PLACE_SCHEMA},
	{PLACE_SCHEMA, "unevaluatedProperties", PLACE_SCHEMA},
	{PLACE_SCHEMA, "propertyNames", PLACE_SCHEMA},
	{PLACE_SCHEMA, "contentSchema", PLACE_SCHEMA},
	{PLACE_SCHEMA, "allOf", PLACE_SCHEMA},
	{PLACE_SCHEMA, "anyOf", PLACE_SCHEMA},
	{PLACE_SCHEMA, "oneOf", PLACE_SCHEMA},
	{PLACE_SCHEMA, "not", PLACE_SCHEMA},
	{PLACE_SCHEMA, "if", PLACE_SCHEMA},
	{PLACE_SCHEMA, "then", PLACE_SCHEMA},
	{PLACE_SCHEMA, "else", PLACE_SCHEMA},
	{PLACE_SCHEMA, "enum", PLACE_FIXED},
	{PLACE_SCHEMA, "const", PLACE_FIXED},
	{PLACE_SCHEMA, "default", PLACE_FIXED},
	{PLACE_SCHEMA, "pattern", PLACE_FIXED},
	{PLACE_SCHEMA, "format", PLACE_FIXED},
	{PLACE_SCHEMA, "type", PLACE_FIXED},
	{PLACE_SCHEMA, "required", PLACE_FIXED},
	{PLACE_SCHEMA, "dependentRequired", PLACE_FIXED},
	{PLACE_SCHEMA, "dependencies", PLACE_FIXED},
	{PLACE_SCHEMA, "$ref", PLACE_FIXED},
	{PLACE_SCHEMA, "$dynamicRef", PLACE_FIXED},
	{PLACE_SCHEMA, "$id", PLACE_FIXED},
	{PLACE_SCHEMA, "$anchor", PLACE_FIXED},
	{PLACE_SCHEMA, "$dynamicAnchor", PLACE_FIXED},
	{PLACE_SCHEMA, "$schema", PLACE_FIXED},
};

enum place place_member(enum place in, const struct json_value *key)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].in == in && json_string_eq(key, rows[i].key))
			return rows[i].to;
	return infos[in].rest;
}

bool place_fixes_names(enum place in)
{
	return infos[in].fixes_names;
}
