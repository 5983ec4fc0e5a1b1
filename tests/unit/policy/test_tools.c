/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/tools_of.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

static struct tool_verdict decide(const struct tools *t, const char *name)
{
	struct tool_verdict v;

	tools_decide(t, name, strlen(name), &v);
	assert_int_equal(v.listed, v.decision != DECISION_DENY);
	return v;
}

static enum decision decision(
	char *const *allow, char *const *deny, bool policy, const char *name)
{
	struct tools *t = tools_of(allow, deny, policy);
	struct tool_verdict v;

	assert_non_null(t);
	v = decide(t, name);
	tools_free(t);
	return v.decision;
}

static void a_policy_denies_what_it_does_not_allow(void **state)
{
	struct words w = {0};
	char **allow = words(&w, "read_* list");

	(void)state;
	assert_int_equal(
		decision(allow, GLOBS(""), true, "read_x"), DECISION_ALLOW);
	assert_int_equal(
		decision(allow, GLOBS(""), true, "list"), DECISION_ALLOW);
	assert_int_equal(
		decision(allow, GLOBS(""), true, "lists"), DECISION_DENY);
	assert_int_equal(
		decision(GLOBS(""), GLOBS(""), true, "list"), DECISION_DENY);
	assert_int_equal(decision(NULL, NULL, true, "list"), DECISION_DENY);
}

static void without_a_policy_the_client_decides(void **state)
{
	(void)state;
	assert_int_equal(
		decision(GLOBS(""), GLOBS(""), false, "x"), DECISION_CLIENT);
	assert_int_equal(
		decision(GLOBS(""), GLOBS("x"), false, "x"), DECISION_DENY);
	assert_int_equal(
		decision(GLOBS(""), GLOBS("x"), false, "y"), DECISION_CLIENT);
}

static void deny_wins_however_specific_allow_is(void **state)
{
	(void)state;
	assert_int_equal(
		decision(GLOBS("read_file"), GLOBS("*"), true, "read_file"),
		DECISION_DENY);
	assert_int_equal(decision(GLOBS("* read_file"), GLOBS("read_file"),
				 true, "read_file"),
		DECISION_DENY);
	assert_int_equal(decision(GLOBS("*"), GLOBS("read_file"), true, "read"),
		DECISION_ALLOW);
}

static void names_that_only_look_alike_are_denied(void **state)
{
	static const char *const names[] = {
		"READ_FILE",
		"read_file ",
		" read_file",
		"read_file\n",
		"read\xe2\x80\x8b_file", /* zero width space */
		"re\xd0\xb0"
		"d_file", /* Cyrillic a */
		"\xef\xbd\x92"
		"ead_file", /* full width r */
		"read_file\xcc\x81",
		"read-file",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(
			decision(GLOBS("read_file"), GLOBS(""), true, names[i]),
			DECISION_DENY);
}

static void an_impossible_name_is_denied_whatever_is_allowed(void **state)
{
	static char name[1026];
	struct tools *with = tools_of(GLOBS("*"), GLOBS(""), true);
	struct tools *without = tools_of(GLOBS(""), GLOBS(""), false);
	const struct tools *both[] = {with, without};
	struct tool_verdict v;

	(void)state;
	assert_non_null(with);
	assert_non_null(without);
	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < 2; i++) {
		tools_decide(both[i], name, 1024, &v);
		assert_true(v.listed);
		tools_decide(both[i], name, 1025, &v);
		assert_int_equal(v.decision, DECISION_DENY);
		assert_false(v.listed);
		assert_null(v.rules[0]);
		tools_decide(both[i], "", 0, &v);
		assert_int_equal(v.decision, DECISION_DENY);
		tools_decide(both[i], "read_file\0x", 11, &v);
		assert_int_equal(v.decision, DECISION_DENY);
	}
	tools_free(with);
	tools_free(without);
}

static void all_rules_that_matched_are_named(void **state)
{
	struct tools *t =
		tools_of(GLOBS("read_* write_* *"), GLOBS("*_file x"), true);
	struct tool_verdict v = decide(t, "read_file");

	(void)state;
	assert_int_equal(v.decision, DECISION_DENY);
	assert_string_equal(v.rules[0], "deny:*_file");
	assert_string_equal(v.rules[1], "allow:read_*");
	assert_string_equal(v.rules[2], "allow:*");
	assert_null(v.rules[3]);
	tools_free(t);
}

