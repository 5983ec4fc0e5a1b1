/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/scope.h"

#include <errno.h>
#include <string.h>

#include "scanned.h"

static int made_or(bool adds, const char *line, size_t max, struct out *out)
{
	struct json_value result = scanned(line, strlen(line), "/result");

	*out = (struct out)OUT_INIT(max);
	return scope_make_private(line, strlen(line), &result, adds, out);
}

static int made(const char *line, size_t max, struct out *out)
{
	return made_or(false, line, max, out);
}

static void where_none_is_there_it_is_added_on_demand(void **state)
{
	static const char *const cases[][2] = {
		{"{\"result\":{ }}",
			"{\"result\":{\"cacheScope\":\"private\" }}"},
		{"{\"result\":{\"tools\":[]},\"id\":1}",
			"{\"result\":{\"cacheScope\":\"private\",\"tools\":[]},"
			"\"id\":1}"},
		{"{\"result\":{\"cacheScope\":\"public\"}}",
			"{\"result\":{\"cacheScope\":\"private\"}}"},
	};
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(made_or(true, cases[i][0], 1 << 16, &out), 0);
		assert_out(&out, cases[i][1]);
		out_deinit(&out);
	}
	assert_int_equal(
		made_or(true, "{\"result\":{\"cacheScope\":\"private\"}}",
			1 << 16, &out),
		1);
	out_deinit(&out);
	assert_int_equal(made_or(true, "{\"result\":[]}", 1 << 16, &out), 1);
	out_deinit(&out);
}

static void a_scope_becomes_private_and_no_other_byte_changes(void **state)
{
	static const char *const cases[][2] = {
		{"{\"result\":{\"cacheScope\":\"public\"}}",
			"{\"result\":{\"cacheScope\":\"private\"}}"},
		{"{\"result\" : { \"ttlMs\":5, \"cacheScope\" : \"public\" , "
		 "\"contents\":[] } }",
			"{\"result\" : { \"ttlMs\":5, \"cacheScope\" : "
			"\"private\" , \"contents\":[] } }"},
		/* What no reader knows may mean the same as public. */
		{"{\"result\":{\"cacheScope\":7}}",
			"{\"result\":{\"cacheScope\":\"private\"}}"},
		{"{\"result\":{\"cacheScope\":{\"a\":[1]},\"b\":1}}",
			"{\"result\":{\"cacheScope\":\"private\",\"b\":1}}"},
		{"{\"result\":{\"cache\\u0053cope\":\"Private\"}}",
			"{\"result\":{\"cache\\u0053cope\":\"private\"}}"},
	};
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(made(cases[i][0], 1 << 16, &out), 0);
		assert_out(&out, cases[i][1]);
		out_deinit(&out);
	}
}

static void what_is_private_or_says_nothing_stays(void **state)
{
	static const char *const cases[] = {
		"{\"result\":{\"cacheScope\":\"private\"}}",
		"{\"result\":{\"cacheScope\":\"pri\\u0076ate\"}}",
		"{\"result\":{}}",
		"{\"result\":[\"cacheScope\",\"public\"]}",
		"{\"result\":{\"contents\":[{\"cacheScope\":\"public\"}]}}",
	};
	struct out out;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(made(cases[i], 1 << 16, &out), 1);
		assert_int_equal(out.len, 0);
		out_deinit(&out);
	}
}

static void what_does_not_fit_is_no_answer(void **state)
{
	struct out out;

	(void)state;
	assert_int_equal(
		made("{\"result\":{\"cacheScope\":\"public\"}}", 16, &out),
		-ENOMEM);
	out_deinit(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_scope_becomes_private_and_no_other_byte_changes),
		cmocka_unit_test(where_none_is_there_it_is_added_on_demand),
		cmocka_unit_test(what_is_private_or_says_nothing_stays),
		cmocka_unit_test(what_does_not_fit_is_no_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
