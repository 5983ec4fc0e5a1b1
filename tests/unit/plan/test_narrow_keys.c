/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each key of a policy takes away, but for paths (test_narrow_path.c) and
 * names (test_narrow_names.c).
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

static void variables_pass_by_name_only(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	assert_int_equal(setenv("ONE", "1", 1), 0);
	assert_int_equal(setenv("TWO", "2", 1), 0);
	rig_profile(&r, "mine",
		"\"extends\": \"python\", \"sandbox\": {\"env\": {\"pass\": "
		"[\"ONE\", \"TWO\"], \"set\": {\"THREE\": \"3\", \"FOUR\": "
		"\"4\"}}}");
	assert_int_equal(strv_add(&r.o.env, "FIVE=secret"), 0);
	assert_int_equal(strv_add(&r.o.env, "SIX=6"), 0);
	assert_int_equal(strv_add(&r.o.env, "TWO"), 0);
	rig_site(&r, "\"sandbox\": {\"env\": {\"pass\": [\"ONE\", \"THREE\", "
		     "\"SIX\"]}}");
	p = rig_plan_ok(&r);
	assert_string_equal(strv_env(p->env, "ONE"), "1");
	assert_string_equal(strv_env(p->env, "THREE"), "3");
	assert_string_equal(strv_env(p->env, "SIX"), "6");
	assert_null(strv_env(p->env, "TWO"));
	assert_null(strv_env(p->env, "FOUR"));
	assert_null(strv_env(p->env, "FIVE"));
	/* What a built-in profile sets is nobody's grant. */
	assert_string_equal(strv_env(p->env, "PYTHONDONTWRITEBYTECODE"), "1");
	assert_non_null(strv_env(p->env, "PATH"));
	assert_int_equal(rig_notes(p, "TWO of option --env", "site's"), 1);
	assert_int_equal(rig_notes(p, "TWO of profile mine", "site's"), 1);
	assert_int_equal(rig_notes(p, "FIVE of option --env", "site's"), 1);
	assert_int_equal(rig_notes(p, "secret", ""), 0);
}

/* A later option of the same name does not bring it back, and no prefix of a
 * permitted name is one. */
static void variable_that_is_taken_stays_taken(void **state)
{
	static const char *const tries[] = {
		"AB=1", "A=1", "ABCD=1", "abc=1", "ABC =1"};
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_site(&r, "\"sandbox\": {\"env\": {\"pass\": [\"ABC\"]}}");
	for (size_t i = 0; i < ELEMENTS(tries); i++)
		assert_int_equal(strv_add(&r.o.env, tries[i]), 0);
	assert_int_equal(strv_add(&r.o.env, "ABC=2"), 0);
	p = rig_plan_ok(&r);
	assert_string_equal(strv_env(p->env, "ABC"), "2");
	for (size_t i = 0; i < ELEMENTS(tries); i++)
		assert_false(strv_contains(p->env, tries[i]));
}

static void hosts_pass_that_an_entry_covers(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"sandbox\": {\"network\": "
		"[\"api.example.org:443\", \"api.example.org:80\"]}");
	assert_int_equal(strv_add(&r.o.network, "10.1.2.0/24:22"), 0);
	assert_int_equal(strv_add(&r.o.network, "0.0.0.0/0:22"), 0);
	rig_site(&r, "\"sandbox\": {\"network\": [\"*.example.org:443\", "
		     "\"10.0.0.0/8:22\"]}");
	p = rig_plan_ok(&r);
	assert_int_equal(strv_len(p->network), 2);
	assert_true(strv_contains(p->network, "api.example.org:443"));
	assert_true(strv_contains(p->network, "10.1.2.0/24:22"));
	assert_int_equal(rig_notes(p, "0.0.0.0/0:22 of option", "site's"), 1);
	rig_narrow(&r, "none", "\"sandbox\": {\"network\": []}");
	plan_free(p);
	p = rig_plan_ok(&r);
	assert_int_equal(strv_len(p->network), 0);
	assert_int_equal(
		rig_notes(p, "api.example.org:443 of profile", "none.json"), 1);
}

