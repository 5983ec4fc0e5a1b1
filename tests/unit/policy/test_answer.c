/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <string.h>

#include "policy/answer.h"

static void an_error_carries_the_id_as_it_was_written(void **state)
{
	static const char *const ids[] = {
		"1", "\"1\"", "9007199254740993", "\"\\u0061\\/\"", "-0"};
	struct out o = OUT_INIT(1000);

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct json_value id;

		out_reset(&o);
		answer_error(&o, ERA_MODERN, ids[i], strlen(ids[i]), -32601,
			"Method not found", 16);
		id = scanned(o.data, o.len, "/id");
		assert_int_equal(id.end - id.begin, strlen(ids[i]));
		assert_memory_equal(o.data + id.begin, ids[i], strlen(ids[i]));
	}
	out_reset(&o);
	answer_error(&o, ERA_LEGACY, "7", 1, -32601, "Method not found", 16);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":"
		       "-32601,\"message\":\"Method not found\"}}\n");
	out_deinit(&o);
}

static void an_unreadable_id_is_null_or_left_out_as_the_era_has_it(void **state)
{
	struct out o = OUT_INIT(1000);

	(void)state;
	answer_error(&o, ERA_LEGACY, NULL, 0, -32700, "x", 1);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":"
		       "-32700,\"message\":\"x\"}}\n");
	out_reset(&o);
	answer_error(&o, ERA_NONE, NULL, 0, 5, "x", 1);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":5,"
		       "\"message\":\"x\"}}\n");
	out_reset(&o);
	answer_error(&o, ERA_MODERN, NULL, 0, -32700, "x", 1);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32700,"
		       "\"message\":\"x\"}}\n");
	out_deinit(&o);
}

static void an_unknown_name_comes_back_as_the_specification_says(void **state)
{
	struct out o = OUT_INIT(1000);

	(void)state;
	answer_unknown_tool(&o, ERA_LEGACY, "1", 1, "write_file", 10);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":"
		       "-32602,\"message\":\"Unknown tool: write_file\"}}\n");
	out_reset(&o);
	answer_unknown_prompt(&o, ERA_MODERN, "\"a\"", 3, "p", 1);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"error\":{\"code\":"
		       "-32602,\"message\":\"Unknown prompt: p\"}}\n");
	out_deinit(&o);
}

static void a_hostile_name_stays_inside_its_string(void **state)
{
	static const char name[] = "\"}}\n{\"a\0\xe2\x80\xae\x1b[31m\\\xff";
	struct out o = OUT_INIT(1000);
	struct json_value v;

	(void)state;
	answer_unknown_tool(&o, ERA_LEGACY, "1", 1, name, sizeof(name) - 1);
	v = scanned(o.data, o.len, "/error/message");
	assert_true(json_string_is(&v,
		"Unknown tool: \"}}\n{\"a\0\xe2\x80\xae\x1b[31m\\\xef\xbf\xbd",
		14 + sizeof(name) - 1 + 2));
	/* One line, and nothing that a terminal would obey. */
	assert_ptr_equal(memchr(o.data, '\n', o.len), o.data + o.len - 1);
	assert_null(memchr(o.data, 0x1b, o.len));
	assert_null(memchr(o.data, 0xe2, o.len));
	out_deinit(&o);
}

static void a_long_name_is_cut_between_characters(void **state)
{
	char name[601], want[400] = "Unknown tool: ";
	struct out o = OUT_INIT(10000);
	struct json_value v;

	(void)state;
	for (size_t i = 0; i < 200; i++)
		memcpy(name + 3 * i, "€", sizeof("€"));
	answer_unknown_tool(&o, ERA_LEGACY, "1", 1, name, 600);
	v = scanned(o.data, o.len, "/error/message");
	memcpy(want + 14, name, 255); /* 256 would be within a character */
	memcpy(want + 269, "…", sizeof("…"));
	assert_true(json_string_eq(&v, want));

	out_reset(&o);
	memset(name, 'a', sizeof(name));
	answer_unknown_tool(&o, ERA_LEGACY, "1", 1, name, ANSWER_NAME_MAX);
	v = scanned(o.data, o.len, "/error/message");
	assert_int_equal(v.end - v.begin, 2 + 14 + ANSWER_NAME_MAX);
	out_deinit(&o);
}

static void a_refused_call_is_a_result_that_says_so(void **state)
{
	struct out o = OUT_INIT(1000);

	(void)state;
	answer_tool_error(&o, ERA_LEGACY, "3", 1, "Not run: \"x\".", 13);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{"
		       "\"content\":[{\"type\":\"text\",\"text\":"
		       "\"Not run: \\\"x\\\".\"}],\"isError\":true}}\n");
	out_reset(&o);
	answer_tool_error(&o, ERA_MODERN, "3", 1, "x", 1);
	assert_out(&o, "{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{"
		       "\"resultType\":\"complete\",\"content\":[{\"type\":"
		       "\"text\",\"text\":\"x\"}],\"isError\":true}}\n");
	out_deinit(&o);
}

static void answers_follow_one_another(void **state)
{
	struct out o = OUT_INIT(1000);
	size_t first;

	(void)state;
	answer_error(&o, ERA_LEGACY, "1", 1, -32603, "a", 1);
	first = o.len;
	answer_error(&o, ERA_LEGACY, "2", 1, -32603, "b", 1);
	assert_int_equal(o.len, 2 * first);
	assert_int_equal(o.data[first - 1], '\n');
	assert_int_equal(o.data[first], '{');
	out_deinit(&o);
}

static void an_answer_over_the_bound_fails(void **state)
{
	struct out o = OUT_INIT(50);

	(void)state;
	answer_error(&o, ERA_LEGACY, "1", 1, -32603, "Internal error", 14);
	assert_true(o.failed);
	out_deinit(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_error_carries_the_id_as_it_was_written),
		cmocka_unit_test(
			an_unreadable_id_is_null_or_left_out_as_the_era_has_it),
		cmocka_unit_test(
			an_unknown_name_comes_back_as_the_specification_says),
		cmocka_unit_test(a_hostile_name_stays_inside_its_string),
		cmocka_unit_test(a_long_name_is_cut_between_characters),
		cmocka_unit_test(a_refused_call_is_a_result_that_says_so),
		cmocka_unit_test(answers_follow_one_another),
		cmocka_unit_test(an_answer_over_the_bound_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
