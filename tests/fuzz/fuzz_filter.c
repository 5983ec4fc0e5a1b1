/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filtering of tools/list. The first byte chooses the patterns and the caps,
 * the rest is the result. What comes out is JSON again, every tool in it is
 * listed, and filtering it once more changes nothing; under caps it is within
 * them, and what is left out is at the end but for what is too long alone.
 */
#include <stdint.h>
#include <stdlib.h>

#include "fuzz_json.h"
#include "tests/lib/tools_of.h"

static char a_or_b[] = "?", read_all[] = "read_*", all[] = "*", a[] = "a";

static char *const allows[][3] = {
	{all, NULL},
	{a_or_b, read_all, NULL},
	{a, NULL},
	{NULL},
};
static char *const denies[][2] = {{NULL}, {a, NULL}};

static void check_listed(const struct tools *t, const struct json_value *result)
{
	struct json_value tools, name;
	struct tool_verdict v;
	struct json_member m;
	char bytes[TOOL_NAME_MAX];
	struct json_iter i;
	size_t len;

	if (!json_get(result, "tools", &tools))
		abort();
	for (i = json_iter(&tools); json_next(&i, &m);) {
		if (!json_get(&m.value, "name", &name))
			abort();
		len = json_string_copy(&name, bytes, sizeof(bytes));
		if (len > sizeof(bytes))
			abort();
		tools_decide(t, bytes, len, &v);
		if (!v.listed)
			abort();
	}
}

static void check(const struct tools *t, const char *text, size_t len,
	const struct json_value *result)
{
	struct out o = OUT_INIT(len + FILTER_GROWTH_MAX);
	struct out again = OUT_INIT(0); /* nothing more to write */
	struct filter_stats stats, stats_again;
	struct json_value left;
	int r = tools_filter_list(t, text, len, result, &o, &stats);

	if (r == 0) {
		if (!fuzz_json(o.data, o.len, &left))
			abort();
		check_listed(t, &left);
		if (tools_filter_list(t, o.data, o.len, &left, &again,
			    &stats_again) != 1 ||
			stats_again.kept != stats.kept)
			abort();
	} else if (r == 1) {
		check_listed(t, result);
	}
	out_deinit(&o);
	out_deinit(&again);
}

static void check_caps(const struct tools *t, const struct list_caps *caps,
	const char *text, size_t len, const struct json_value *result)
{
	struct out o = OUT_INIT(len + FILTER_GROWTH_MAX);
	struct filter_stats stats, again;
	struct json_value left, tools;
	struct json_member m;
	uint64_t bytes = 0;
	int r = names_cut_list(
		t, NAMES_TOOLS, caps, text, len, result, &o, &stats);

	if (r == 0) {
		if (!fuzz_json(o.data, o.len, &left) ||
			!json_get(&left, "tools", &tools))
			abort();
		check_listed(t, &left);
		for (struct json_iter i = json_iter(&tools); json_next(&i, &m);)
			bytes += m.end - m.begin;
		if (bytes > caps->bytes || stats.kept > caps->items ||
			stats.kept + stats.over != stats.items_seen)
			abort();
	} else if (r > 0) {
		if (o.len > 0 || (r == 1 && stats.over > 0))
			abort();
	}
	if (r == 0 && names_cut_list(t, NAMES_TOOLS, caps, o.data, o.len, &left,
			      &o, &again) != 1)
		abort();
	out_deinit(&o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text;
	struct list_caps caps;
	struct json_value result;
	struct tools *t;

	if (size < 1)
		return 0;
	text = (const char *)data + 1;
	if (!fuzz_json(text, size - 1, &result))
		return 0;
	t = tools_of(allows[data[0] % 4], denies[data[0] / 4 % 2],
		data[0] / 8 % 2 > 0);
	if (t == NULL)
		return 0;
	check(t, text, size - 1, &result);
	caps = (struct list_caps){
		.bytes = 24U * (data[0] / 16),
		.items = data[0] / 16 % 8,
	};
	check_caps(t, &caps, text, size - 1, &result);
	tools_free(t);
	return 0;
}
