/* SPDX-License-Identifier: Apache-2.0 */
/* What a rule says of the arguments of a call. */
#include <stdio.h>
#include <string.h>

#include "policy/rules.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct rules_places places = {"/code/space", "/home/me", NULL};

static struct rules *make(const char *list)
{
	struct rules *r = rules_new();
	struct json_value v = scanned(list, strlen(list), "");
	struct rules_fault fault = {0};

	assert_non_null(r);
	if (rules_add(r, &v, NULL, &places, &fault) != 0)
		fail_msg("%s: %zu: %s", list, fault.offset, fault.text);
	return r;
}

static enum decision decide(struct rules *r, const char *tool,
	const char *arguments, struct rules_verdict *ret)
{
	struct json_value v;

	if (arguments)
		v = scanned(arguments, strlen(arguments), "");
	rules_decide(r, tool, strlen(tool), arguments ? &v : NULL, ret);
	return ret->decision;
}

/* Whether a rule of that kind with one condition fires. */
static bool fires(const char *kind, const char *condition, const char *args)
{
	char list[1024];
	struct rules_verdict v;
	struct rules *r;

	(void)snprintf(list, sizeof(list),
		"[{\"id\": \"r\", \"tools\": [\"t\"], \"%s\": %s}]", kind,
		condition);
	r = make(list);
	(void)decide(r, "t", args, &v);
	rules_free(r);
	return v.n_fired == 1;
}

enum { HOLDS, FAILS, ABSENT, UNDECIDED };

/* Which of the two kinds fire. */
static const struct {
	bool on_if, on_unless;
} fired[] = {
	[HOLDS] = {true, false},
	[FAILS] = {false, true},
	[ABSENT] = {false, true},
	[UNDECIDED] = {true, true},
};

