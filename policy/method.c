/* SPDX-License-Identifier: Apache-2.0 */
/* The methods of MCP: who may send which, as what, in which era. */
#include <assert.h>
#include <string.h>

#include "policy/message.h"

#define METHOD_NAME_MAX 64

enum { /* bits of eras */
	IN_NONE = 0,
	IN_LEGACY = 1,
	IN_MODERN = 2,
	IN_BOTH = IN_LEGACY | IN_MODERN,
};

struct method_row {
	const char *name;
	enum message_kind kind;
	unsigned char c2s, s2c; /* eras in which that side may send it */
};

#define REQ MESSAGE_REQUEST
#define NOTE MESSAGE_NOTIFICATION

static const struct method_row methods[] = {
	[METHOD_INITIALIZE] = {"initialize", REQ, IN_LEGACY, IN_NONE},
	[METHOD_DISCOVER] = {"server/discover", REQ, IN_MODERN, IN_NONE},
	[METHOD_PING] = {"ping", REQ, IN_LEGACY, IN_LEGACY},
	[METHOD_TOOLS_LIST] = {"tools/list", REQ, IN_BOTH, IN_NONE},
	[METHOD_TOOLS_CALL] = {"tools/call", REQ, IN_BOTH, IN_NONE},
	[METHOD_RESOURCES_LIST] = {"resources/list", REQ, IN_BOTH, IN_NONE},
	[METHOD_RESOURCES_TEMPLATES_LIST] = {"resources/templates/list", REQ,
		IN_BOTH, IN_NONE},
	[METHOD_RESOURCES_READ] = {"resources/read", REQ, IN_BOTH, IN_NONE},
	[METHOD_RESOURCES_SUBSCRIBE] = {"resources/subscribe", REQ, IN_LEGACY,
		IN_NONE},
	[METHOD_RESOURCES_UNSUBSCRIBE] = {"resources/unsubscribe", REQ,
		IN_LEGACY, IN_NONE},
	[METHOD_SUBSCRIPTIONS_LISTEN] = {"subscriptions/listen", REQ, IN_MODERN,
		IN_NONE},
	[METHOD_PROMPTS_LIST] = {"prompts/list", REQ, IN_BOTH, IN_NONE},
	[METHOD_PROMPTS_GET] = {"prompts/get", REQ, IN_BOTH, IN_NONE},
	[METHOD_COMPLETION_COMPLETE] = {"completion/complete", REQ, IN_BOTH,
		IN_NONE},
	[METHOD_LOGGING_SET_LEVEL] = {"logging/setLevel", REQ, IN_LEGACY,
		IN_NONE},
	[METHOD_TASKS_GET] = {"tasks/get", REQ, IN_BOTH, IN_LEGACY},
	[METHOD_TASKS_RESULT] = {"tasks/result", REQ, IN_LEGACY, IN_LEGACY},
	[METHOD_TASKS_LIST] = {"tasks/list", REQ, IN_LEGACY, IN_LEGACY},
	[METHOD_TASKS_CANCEL] = {"tasks/cancel", REQ, IN_BOTH, IN_LEGACY},
	[METHOD_TASKS_UPDATE] = {"tasks/update", REQ, IN_MODERN, IN_NONE},
	[METHOD_SAMPLING_CREATE_MESSAGE] = {"sampling/createMessage", REQ,
		IN_NONE, IN_LEGACY},
	[METHOD_ELICITATION_CREATE] = {"elicitation/create", REQ, IN_NONE,
		IN_LEGACY},
	[METHOD_ROOTS_LIST] = {"roots/list", REQ, IN_NONE, IN_LEGACY},
	[METHOD_N_INITIALIZED] = {"notifications/initialized", NOTE, IN_LEGACY,
		IN_NONE},
	/* Modern servers may cancel only a listen: the caller's to check. */
	[METHOD_N_CANCELLED] = {"notifications/cancelled", NOTE, IN_BOTH,
		IN_BOTH},
	[METHOD_N_PROGRESS] = {"notifications/progress", NOTE, IN_LEGACY,
		IN_BOTH},
	[METHOD_N_MESSAGE] = {"notifications/message", NOTE, IN_NONE, IN_BOTH},
	[METHOD_N_TOOLS_LIST_CHANGED] = {"notifications/tools/list_changed",
		NOTE, IN_NONE, IN_BOTH},
	[METHOD_N_PROMPTS_LIST_CHANGED] = {"notifications/prompts/list_changed",
		NOTE, IN_NONE, IN_BOTH},
	[METHOD_N_RESOURCES_LIST_CHANGED] =
		{"notifications/resources/list_changed", NOTE, IN_NONE,
			IN_BOTH},
	[METHOD_N_RESOURCES_UPDATED] = {"notifications/resources/updated", NOTE,
		IN_NONE, IN_BOTH},
	[METHOD_N_ROOTS_LIST_CHANGED] = {"notifications/roots/list_changed",
		NOTE, IN_LEGACY, IN_NONE},
	[METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED] =
		{"notifications/subscriptions/acknowledged", NOTE, IN_NONE,
			IN_MODERN},
	[METHOD_N_ELICITATION_COMPLETE] = {"notifications/elicitation/complete",
		NOTE, IN_NONE, IN_LEGACY},
	[METHOD_N_TASKS_STATUS] = {"notifications/tasks/status", NOTE,
		IN_LEGACY, IN_LEGACY},
	[METHOD_N_TASKS] = {"notifications/tasks", NOTE, IN_NONE, IN_MODERN},
};

static_assert(sizeof(methods) / sizeof(methods[0]) == _METHOD_N,
	"a row for each method");

enum method method_find(const struct json_value *name)
{
	char bytes[METHOD_NAME_MAX];
	size_t len = json_string_copy(name, bytes, sizeof(bytes));

	if (len > sizeof(bytes))
		return METHOD_UNKNOWN;
	for (unsigned i = METHOD_UNKNOWN + 1; i < _METHOD_N; i++) {
		if (strlen(methods[i].name) == len &&
			memcmp(methods[i].name, bytes, len) == 0)
			return (enum method)i;
	}
	return METHOD_UNKNOWN;
}

const char *method_name(enum method m)
{
	if (m <= METHOD_UNKNOWN || m >= _METHOD_N)
		return "unknown";
	return methods[m].name;
}

bool method_permitted(enum method m, enum message_dir dir,
	enum message_kind kind, enum message_era era)
{
	unsigned eras, asked = IN_BOTH;

	if (m <= METHOD_UNKNOWN || m >= _METHOD_N || methods[m].kind != kind)
		return false;
	if (era != ERA_NONE)
		asked = era == ERA_MODERN ? IN_MODERN : IN_LEGACY;
	eras = dir == DIR_C2S ? methods[m].c2s : methods[m].s2c;
	return dir != DIR_NONE && (eras & asked) != 0;
}