static void limits_are_maxima_and_none_is_more_than_any(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"sandbox\": {\"limits\": "
		"{\"pids\": 40}}");
	assert_int_equal(strv_add(&r.o.limits, "memory=1G"), 0);
	assert_int_equal(strv_add(&r.o.limits, "stderr=0"), 0);
	assert_int_equal(strv_add(&r.o.limits, "session=0"), 0);
	rig_site(&r, "\"sandbox\": {\"limits\": {\"memory\": \"64M\", "
		     "\"pids\": 100, \"session\": \"1h\", \"cpu\": 0, "
		     "\"stderr\": \"1M\", \"tmp\": \"1M\"}}");
	rig_narrow(&r, "team",
		"\"sandbox\": {\"limits\": {\"session\": \"2h\", \"cpu\": "
		"\"50%\", \"memory\": \"80M\"}}");
	p = rig_plan_ok(&r);
	assert_int_equal(p->limits[LIMIT_MEMORY], 64U << 20);
	assert_int_equal(p->limits[LIMIT_PIDS], 40);
	assert_int_equal(p->limits[LIMIT_SESSION], 3600);
	assert_int_equal(p->limits[LIMIT_CPU], 50);
	assert_int_equal(p->limits[LIMIT_STDERR], 0);
	assert_int_equal(p->limits[LIMIT_TMP], 1U << 20);
	assert_int_equal(p->limits[LIMIT_OPEN_FILES],
		limit_table[LIMIT_OPEN_FILES].fallback);
	assert_int_equal(rig_notes(p, "limit memory is 64M", "1G"), 1);
	/* Nobody asked for that much. */
	assert_int_equal(rig_notes(p, "limit tmp", ""), 0);
	assert_int_equal(strv_len(p->narrowings[0].took), 3);
	assert_int_equal(strv_len(p->narrowings[1].took), 1);
}

static void state_is_not_had_by_profile_nor_by_option(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	r.o.state = true;
	p = rig_plan_ok(&r);
	assert_non_null(fixture_mount(p, "/state"));
	plan_free(p);
	rig_site(&r, "\"sandbox\": {\"state\": true}");
	p = rig_plan_ok(&r);
	assert_non_null(fixture_mount(p, "/state"));
	plan_free(p);
	rig_site(&r, "\"sandbox\": {\"state\": false}");
	p = rig_plan_ok(&r);
	assert_null(fixture_mount(p, "/state"));
	assert_int_equal(rig_notes(p, "--state is left out", "site's"), 1);
	plan_free(p);
	r.o.state = false;
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"sandbox\": {\"state\": true}");
	p = rig_plan_ok(&r);
	assert_null(fixture_mount(p, "/state"));
	assert_int_equal(rig_notes(p, "the profile's state", "site's"), 1);
	plan_free(p);
	/* Both ways at once are no way. */
	r.o.state = true;
	p = rig_plan_ok(&r);
	assert_null(fixture_mount(p, "/state"));
}

static void git_and_user_namespaces_are_not_opened(void **state)
{
	const struct fixture *f = *state;
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, f);
	fixture_folder(f, "home/project/.git");
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"sandbox\": {\"write\": "
		"[\"${workspace}\"], \"git\": \"write\", \"nested_userns\": "
		"true}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project/.git/x"), 'w');
	assert_true(p->profile->sandbox.nested_userns);
	plan_free(p);
	rig_site(&r, "\"sandbox\": {\"git\": \"write\", \"nested_userns\": "
		     "true}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project/.git/x"), 'w');
	assert_true(p->profile->sandbox.nested_userns);
	plan_free(p);
	rig_site(&r, "\"sandbox\": {\"git\": \"read\", \"nested_userns\": "
		     "false}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project/x"), 'w');
	assert_int_equal(rig_access(&r, p, "home/project/.git/x"), 'r');
	assert_false(p->profile->sandbox.nested_userns);
	assert_int_equal(rig_notes(p, "weaker: the profile's nested", ""), 0);
}

#define METHODS                                                             \
	"\"protocol\": {\"methods\": {\"sampling/createMessage\": \"%s\", " \
	"\"elicitation/create\": \"%s\", \"roots/list\": \"%s\"}}"

static void methods_need_both_and_roots_take_the_stricter(void **state)
{
	static const char *const words[] = {"allow", "filter", "deny"};
	static const char *const asks[] = {"deny", "ask", "allow"};
	static const enum wish wishes[] = {WISH_DENY, WISH_ASK, WISH_ALLOW};
	static const enum roots_rule rules[] = {
		ROOTS_ALLOW, ROOTS_FILTER, ROOTS_DENY};
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < 3; b++) {
			_plan_ struct plan *p = NULL;
			const char *mine = asks[a], *site = asks[b];
			enum wish is = wishes[a < b ? a : b];
			char methods[256], text[512];

			(void)snprintf(methods, sizeof(methods), METHODS, mine,
				mine, words[a]);
			(void)snprintf(text, sizeof(text),
				"\"extends\": \"static\", %s", methods);
			rig_profile(&r, "mine", text);
			(void)snprintf(methods, sizeof(methods), METHODS, site,
				site, words[b]);
			rig_site(&r, methods);
			p = rig_plan_ok(&r);
			assert_int_equal(p->wishes.sampling, is);
			assert_int_equal(p->wishes.elicitation, is);
			assert_int_equal(p->wishes.roots, rules[a > b ? a : b]);
		}
}