#define A "\"/a\": "
static const struct {
	const char *condition, *arguments;
	int is;
} rows[] = {
	/* What is not there. */
	{"{" A "{\"eq\": 1}}", "{}", ABSENT},
	{"{" A "{\"eq\": 1}}", NULL, ABSENT},
	{"{" A "{\"eq\": 1}}", "{\"b\": 1}", ABSENT},
	{"{\"/a/b\": {\"eq\": 1}}", "{\"a\": {}}", ABSENT},
	{"{\"/a/b\": {\"eq\": 1}}", "{\"a\": null}", ABSENT},
	{"{\"/a/1\": {\"eq\": 1}}", "{\"a\": [1]}", ABSENT},
	{"{\"/a/01\": {\"eq\": 1}}", "{\"a\": [1, 1]}", UNDECIDED},
	{"{\"/a/1\": {\"eq\": 1}}", "{\"a\": [0, 1]}", HOLDS},
	/* What leads through a value that holds no other. */
	{"{\"/a/b\": {\"eq\": 1}}", "{\"a\": \"{\\\"b\\\": 1}\"}", UNDECIDED},
	{"{\"/a/b\": {\"eq\": 1}}", "{\"a\": 1}", UNDECIDED},
	{"{\"/a/*\": {\"eq\": 1}}", "{\"a\": true}", UNDECIDED},
	{"{\"/a/b\": {\"eq\": 1}}", "{\"a\": [{\"b\": 1}]}", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "[1]", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "\"a\"", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "null", UNDECIDED},
	/* Names are exact; who does not compare them so is not let through. */
	{"{" A "{\"eq\": 1}}", "{\"A\": 1}", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "{\"a\": 2, \"A\": 1}", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "{\"\\u0041\": 1}", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "{\"\\u0061\": 1}", HOLDS},
	{"{\"/sk\": {\"eq\": 1}}", "{\"\\u017f\\u212a\": 1}", UNDECIDED},
	{"{\"/sk\": {\"eq\": 1}}", "{\"\xc5\xbfk\": 1}", UNDECIDED},
	{"{\"/\xc3\xa4\": {\"eq\": 1}}", "{\"\\u00e4\": 1}", HOLDS},
	{"{\"/a~1b~0c\": {\"eq\": 1}}", "{\"a/b~c\": 1}", HOLDS},
	{"{\"/\": {\"eq\": 1}}", "{\"\": 1}", HOLDS},
	/* eq */
	{"{" A "{\"eq\": \"x\"}}", "{\"a\": \"x\"}", HOLDS},
	{"{" A "{\"eq\": \"x\"}}", "{\"a\": \"\\u0078\"}", HOLDS},
	{"{" A "{\"eq\": \"x\"}}", "{\"a\": \"X\"}", FAILS},
	{"{" A "{\"eq\": \"x\"}}", "{\"a\": \"x \"}", FAILS},
	{"{" A "{\"eq\": \"x\"}}", "{\"a\": \"x\\u0000y\"}", UNDECIDED},
	{"{" A "{\"eq\": \"x\"}}", "{\"a\": [\"x\"]}", UNDECIDED},
	{"{" A "{\"eq\": \"1\"}}", "{\"a\": 1}", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "{\"a\": 1}", HOLDS},
	{"{" A "{\"eq\": 1}}", "{\"a\": 1.0}", HOLDS},
	{"{" A "{\"eq\": 1}}", "{\"a\": 10e-1}", HOLDS},
	{"{" A "{\"eq\": 0}}", "{\"a\": -0.0e7}", HOLDS},
	{"{" A "{\"eq\": 1}}", "{\"a\": 1.00000000000000000001}", UNDECIDED},
	{"{" A "{\"eq\": 1}}", "{\"a\": 1e999}", UNDECIDED},
	{"{" A "{\"eq\": true}}", "{\"a\": true}", HOLDS},
	{"{" A "{\"eq\": true}}", "{\"a\": false}", FAILS},
	{"{" A "{\"eq\": false}}", "{\"a\": false}", HOLDS},
	{"{" A "{\"eq\": true}}", "{\"a\": 1}", UNDECIDED},
	{"{" A "{\"eq\": null}}", "{\"a\": null}", HOLDS},
	{"{" A "{\"eq\": 1}}", "{\"a\": null}", UNDECIDED},
	/* in */
	{"{" A "{\"in\": [1, \"x\"]}}", "{\"a\": \"x\"}", HOLDS},
	{"{" A "{\"in\": [1, \"x\"]}}", "{\"a\": 2}", FAILS},
	{"{" A "{\"in\": [1, \"x\"]}}", "{\"a\": true}", UNDECIDED},
	/* glob */
	{"{" A "{\"glob\": \"x*\"}}", "{\"a\": \"xyz\"}", HOLDS},
	{"{" A "{\"glob\": [\"x\", \"y*\"]}}", "{\"a\": \"yz/k\"}", HOLDS},
	{"{" A "{\"glob\": \"x*\"}}", "{\"a\": \"yx\"}", FAILS},
	{"{" A "{\"glob\": \"x*\"}}", "{\"a\": 7}", UNDECIDED},
	{"{" A "{\"glob\": \"x*\"}}", "{\"a\": \"x\\u0000\"}", UNDECIDED},
	/* regex */
	{"{" A "{\"regex\": \"[a-z]+\"}}", "{\"a\": \"x\"}", HOLDS},
	{"{" A "{\"regex\": \"[a-z]+\"}}", "{\"a\": \"\\u0078\"}", HOLDS},
	{"{" A "{\"regex\": \"[a-z]+\"}}", "{\"a\": \"X\"}", FAILS},
	{"{" A "{\"regex\": \"[a-z]+\"}}", "{\"a\": \"x \"}", FAILS},
	{"{" A "{\"regex\": \"[a-z]+\"}}", "{\"a\": \"x\\n\"}", FAILS},
	{"{" A "{\"regex\": \"[a-z]+\"}}", "{\"a\": \"\"}", FAILS},
	{"{" A "{\"regex\": \"x|xy\"}}", "{\"a\": \"xy\"}", HOLDS},
	{"{" A "{\"regex\": \"rm .*\"}}", "{\"a\": \"rm x\\n\"}", UNDECIDED},
	{"{" A "{\"regex\": \".*\"}}", "{\"a\": \"x\\u0000y\"}", UNDECIDED},
	{"{" A "{\"regex\": [\"x\", \"y\"]}}", "{\"a\": \"y\"}", HOLDS},
	{"{" A "{\"regex\": [\"x\", \"y\"]}}", "{\"a\": \"z\"}", FAILS},
	{"{" A "{\"regex\": [\"x.\", \"y\"]}}", "{\"a\": \"x\\n\"}", UNDECIDED},
	{"{" A "{\"regex\": [\"x.\", \"x\\\\n\"]}}", "{\"a\": \"x\\n\"}",
		HOLDS},
	{"{" A "{\"regex\": \"(a+)+[bc]\"}}",
		"{\"a\": \"aaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}", UNDECIDED},
	{"{" A "{\"regex\": \"1\"}}", "{\"a\": 1}", UNDECIDED},
	{"{" A "{\"regex\": \"x\"}}", "{\"a\": [\"x\"]}", UNDECIDED},
	{"{" A "{\"regex\": \"null\"}}", "{\"a\": null}", UNDECIDED},
	{"{" A "{\"regex\": \"x\"}}", "{}", ABSENT},
	/* under */
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"/srv/a\"}", HOLDS},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"/srv/a/b\"}", HOLDS},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"/srv/ab\"}", FAILS},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"/srv/a/../b\"}", FAILS},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"//srv/./a//b/\"}", HOLDS},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"srv/a\"}", UNDECIDED},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"~/a\"}", UNDECIDED},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"\"}", UNDECIDED},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": \"/srv/a\\u0000/../..\"}",
		UNDECIDED},
	{"{" A "{\"under\": \"/srv/a\"}}", "{\"a\": [\"/srv/a\"]}", UNDECIDED},
	{"{" A "{\"under\": \"${workspace}\"}}", "{\"a\": \"/code/space/x\"}",
		HOLDS},
	{"{" A "{\"under\": [\"/x\", \"${home}/y\"]}}",
		"{\"a\": \"/home/me/y/z\"}", HOLDS},
	{"{" A "{\"under\": \"/\"}}", "{\"a\": \"/anything\"}", HOLDS},
	/* host_in */
	{"{" A "{\"host_in\": \"a.org\"}}", "{\"a\": \"https://a.org/x\"}",
		HOLDS},
	{"{" A "{\"host_in\": [\"b.org\", \"*.a.org:443\"]}}",
		"{\"a\": \"https:\\/\\/b.a.org\"}", HOLDS},
	{"{" A "{\"host_in\": \"a.org\"}}", "{\"a\": \"https://b.org/\"}",
		FAILS},
	{"{" A "{\"host_in\": \"a.org\"}}", "{\"a\": \"https://a.org@b.org/\"}",
		UNDECIDED},
	{"{" A "{\"host_in\": \"a.org\"}}", "{\"a\": \"a.org\"}", UNDECIDED},
	{"{" A "{\"host_in\": \"a.org\"}}", "{\"a\": 1}", UNDECIDED},
	/* min, max */
	{"{" A "{\"min\": 5}}", "{\"a\": 5}", HOLDS},
	{"{" A "{\"min\": 5}}", "{\"a\": 4.99}", FAILS},
	{"{" A "{\"max\": 5}}", "{\"a\": 5.0}", HOLDS},
	{"{" A "{\"max\": 5}}", "{\"a\": 50e-1}", HOLDS},
	{"{" A "{\"max\": 5}}", "{\"a\": 6}", FAILS},
	{"{" A "{\"max\": 5}}", "{\"a\": -60}", HOLDS},
	{"{" A "{\"max\": 5}}", "{\"a\": \"4\"}", UNDECIDED},
	{"{" A "{\"max\": 5}}", "{\"a\": 1e400}", UNDECIDED},
	{"{" A "{\"min\": 1, \"max\": 5}}", "{\"a\": 3}", HOLDS},
	{"{" A "{\"min\": 1, \"max\": 5}}", "{\"a\": 0}", FAILS},
	/* max_len */
	{"{" A "{\"max_len\": 2}}", "{\"a\": \"\xc3\xa4\\u00e4\"}", HOLDS},
	{"{" A "{\"max_len\": 2}}", "{\"a\": \"abc\"}", FAILS},
	{"{" A "{\"max_len\": 1}}", "{\"a\": \"\\ud83d\\ude00\"}", HOLDS},
	{"{" A "{\"max_len\": 1}}", "{\"a\": [1, 2]}", FAILS},
	{"{" A "{\"max_len\": 1}}", "{\"a\": {\"x\": 1}}", HOLDS},
	{"{" A "{\"max_len\": 1}}", "{\"a\": 1}", UNDECIDED},
	/* type */
	{"{" A "{\"type\": \"string\"}}", "{\"a\": \"\"}", HOLDS},
	{"{" A "{\"type\": \"string\"}}", "{\"a\": 1}", FAILS},
	{"{" A "{\"type\": [\"null\", \"boolean\"]}}", "{\"a\": false}", HOLDS},
	{"{" A "{\"type\": [\"list\", \"object\"]}}", "{\"a\": []}", HOLDS},
	{"{" A "{\"type\": \"integer\"}}", "{\"a\": 5e1}", HOLDS},
	{"{" A "{\"type\": \"integer\"}}", "{\"a\": 5.5}", FAILS},
	{"{" A "{\"type\": \"integer\"}}", "{\"a\": 0}", HOLDS},
	{"{" A "{\"type\": \"integer\"}}", "{\"a\": 12345678901234567890}",
		UNDECIDED},
	{"{" A "{\"type\": \"number\"}}", "{\"a\": 12345678901234567890}",
		HOLDS},
	/* present */
	{"{" A "{\"present\": true}}", "{\"a\": null}", HOLDS},
	{"{" A "{\"present\": true}}", "{}", FAILS},
	{"{" A "{\"present\": false}}", "{}", HOLDS},
	{"{" A "{\"present\": false}}", "{\"a\": 0}", FAILS},
	{"{" A "{\"present\": false}}", "{\"A\": 0}", UNDECIDED},
	/* Elements: `_if` asks for one, `_unless` for all. */
	{"{\"/a/*\": {\"eq\": 1}}", "{\"a\": [1, 1]}", HOLDS},
	{"{\"/a/*\": {\"eq\": 1}}", "{\"a\": [2, 3]}", FAILS},
	{"{\"/a/*\": {\"eq\": 1}}", "{\"a\": []}", ABSENT},
	{"{\"/a/*\": {\"eq\": 1}}", "{\"a\": [1, \"1\"]}", UNDECIDED},
	{"{\"/a/*\": {\"eq\": 1}}", "{\"a\": {\"x\": 1}}", HOLDS},
	{"{\"/*/*/b\": {\"eq\": 1}}", "{\"a\": [{\"b\": 1}, {\"b\": 1}]}",
		HOLDS},
	{"{\"/*\": {\"type\": \"number\"}}", "{\"a\": 1, \"b\": 2}", HOLDS},
};

