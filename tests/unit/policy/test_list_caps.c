/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that are too long. */
#include "scanned.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/tools_of.h"

static char kept[] = "k*";
static char *const k_only[] = {kept, NULL};

static int cut(char *const *allow, enum names names, uint64_t bytes,
	uint64_t items, const char *line, struct out *o,
	struct filter_stats *ret)
{
	struct tools *t = tools_of(allow, NULL, allow != NULL);
	const struct list_caps caps = {.bytes = bytes, .items = items};
	struct json_value v = scanned(line, strlen(line), "/result");
	int r;

	assert_non_null(t);
	r = names_cut_list(t, names, &caps, line, strlen(line), &v, o, ret);
	tools_free(t);
	return r;
}

/* Each item of these has 12 bytes, but that of x 29. */
#define A "{\"name\":\"a\"}"
#define B "{\"name\":\"b\"}"
#define C "{\"name\":\"c\"}"
#define K "{\"name\":\"k\"}"
#define X "{\"name\":\"x\",\"d\":\"1234567890\"}"

static const struct {
	bool k_only;
	uint64_t bytes, items;
	const char *before, *after;
	unsigned over;
} cuts[] = {
	{false, 36, 9, A "," B "," C, NULL, 0},
	{false, 35, 9, A "," B "," C, A "," B, 1},
	{false, 11, 9, A "," B, "", 2},
	{false, 24, 9, A " , " B " , " C " ", A " , " B "   ", 1},
	{false, 99, 2, A "," B "," C, A "," B, 1},
	{false, 99, 0, A, "", 1},
	/* One that is too long alone goes alone. */
	{false, 24, 9, A "," X "," B "," C, A "," B, 2},
	{false, 28, 9, X "," A, A, 1},
	/* One that does not fit any more ends the list. */
	{false, 40, 9, A "," X "," B, A, 2},
	/* What policy hides counts for nothing. */
	{true, 12, 1, A "," X "," K "," B, K, 0},
};

static void items_are_left_out_at_the_end(void **state)
{
	char line[512], want[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		static const char frame[] =
			"{\"result\":{\"nextCursor\":\"n\",\"tools\":[@],"
			"\"ttlMs\":1.50}}";
		struct out o = OUT_INIT(4096);
		struct filter_stats s;
		int r;

		(void)framed(line, sizeof(line), frame, cuts[i].before);
		r = cut(cuts[i].k_only ? k_only : NULL, NAMES_TOOLS,
			cuts[i].bytes, cuts[i].items, line, &o, &s);
		assert_int_equal(r, cuts[i].after ? 0 : 1);
		assert_int_equal(s.over, cuts[i].over);
		assert_int_equal(s.kept + s.over, s.items_seen);
		if (cuts[i].after) {
			(void)framed(want, sizeof(want), frame, cuts[i].after);
			assert_out(&o, want);
		}
		out_deinit(&o);
	}
}

static void every_list_is_cut(void **state)
{
	static const struct {
		enum names names;
		const char *line;
	} rows[] = {
		{NAMES_PROMPTS, "{\"result\":{\"prompts\":[{\"name\":\"a\"},"
				"{\"name\":\"b\"}]}}"},
		{NAMES_RESOURCES, "{\"result\":{\"resources\":[{\"uri\":\"a\"},"
				  "{\"uri\":\"a\"}]}}"},
		{NAMES_TEMPLATES, "{\"result\":{\"resourceTemplates\":["
				  "{\"uriTemplate\":\"a\"},"
				  "{\"uriTemplate\":\"b\"}]}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct out o = OUT_INIT(4096);
		struct filter_stats s;

		assert_int_equal(
			cut(NULL, rows[i].names, 99, 1, rows[i].line, &o, &s),
			0);
		assert_int_equal(s.kept, 1);
		assert_int_equal(s.over, 1);
		assert_int_equal(s.items_seen, 2);
		out_deinit(&o);
	}
}

static void what_hides_beside_a_list_counts(void **state)
{
	char line[8192];
	struct out o = OUT_INIT(8192);
	struct filter_stats s;

	(void)state;
	(void)snprintf(line, sizeof(line),
		"{\"result\":{\"tools\":[" A "," B "],\"_meta\":\"%*d\"}}",
		LIST_FREE, 1);
	/* The names, quotes and commas of the rest are over what is free. */
	assert_int_equal(cut(NULL, NAMES_TOOLS, 20, 9, line, &o, &s), 2);
	assert_int_equal(o.len, 0);
	assert_true(s.bytes_seen > 20);
	assert_int_equal(cut(NULL, NAMES_TOOLS, 40, 9, line, &o, &s), 0);
	assert_int_equal(s.kept, 1);
	out_deinit(&o);
}

static void a_long_list_takes_no_longer_than_its_length(void **state)
{
	const size_t n = 200000;
	char *line = malloc(n * sizeof(A) + 64);
	struct out o = OUT_INIT(n * sizeof(A) + 64);
	size_t len = (size_t)sprintf(line, "{\"result\":{\"resources\":[");
	struct filter_stats s;

	(void)state;
	for (size_t i = 0; i < n; i++)
		len += (size_t)sprintf(
			line + len, "%s{\"uri\":\"a\"}", i ? "," : "");
	(void)sprintf(line + len, "]}}");
	assert_int_equal(
		cut(NULL, NAMES_RESOURCES, UINT64_MAX, 10000, line, &o, &s), 0);
	assert_int_equal(s.kept, 10000);
	assert_int_equal(s.over, n - 10000);
	out_deinit(&o);
	free(line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(items_are_left_out_at_the_end),
		cmocka_unit_test(every_list_is_cut),
		cmocka_unit_test(what_hides_beside_a_list_counts),
		cmocka_unit_test(a_long_list_takes_no_longer_than_its_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
