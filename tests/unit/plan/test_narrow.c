/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The site's policy and --narrow: which files count, and what each key of one
 * takes away. What they do to paths is in test_narrow_path.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "narrowrig.h"
#include "plan/policy_key.h"
#include "policy/output.h"
#include "policy/tools.h"

static void without_a_policy_nothing_changes(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL, *bare = NULL;

	rig_init(&r, *state);
	bare = rig_plan_ok(&r);
	assert_null(bare->site);
	assert_int_equal(bare->n_narrowings, 0);
	/* The folder may be missing as a whole. */
	r.at.sub = "nowhere";
	p = rig_plan_ok(&r);
	assert_memory_equal(p->digest, bare->digest, sizeof(p->digest));
}

static void policy_that_cannot_be_trusted_refuses_every_run(void **state)
{
	const struct fixture *f = *state;
	_free_ char *path = strdup(fixture_path(f, "etc/stockade/policy.json"));
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, f);
	rig_site(&r, "");
	p = rig_plan_ok(&r);
	assert_int_equal(chmod(path, 0664), 0);
	rig_refused(&r, "may be written by others");
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(chmod(fixture_path(f, "etc/stockade"), 0777), 0);
	rig_refused(&r, "may be written by others");
	assert_int_equal(chmod(fixture_path(f, "etc/stockade"), 0700), 0);
	r.at.owner = geteuid() + 1;
	rig_refused(&r, "; expected uid");
	r.at.owner = geteuid();
	assert_int_equal(rename(path, fixture_path(f, "elsewhere")), 0);
	assert_int_equal(symlink(fixture_path(f, "elsewhere"), path), 0);
	rig_refused(&r, "is a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("nowhere", path), 0);
	rig_refused(&r, "is a symbolic link");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	rig_refused(&r, "is no file");
	assert_int_equal(unlink(path), 0);
	fixture_folder(f, "etc/stockade/policy.json");
	rig_refused(&r, "is no file");
}

static void folder_of_the_policy_that_is_a_link_refuses_every_run(void **state)
{
	const struct fixture *f = *state;
	_rig_ struct rig r;

	rig_init(&r, f);
	rig_site(&r, "");
	assert_int_equal(rename(fixture_path(f, "etc/stockade"),
				 fixture_path(f, "etc/real")),
		0);
	assert_int_equal(symlink("real", fixture_path(f, "etc/stockade")), 0);
	rig_refused(&r, "etc/stockade: ");
}

static void unreadable_policy_refuses_every_run(void **state)
{
	const struct fixture *f = *state;
	_rig_ struct rig r;

	if (geteuid() == 0)
		return; /* reads it all the same */
	rig_init(&r, f);
	rig_site(&r, "");
	assert_int_equal(
		chmod(fixture_path(f, "etc/stockade/policy.json"), 0), 0);
	rig_refused(&r, "Permission denied");
}

static void policy_with_an_error_refuses_every_run(void **state)
{
	static const struct {
		const char *text, *with;
	} rows[] = {
		{"", ":1:1: "},
		{"{}", ":1:1: there is no \"version\""},
		{"[]", ":1:1: the policy is "},
		{"{\"version\": 1,}", ":1:15: "},
		{"{\"version\": 2}", ":1:13: \"version\" is 2"},
		{"{\"version\": 1, \"extends\": \"node\"}",
			":1:16: \"extends\" in the policy means nothing"},
		{"{\"version\": 1,\n \"tools\": []}",
			":2:2: unknown key \"tools\" in the policy"},
		{"{\"version\": 1, \"require_profile\": \"yes\"}",
			":1:35: \"require_profile\" is "},
		{"{\"version\": 1, \"sandbox\": {\"read\": [\"x\"]}}",
			":1:37: \"x\" is no path"},
	};
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		rig_write(&r, "etc/stockade/policy.json", rows[i].text);
		rig_refused(&r, rows[i].with);
		rig_refused(&r, "policy.json:");
	}
}

static void narrow_file_that_is_none_refuses_the_run(void **state)
{
	const struct fixture *f = *state;
	static const char *const bad[] = {"", "{}",
		"{\"version\": 1, \"name\": "
		"\"x\"}",
		"{\"version\": 1, \"require_profile\": true}",
		"{\"version\": 1, \"keep_uid\": false}"};
	_rig_ struct rig r;

	rig_init(&r, f);
	rig_narrow(&r, "team", "");
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		rig_write(&r, "team.json", bad[i]);
		rig_refused(&r, "team.json:1:");
	}
	assert_int_equal(unlink(fixture_path(f, "team.json")), 0);
	rig_refused(&r, "No such file");
	assert_int_equal(mkfifo(fixture_path(f, "team.json"), 0600), 0);
	rig_refused(&r, "is no file");
}

static void narrow_file_needs_a_name_for_the_log(void **state)
{
	static const char *const bad[] = {"site", "a b", "-x", "a:b", ".x"};
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		rig_narrow(&r, bad[i], "");
		rig_refused(&r, "not called site");
		strv_free(r.o.narrow);
		r.o.narrow = NULL;
	}
}