static void each_condition_means_what_is_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rows); i++) {
		const char *c = rows[i].condition, *a = rows[i].arguments;
		bool on_if = fires("deny_if", c, a);
		bool on_unless = fires("ask_unless", c, a);

		if (on_if != fired[rows[i].is].on_if ||
			on_unless != fired[rows[i].is].on_unless)
			fail_msg("%s of %s: if %d, unless %d", c,
				a ? a : "nothing", on_if, on_unless);
	}
}

/* Where elements differ, either fires: one is enough for `_if`, and not all
 * are for `_unless`. */
static void elements_that_differ_fire_either(void **state)
{
	static const char *const mixed[] = {
		"{\"a\": [1, 2]}", "{\"a\": [2, 1]}", "{\"a\": [2, 2, 1, 2]}"};

	(void)state;
	for (size_t i = 0; i < N(mixed); i++) {
		assert_true(
			fires("deny_if", "{\"/a/*\": {\"eq\": 1}}", mixed[i]));
		assert_true(fires(
			"deny_unless", "{\"/a/*\": {\"eq\": 1}}", mixed[i]));
	}
	/* An element without the member does not hold. */
	assert_true(fires("deny_unless", "{\"/a/*/b\": {\"eq\": 1}}",
		"{\"a\": [{\"b\": 1}, {}]}"));
	assert_false(fires("deny_if", "{\"/a/*/b\": {\"eq\": 1}}",
		"{\"a\": [{}, {\"b\": 2}]}"));
	assert_true(fires("deny_if", "{\"/a/*/b/*\": {\"eq\": 1}}",
		"{\"a\": [{\"b\": []}, {\"b\": [3, 1]}]}"));
}

