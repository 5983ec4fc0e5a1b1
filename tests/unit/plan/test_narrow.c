/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The site's policy and --narrow: which files count, and what a site asks for
 * before anything is planned. What they take away is in test_narrow_keys.c.
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
		"{\"version\": 1, \"name\": \"x\"}",
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
	static const char *const bad[] = {"site", "a b", "-x", "a:b", ".x",
		"deny", "allow", "always", "ask", "token", "rule"};
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

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(without_a_policy_nothing_changes),
		FIXTURE(policy_that_cannot_be_trusted_refuses_every_run),
		FIXTURE(folder_of_the_policy_that_is_a_link_refuses_every_run),
		FIXTURE(policy_with_an_error_refuses_every_run),
		FIXTURE(narrow_file_that_is_none_refuses_the_run),
		FIXTURE(narrow_file_needs_a_name_for_the_log),
		FIXTURE(eight_files_narrow_and_nine_are_refused),
		FIXTURE(narrow_file_may_be_anybody_s_and_reached_by_a_link),
		FIXTURE(site_asks_for_a_profile_and_options_are_none),
		FIXTURE(require_profile_false_asks_for_none),
		FIXTURE(options_that_the_site_forbids_refuse_the_run),
		/* The last: root reads it all the same. */
		FIXTURE(unreadable_policy_refuses_every_run),
	};
	size_t n = ELEMENTS(tests) - (geteuid() == 0);

	return _cmocka_run_group_tests("tests", tests, n, NULL, NULL);
}