static void unseen_characters_become_what_is_stricter(void **state)
{
	static const struct {
		const char *mine, *site;
		enum clean_policy is;
	} rows[] = {
		{"pass", "show", CLEAN_SHOW},
		{"pass", "strip", CLEAN_STRIP},
		{"show", "strip", CLEAN_STRIP},
		{"strip", "pass", CLEAN_STRIP},
		{"show", "pass", CLEAN_SHOW},
	};
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_plan_ struct plan *p = NULL;
		char text[128];

		(void)snprintf(text, sizeof(text),
			"\"extends\": \"static\", \"protocol\": {\"output\": "
			"{\"unseen\": \"%s\"}}",
			rows[i].mine);
		rig_profile(&r, "mine", text);
		(void)snprintf(text, sizeof(text),
			"\"protocol\": {\"output\": {\"unseen\": \"%s\"}}",
			rows[i].site);
		rig_site(&r, text);
		p = rig_plan_ok(&r);
		assert_int_equal(p->caps.unseen, rows[i].is);
	}
}

static void types_of_content_need_every_list(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"protocol\": {\"output\": "
		"{\"types\": [\"image/*\"]}}");
	rig_site(&r, "\"protocol\": {\"output\": {\"types\": "
		     "[\"image/png\", \"text/*\"]}}");
	p = rig_plan_ok(&r);
	assert_int_equal(p->caps.types.n, 2);
	assert_string_equal(p->caps.types.lists[0][0], "image/*");
	assert_string_equal(p->caps.types.lists[1][0], "image/png");
	assert_string_equal(p->narrowings[0].took[0],
		"output types are those of a list of 2 more");
}

static void caps_of_results_are_the_smaller(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"protocol\": {\"output\": "
		"{\"text\": \"2K\"}}");
	rig_site(&r, "\"protocol\": {\"output\": {\"text\": \"4K\", "
		     "\"binary\": \"8K\"}}");
	p = rig_plan_ok(&r);
	assert_int_equal(p->caps.text_bytes, 2048);
	assert_int_equal(p->caps.binary_bytes, 8192);
	rig_narrow(&r, "team",
		"\"protocol\": {\"output\": {\"text\": 1024, "
		"\"binary\": \"100M\"}}");
	plan_free(p);
	p = rig_plan_ok(&r);
	assert_int_equal(p->caps.text_bytes, 1024);
	assert_int_equal(p->caps.binary_bytes, 8192);
}

static void digest_covers_what_narrows(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *bare = NULL, *site = NULL, *both = NULL;
	_plan_ struct plan *narrow = NULL, *other = NULL;

	rig_init(&r, *state);
	bare = rig_plan_ok(&r);
	rig_site(&r, "");
	site = rig_plan_ok(&r);
	assert_memory_not_equal(bare->digest, site->digest, 32);
	rig_narrow(&r, "team", "");
	both = rig_plan_ok(&r);
	assert_memory_not_equal(site->digest, both->digest, 32);
	assert_int_equal(
		unlink(fixture_path(*state, "etc/stockade/policy.json")), 0);
	narrow = rig_plan_ok(&r);
	assert_memory_not_equal(both->digest, narrow->digest, 32);
	/* The same bytes in another place are another thing. */
	assert_memory_not_equal(site->digest, narrow->digest, 32);
	rig_write(&r, "team.json", "{\"version\": 1, \"why\": \"x\"}");
	other = rig_plan_ok(&r);
	assert_memory_not_equal(narrow->digest, other->digest, 32);
	assert_memory_equal(bare->profile->digest, other->profile->digest, 32);
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(variables_pass_by_name_only),
		FIXTURE(variable_that_is_taken_stays_taken),
		FIXTURE(hosts_pass_that_an_entry_covers),
		FIXTURE(limits_are_maxima_and_none_is_more_than_any),
		FIXTURE(state_is_not_had_by_profile_nor_by_option),
		FIXTURE(git_and_user_namespaces_are_not_opened),
		FIXTURE(methods_need_both_and_roots_take_the_stricter),
		FIXTURE(caps_of_results_are_the_smaller),
		FIXTURE(unseen_characters_become_what_is_stricter),
		FIXTURE(types_of_content_need_every_list),
		FIXTURE(digest_covers_what_narrows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