#define TWO "{\"/a\": {\"eq\": 1}, \"/b\": {\"eq\": 2}}"

static void conditions_hold_together(void **state)
{
	(void)state;
	assert_true(fires("deny_if", TWO, "{\"a\": 1, \"b\": 2}"));
	assert_false(fires("deny_if", TWO, "{\"a\": 1, \"b\": 3}"));
	assert_false(fires("deny_if", TWO, "{\"a\": 1}"));
	assert_false(fires("deny_unless", TWO, "{\"a\": 1, \"b\": 2}"));
	assert_true(fires("deny_unless", TWO, "{\"a\": 0, \"b\": 2}"));
	/* What cannot be decided fires, whatever the other says. */
	assert_true(fires("deny_if", TWO, "{\"a\": 0, \"b\": \"2\"}"));
	assert_true(fires("deny_unless", TWO, "{\"a\": \"1\", \"b\": 2}"));
}

static void the_strictest_counts_and_all_are_named(void **state)
{
	struct rules *r = make(
		"[{\"id\": \"a\", \"tools\": [\"x*\"], \"ask_if\": "
		"{\"/n\": {\"min\": 1}}},"
		" {\"id\": \"b\", \"tools\": [\"y\", \"xy\"], \"deny_if\": "
		"{\"/n\": {\"min\": 5}}, \"message\": \"Too many.\"}]");
	struct rules_verdict v;

	(void)state;
	assert_int_equal(rules_count(r), 2);
	assert_true(rules_may_ask(r));
	assert_int_equal(decide(r, "xy", "{\"n\": 0}", &v), DECISION_ALLOW);
	assert_int_equal(v.n_fired, 0);
	assert_null(v.fired[0]);
	assert_int_equal(decide(r, "xy", "{\"n\": 2}", &v), DECISION_ASK);
	assert_string_equal(v.id, "a");
	assert_string_equal(v.pointer, "/n");
	assert_null(v.message);
	assert_int_equal(decide(r, "xy", "{\"n\": 7}", &v), DECISION_DENY);
	assert_int_equal(v.n_fired, 2);
	assert_string_equal(v.fired[0], "rule:b");
	assert_string_equal(v.fired[1], "rule:a");
	assert_string_equal(v.message, "Too many.");
	assert_int_equal(decide(r, "y", "{\"n\": 7}", &v), DECISION_DENY);
	assert_int_equal(v.n_fired, 1);
	assert_int_equal(decide(r, "z", "{\"n\": 7}", &v), DECISION_ALLOW);
	rules_free(r);
}

