/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names in results and in what they ask for that some reader takes for one of
 * the protocol's: what is cut out of `tools` would come in as `Tools`.
 */
#include "policy/message_id.h"

static const struct name_known result_names[] = {
	NAME_KNOWN("_meta"),
	NAME_KNOWN("resultType"),
	NAME_KNOWN("inputRequests"),
	NAME_KNOWN("requestState"),
	NAME_KNOWN("tools"),
	NAME_KNOWN("prompts"),
	NAME_KNOWN("resources"),
	NAME_KNOWN("resourceTemplates"),
	NAME_KNOWN("nextCursor"),
	NAME_KNOWN("cacheScope"),
	NAME_KNOWN("content"),
	NAME_KNOWN("structuredContent"),
	NAME_KNOWN("isError"),
	NAME_KNOWN("contents"),
	NAME_KNOWN("messages"),
	NAME_KNOWN("task"),
	NAME_KNOWN("tasks"),
	NAME_KNOWN("taskId"),
	NAME_KNOWN("status"),
	NAME_KNOWN("result"),
	NAME_KNOWN("error"),
	NAME_KNOWN("roots"),
	NAME_KNOWN("protocolVersion"),
	NAME_KNOWN("supportedVersions"),
	NAME_KNOWN("capabilities"),
	NAME_KNOWN("instructions"),
};

/* What policy reads inside of a member of params. */
static const struct name_known ref_names[] = {
	NAME_KNOWN("type"),
	NAME_KNOWN("name"),
	NAME_KNOWN("uri"),
};

static const struct name_known listen_names[] = {
	NAME_KNOWN("toolsListChanged"),
	NAME_KNOWN("promptsListChanged"),
	NAME_KNOWN("resourcesListChanged"),
	NAME_KNOWN("resourceSubscriptions"),
	NAME_KNOWN("taskIds"),
};

static const struct {
	const char *member;
	const struct name_known *names;
	unsigned n;
} inner[] = {
	{"ref", ref_names, sizeof(ref_names) / sizeof(*ref_names)},
	{"notifications", listen_names,
		sizeof(listen_names) / sizeof(*listen_names)},
};

static const struct name_known wish_names[] = {
	NAME_KNOWN("method"),
	NAME_KNOWN("params"),
	NAME_KNOWN("mode"),
	NAME_KNOWN("url"),
	NAME_KNOWN("message"),
	NAME_KNOWN("elicitationId"),
	NAME_KNOWN("elicitations"),
	NAME_KNOWN("requestedSchema"),
};

static bool is_confused(const struct json_value *object,
	const struct name_known *known, unsigned n_known)
{
	struct json_member m;
	struct json_iter i;
	unsigned which;

	if (object->type != JSON_OBJECT)
		return false;
	i = json_iter(object);
	while (json_next(&i, &m))
		if (message_name_match(&m.name, known, n_known, &which) ==
			NAME_CONFUSED)
			return true;
	return false;
}

bool message_member_confused(const struct json_member *member)
{
	for (size_t i = 0; i < sizeof(inner) / sizeof(*inner); i++)
		if (json_string_eq(&member->name, inner[i].member))
			return is_confused(
				&member->value, inner[i].names, inner[i].n);
	return false;
}

bool message_result_confused(const struct json_value *result)
{
	return is_confused(result, result_names,
		sizeof(result_names) / sizeof(*result_names));
}

bool message_wish_confused(const struct json_value *wish)
{
	return is_confused(
		wish, wish_names, sizeof(wish_names) / sizeof(*wish_names));
}
