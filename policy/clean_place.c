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
	enum place in, to;
	const char *key;
} rows[] = {
	{PLACE_MESSAGE, PLACE_OPAQUE, "jsonrpc"},
	{PLACE_MESSAGE, PLACE_OPAQUE, "id"},
	{PLACE_MESSAGE, PLACE_OPAQUE, "method"},
	{PLACE_MESSAGE, PLACE_RESULT, "result"},
	{PLACE_MESSAGE, PLACE_PARAMS, "params"},

	{PLACE_RESULT, PLACE_TOOL, "tools"},
	{PLACE_RESULT, PLACE_PROMPT, "prompts"},
	{PLACE_RESULT, PLACE_RESOURCE, "resources"},
	{PLACE_RESULT, PLACE_RESOURCE, "resourceTemplates"},
	{PLACE_RESULT, PLACE_CONTENT, "contents"},
	{PLACE_RESULT, PLACE_CONTENT, "content"},
	{PLACE_RESULT, PLACE_CHAT, "messages"},
	{PLACE_RESULT, PLACE_STRUCTURED, "structuredContent"},
	{PLACE_RESULT, PLACE_RESULT, "result"},
	{PLACE_RESULT, PLACE_TASK, "task"},
	{PLACE_RESULT, PLACE_TASK, "tasks"},
	{PLACE_RESULT, PLACE_OPAQUE, "taskId"},
	{PLACE_RESULT, PLACE_ASKS, "inputRequests"},
	{PLACE_RESULT, PLACE_OPAQUE, "requestState"},
	{PLACE_RESULT, PLACE_OPAQUE, "nextCursor"},
	{PLACE_RESULT, PLACE_OPAQUE, "resultType"},
	{PLACE_RESULT, PLACE_OPAQUE, "cacheScope"},
	{PLACE_RESULT, PLACE_OPAQUE, "protocolVersion"},
	{PLACE_RESULT, PLACE_META, "_meta"},

	{PLACE_PARAMS, PLACE_CHAT, "messages"},
	{PLACE_PARAMS, PLACE_TOOL, "tools"},
	{PLACE_PARAMS, PLACE_SCHEMA, "requestedSchema"},
	{PLACE_PARAMS, PLACE_FIXED, "url"},
	{PLACE_PARAMS, PLACE_FIXED, "uri"},
	{PLACE_PARAMS, PLACE_OPAQUE, "elicitationId"},
	{PLACE_PARAMS, PLACE_OPAQUE, "progressToken"},
	{PLACE_PARAMS, PLACE_OPAQUE, "requestId"},
	{PLACE_PARAMS, PLACE_OPAQUE, "subscriptionId"},
	{PLACE_PARAMS, PLACE_OPAQUE, "taskId"},
	{PLACE_PARAMS, PLACE_OPAQUE, "cursor"},
	{PLACE_PARAMS, PLACE_RESULT, "result"},
	{PLACE_PARAMS, PLACE_META, "_meta"},

	{PLACE_META, PLACE_OPAQUE, "taskId"},
	{PLACE_META, PLACE_OPAQUE, "progressToken"},
	{PLACE_META, PLACE_OPAQUE, "io.modelcontextprotocol/subscriptionId"},
	{PLACE_TASK, PLACE_OPAQUE, "taskId"},
	{PLACE_ASK, PLACE_OPAQUE, "method"},
	{PLACE_ASK, PLACE_PARAMS, "params"},

	{PLACE_TOOL, PLACE_FIXED, "name"},
	{PLACE_TOOL, PLACE_SCHEMA, "inputSchema"},
	{PLACE_TOOL, PLACE_SCHEMA, "outputSchema"},
	{PLACE_TOOL, PLACE_META, "_meta"},
	{PLACE_PROMPT, PLACE_FIXED, "name"},
	{PLACE_PROMPT, PLACE_ARGUMENT, "arguments"},
	{PLACE_ARGUMENT, PLACE_FIXED, "name"},
	{PLACE_RESOURCE, PLACE_FIXED, "uri"},
	{PLACE_RESOURCE, PLACE_FIXED, "uriTemplate"},

	{PLACE_CHAT, PLACE_CONTENT, "content"},
	{PLACE_CONTENT, PLACE_FIXED, "data"},
	{PLACE_CONTENT, PLACE_FIXED, "blob"},
	{PLACE_CONTENT, PLACE_FIXED, "uri"},
	{PLACE_CONTENT, PLACE_CONTENT, "resource"},
	{PLACE_CONTENT, PLACE_CONTENT, "content"},
	{PLACE_CONTENT, PLACE_OPAQUE, "id"},
	{PLACE_CONTENT, PLACE_OPAQUE, "toolUseId"},

	{PLACE_SCHEMA, PLACE_SCHEMAS, "properties"},
	{PLACE_SCHEMA, PLACE_SCHEMAS, "patternProperties"},
	{PLACE_SCHEMA, PLACE_SCHEMAS, "dependentSchemas"},
	{PLACE_SCHEMA, PLACE_SCHEMAS, "$defs"},
	{PLACE_SCHEMA, PLACE_SCHEMAS, "definitions"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "items"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "prefixItems"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "additionalItems"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "unevaluatedItems"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "contains"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "additionalProperties"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "unevaluatedProperties"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "propertyNames"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "contentSchema"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "allOf"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "anyOf"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "oneOf"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "not"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "if"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "then"},
	{PLACE_SCHEMA, PLACE_SCHEMA, "else"},
	{PLACE_SCHEMA, PLACE_FIXED, "enum"},
	{PLACE_SCHEMA, PLACE_FIXED, "const"},
	{PLACE_SCHEMA, PLACE_FIXED, "default"},
	{PLACE_SCHEMA, PLACE_FIXED, "pattern"},
	{PLACE_SCHEMA, PLACE_FIXED, "format"},
	{PLACE_SCHEMA, PLACE_FIXED, "type"},
	{PLACE_SCHEMA, PLACE_FIXED, "required"},
	{PLACE_SCHEMA, PLACE_FIXED, "dependentRequired"},
	{PLACE_SCHEMA, PLACE_FIXED, "dependencies"},
	{PLACE_SCHEMA, PLACE_FIXED, "$ref"},
	{PLACE_SCHEMA, PLACE_FIXED, "$dynamicRef"},
	{PLACE_SCHEMA, PLACE_FIXED, "$id"},
	{PLACE_SCHEMA, PLACE_FIXED, "$anchor"},
	{PLACE_SCHEMA, PLACE_FIXED, "$dynamicAnchor"},
	{PLACE_SCHEMA, PLACE_FIXED, "$schema"},
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