static void a_token_is_stricter_than_a_question_and_laxer_than_no(void **state)
{
	struct rules *r =
		make("[{\"id\": \"a\", \"tools\": [\"*\"], \"ask_if\": "
		     "{\"/n\": {\"min\": 1}}},"
		     " {\"id\": \"t\", \"tools\": [\"*\"], \"token_unless\": "
		     "{\"/n\": {\"max\": 1}}},"
		     " {\"id\": \"d\", \"tools\": [\"*\"], \"deny_if\": "
		     "{\"/n\": {\"min\": 5}}}]");
	struct rules_verdict v;

	(void)state;
	assert_int_equal(decide(r, "x", "{\"n\": 1}", &v), DECISION_ASK);
	assert_int_equal(decide(r, "x", "{\"n\": 2}", &v), DECISION_TOKEN);
	assert_string_equal(v.fired[0], "rule:t");
	assert_string_equal(v.fired[1], "rule:a");
	assert_string_equal(v.id, "t");
	assert_int_equal(decide(r, "x", "{\"n\": 5}", &v), DECISION_DENY);
	assert_string_equal(v.fired[0], "rule:d");
	assert_string_equal(v.fired[1], "rule:t");
	/* Absent: unless fires. */
	assert_int_equal(decide(r, "x", "{}", &v), DECISION_TOKEN);
	rules_free(r);
}

