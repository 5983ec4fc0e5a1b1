/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every pair of sources that decide about a name, and every triple and
 * quadruple of them: the site's policy, a file of --narrow, the profile, the
 * options. Each says nothing, allow, ask or deny of a name, and lies there in
 * each form it can have; the plan that is really made from these files decides
 * as a formula says that knows nothing of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "narrowrig.h"
#include "policy/tools.h"

/* What a source says of a name, and the letter for it in the name: a name is
 * one letter a source. */
enum says { SAYS_NOTHING, SAYS_ALLOW, SAYS_ASK, SAYS_DENY, _SAYS_N };
static const char letters[] = "nakd";
static const char *const lists[_SAYS_N] = {NULL, "allow", "ask", "deny"};

enum source { SITE, NARROW, PROFILE, OPTIONS, _SOURCE_N };

/* The forms of a source: which of its lists are there at all. */
enum {
	HAS_ALLOW = 1,
	HAS_ASK = 2,
	HAS_DENY = 4,
	HAS_FILE = 8, /* it is there, if only an empty one */
	FORMS = 9     /* no file, and a file with each set of lists */
};

static unsigned form_of(unsigned i)
{
	return i == FORMS - 1 ? 0 : HAS_FILE | i;
}

static bool has(unsigned form, enum says s)
{
	return s != SAYS_NOTHING && (form & (1U << (s - 1)));
}

/* "\"allow\": [\"?a??\"], …" for the source's place in a name. */
static void lists_text(unsigned form, enum source at, char *dst, size_t size)
{
	size_t used = 0;

	dst[0] = '\0';
	for (unsigned s = SAYS_ALLOW; s < _SAYS_N; s++) {
		char glob[_SOURCE_N + 1] = "????";

		if (!has(form, (enum says)s))
			continue;
		glob[at] = letters[s];
		used += (size_t)snprintf(dst + used, size - used,
			"%s\"%s\": [\"%s\"]", used ? ", " : "", lists[s], glob);
	}
}

static void body_text(unsigned form, enum source at, char *dst, size_t size)
{
	char names[256];

	lists_text(form, at, names, sizeof(names));
	(void)snprintf(dst, size,
		"%s\"protocol\": {\"tools\": {%s}, \"prompts\": {%s}, "
		"\"resources\": {%s}}",
		at == PROFILE ? "\"extends\": \"static\", " : "", names, names,
		names);
}

static void options_add(struct rig *r, unsigned form)
{
	char ***const to[_SAYS_N] = {NULL, &r->o.tools, &r->o.ask, &r->o.deny};

	for (unsigned s = SAYS_ALLOW; s < _SAYS_N; s++) {
		char glob[_SOURCE_N + 1] = "????";

		glob[OPTIONS] = letters[s];
		if (has(form, (enum says)s))
			assert_int_equal(strv_add(to[s], glob), 0);
	}
}

/*
 * The formula. One word of one source; a word that the source has no list for
 * is as none.
 */
static enum says word(
	const unsigned forms[_SOURCE_N], const enum says said[], enum source at)
{
	return has(forms[at], said[at]) ? said[at] : SAYS_NOTHING;
}

static enum decision of_narrowing(
	const unsigned forms[_SOURCE_N], const enum says said[], enum source at)
{
	/* It grants nothing: its yes leaves all as it was. */
	static const enum decision by_word[_SAYS_N] = {
		DECISION_CLIENT, DECISION_CLIENT, DECISION_ASK, DECISION_DENY};
	enum says w = word(forms, said, at);

	if (w == SAYS_NOTHING && (forms[at] & HAS_ALLOW))
		return DECISION_DENY;
	return by_word[w];
}

/* @options: whether options have a say (of tools alone they do). */
static enum decision of_grants(
	const unsigned forms[_SOURCE_N], const enum says said[], bool options)
{
	enum says p = word(forms, said, PROFILE);
	enum says o = options ? word(forms, said, OPTIONS) : SAYS_NOTHING;
	unsigned given = options ? forms[OPTIONS] : 0;
	bool policy = forms[PROFILE] || (given & (HAS_ALLOW | HAS_ASK));

	if (p == SAYS_DENY || o == SAYS_DENY)
		return DECISION_DENY;
	if (p == SAYS_ASK || o == SAYS_ASK)
		return DECISION_ASK;
	if (policy)
		return p == SAYS_ALLOW || o == SAYS_ALLOW ? DECISION_ALLOW
							  : DECISION_DENY;
	return DECISION_CLIENT;
}

static enum decision expected(
	const unsigned forms[_SOURCE_N], const enum says said[], bool options)
{
	enum decision least = of_grants(forms, said, options);
	enum decision narrowed[] = {of_narrowing(forms, said, SITE),
		of_narrowing(forms, said, NARROW)};

	for (size_t i = 0; i < ELEMENTS(narrowed); i++)
		if (narrowed[i] < least)
			least = narrowed[i];
	return least;
}

