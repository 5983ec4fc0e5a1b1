/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A list of rules, a newline, the arguments of a call: whatever they are, the
 * rules are refused in words, or come to a verdict that agrees with what it
 * names and is the same each time.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool scan(const char *text, size_t len, struct json_value *ret)
{
	static const struct json_limits limits = {.max_bytes = 1 << 20,
		.max_depth = 64,
		.max_keys = 4096,
		.allow_nul = true};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	bool good;

	assert(s);
	good = json_scan(s, text, len, &result) == 0;
	json_scanner_free(s);
	if (good)
		*ret = json_top(text, &result);
	return good;
}

static void check(const struct rules_verdict *v)
{
	size_t named = 0;

	while (v->fired[named])
		named++;
	assert(named ==
		(v->n_fired < RULES_FIRED_MAX ? v->n_fired : RULES_FIRED_MAX));
	assert((v->n_fired == 0) == (v->decision == DECISION_ALLOW));
	assert((v->n_fired == 0) == !v->id && !v->id == !v->pointer);
	assert(v->decision <= DECISION_ALLOW);
}

static void decide(struct rules *r, const struct json_value *arguments)
{
	struct rules_verdict a, b;

	rules_decide(r, "tool", 4, arguments, &a);
	check(&a);
	rules_decide(r, "tool", 4, arguments, &b);
	assert(a.decision == b.decision && a.n_fired == b.n_fired &&
		a.id == b.id && a.pointer == b.pointer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rules_places places = {"/code", "/home/me", NULL};
	const char *text = (const char *)data;
	const char *lf = size ? memchr(text, '\n', size) : NULL;
	struct json_value list, arguments;
	struct rules_fault fault;
	struct rules *r;

	if (!lf || !scan(text, (size_t)(lf - text), &list))
		return 0;
	r = rules_new();
	assert(r);
	if (rules_add(r, &list, NULL, &places, &fault) == 0) {
		decide(r, NULL);
		if (scan(lf + 1, size - (size_t)(lf + 1 - text), &arguments))
			decide(r, &arguments);
	} else {
		assert(fault.offset < (size_t)(lf - text) && fault.text[0]);
	}
	rules_free(r);
	return 0;
}
