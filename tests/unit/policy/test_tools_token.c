/* SPDX-License-Identifier: Apache-2.0 */
/* Tools for which a token is needed, among the other lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "policy/tools.h"

#define W(text) ((char[]){text})
#define LIST(...) ((char *[]){__VA_ARGS__, NULL})

static enum decision decision_of(
	const struct tools_layer *layers, size_t n, const char *name)
{
	struct tools *t = tools_new(layers, n);
	struct tool_verdict v;

	assert_non_null(t);
	tools_decide(t, name, strlen(name), &v);
	assert_int_equal(v.listed, v.decision != DECISION_DENY);
	tools_free(t);
	return v.decision;
}

static void token_wins_over_ask_and_nothing_lifts_it(void **state)
{
	const struct tools_layer l = {
		.allow = LIST(W("merge_a"), W("read")),
		.ask = LIST(W("merge_b")),
		.always = LIST(W("merge_a"), W("merge_b"), W("merge_c")),
		.token = LIST(W("merge_*")),
		.deny = LIST(W("merge_no")),
		.closed = true,
	};

	(void)state;
	assert_int_equal(decision_of(&l, 1, "merge_a"), DECISION_TOKEN);
	assert_int_equal(decision_of(&l, 1, "merge_b"), DECISION_TOKEN);
	assert_int_equal(decision_of(&l, 1, "merge_c"), DECISION_TOKEN);
	assert_int_equal(decision_of(&l, 1, "merge_no"), DECISION_DENY);
	assert_int_equal(decision_of(&l, 1, "read"), DECISION_ALLOW);
	assert_int_equal(decision_of(&l, 1, "write"), DECISION_DENY);
}

static void what_narrows_may_ask_for_one_and_lifts_none(void **state)
{
	const struct tools_layer l[] = {
		{.allow = LIST(W("read")),
			.token = LIST(W("merge")),
			.closed = true},
		{.label = "site",
			.allow = LIST(W("read"), W("merge"), W("extra")),
			.always = LIST(W("merge")),
			.token = LIST(W("rea?"), W("extra")),
			.closed = true},
	};

	(void)state;
	assert_int_equal(decision_of(l, 1, "read"), DECISION_ALLOW);
	assert_int_equal(decision_of(l, 2, "read"), DECISION_TOKEN);
	assert_int_equal(decision_of(l, 2, "merge"), DECISION_TOKEN);
	assert_int_equal(decision_of(l, 2, "extra"), DECISION_DENY);
}

static void without_a_policy_the_rest_is_left_to_the_client(void **state)
{
	const struct tools_layer l[] = {
		{.closed = false}, {.label = "site", .token = LIST(W("x"))}};

	(void)state;
	assert_int_equal(decision_of(l, 2, "x"), DECISION_TOKEN);
	assert_int_equal(decision_of(l, 2, "y"), DECISION_CLIENT);
}

static void a_record_names_it_behind_what_denies(void **state)
{
	const struct tools_layer l = {
		.ask = LIST(W("a*")),
		.token = LIST(W("*b")),
		.deny = LIST(W("?b")),
	};
	struct tools *t = tools_new(&l, 1);
	struct tool_verdict v;

	(void)state;
	assert_non_null(t);
	tools_decide(t, "ab", 2, &v);
	assert_int_equal(v.decision, DECISION_DENY);
	assert_string_equal(v.rules[0], "deny:?b");
	assert_string_equal(v.rules[1], "token:*b");
	assert_string_equal(v.rules[2], "ask:a*");
	tools_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_wins_over_ask_and_nothing_lifts_it),
		cmocka_unit_test(what_narrows_may_ask_for_one_and_lifts_none),
		cmocka_unit_test(
			without_a_policy_the_rest_is_left_to_the_client),
		cmocka_unit_test(a_record_names_it_behind_what_denies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
