/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/patterns.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/strv.h"
#include "policy/out.h"

/* As profiles have them: a word before, behind, in the middle, or none. */
static const struct {
	const char *before, *behind;
} shapes[] = {{"create_", "_*"}, {"*_issue_", ""}, {"get_*_", "_list"},
	{"delete_file_", ""}};

static void add(char ***list, size_t i)
{
	size_t shape = i % ELEMENTS(shapes);
	char text[64];

	(void)snprintf(text, sizeof(text), "%s%zu%s", shapes[shape].before, i,
		shapes[shape].behind);
	if (strv_add(list, text) < 0)
		exit(1);
}

struct tools *patterns_new(size_t n)
{
	_strv_ char **allow = NULL, **ask = NULL, **deny = NULL;
	char ***const lists[] = {&deny, &ask, &allow};
	struct tools_layer layer = {.closed = true};
	struct tools *t;

	for (size_t i = 1; i < n; i++)
		add(lists[i % ELEMENTS(lists)], i);
	if (strv_add(&allow, "read_*") < 0)
		exit(1);
	layer.allow = allow;
	layer.ask = ask;
	layer.deny = deny;
	t = tools_new(&layer, 1);
	if (!t)
		exit(1);
	return t;
}

#define MATCHING 10

static void put_rule(struct out *o, size_t i)
{
	const size_t shape = i % ELEMENTS(shapes);
	char tool[64] = "read_*", text[256];

	if (i >= MATCHING)
		(void)snprintf(tool, sizeof(tool), "%s%zu%s",
			shapes[shape].before, i, shapes[shape].behind);
	(void)snprintf(text, sizeof(text),
		"%s{\"id\":\"r%zu\",\"tools\":[\"%s\"],\"deny_if\":{"
		"\"/path\":{\"in\":[\"a\",\"b\"]},\"/n\":{\"max\":%zu}}}",
		i ? "," : "[", i, tool, i);
	out_str(o, text);
}

static bool scan(const struct out *o, struct json_value *ret)
{
	static const struct json_limits limits = {
		.max_bytes = 1 << 23, .max_depth = 32, .max_keys = 64};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	bool good = s && json_scan(s, o->data, o->len, &result) == 0;

	json_scanner_free(s);
	if (good)
		*ret = json_top(o->data, &result);
	return good;
}

struct rules *bench_rules_new(size_t n)
{
	static const struct rules_places places = {0};
	struct out o = OUT_INIT(1 << 23);
	struct rules *r = n ? rules_new() : NULL;
	struct rules_fault fault;
	struct json_value list;

	if (n == 0)
		return NULL;
	for (size_t i = 0; i < n; i++)
		put_rule(&o, i);
	out_str(&o, "]");
	if (!r || !scan(&o, &list) ||
		rules_add(r, &list, NULL, &places, &fault) != 0)
		exit(1);
	out_deinit(&o);
	return r;
}