static void denials_are_named_before_what_there_is_no_room_for(void **state)
{
	char *allow[TOOL_RULES_MAX + 4] = {NULL}, glob[] = "a*";
	struct tool_verdict v;
	struct tools *t;

	(void)state;
	for (size_t i = 0; i < N_OF(allow) - 1; i++)
		allow[i] = glob;
	t = tools_of(allow, GLOBS("a"), true);
	assert_non_null(t);
	v = decide(t, "a");
	assert_int_equal(v.decision, DECISION_DENY);
	assert_string_equal(v.rules[0], "deny:a");
	assert_string_equal(v.rules[TOOL_RULES_MAX - 1], "allow:a*");
	assert_null(v.rules[TOOL_RULES_MAX]);
	assert_int_equal(v.n_matched, N_OF(allow));
	tools_free(t);
}

static void the_patterns_are_copied(void **state)
{
	char pattern[] = "read";
	struct tools *t = tools_of((char *[]){pattern, NULL}, NULL, true);
	struct tool_verdict v;

	(void)state;
	pattern[0] = 'd';
	v = decide(t, "read");
	assert_int_equal(v.decision, DECISION_ALLOW);
	assert_string_equal(v.rules[0], "allow:read");
	assert_true(tools_have_policy(t));
	tools_free(t);
	tools_free(NULL);
}

static char pool[8][8];

static size_t random_globs(struct random *r, char **ret)
{
	size_t n = random_below(r, 4);

	for (size_t i = 0; i < n; i++)
		ret[i] = pool[random_below(r, 8)];
	ret[n] = NULL;
	return n;
}

static void random_pool(struct random *r)
{
	for (size_t i = 0; i < 8; i++) {
		size_t n = random_below(r, 5);

		for (size_t j = 0; j < n; j++)
			pool[i][j] = "ab*?"[random_below(r, 4)];
		pool[i][n] = '\0';
	}
}

static struct tools_layer layer(char *const *allow, char *const *ask,
	char *const *always, char *const *deny, bool closed)
{
	return (struct tools_layer){
		.allow = allow,
		.ask = ask,
		.always = always,
		.deny = deny,
		.closed = closed,
	};
}

static enum decision decision_of(
	const struct tools_layer *layers, size_t n, const char *name)
{
	struct tools *t = tools_new(layers, n);
	struct tool_verdict v;

	assert_non_null(t);
	v = decide(t, name);
	tools_free(t);
	return v.decision;
}

static void ask_wins_over_allow_and_deny_over_ask(void **state)
{
	struct words w[3] = {0};
	struct tools_layer l = layer(words(&w[0], "create_issue read_*"),
		words(&w[1], "create_*"), NULL, words(&w[2], "create_hook"),
		true);

	(void)state;
	assert_int_equal(decision_of(&l, 1, "create_issue"), DECISION_ASK);
	assert_int_equal(decision_of(&l, 1, "create_x"), DECISION_ASK);
	assert_int_equal(decision_of(&l, 1, "create_hook"), DECISION_DENY);
	assert_int_equal(decision_of(&l, 1, "read_x"), DECISION_ALLOW);
	assert_int_equal(decision_of(&l, 1, "drop"), DECISION_DENY);
}

static void always_lifts_the_ask_of_its_layer_for_one_name(void **state)
{
	struct words w[3] = {0};
	struct tools_layer l[2] = {
		layer(NULL, words(&w[0], "create_*"),
			words(&w[1], "create_issue gone create_?"),
			words(&w[2], "gone"), true),
	};

	(void)state;
	assert_int_equal(decision_of(l, 1, "create_issue"), DECISION_ALLOW);
	assert_int_equal(decision_of(l, 1, "create_issues"), DECISION_ASK);
	/* It is no pattern, no grant, and no way round a denial. */
	assert_int_equal(decision_of(l, 1, "create_x"), DECISION_ASK);
	assert_int_equal(decision_of(l, 1, "create_?"), DECISION_ALLOW);
	assert_int_equal(decision_of(l, 1, "gone"), DECISION_DENY);
	l[1] = layer(NULL, words(&w[0], "create_*"), NULL, NULL, false);
	assert_int_equal(decision_of(l, 2, "create_issue"), DECISION_ASK);
}

