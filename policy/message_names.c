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
