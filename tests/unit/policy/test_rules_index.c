/* SPDX-License-Identifier: Apache-2.0 */
/* Thousands of rules come to the verdict that each of them alone comes to. */
#include <stdio.h>
#include <string.h>

#include "policy/rules.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))
#define SET_MAX 40

static const struct rules_places places = {
	.workspace = "/code", .home = "/home/me"};

/* Patterns and names of few letters, so that they meet. */
static void put_name(struct random *r, struct out *o, bool pattern)
{
	static const char letters[] = "ab_*?";
	size_t n = random_below(r, 4) + !pattern;

	for (size_t i = 0; i < n; i++)
		out_bytes(o, &letters[random_below(r, pattern ? 5 : 3)], 1);
	if (pattern && (n == 0 || random_below(r, 4) == 0))
		out_str(o, random_below(r, 2) ? "*" : "ab");
}

static void put_rule(struct random *r, struct out *o, size_t id)
{
	static const char *const kinds[] = {
		"deny_if", "deny_unless", "token_if", "ask_if", "ask_unless"};
	unsigned kind, most;
	char text[128];

	(void)snprintf(text, sizeof(text), "{\"id\":\"r%zu\",\"tools\":[", id);
	out_str(o, text);
	for (size_t n = random_below(r, 3) + 1; n > 0; n--) {
		out_str(o, "\"");
		put_name(r, o, true);
		out_str(o, n > 1 ? "\"," : "\"");
	}
	/* One after the other: the order in a call is the compiler's. */
	most = random_below(r, 3);
	kind = random_below(r, N(kinds));
	(void)snprintf(text, sizeof(text), "],\"%s\":{\"/a\":{\"max\":%u}}}",
		kinds[kind], most);
	out_str(o, text);
}

static struct rules *make(const char *list, size_t len)
{
	struct json_value v = scanned(list, len, "");
	struct rules *r = rules_new();
	struct rules_fault fault;

	assert_non_null(r);
	if (rules_add(r, &v, NULL, &places, &fault) != 0)
		fail_msg("%.*s: %s", (int)len, list, fault.text);
	return r;
}

struct set {
	struct rules *all, *alone[SET_MAX];
	size_t n;
};

static void set_init(struct set *s, struct random *r)
{
	struct out list = OUT_INIT(1 << 16);

	s->n = 1 + random_below(r, SET_MAX);
	out_str(&list, "[");
	for (size_t i = 0; i < s->n; i++) {
		struct out one = OUT_INIT(1 << 10);

		out_str(&one, "[");
		put_rule(r, &one, i);
		out_str(&one, "]");
		s->alone[i] = make(one.data, one.len);
		out_str(&list, i > 0 ? "," : "");
		out_bytes(&list, one.data + 1, one.len - 2);
		out_deinit(&one);
	}
	out_str(&list, "]");
	s->all = make(list.data, list.len);
	out_deinit(&list);
}

static void set_deinit(struct set *s)
{
	for (size_t i = 0; i < s->n; i++)
		rules_free(s->alone[i]);
	rules_free(s->all);
}

/* What the rules say one by one, in the order that a verdict has. */
static void plain(const struct set *s, const char *tool, size_t len,
	const struct json_value *args, struct rules_verdict *ret)
{
	static const enum decision order[] = {
		DECISION_DENY, DECISION_TOKEN, DECISION_ASK};

	*ret = (struct rules_verdict){.decision = DECISION_ALLOW};
	for (size_t o = 0; o < N(order); o++)
		for (size_t i = 0; i < s->n; i++) {
			struct rules_verdict v;

			rules_decide(s->alone[i], tool, len, args, &v);
			if (v.n_fired == 0 || v.decision != order[o])
				continue;
			if (ret->n_fired == 0)
				*ret = v;
			else if (ret->n_fired < RULES_FIRED_MAX)
				ret->fired[ret->n_fired] = v.fired[0];
			ret->n_fired += ret->fired[0] != v.fired[0];
		}
}

