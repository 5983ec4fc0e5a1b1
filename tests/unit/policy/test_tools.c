/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include <stdio.h>
#include <string.h>

#include "policy/tools.h"

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
	struct tools *t = tools_new(allow, deny, policy);
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
	struct tools *with = tools_new(GLOBS("*"), GLOBS(""), true);
	struct tools *without = tools_new(GLOBS(""), GLOBS(""), false);
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
		tools_new(GLOBS("read_* write_* *"), GLOBS("*_file x"), true);
	struct tool_verdict v = decide(t, "read_file");

	(void)state;
	assert_int_equal(v.decision, DECISION_DENY);
	assert_string_equal(v.rules[0], "deny:*_file");
	assert_string_equal(v.rules[1], "allow:read_*");
	assert_string_equal(v.rules[2], "allow:*");
	assert_null(v.rules[3]);
	tools_free(t);
}

static void at_most_eight_rules_are_named_denials_first(void **state)
{
	struct tools *t = tools_new(
		GLOBS("* a* *a ** a ? *** a** **a"), GLOBS("a"), true);
	struct tool_verdict v = decide(t, "a");

	(void)state;
	assert_int_equal(v.decision, DECISION_DENY);
	assert_string_equal(v.rules[0], "deny:a");
	assert_string_equal(v.rules[7], "allow:***");
	assert_null(v.rules[8]);
	tools_free(t);
}

static void the_patterns_are_copied(void **state)
{
	char pattern[] = "read";
	struct tools *t = tools_new((char *[]){pattern, NULL}, NULL, true);
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
		before = tools_new(allow, deny, policy);
		deny[n] = pool[0];
		deny[n + 1] = NULL;
		after = tools_new(allow, deny, policy);
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
		t = tools_new(allow, deny, random_below(&r, 3) > 0);
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
		cmocka_unit_test(at_most_eight_rules_are_named_denials_first),
		cmocka_unit_test(the_patterns_are_copied),
		cmocka_unit_test(one_more_denial_never_allows_more),
		cmocka_unit_test(what_is_listed_is_what_may_be_called),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