/* Whether the rule counts in a session of that role. */
static bool counts_for(const char *role)
{
	static const char list[] =
		"[{\"id\": \"a\", \"tools\": [\"*\"], \"except_roles\": "
		"[\"ops\", \"admin\"], \"deny_if\": {\"/n\": {\"present\": "
		"false}}}]";
	const struct rules_places in = {NULL, NULL, role};
	struct json_value v = scanned(list, strlen(list), "");
	struct rules *r = rules_new();
	struct rules_fault fault;
	struct rules_verdict verdict;

	assert_non_null(r);
	assert_int_equal(rules_add(r, &v, NULL, &in, &fault), 0);
	(void)decide(r, "t", NULL, &verdict);
	rules_free(r);
	return verdict.n_fired == 1;
}

static void a_rule_is_not_for_the_roles_that_it_excepts(void **state)
{
	(void)state;
	assert_false(counts_for("ops"));
	assert_false(counts_for("admin"));
	assert_true(counts_for("op"));
	assert_true(counts_for("OPS"));
	assert_true(counts_for("ops "));
	assert_true(counts_for(""));
	assert_true(counts_for(NULL));
}

static void a_label_stands_before_the_name(void **state)
{
	static const char list[] = "[{\"id\": \"a\", \"tools\": [\"*\"], "
				   "\"deny_if\": {\"/n\": {\"present\": "
				   "false}}}]";
	struct rules *r = make(list);
	struct json_value v = scanned(list, strlen(list), "");
	struct rules_verdict verdict;
	struct rules_fault fault;

	(void)state;
	assert_int_equal(rules_add(r, &v, "site", &places, &fault), 0);
	(void)decide(r, "t", NULL, &verdict);
	assert_int_equal(verdict.n_fired, 2);
	assert_string_equal(verdict.fired[1], "site:rule:a");
	assert_string_equal(verdict.id, "a");
	assert_int_equal(rules_add(r, &v, "site", &places, &fault), 1);
	assert_non_null(strstr(fault.text, "site:rule:a is there twice"));
	rules_free(r);
}

static void more_rules_fire_than_are_named(void **state)
{
	struct rules *r = rules_new();
	struct rules_verdict v;

	(void)state;
	for (int i = 0; i < 40; i++) {
		char list[160];
		struct rules_fault fault;
		struct json_value value;

		(void)snprintf(list, sizeof(list),
			"[{\"id\": \"r%d\", \"tools\": [\"*\"], \"%s\": "
			"{\"/a\": {\"eq\": 1}}}]",
			i, i == 39 ? "deny_if" : "ask_if");
		value = scanned(list, strlen(list), "");
		assert_int_equal(
			rules_add(r, &value, NULL, &places, &fault), 0);
	}
	assert_int_equal(decide(r, "t", "{\"a\": 1}", &v), DECISION_DENY);
	assert_int_equal(v.n_fired, 40);
	assert_string_equal(v.fired[0], "rule:r39");
	assert_non_null(v.fired[RULES_FIRED_MAX - 1]);
	assert_null(v.fired[RULES_FIRED_MAX]);
	rules_free(r);
}