static void eight_files_narrow_and_nine_are_refused(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_site(&r, "");
	for (int i = 0; i < NARROW_FILES_MAX; i++)
		rig_narrow(&r, "same", "");
	p = rig_plan_ok(&r);
	assert_int_equal(p->n_narrowings, 1 + NARROW_FILES_MAX);
	assert_string_equal(p->narrowings[0].label, "site");
	assert_string_equal(p->narrowings[8].label, "same");
	rig_narrow(&r, "same", "");
	rig_refused(&r, "at most 8");
}

/* A link to it, since no trust is needed: it can only take away. */
static void narrow_file_may_be_anybody_s_and_reached_by_a_link(void **state)
{
	const struct fixture *f = *state;
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, f);
	rig_narrow(&r, "real", "\"protocol\": {\"tools\": {\"allow\": []}}");
	assert_int_equal(chmod(fixture_path(f, "real.json"), 0666), 0);
	assert_int_equal(symlink("real.json", fixture_path(f, "team.json")), 0);
	strv_free(r.o.narrow);
	r.o.narrow = NULL;
	assert_int_equal(
		strv_add(&r.o.narrow, fixture_path(f, "team.json")), 0);
	p = rig_plan_ok(&r);
	assert_string_equal(p->narrowings[0].label, "team");
	assert_string_equal(
		p->narrowings[0].file, fixture_path(f, "real.json"));
}

static void site_asks_for_a_profile_and_options_are_none(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_site(&r, "\"require_profile\": true");
	rig_refused(&r, "asks for a profile");
	assert_int_equal(strv_add(&r.o.tools, "*"), 0);
	assert_int_equal(strv_add(&r.o.ask, "*"), 0);
	rig_refused(&r, "asks for a profile");
	r.o.profile = strdup("static");
	rig_refused(&r, "asks for a profile");
	rig_profile(&r, "mine", "\"extends\": \"static\"");
	p = rig_plan_ok(&r);
}

static void require_profile_false_asks_for_none(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_site(&r, "\"require_profile\": false, \"keep_uid\": true, "
		     "\"allow_degraded\": true, \"observe\": true");
	r.o.keep_uid = geteuid() == 0; /* others have it anyway */
	r.o.no_proc = true;
	p = rig_plan_ok(&r);
	assert_false(p->site->no_observe);
}

static void options_that_the_site_forbids_refuse_the_run(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	rig_site(&r, "\"keep_uid\": false, \"allow_degraded\": false, "
		     "\"observe\": false");
	p = rig_plan_ok(&r);
	assert_true(p->site->no_observe);
	r.o.keep_uid = true;
	rig_refused(&r, geteuid() == 0 ? "--keep-uid is not permitted"
				       : "--keep-uid is for root alone");
	r.o.keep_uid = false;
	r.o.no_proc = true;
	rig_refused(&r, "--allow-degraded is not permitted");
}

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
	static const enum roots_rule rules[] = {
		ROOTS_ALLOW, ROOTS_FILTER, ROOTS_DENY};
	_rig_ struct rig r;

	rig_init(&r, *state);
	for (size_t a = 0; a < 3; a++)
		for (size_t b = 0; b < 3; b++) {
			_plan_ struct plan *p = NULL;
			const char *mine = a ? "allow" : "deny";
			const char *site = b ? "allow" : "deny";
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
			assert_int_equal(p->wishes.sampling, a && b);
			assert_int_equal(p->wishes.elicitation, a && b);
			assert_int_equal(p->wishes.roots, rules[a > b ? a : b]);
		}
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
	assert_int_equal(p->text_bytes, 2048);
	assert_int_equal(p->binary_bytes, 8192);
	rig_narrow(&r, "team",
		"\"protocol\": {\"output\": {\"text\": 1024, "
		"\"binary\": \"100M\"}}");
	plan_free(p);
	p = rig_plan_ok(&r);
	assert_int_equal(p->text_bytes, 1024);
	assert_int_equal(p->binary_bytes, 8192);
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
		FIXTURE(without_a_policy_nothing_changes),
		FIXTURE(policy_that_cannot_be_trusted_refuses_every_run),
		FIXTURE(folder_of_the_policy_that_is_a_link_refuses_every_run),
		FIXTURE(unreadable_policy_refuses_every_run),
		FIXTURE(policy_with_an_error_refuses_every_run),
		FIXTURE(narrow_file_that_is_none_refuses_the_run),
		FIXTURE(narrow_file_needs_a_name_for_the_log),
		FIXTURE(eight_files_narrow_and_nine_are_refused),
		FIXTURE(narrow_file_may_be_anybody_s_and_reached_by_a_link),
		FIXTURE(site_asks_for_a_profile_and_options_are_none),
		FIXTURE(require_profile_false_asks_for_none),
		FIXTURE(options_that_the_site_forbids_refuse_the_run),
		FIXTURE(variables_pass_by_name_only),
		FIXTURE(variable_that_is_taken_stays_taken),
		FIXTURE(hosts_pass_that_an_entry_covers),
		FIXTURE(limits_are_maxima_and_none_is_more_than_any),
		FIXTURE(state_is_not_had_by_profile_nor_by_option),
		FIXTURE(git_and_user_namespaces_are_not_opened),
		FIXTURE(methods_need_both_and_roots_take_the_stricter),
		FIXTURE(caps_of_results_are_the_smaller),
		FIXTURE(digest_covers_what_narrows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
