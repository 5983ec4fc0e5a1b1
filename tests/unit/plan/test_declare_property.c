/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Role, task and context never widen, and role and task together never exceed
 * either: random profiles, each tool decided with and without. The same seed
 * each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chance_rules.h"
#include "plan/plan.h"
#include "policy/tools.h"

#define ROUNDS 2000

static const char *const globs[] = {"*", "a", "a*", "ab", "?b", "*b*", "c"};
static const char *const names[] = {"a", "b", "ab", "abc", "c", "xb", "z"};

static void put_list(FILE *f, uint32_t *seed, const char *key)
{
	bool first = true;

	(void)fprintf(f, ", \"%s\": [", key);
	for (size_t i = 0; i < ELEMENTS(globs); i++)
		if (chance_next(seed) % 100 < 30) {
			(void)fprintf(
				f, "%s\"%s\"", first ? "" : ", ", globs[i]);
			first = false;
		}
	(void)fputs("]", f);
}

static void put_classes(FILE *f, uint32_t *seed)
{
	(void)fputs(", \"classes\": {\"why\": \"\"", f);
	for (int i = CLASS_NONE + 1; i < _CLASS_N; i++)
		if (chance_next(seed) % 100 < 50)
			put_list(f, seed, class_words[i]);
	(void)fputs("}", f);
}

static void put_role(FILE *f, uint32_t *seed)
{
	(void)fputs(", \"roles\": {\"r\": {\"classes\": [", f);
	(void)fprintf(f, "\"%s\", \"%s\"]",
		class_words[1 + chance_next(seed) % 4],
		class_words[5 + chance_next(seed) % 5]);
	if (chance_next(seed) % 2)
		put_list(f, seed, "tools");
	(void)fputs("}}", f);
}

static char *random_profile(uint32_t *seed)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	(void)fputs("{\"version\": 1, \"protocol\": {\"tools\": {\"why\": "
		    "\"\"",
		f);
	put_list(f, seed, "allow");
	put_list(f, seed, "ask");
	put_list(f, seed, "deny");
	(void)fputs("}", f);
	put_classes(f, seed);
	chance_rules_put(f, seed);
	(void)fputs("}", f);
	put_role(f, seed);
	(void)fputs(", \"tasks\": {\"t\": {\"why\": \"\"", f);
	put_list(f, seed, "tools");
	(void)fputs("}}, \"contexts\": {\"c\": {\"protocol\": {\"tools\": "
		    "{\"why\": \"\"",
		f);
	if (chance_next(seed) % 2)
		put_list(f, seed, "allow");
	put_list(f, seed, "ask");
	put_list(f, seed, "deny");
	(void)fputs("}", f);
	chance_rules_put(f, seed);
	(void)fputs("}}}}", f);
	(void)fclose(f);
	return text;
}

static char word_role[] = "r", word_task[] = "t", word_context[] = "c";

static struct plan *plan_of(
	const char *text, char *role, char *task, char *context)
{
	const struct plan_options o = {
		.role = role, .task = task, .context = context};
	_free_ char *extends = NULL;
	struct profile *profile = NULL;
	struct plan *p = NULL;
	struct err e = {0};

	if (profile_parse(
		    "f.json", text, strlen(text), &profile, &extends, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	if (plan_rules(profile, &o, &p, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	return p;
}

/* Of the nth call; it is listed or not whatever its arguments are. */
static enum decision says(const struct plan *p, const char *name, unsigned nth)
{
	struct tool_verdict v;

	tools_decide(p->tools, name, strlen(name), &v);
	assert_int_equal(v.listed, v.decision != DECISION_DENY);
	return chance_rules_say(p, name, nth);
}

struct counts {
	unsigned narrower, all;
};

static enum decision stricter(enum decision a, enum decision b)
{
	return a < b ? a : b;
}

static void check(const char *text, char *role, struct counts *c)
{
	_plan_ struct plan *plain = plan_of(text, NULL, NULL, NULL);
	_plan_ struct plan *r = plan_of(text, role, NULL, NULL);
	_plan_ struct plan *t = plan_of(text, NULL, word_task, NULL);
	_plan_ struct plan *x = plan_of(text, NULL, NULL, word_context);
	_plan_ struct plan *rt = plan_of(text, role, word_task, NULL);
	_plan_ struct plan *all = plan_of(text, role, word_task, word_context);

	for (size_t n = 0; n < ELEMENTS(names) * CHANCE_CALLS; n++) {
		const char *name = names[n / CHANCE_CALLS];
		unsigned k = (unsigned)n % CHANCE_CALLS;
		enum decision whole = says(plain, name, k);
		enum decision of_r = says(r, name, k), of_t = says(t, name, k);
		enum decision of_x = says(x, name, k);
		enum decision both = stricter(of_r, of_t);

		if (of_r > whole || of_t > whole || of_x > whole)
			fail_msg("wider for %s: %s", name, text);
		if (says(rt, name, k) != both)
			fail_msg("not what both have of %s: %s", name, text);
		if (says(all, name, k) != stricter(both, of_x))
			fail_msg("not what all have of %s: %s", name, text);
		c->narrower += both < whole;
		c->all++;
	}
}

static void nothing_that_is_declared_widens(void **state)
{
	struct counts c = {0};
	uint32_t seed = 7;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		static char builtin[ROLES_BUILTIN][16];
		_free_ char *text = random_profile(&seed);
		char *role = word_role;

		if (chance_next(&seed) % 2) {
			role = builtin[chance_next(&seed) % ROLES_BUILTIN];
			(void)snprintf(role, sizeof(builtin[0]), "%s",
				role_words[(size_t)(role - builtin[0]) /
					   sizeof(builtin[0])]);
		}
		check(text, role, &c);
	}
	/* It did take away, and not all. */
	assert_true(c.narrower > c.all / 10);
	assert_true(c.narrower < c.all / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_is_declared_widens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