/* Which are there, and in which order, only ever takes away. */
static void one_more_never_widens(void **state)
{
	static const char *const kinds[] = {"deny_if", "deny_unless",
		"token_if", "token_unless", "ask_if", "ask_unless"};
	struct random random = {7};
	size_t stricter = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		const char *args =
			rows[random_below(&random, N(rows))].arguments;
		struct rules *r = rules_new();
		enum decision last = DECISION_ALLOW;

		for (int i = 0; i < 5; i++) {
			char list[1024];
			struct rules_verdict v;
			struct rules_fault fault;
			struct json_value value;

			(void)snprintf(list, sizeof(list),
				"[{\"id\": \"r%d\", \"tools\": [\"t\"], "
				"\"%s\": %s}]",
				i, kinds[random_below(&random, N(kinds))],
				rows[random_below(&random, N(rows))].condition);
			value = scanned(list, strlen(list), "");
			assert_int_equal(
				rules_add(r, &value, NULL, &places, &fault), 0);
			assert_true(decide(r, "t", args, &v) <= last);
			stricter += v.decision < last;
			last = v.decision;
		}
		rules_free(r);
	}
	assert_true(stricter > 1000);
}

/* A string that is too long for a pattern is undecided, for eq it is not. */
static void long_strings_are_not_passed_by(void **state)
{
	static char args[RULES_TEXT_MAX + 64];
	int n = snprintf(args, sizeof(args), "{\"a\": \"/srv/");

	(void)state;
	memset(args + n, 'x', RULES_TEXT_MAX);
	memcpy(args + n + RULES_TEXT_MAX, "\"}", 3);
	assert_true(fires("deny_if", "{\"/a\": {\"glob\": \"y*\"}}", args));
	assert_true(
		fires("deny_unless", "{\"/a\": {\"under\": \"/srv\"}}", args));
	assert_false(fires("deny_if", "{\"/a\": {\"eq\": \"y\"}}", args));
	assert_true(fires("deny_unless", "{\"/a\": {\"max_len\": 9}}", args));
}

static void so_much_work_is_undecided(void **state)
{
	static char args[1 << 20], in[1024];
	char *end = stpcpy(args, "{\"a\": [1");
	char *to = stpcpy(in, "{\"/a/*\": {\"in\": [1");

	(void)state;
	for (int i = 1; i < 200000; i++)
		end = stpcpy(end, ",1");
	(void)stpcpy(end, "]}");
	(void)stpcpy(to, "]}}");
	assert_false(fires("deny_unless", in, args));
	for (int i = 0; i < 100; i++)
		to = stpcpy(to, ",2");
	(void)stpcpy(to, "]}}");
	assert_true(fires("deny_unless", in, args));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_condition_means_what_is_written),
		cmocka_unit_test(elements_that_differ_fire_either),
		cmocka_unit_test(conditions_hold_together),
		cmocka_unit_test(the_strictest_counts_and_all_are_named),
		cmocka_unit_test(
			a_token_is_stricter_than_a_question_and_laxer_than_no),
		cmocka_unit_test(a_rule_is_not_for_the_roles_that_it_excepts),
		cmocka_unit_test(a_label_stands_before_the_name),
		cmocka_unit_test(more_rules_fire_than_are_named),
		cmocka_unit_test(one_more_never_widens),
		cmocka_unit_test(long_strings_are_not_passed_by),
		cmocka_unit_test(so_much_work_is_undecided),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
