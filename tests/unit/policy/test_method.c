/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/message.h"

struct permission {
	enum method method;
	const char *name;
	enum message_kind kind;
	bool legacy_c2s, modern_c2s, legacy_s2c, modern_s2c;
};

#define R MESSAGE_REQUEST
#define N MESSAGE_NOTIFICATION
/* clang-format off */
static const struct permission permissions[] = {
	{METHOD_INITIALIZE, "initialize", R, 1, 0, 0, 0},
	{METHOD_DISCOVER, "server/discover", R, 0, 1, 0, 0},
	{METHOD_PING, "ping", R, 1, 0, 1, 0},
	{METHOD_TOOLS_LIST, "tools/list", R, 1, 1, 0, 0},
	{METHOD_TOOLS_CALL, "tools/call", R, 1, 1, 0, 0},
	{METHOD_RESOURCES_LIST, "resources/list", R, 1, 1, 0, 0},
	{METHOD_RESOURCES_TEMPLATES_LIST, "resources/templates/list", R, 1, 1, 0, 0},
	{METHOD_RESOURCES_READ, "resources/read", R, 1, 1, 0, 0},
	{METHOD_RESOURCES_SUBSCRIBE, "resources/subscribe", R, 1, 0, 0, 0},
	{METHOD_RESOURCES_UNSUBSCRIBE, "resources/unsubscribe", R, 1, 0, 0, 0},
	{METHOD_SUBSCRIPTIONS_LISTEN, "subscriptions/listen", R, 0, 1, 0, 0},
	{METHOD_PROMPTS_LIST, "prompts/list", R, 1, 1, 0, 0},
	{METHOD_PROMPTS_GET, "prompts/get", R, 1, 1, 0, 0},
	{METHOD_COMPLETION_COMPLETE, "completion/complete", R, 1, 1, 0, 0},
	{METHOD_LOGGING_SET_LEVEL, "logging/setLevel", R, 1, 0, 0, 0},
	{METHOD_TASKS_GET, "tasks/get", R, 1, 1, 1, 0},
	{METHOD_TASKS_RESULT, "tasks/result", R, 1, 0, 1, 0},
	{METHOD_TASKS_LIST, "tasks/list", R, 1, 0, 1, 0},
	{METHOD_TASKS_CANCEL, "tasks/cancel", R, 1, 1, 1, 0},
	{METHOD_TASKS_UPDATE, "tasks/update", R, 0, 1, 0, 0},
	{METHOD_SAMPLING_CREATE_MESSAGE, "sampling/createMessage", R, 0, 0, 1, 0},
	{METHOD_ELICITATION_CREATE, "elicitation/create", R, 0, 0, 1, 0},
	{METHOD_ROOTS_LIST, "roots/list", R, 0, 0, 1, 0},
	{METHOD_N_INITIALIZED, "notifications/initialized", N, 1, 0, 0, 0},
	{METHOD_N_CANCELLED, "notifications/cancelled", N, 1, 1, 1, 1},
	{METHOD_N_PROGRESS, "notifications/progress", N, 1, 0, 1, 1},
	{METHOD_N_MESSAGE, "notifications/message", N, 0, 0, 1, 1},
	{METHOD_N_TOOLS_LIST_CHANGED, "notifications/tools/list_changed", N, 0, 0, 1, 1},
	{METHOD_N_PROMPTS_LIST_CHANGED, "notifications/prompts/list_changed", N, 0, 0, 1, 1},
	{METHOD_N_RESOURCES_LIST_CHANGED, "notifications/resources/list_changed", N, 0, 0, 1, 1},
	{METHOD_N_RESOURCES_UPDATED, "notifications/resources/updated", N, 0, 0, 1, 1},
	{METHOD_N_ROOTS_LIST_CHANGED, "notifications/roots/list_changed", N, 1, 0, 0, 0},
	{METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED, "notifications/subscriptions/acknowledged", N, 0, 0, 0, 1},
	{METHOD_N_ELICITATION_COMPLETE, "notifications/elicitation/complete", N, 0, 0, 1, 0},
	{METHOD_N_TASKS_STATUS, "notifications/tasks/status", N, 1, 0, 1, 0},
	{METHOD_N_TASKS, "notifications/tasks", N, 0, 0, 0, 1},
};
/* clang-format on */

static void assert_permission(const struct permission *p, enum message_dir dir,
	bool legacy, bool modern)
{
	enum message_kind other =
		p->kind == R ? MESSAGE_NOTIFICATION : MESSAGE_REQUEST;

	assert_int_equal(
		method_permitted(p->method, dir, p->kind, ERA_LEGACY), legacy);
	assert_int_equal(
		method_permitted(p->method, dir, p->kind, ERA_MODERN), modern);
	assert_int_equal(method_permitted(p->method, dir, p->kind, ERA_NONE),
		legacy || modern);
	assert_false(method_permitted(p->method, dir, other, ERA_NONE));
	assert_false(
		method_permitted(p->method, dir, MESSAGE_RESULT, ERA_NONE));
}

static void methods_are_permitted_by_direction_kind_and_era(void **state)
{
	(void)state;
	assert_int_equal(
		sizeof(permissions) / sizeof(permissions[0]), _METHOD_N - 1);
	for (unsigned i = 0; i < _METHOD_N - 1; i++) {
		const struct permission *p = &permissions[i];

		assert_int_equal(p->method, i + 1);
		assert_string_equal(method_name(p->method), p->name);
		assert_permission(p, DIR_C2S, p->legacy_c2s, p->modern_c2s);
		assert_permission(p, DIR_S2C, p->legacy_s2c, p->modern_s2c);
		assert_false(method_permitted(
			p->method, DIR_NONE, p->kind, ERA_NONE));
	}
	assert_false(method_permitted(
		METHOD_UNKNOWN, DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY));
	assert_false(method_permitted(
		_METHOD_N, DIR_C2S, MESSAGE_REQUEST, ERA_LEGACY));
}

static enum method method_of(const char *line)
{
	static const uint64_t key[2] = {3, 4};
	struct json_scanner *s = message_scanner_new(key);
	struct message m;

	assert_non_null(s);
	assert_int_equal(message_read(s, DIR_C2S, line, strlen(line), &m), 0);
	json_scanner_free(s);
	return m.method;
}

static void methods_are_found_by_their_exact_names(void **state)
{
	(void)state;
	for (unsigned i = 0; i < _METHOD_N - 1; i++) {
		char line[256];

		(void)snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":1,"
			"\"method\":\"%s\"}",
			permissions[i].name);
		assert_int_equal(method_of(line), permissions[i].method);
		(void)snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":1,"
			"\"method\":\"%s/\"}",
			permissions[i].name);
		assert_int_equal(method_of(line), METHOD_UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			methods_are_permitted_by_direction_kind_and_era),
		cmocka_unit_test(methods_are_found_by_their_exact_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