static void check_name(const struct plan *p, const unsigned forms[_SOURCE_N],
	const enum says said[_SOURCE_N])
{
	const struct {
		const char *what;
		const struct tools *tools;
		bool options;
	} rows[] = {{"tool", p->tools, true}, {"prompt", p->prompts, false},
		{"resource", p->resources, false}};
	char name[_SOURCE_N + 1] = "";

	for (unsigned i = 0; i < _SOURCE_N; i++)
		name[i] = letters[said[i]];
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		enum decision want = expected(forms, said, rows[i].options);
		struct tool_verdict v;

		tools_decide(rows[i].tools, name, _SOURCE_N, &v);
		if (v.decision != want)
			fail_msg("%s %s with lists %u %u %u %u: %d, not %d",
				rows[i].what, name, forms[0], forms[1],
				forms[2], forms[3], (int)v.decision, (int)want);
		assert_int_equal(v.listed, want != DECISION_DENY);
	}
}

/* Every name, under one set of files. */
static void check_forms(struct rig *r, const unsigned forms[_SOURCE_N])
{
	_plan_ struct plan *p = NULL;
	char body[2048];

	plan_options_deinit(&r->o);
	r->o.dry = true;
	(void)unlink(fixture_path(r->f, "etc/stockade/policy.json"));
	body_text(forms[SITE], SITE, body, sizeof(body));
	if (forms[SITE])
		rig_site(r, body);
	body_text(forms[NARROW], NARROW, body, sizeof(body));
	if (forms[NARROW])
		rig_narrow(r, "team", body);
	body_text(forms[PROFILE], PROFILE, body, sizeof(body));
	if (forms[PROFILE])
		rig_profile(r, "mine", body);
	options_add(r, forms[OPTIONS]);
	p = rig_plan_ok(r);
	for (unsigned n = 0; n < 256; n++) {
		const enum says said[_SOURCE_N] = {(enum says)(n & 3),
			(enum says)(n >> 2 & 3), (enum says)(n >> 4 & 3),
			(enum says)(n >> 6 & 3)};

		check_name(p, forms, said);
	}
}

/* The pairs and triples are those where the others are not there. */
static void every_combination_of_sources_decides_by_the_formula(void **state)
{
	_rig_ struct rig r;
	unsigned tried = 0;

	rig_init(&r, *state);
	for (unsigned s = 0; s < FORMS; s++)
		for (unsigned p = 0; p < FORMS; p++)
			for (unsigned o = 0; o < FORMS; o++) {
				const unsigned forms[_SOURCE_N] = {
					form_of(s), 0, form_of(p), form_of(o)};

				check_forms(&r, forms);
				tried++;
			}
	assert_int_equal(tried, 729);
}

static void narrow_decides_as_the_site_does_and_beside_it(void **state)
{
	_rig_ struct rig r;
	unsigned tried = 0;

	rig_init(&r, *state);
	for (unsigned s = 0; s < FORMS; s++)
		for (unsigned n = 0; n < FORMS; n++)
			for (unsigned o = 0; o < FORMS; o += 4) {
				const unsigned forms[_SOURCE_N] = {form_of(s),
					form_of(n), form_of((s + n) % FORMS),
					form_of(o)};

				check_forms(&r, forms);
				tried++;
			}
	assert_int_equal(tried, 243);
}

/* always lifts the question of its own file, and of no other. */
static void always_lifts_its_own_question_only(void **state)
{
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (unsigned n = 0; n < 16; n++) {
		_plan_ struct plan *p = NULL;
		struct tool_verdict v;
		char body[256];
		bool mine_asks = n & 1, mine_always = n & 2;
		bool site_asks = n & 4, site_always = n & 8;

		(void)snprintf(body, sizeof(body),
			"\"extends\": \"static\", \"protocol\": {\"tools\": "
			"{\"allow\": [\"*\"], \"ask\": [%s], \"always\": "
			"[%s]}}",
			mine_asks ? "\"t*\"" : "", mine_always ? "\"t\"" : "");
		rig_profile(&r, "mine", body);
		(void)snprintf(body, sizeof(body),
			"\"protocol\": {\"tools\": {\"ask\": [%s], "
			"\"always\": [%s]}}",
			site_asks ? "\"t*\"" : "", site_always ? "\"t\"" : "");
		rig_site(&r, body);
		p = rig_plan_ok(&r);
		tools_decide(p->tools, "t", 1, &v);
		assert_int_equal(
			v.decision, (mine_asks && !mine_always) ||
						    (site_asks && !site_always)
					    ? DECISION_ASK
					    : DECISION_ALLOW);
	}
}

static void rules_carry_the_label_of_their_file(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;
	struct tool_verdict v;

	rig_init(&r, *state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"protocol\": {\"tools\": "
		"{\"allow\": [\"*\"]}}");
	rig_site(&r, "\"protocol\": {\"tools\": {\"deny\": [\"d*\"]}}");
	rig_narrow(&r, "team",
		"\"protocol\": {\"tools\": {\"ask\": "
		"[\"d?\"]}}");
	p = rig_plan_ok(&r);
	tools_decide(p->tools, "dx", 2, &v);
	assert_int_equal(v.n_matched, 3);
	assert_string_equal(v.rules[0], "site:deny:d*");
	assert_string_equal(v.rules[1], "team:ask:d?");
	assert_string_equal(v.rules[2], "allow:*");
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(every_combination_of_sources_decides_by_the_formula),
		FIXTURE(narrow_decides_as_the_site_does_and_beside_it),
		FIXTURE(always_lifts_its_own_question_only),
		FIXTURE(rules_carry_the_label_of_their_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
