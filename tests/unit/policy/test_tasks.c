/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "policy/level.h"
#include "policy/tasks.h"

static struct message message_of(const char *line)
{
	static const uint64_t key[2] = {3, 4};
	struct json_scanner *s = message_scanner_new(key);
	struct message m;

	assert_non_null(s);
	assert_int_equal(message_read(s, DIR_S2C, line, strlen(line), &m), 0);
	assert_int_equal(m.verdict, VERDICT_OK);
	json_scanner_free(s);
	return m;
}

#define RESULT(r) "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" r "}"

static void results_are_of_a_known_type(void **state)
{
	static const struct {
		const char *line;
		enum result_type type;
	} rows[] = {
		{RESULT("{}"), RESULT_COMPLETE},
		{RESULT("{\"resultType\":\"complete\"}"), RESULT_COMPLETE},
		{RESULT("{\"resultType\":\"input_required\"}"),
			RESULT_INPUT_REQUIRED},
		{RESULT("{\"resultType\":\"task\"}"), RESULT_TASK},
		{RESULT("{\"resultType\":\"Task\"}"), RESULT_UNKNOWN},
		{RESULT("{\"resultType\":null}"), RESULT_UNKNOWN},
		{RESULT("null"), RESULT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct message m = message_of(rows[i].line);

		assert_int_equal(result_type(&m.result), rows[i].type);
	}
}

static bool is_b(void *context, const struct json_value *id)
{
	(void)context;
	return json_string_eq(id, "b");
}

static void only_known_tasks_stay_in_a_list(void **state)
{
	const char *line =
		RESULT("{\"tasks\":[{\"taskId\":\"a\"},{\"taskId\":\"b\"},"
		       "{\"taskId\":1}, 5],\"x\":1.0}");
	struct message m = message_of(line);
	struct out o = OUT_INIT(1024);

	(void)state;
	assert_int_equal(
		task_list_cut(line, strlen(line), &m.result, is_b, NULL, &o),
		0);
	assert_int_equal(
		o.len, strlen(RESULT("{\"tasks\":[{\"taskId\":\"b\"} ],"
				     "\"x\":1.0}")));
	out_reset(&o);
	line = RESULT("{\"tasks\":[{\"taskId\":\"b\"}]}");
	m = message_of(line);
	assert_int_equal(
		task_list_cut(line, strlen(line), &m.result, is_b, NULL, &o),
		1);
	line = RESULT("{\"tasks\":{}}");
	m = message_of(line);
	assert_int_equal(
		task_list_cut(line, strlen(line), &m.result, is_b, NULL, &o),
		-EINVAL);
	out_deinit(&o);
}

static void a_task_is_wanted_as_its_era_says(void **state)
{
	static const struct {
		const char *params;
		bool wanted;
	} rows[] = {
		{"{\"task\":{}}", true},
		{"{\"task\":null}", false},
		{"{}", false},
		{"{\"task\":{},\"_meta\":{\"io.modelcontextprotocol/"
		 "protocolVersion\":\"x\"}}",
			false},
		{"{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":1,"
		 "\"io.modelcontextprotocol/clientCapabilities\":{"
		 "\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}}}",
			true},
	};
	char line[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct message m;

		(void)snprintf(line, sizeof(line),
			"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
			"\"tools/call\",\"params\":%s}",
			rows[i].params);
		m = message_of(line);
		assert_int_equal(task_wanted(&m), rows[i].wanted);
	}
}

static void levels_are_in_their_order(void **state)
{
	struct json_value v = {.type = JSON_STRING};

	(void)state;
	v.text = "\"debug\"";
	v.end = 7;
	assert_int_equal(log_level_read(&v), LOG_LEVEL_DEBUG);
	v.text = "\"emergency\"";
	v.end = 11;
	assert_int_equal(log_level_read(&v), LOG_LEVEL_EMERGENCY);
	v.text = "\"Error\"";
	v.end = 7;
	assert_int_equal(log_level_read(&v), LOG_LEVEL_NONE);
	v.type = JSON_NUMBER;
	assert_int_equal(log_level_read(&v), LOG_LEVEL_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_are_of_a_known_type),
		cmocka_unit_test(only_known_tasks_stay_in_a_list),
		cmocka_unit_test(a_task_is_wanted_as_its_era_says),
		cmocka_unit_test(levels_are_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
