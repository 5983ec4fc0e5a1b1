/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/tools_of.h"

struct filtered {
	int status;
	struct filter_stats stats;
	struct out out;
};

static struct filtered filter(
	char *const *allow, char *const *deny, const char *line, size_t len)
{
	struct tools *t = tools_of(allow, deny, allow != NULL);
	struct json_value result = scanned(line, len, "/result");
	struct filtered f = {.out = OUT_INIT(len + FILTER_GROWTH_MAX)};

	assert_non_null(t);
	f.status = tools_filter_list(t, line, len, &result, &f.out, &f.stats);
	tools_free(t);
	return f;
}

static void assert_stats(const struct filtered *f, unsigned kept,
	unsigned removed, unsigned duplicates)
{
	assert_int_equal(f->stats.kept, kept);
	assert_int_equal(f->stats.removed, removed);
	assert_int_equal(f->stats.duplicates, duplicates);
}

/* Only tools named k… are allowed. */
static const struct {
	const char *tools, *left;
} cuts[] = {
	{"{\"name\":\"r\"}", ""},
	{"{\"name\":\"k\"},{\"name\":\"r\"}", "{\"name\":\"k\"}"},
	{"{\"name\":\"r\"},{\"name\":\"k\"}", "{\"name\":\"k\"}"},
	{"{\"name\":\"k\"},{\"name\":\"r\"},{\"name\":\"k2\"}",
		"{\"name\":\"k\"},{\"name\":\"k2\"}"},
	{"{\"name\":\"r\"},{\"name\":\"k\"},{\"name\":\"r\"}",
		"{\"name\":\"k\"}"},
	{"{\"name\":\"r\"},{\"name\":\"r2\"},{\"name\":\"k\"}",
		"{\"name\":\"k\"}"},
	{"{\"name\":\"k\"},{\"name\":\"r\"},{\"name\":\"r2\"}",
		"{\"name\":\"k\"}"},
	{"{\"name\":\"r\"},{\"name\":\"r2\"}", ""},
	/* White space stays where it was. */
	{" {\"name\":\"k\"} ,\t{\"name\":\"r\"}  , {\"name\":\"k2\"} ",
		" {\"name\":\"k\"} \t  , {\"name\":\"k2\"} "},
	{" {\"name\":\"r\"} ,\t{\"name\":\"k\"} ", "  \t{\"name\":\"k\"} "},
	{" {\"name\":\"r\"} , {\"name\":\"r2\"} ", "    "},
	/* Numbers, escapes, foreign members, order. */
	{"{\"x\":1.10,\"name\":\"\\u006b\",\"y\":1E400},"
	 "{\"name\":\"r\",\"z\":[{},[\"]}\"]]},{\"n\\u0061me\":\"k2\"}",
		"{\"x\":1.10,\"name\":\"\\u006b\",\"y\":1E400},"
		"{\"n\\u0061me\":\"k2\"}"},
	/* What is no tool, or has no usable name. */
	{"{\"name\":\"k\"},1,\"k\",null,[],{},{\"name\":1},{\"Name\":\"k\"},"
	 "{\"name\":[\"k\"]},{\"name\":\"\"},{\"name\":\"k\\u0000\"}",
		"{\"name\":\"k\"}"},
	/* Other case, other letters: other names. */
	{"{\"name\":\"K\"},{\"name\":\"k\"},{\"name\":\"к\"},{\"name\":\" k\"}",
		"{\"name\":\"k\"}"},
};

static void denied_tools_are_cut_and_nothing_else(void **state)
{
	static const char *const frames[] = {
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[@]}}",
		" {\"result\": {\"ttl\":1.0,\"tools\" : [@] ,\"nextCursor\":"
		"\"]\"} , \"id\":9007199254740993}\r",
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(cuts) / sizeof(cuts[0]); i++) {
		const char *frame = frames[i % 2];
		char line[1024], want[1024];
		struct filtered f;
		size_t n;

		n = framed(line, sizeof(line), frame, cuts[i / 2].tools);
		(void)framed(want, sizeof(want), frame, cuts[i / 2].left);
		f = filter(GLOBS("k*"), NULL, line, n);
		assert_int_equal(f.status, 0);
		assert_out(&f.out, want);
		(void)scanned(f.out.data, f.out.len, "/result/tools");
		out_deinit(&f.out);
	}
}