static void assert_same(
	const struct rules_verdict *a, const struct rules_verdict *b)
{
	assert_int_equal(a->decision, b->decision);
	assert_int_equal(a->n_fired, b->n_fired);
	for (size_t i = 0; a->fired[i] != NULL || b->fired[i] != NULL; i++)
		assert_string_equal(a->fired[i], b->fired[i]);
	if (a->n_fired > 0) {
		assert_string_equal(a->id, b->id);
		assert_string_equal(a->pointer, b->pointer);
	}
}

static void all_together_say_what_each_says(void **state)
{
	static const char *const arguments[] = {
		"{\"a\": 1}", "{}", "{\"a\": 9}", "{\"a\": \"\"}"};
	struct random r = {17};
	size_t fired = 0, silent = 0;

	(void)state;
	for (int round = 0; round < 300; round++) {
		struct set s = {0};

		set_init(&s, &r);
		for (int i = 0; i < 40; i++) {
			const char *text = arguments[i % 4];
			struct json_value v = scanned(text, strlen(text), "");
			struct out tool = OUT_INIT(64);
			struct rules_verdict a, b;

			put_name(&r, &tool, false);
			rules_decide(s.all, tool.data, tool.len, &v, &a);
			plain(&s, tool.data, tool.len, &v, &b);
			assert_same(&a, &b);
			fired += a.n_fired > 1;
			silent += a.n_fired == 0;
			out_deinit(&tool);
		}
		set_deinit(&s);
	}
	assert_true(fired > 1000 && silent > 1000);
}

/* At the edges of the words that rules are marked in. */
static void each_of_many_is_found(void **state)
{
	struct out list = OUT_INIT(1 << 20);
	struct rules_verdict v;
	struct rules *r;
	char text[128];

	(void)state;
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(text, sizeof(text),
			"%s{\"id\":\"r%d\",\"tools\":[\"t%d%s\"],\"deny_if\":"
			"{\"/a\":{\"eq\":1}}}",
			i ? "," : "[", i, i, i % 3 ? "" : "_*");
		out_str(&list, text);
	}
	out_str(&list, "]");
	r = make(list.data, list.len);
	for (int i = 0; i < 5000; i++) {
		struct json_value args = scanned("{\"a\":1}", 7, "");
		int n = snprintf(
			text, sizeof(text), "t%d%s", i, i % 3 ? "" : "_x");

		rules_decide(r, text, (size_t)n, &args, &v);
		assert_int_equal(v.n_fired, 1);
		(void)snprintf(text, sizeof(text), "r%d", i);
		assert_string_equal(v.id, text);
	}
	rules_decide(r, "t5000", 5, NULL, &v);
	assert_int_equal(v.n_fired, 0);
	rules_free(r);
	out_deinit(&list);
}

/* A name longer than any pattern, one that is empty, no rules at all. */
static void what_is_odd_is_judged_too(void **state)
{
	static const char list[] =
		"[{\"id\":\"a\",\"tools\":[\"*\"],\"deny_if\":{\"/a\":"
		"{\"present\":true}}},{\"id\":\"b\",\"tools\":[\"?*\"],"
		"\"ask_if\":{\"/a\":{\"present\":true}}}]";
	struct rules *r = make(list, sizeof(list) - 1);
	struct json_value args = scanned("{\"a\":1}", 7, "");
	struct rules_verdict v;
	char name[600];

	(void)state;
	memset(name, 'x', sizeof(name));
	rules_decide(r, name, sizeof(name), &args, &v);
	assert_int_equal(v.n_fired, 2);
	rules_decide(r, "", 0, &args, &v);
	assert_int_equal(v.n_fired, 1);
	rules_free(r);
	r = rules_new();
	assert_non_null(r);
	rules_decide(r, "a", 1, &args, &v);
	assert_int_equal(v.n_fired, 0);
	rules_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_together_say_what_each_says),
		cmocka_unit_test(each_of_many_is_found),
		cmocka_unit_test(what_is_odd_is_judged_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