static void always_alone_grants_nothing(void **state)
{
	struct words w = {0};
	struct tools_layer l =
		layer(NULL, NULL, words(&w, "create_issue"), NULL, true);

	(void)state;
	assert_int_equal(decision_of(&l, 1, "create_issue"), DECISION_DENY);
}

/* Each source by itself, and both together: the stricter counts. */
static void the_strictest_layer_counts(void **state)
{
	struct words w = {0};
	char **x = words(&w, "x");
	const struct {
		struct tools_layer layer;
		enum decision own, beside;
	} all[] = {
		{layer(NULL, NULL, NULL, NULL, false), DECISION_CLIENT,
			DECISION_ALLOW},
		{layer(NULL, NULL, NULL, NULL, true), DECISION_DENY,
			DECISION_DENY},
		{layer(x, NULL, NULL, NULL, true), DECISION_ALLOW,
			DECISION_ALLOW},
		{layer(x, x, NULL, NULL, true), DECISION_ASK, DECISION_ASK},
		{layer(NULL, x, NULL, NULL, false), DECISION_ASK, DECISION_ASK},
		{layer(x, x, x, NULL, true), DECISION_ALLOW, DECISION_ALLOW},
		{layer(x, NULL, NULL, x, true), DECISION_DENY, DECISION_DENY},
	};

	(void)state;
	for (size_t i = 0; i < N_OF(all); i++) {
		assert_int_equal(
			decision_of(&all[i].layer, 1, "x"), all[i].own);
		for (size_t k = 0; k < N_OF(all); k++) {
			struct tools_layer both[] = {
				all[i].layer, all[k].layer};
			enum decision want = all[i].beside < all[k].beside
						     ? all[i].beside
						     : all[k].beside;

			if (want == DECISION_ALLOW && !all[i].layer.closed)
				want = DECISION_CLIENT;
			assert_int_equal(decision_of(both, 2, "x"), want);
		}
	}
}

static void a_verdict_names_every_rule_with_its_source(void **state)
{
	struct words w[2] = {0};
	struct tools_layer l[] = {
		layer(words(&w[0], "* x"), words(&w[0], "* x"), NULL,
			words(&w[1], "x"), true),
		layer(NULL, NULL, NULL, words(&w[1], "x"), false),
	};
	static const char *const want[] = {"deny:x", "site:deny:x", "ask:*",
		"ask:x", "allow:*", "allow:x"};
	struct tool_verdict v;
	struct tools *t;

	(void)state;
	l[1].label = "site";
	t = tools_new(l, 2);
	assert_non_null(t);
	v = decide(t, "x");
	assert_int_equal(v.n_matched, N_OF(want));
	for (size_t i = 0; i < N_OF(want); i++)
		assert_string_equal(v.rules[i], want[i]);
	assert_null(v.rules[N_OF(want)]);
	tools_free(t);
}

static void more_layers_than_there_is_room_for_are_refused(void **state)
{
	struct tools_layer l[TOOL_LAYERS_MAX + 1] = {{0}};
	struct tools *t = tools_new(l, TOOL_LAYERS_MAX);

	(void)state;
	assert_non_null(t);
	assert_true(tools_pass_all(t));
	assert_false(tools_may_ask(t));
	tools_free(t);
	assert_null(tools_new(l, TOOL_LAYERS_MAX + 1));
	assert_null(tools_new(l, 0));
}

/* A layer more, whatever is in it, never allows more. */
static void one_more_layer_never_allows_more(void **state)
{
	char *lists[8][6], name[8];
	struct random r = {11};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct tools_layer l[2];
		size_t len = random_below(&r, 7);
		struct tools *one, *two;

		random_pool(&r);
		for (size_t i = 0; i < 8; i++)
			(void)random_globs(&r, lists[i]);
		for (size_t i = 0; i < 2; i++)
			l[i] = layer(lists[4 * i], lists[4 * i + 1],
				lists[4 * i + 2], lists[4 * i + 3],
				random_below(&r, 2) > 0);
		for (size_t i = 0; i < len; i++)
			name[i] = "ab"[random_below(&r, 2)];
		name[len] = '\0';
		one = tools_new(l, 1);
		two = tools_new(l, 2);
		assert_true(decide(two, name).decision <=
			    decide(one, name).decision);
		tools_free(one);
		tools_free(two);
	}
}