static void a_list_without_denied_tools_is_left_alone(void **state)
{
	static const char line[] = "{\"result\":{\"tools\":[{\"name\":\"k\"}],"
				   "\"cacheScope\":\"public\"}}";
	static const char empty[] = "{\"result\":{\"tools\":[ ]}}";
	struct filtered f = filter(GLOBS("k"), NULL, line, sizeof(line) - 1);

	(void)state;
	assert_int_equal(f.status, 1);
	assert_stats(&f, 1, 0, 0);
	assert_int_equal(f.out.len, 0);
	f = filter(GLOBS("k"), NULL, empty, sizeof(empty) - 1);
	assert_int_equal(f.status, 1);
	assert_stats(&f, 0, 0, 0);
}

static void tools_of_one_name_are_all_removed(void **state)
{
	static const char line[] =
		"{\"result\":{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"},"
		"{\"name\":\"\\u0061\",\"x\":1},{\"name\":\"A\"},"
		"{\"name\":\"a\"}]}}";
	struct filtered f = filter(GLOBS("*"), NULL, line, sizeof(line) - 1);

	(void)state;
	assert_int_equal(f.status, 0);
	assert_stats(&f, 2, 3, 3);
	assert_out(&f.out, "{\"result\":{\"tools\":[{\"name\":\"b\"},"
			   "{\"name\":\"A\"}]}}");
	out_deinit(&f.out);

	/* Without a policy too. */
	f = filter(NULL, NULL, line, sizeof(line) - 1);
	assert_int_equal(f.status, 0);
	assert_stats(&f, 2, 3, 3);
	out_deinit(&f.out);
}

static void a_tool_denied_without_a_policy_is_cut(void **state)
{
	static const char line[] = "{\"result\":{\"tools\":[{\"name\":\"a\"},"
				   "{\"name\":\"b\"}]}}";
	struct filtered f = filter(NULL, GLOBS("a"), line, sizeof(line) - 1);

	(void)state;
	assert_int_equal(f.status, 0);
	assert_out(&f.out, "{\"result\":{\"tools\":[{\"name\":\"b\"}]}}");
	out_deinit(&f.out);
}

static const struct {
	const char *line, *left;
} scopes[] = {
	{"{\"result\":{\"cacheScope\":\"public\",\"tools\":[{}]}}",
		"{\"result\":{\"cacheScope\":\"private\",\"tools\":[]}}"},
	{"{\"result\":{\"tools\":[{}], \"cacheScope\" : \"public\" }}",
		"{\"result\":{\"tools\":[], \"cacheScope\" : \"private\" }}"},
	{"{\"result\":{\"tools\":[{}],\"cacheScope\":0}}",
		"{\"result\":{\"tools\":[],\"cacheScope\":\"private\"}}"},
	{"{\"result\":{\"tools\":[{}],\"cacheScope\":\"pri\\u0076ate\"}}",
		"{\"result\":{\"tools\":[],\"cacheScope\":\"pri\\u0076ate\"}}"},
	{"{\"result\":{\"tools\":[{\"cacheScope\":\"public\"}]}}",
		"{\"result\":{\"tools\":[]}}"},
};

static void a_cut_list_is_not_to_be_shared_by_caches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		const char *line = scopes[i].line;
		struct filtered f =
			filter(GLOBS("*"), NULL, line, strlen(line));

		assert_int_equal(f.status, 0);
		assert_out(&f.out, scopes[i].left);
		out_deinit(&f.out);
	}
}

static void a_result_without_a_list_is_refused(void **state)
{
	static const char *const lines[] = {
		"{\"result\":{}}",
		"{\"result\":{\"tools\":{}}}",
		"{\"result\":{\"tools\":null}}",
		"{\"result\":{\"Tools\":[]}}",
		"{\"result\":[]}",
		"{\"result\":\"tools\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct filtered f =
			filter(GLOBS("*"), NULL, lines[i], strlen(lines[i]));

		assert_int_equal(f.status, -EINVAL);
		assert_int_equal(f.out.len, 0);
	}
}

static void a_bound_that_is_too_small_is_an_error(void **state)
{
	static const char line[] =
		"{\"result\":{\"tools\":[{\"name\":\"a\"},{}]}}";
	struct json_value result = scanned(line, sizeof(line) - 1, "/result");
	struct tools *t = tools_of(GLOBS("a"), NULL, true);
	struct out o = OUT_INIT(10);
	struct filter_stats stats;

	(void)state;
	assert_int_equal(tools_filter_list(t, line, sizeof(line) - 1, &result,
				 &o, &stats),
		-ENOMEM);
	tools_free(t);
	out_deinit(&o);
}

static void names_of_the_longest_size_still_count(void **state)
{
	static char line[4096];
	size_t n = 0;
	struct filtered f;

	(void)state;
	n += (size_t)sprintf(line, "{\"result\":{\"tools\":[{\"name\":\"");
	memset(line + n, 'a', 1024);
	n += 1024;
	n += (size_t)sprintf(line + n, "\"},{\"name\":\"");
	memset(line + n, 'a', 1025);
	n += 1025;
	n += (size_t)sprintf(line + n, "\"}]}}");
	f = filter(GLOBS("a*"), NULL, line, n);
	assert_int_equal(f.status, 0);
	assert_stats(&f, 1, 1, 0);
	out_deinit(&f.out);
}

#define N_MANY 100000

/* Were it quadratic, this would be minutes. */
static void a_hundred_thousand_tools_are_no_burden(void **state)
{
	char *line = malloc(40 * N_MANY + 100);
	size_t n;
	struct filtered f;

	(void)state;
	assert_non_null(line);
	n = (size_t)sprintf(line, "{\"result\":{\"tools\":[");
	for (int i = 0; i < N_MANY; i++)
		n += (size_t)sprintf(line + n, "%s{\"name\":\"t%d\"}",
			i > 0 ? ", " : "", i % (N_MANY - 10));
	n += (size_t)sprintf(line + n, "]}}");
	f = filter(GLOBS("*"), GLOBS("*5"), line, n);
	assert_int_equal(f.status, 0);
	/* t0 … t9 are there twice, t5 among them. */
	assert_stats(&f, 89991 - 9, 10009 + 9, 20);
	(void)scanned(f.out.data, f.out.len, "/result/tools");
	out_deinit(&f.out);
	free(line);
}

static size_t random_list(struct random *r, char *line)
{
	static const char *const elements[] = {"{\"name\":\"a\"}",
		"{\"name\":\"b\"}", "{\"name\":\"\\u0061\"}", "1.10", "[\",\"]",
		"{\"x\":\"]\\\"\",\"name\":\"c\"}", "{\"name\":\"d\",\"y\":{}}",
		"{\"name\":\"e\\\\\"}"};
	static const char *const blanks[] = {"", "", "", " ", "\t ", "\r"};
	size_t n = (size_t)sprintf(line, "{\"result\":{\"tools\":[");
	uint32_t count = random_below(r, 7);

	for (uint32_t i = 0; i < count; i++)
		n += (size_t)sprintf(line + n, "%s%s%s%s", i > 0 ? "," : "",
			blanks[random_below(r, 6)],
			elements[random_below(r, 8)],
			blanks[random_below(r, 6)]);
	return n + (size_t)sprintf(line + n, "]}}");
}

static void what_is_left_of_any_list_is_json(void **state)
{
	static const char *const globs[] = {"*", "?", "a", "e*", "b"};
	char line[512];
	struct random r = {11};
	unsigned n_cut = 0;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = random_list(&r, line);
		struct json_iter i;
		struct json_value left;
		struct json_member m;
		struct filtered f;
		unsigned kept = 0;

		f = filter(GLOBS(globs[random_below(&r, 5)]), NULL, line, len);
		if (f.status == 0) {
			left = scanned(f.out.data, f.out.len, "/result/tools");
			for (i = json_iter(&left); json_next(&i, &m); kept++)
				assert_int_equal(m.value.type, JSON_OBJECT);
			assert_int_equal(kept, f.stats.kept);
			n_cut++;
		}
		out_deinit(&f.out);
	}
	assert_true(n_cut > 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(denied_tools_are_cut_and_nothing_else),
		cmocka_unit_test(a_list_without_denied_tools_is_left_alone),
		cmocka_unit_test(tools_of_one_name_are_all_removed),
		cmocka_unit_test(a_tool_denied_without_a_policy_is_cut),
		cmocka_unit_test(a_cut_list_is_not_to_be_shared_by_caches),
		cmocka_unit_test(a_result_without_a_list_is_refused),
		cmocka_unit_test(a_bound_that_is_too_small_is_an_error),
		cmocka_unit_test(names_of_the_longest_size_still_count),
		cmocka_unit_test(a_hundred_thousand_tools_are_no_burden),
		cmocka_unit_test(what_is_left_of_any_list_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