static void one_more_denial_never_allows_more(void **state)
{
	char *allow[5], *deny[6], name[8];
	struct random r = {3};

	(void)state;
	for (int round = 0; round < 20000; round++) {
		bool policy = random_below(&r, 2) > 0;
		struct tools *before, *after;
		size_t n, len = random_below(&r, 7);

		random_pool(&r);
		(void)random_globs(&r, allow);
		n = random_globs(&r, deny);
		before = tools_of(allow, deny, policy);
		deny[n] = pool[0];
		deny[n + 1] = NULL;
		after = tools_of(allow, deny, policy);
		for (size_t i = 0; i < len; i++)
			name[i] = "ab"[random_below(&r, 2)];
		name[len] = '\0';
		if (!decide(before, name).listed)
			assert_false(decide(after, name).listed);
		if (glob_match(pool[0], name, len))
			assert_false(decide(after, name).listed);
		tools_free(before);
		tools_free(after);
	}
}

/* What is in the filtered list may be called, what is not may not. */
static void what_is_listed_is_what_may_be_called(void **state)
{
	static const char list[] =
		"{\"result\":{\"tools\":[{\"name\":\"a\"},{\"name\":\"b\"},"
		"{\"name\":\"ab\"},{\"name\":\"ba\"},{\"name\":\"aab\"},"
		"{\"name\":\"\"},{\"name\":\"\\u0062\\u0062\"}]}}";
	static const char *const names[] = {
		"a", "b", "ab", "ba", "aab", "", "bb"};
	struct json_value result = scanned(list, sizeof(list) - 1, "/result");
	char *allow[5], *deny[5];
	struct random r = {5};

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct out o = OUT_INIT(1000);
		struct filter_stats stats;
		struct tools *t;
		unsigned listed = 0;

		random_pool(&r);
		(void)random_globs(&r, allow);
		(void)random_globs(&r, deny);
		t = tools_of(allow, deny, random_below(&r, 3) > 0);
		for (size_t i = 0; i < 7; i++)
			listed += decide(t, names[i]).listed;
		assert_int_equal(tools_filter_list(t, list, sizeof(list) - 1,
					 &result, &o, &stats),
			0); /* the empty name goes always */
		assert_int_equal(stats.kept, listed);
		out_bytes(&o, "", 1);
		for (size_t i = 0; i < 5; i++) {
			char member[32];

			(void)snprintf(member, sizeof(member),
				"{\"name\":\"%s\"}", names[i]);
			assert_int_equal(strstr(o.data, member) != NULL,
				decide(t, names[i]).listed);
		}
		tools_free(t);
		out_deinit(&o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_denies_what_it_does_not_allow),
		cmocka_unit_test(without_a_policy_the_client_decides),
		cmocka_unit_test(deny_wins_however_specific_allow_is),
		cmocka_unit_test(names_that_only_look_alike_are_denied),
		cmocka_unit_test(
			an_impossible_name_is_denied_whatever_is_allowed),
		cmocka_unit_test(all_rules_that_matched_are_named),
		cmocka_unit_test(
			denials_are_named_before_what_there_is_no_room_for),
		cmocka_unit_test(the_patterns_are_copied),
		cmocka_unit_test(ask_wins_over_allow_and_deny_over_ask),
		cmocka_unit_test(
			always_lifts_the_ask_of_its_layer_for_one_name),
		cmocka_unit_test(always_alone_grants_nothing),
		cmocka_unit_test(the_strictest_layer_counts),
		cmocka_unit_test(a_verdict_names_every_rule_with_its_source),
		cmocka_unit_test(
			more_layers_than_there_is_room_for_are_refused),
		cmocka_unit_test(one_more_layer_never_allows_more),
		cmocka_unit_test(one_more_denial_never_allows_more),
		cmocka_unit_test(what_is_listed_is_what_may_be_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
