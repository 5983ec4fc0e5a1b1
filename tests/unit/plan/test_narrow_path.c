/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where grants may lie: the meeting of each grant with what a policy permits,
 * and the ways round it.
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

static void folders(const struct fixture *f)
{
	static const char *const all[] = {
		"p", "p/a", "p/a/in", "p/b", "q", "px"};

	for (size_t i = 0; i < ELEMENTS(all); i++)
		fixture_folder(f, all[i]);
}

/* What is left of a grant of "p", at p, p/a, p/a/in, p/b, q. */
static void meeting_of_grant_and_policy(void **state)
{
	static const struct {
		bool write;
		const char *grant, *policy, *access;
	} rows[] = {
		{false, "p", "", "rrrr-"},
		{true, "p", "", "wwww-"},
		{false, "p", "\"read\": []", "-----"},
		{true, "p", "\"read\": []", "-----"},
		{true, "p", "\"write\": []", "rrrr-"},
		{false, "p", "\"write\": []", "rrrr-"},
		{false, "p", "\"read\": [\"%R/p\"]", "rrrr-"},
		{true, "p", "\"read\": [\"%R/p\"]", "wwww-"},
		{false, "p", "\"read\": [\"%R\"]", "rrrr-"},
		{false, "p", "\"read\": [\"%R/p/a\"]", "-rr--"},
		{true, "p", "\"read\": [\"%R/p/a\"]", "-ww--"},
		{true, "p", "\"read\": [\"%R/p/a\"], \"write\": []", "-rr--"},
		{true, "p", "\"read\": [], \"write\": [\"%R/p/a\"]", "-ww--"},
		{false, "p", "\"read\": [], \"write\": [\"%R/p/a\"]", "-rr--"},
		{true, "p", "\"write\": [\"%R/p/a\"]", "rwwr-"},
		{true, "p", "\"read\": [\"%R/p/b\"], \"write\": [\"%R/p/a\"]",
			"-wwr-"},
		{true, "p", "\"read\": [\"%R/p\"], \"write\": [\"%R/p/a/in\"]",
			"rrwr-"},
		{true, "p", "\"read\": [\"%R/p/a\", \"%R/p/b\"]", "-www-"},
		{true, "p", "\"read\": [\"%R/q\"], \"write\": [\"%R/q\"]",
			"-----"},
		{true, "p", "\"read\": [\"%R/nowhere\"]", "-----"},
		{true, "p", "\"read\": [\"%R/px\"]", "-----"},
		{true, "px", "\"read\": [\"%R/p\"]", "-----"},
		{false, "p/a", "\"read\": [\"%R/p\"]", "-rr--"},
		{true, "p/a", "\"write\": [\"%R/p/a/in\"]", "-rw--"},
	};
	static const char *const places[] = {"p", "p/a", "p/a/in", "p/b", "q"};
	_rig_ struct rig r;

	rig_init(&r, *state);
	folders(*state);
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		_plan_ struct plan *p = NULL;
		char body[512], got[8] = "";

		(void)snprintf(body, sizeof(body), "\"sandbox\": {%s}",
			rows[i].policy);
		rig_site(&r, body);
		plan_options_deinit(&r.o);
		r.o.dry = true;
		assert_int_equal(strv_add(rows[i].write ? &r.o.rw : &r.o.ro,
					 fixture_path(r.f, rows[i].grant)),
			0);
		p = rig_plan_ok(&r);
		for (size_t k = 0; k < ELEMENTS(places); k++)
			got[k] = rig_access(&r, p, places[k]);
		if (strcmp(got, rows[i].access) != 0)
			fail_msg("%s of %s under %s: %s",
				rows[i].write ? "--rw" : "--ro", rows[i].grant,
				body, got);
	}
}

static void each_change_is_told_once_with_grant_and_policy(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	folders(*state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"sandbox\": {\"read\": "
		"[\"%R/q\"]}");
	assert_int_equal(strv_add(&r.o.rw, fixture_path(r.f, "p")), 0);
	assert_int_equal(strv_add(&r.o.ro, fixture_path(r.f, "p/a")), 0);
	rig_site(&r, "\"sandbox\": {\"read\": [\"%R/p\"], \"write\": []}");
	rig_narrow(&r, "team", "\"sandbox\": {\"read\": [\"%R/p/a\"]}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_notes(p, "/q of profile: read is left out",
				 "the site's policy"),
		1);
	assert_int_equal(
		rig_notes(p, "/p of option --rw is cut down", "policy.json"),
		1);
	assert_int_equal(
		rig_notes(p, "/p of option --rw is cut down", "team.json"), 1);
	assert_int_equal(rig_notes(p, "/p/a of option --ro", ""), 0);
	assert_int_equal(strv_len(p->narrowings[0].took), 2);
	assert_int_equal(strv_len(p->narrowings[1].took), 1);
	/* What the server may tell the client of its roots goes with it. */
	assert_true(strv_contains(p->roots, fixture_path(r.f, "p/a")));
	assert_false(strv_contains(p->roots, fixture_path(r.f, "p")));
	assert_false(strv_contains(p->roots, fixture_path(r.f, "q")));
}

static void links_and_dots_lead_to_what_is_meant(void **state)
{
	static const char *const ways[] = {
		"p/a/../../q", "p/a/link", "p/a/./link/", "link/link"};
	_rig_ struct rig r;

	rig_init(&r, *state);
	folders(*state);
	assert_int_equal(symlink("../../q", fixture_path(r.f, "p/a/link")), 0);
	assert_int_equal(symlink("p/a", fixture_path(r.f, "link")), 0);
	rig_site(&r, "\"sandbox\": {\"read\": [\"%R/p\"]}");
	for (size_t i = 0; i < ELEMENTS(ways); i++) {
		_plan_ struct plan *p = NULL;

		assert_int_equal(
			strv_add(&r.o.rw, fixture_path(r.f, ways[i])), 0);
		p = rig_plan_ok(&r);
		assert_int_equal(rig_access(&r, p, "q"), '-');
		assert_true(rig_notes(p, ways[i], "is left out") > 0);
	}
	/* The other way round, a link from outside leads in. */
	{
		_plan_ struct plan *p = NULL;

		assert_int_equal(
			strv_add(&r.o.ro, fixture_path(r.f, "link")), 0);
		p = rig_plan_ok(&r);
		assert_int_equal(rig_access(&r, p, "p/a"), 'r');
		assert_non_null(fixture_mount(p, fixture_path(r.f, "link")));
	}
}

static void order_of_options_and_policies_does_not_matter(void **state)
{
	static const char *const bodies[] = {
		"\"sandbox\": {\"read\": [\"%R/p\"], \"write\": []}",
		"\"sandbox\": {\"read\": [\"%R/p/a\", \"%R/q\"]}",
		"\"sandbox\": {\"write\": [\"%R/p/a/in\"]}"};
	static const unsigned orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
		{1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	_rig_ struct rig r;

	rig_init(&r, *state);
	folders(*state);
	for (size_t i = 0; i < 2 * ELEMENTS(orders); i++) {
		const unsigned *order = orders[i / 2];
		_plan_ struct plan *p = NULL;

		plan_options_deinit(&r.o);
		r.o.dry = true;
		rig_site(&r, bodies[order[0]]);
		rig_narrow(&r, "x", bodies[order[1]]);
		rig_narrow(&r, "y", bodies[order[2]]);
		/* A grant that lies in another, in both orders. */
		assert_int_equal(
			strv_add(&r.o.rw,
				fixture_path(r.f, i % 2 ? "p" : "p/a")),
			0);
		assert_int_equal(
			strv_add(&r.o.rw,
				fixture_path(r.f, i % 2 ? "p/a" : "p")),
			0);
		p = rig_plan_ok(&r);
		assert_int_equal(rig_access(&r, p, "p"), '-');
		assert_int_equal(rig_access(&r, p, "p/a"), 'r');
		assert_int_equal(rig_access(&r, p, "p/a/in"), 'r');
		assert_int_equal(rig_access(&r, p, "p/b"), '-');
		assert_int_equal(rig_access(&r, p, "q"), '-');
	}
}

/* The site's "~" is not what HOME says; a user's file says what he likes. */
static void home_of_the_site_is_the_account_s(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	assert_int_equal(strv_add(&r.o.ro, r.f->project), 0);
	rig_narrow(&r, "team", "\"sandbox\": {\"read\": [\"~/project\"]}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project"), 'r');
	plan_free(p);
	rig_site(&r, "\"sandbox\": {\"read\": [\"~/project\", "
		     "\"${home}/project\", \"${home}\"]}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project"), '-');
}

static void link_that_is_not_the_site_s_permits_nothing(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	folders(*state);
	assert_int_equal(symlink("q", fixture_path(r.f, "mine")), 0);
	assert_int_equal(strv_add(&r.o.ro, fixture_path(r.f, "q")), 0);
	rig_site(&r, "\"sandbox\": {\"read\": [\"%R/mine/.\"]}");
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "q"), 'r');
	if (geteuid() != 0)
		return;
	assert_int_equal(lchown(fixture_path(r.f, "mine"), 4711, 4711), 0);
	plan_free(p);
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "q"), '-');
	assert_int_equal(rig_notes(p, "/mine/. of the site's", "link"), 1);
	/* --narrow is its user's own. */
	assert_int_equal(
		unlink(fixture_path(r.f, "etc/stockade/policy.json")), 0);
	rig_narrow(&r, "team", "\"sandbox\": {\"read\": [\"%R/mine\"]}");
	plan_free(p);
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "q"), 'r');
}

/* Cut down to a part, a grant opens nothing that it kept shut as a whole. */
static void part_of_a_grant_keeps_its_protected_names(void **state)
{
	static const char *const parts[] = {
		"p/.git", "p/.git/hooks", "p/conf", "p/conf/sub", "p/.envrc"};
	_rig_ struct rig r;

	rig_init(&r, *state);
	folders(*state);
	fixture_folder(r.f, "p/.git");
	fixture_folder(r.f, "p/.git/hooks");
	fixture_folder(r.f, "p/conf");
	fixture_folder(r.f, "p/conf/sub");
	fixture_file(r.f, "p/conf/rc");
	fixture_file(r.f, "p/.envrc");
	assert_int_equal(symlink("conf", fixture_path(r.f, "p/.vscode")), 0);
	assert_int_equal(strv_add(&r.o.rw, fixture_path(r.f, "p")), 0);
	for (size_t i = 0; i < ELEMENTS(parts); i++) {
		_plan_ struct plan *p = NULL;
		char body[256];

		(void)snprintf(body, sizeof(body),
			"\"sandbox\": {\"read\": [\"%%R/p/a\"], \"write\": "
			"[\"%%R/%s\", \"%%R/p/b\"]}",
			parts[i]);
		rig_site(&r, body);
		p = rig_plan_ok(&r);
		assert_int_equal(rig_access(&r, p, parts[i]), 'r');
		assert_int_equal(rig_access(&r, p, "p/a"), 'r');
		assert_int_equal(rig_access(&r, p, "p/b"), 'w');
		assert_int_equal(rig_access(&r, p, "p"), '-');
	}
}

static void refused_grant_is_refused_with_a_policy_too(void **state)
{
	_rig_ struct rig r;

	rig_init(&r, *state);
	folders(*state);
	rig_site(&r, "\"sandbox\": {\"read\": [\"%R/home/project\", \"%R/p\", "
		     "\"%R/home/.config/stockade\"]}");
	assert_int_equal(strv_add(&r.o.rw, r.f->home), 0);
	rig_refused(&r, "HOME");
	plan_options_deinit(&r.o);
	assert_int_equal(strv_add(&r.o.ro, fixture_path(r.f, "nowhere")), 0);
	rig_refused(&r, "No such file");
	/* Nor does a policy open what is stockade's. */
	plan_options_deinit(&r.o);
	assert_int_equal(strv_add(&r.o.ro, r.f->home), 0);
	rig_refused(&r, "belongs to stockade itself");
}

static void workspace_counts_where_there_is_one(void **state)
{
	_rig_ struct rig r;
	_plan_ struct plan *p = NULL;

	rig_init(&r, *state);
	folders(*state);
	rig_profile(&r, "mine",
		"\"extends\": \"static\", \"sandbox\": {\"write\": "
		"[\"${workspace}\"], \"env\": {\"set\": {\"W\": "
		"\"${workspace}/x\"}}}");
	rig_narrow(&r, "team",
		"\"sandbox\": {\"write\": "
		"[\"${workspace}\"]}");
	rig_site(&r, "\"sandbox\": {\"read\": [\"${workspace}\"]}");
	assert_int_equal(strv_add(&r.o.rw, fixture_path(r.f, "p")), 0);
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project"), 'w');
	assert_int_equal(rig_access(&r, p, "p"), '-');
	assert_non_null(strv_env(p->env, "W"));
	plan_free(p);
	/* From HOME there is none: nothing is permitted by its name. */
	assert_int_equal(chdir(r.f->home), 0);
	p = rig_plan_ok(&r);
	assert_int_equal(rig_access(&r, p, "home/project"), '-');
	assert_int_equal(rig_access(&r, p, "p"), '-');
	assert_null(strv_env(p->env, "W"));
	assert_int_equal(rig_notes(p, "${workspace} of --narrow",
				 "team.json "
				 "permits "
				 "nothing"),
		1);
	assert_int_equal(
		rig_notes(p, "${workspace} of the site's", "--workspace"), 1);
	assert_int_equal(
		rig_notes(p, "${workspace} of profile mine", "--workspace"), 1);
	assert_int_equal(rig_notes(p, "W=${workspace}/x", "--workspace"), 1);
	assert_int_equal(
		rig_notes(p, "/p of option --rw is left out", "site's"), 1);
}

/* Sockets that are masked for a whole grant stay so in a part of it. */
static void part_of_a_grant_keeps_its_masks(void **state)
{
	const char *deep = "home/project/run/deep/sock";
	_rig_ struct rig r;

	rig_init(&r, *state);
	fixture_folder(r.f, "home/project/run");
	fixture_folder(r.f, "home/project/run/deep");
	fixture_socket(r.f, deep);
	/* Where sockets of others lie, they are looked for further down. */
	assert_int_equal(
		setenv("TMPDIR", fixture_path(r.f, "home/project"), 1), 0);
	assert_int_equal(strv_add(&r.o.ro, r.f->project), 0);
	for (int narrowed = 0; narrowed < 2; narrowed++) {
		_plan_ struct plan *p = NULL;
		const struct plan_mount *m;

		if (narrowed)
			rig_site(&r, "\"sandbox\": {\"read\": "
				     "[\"%R/home/project/run\"]}");
		p = rig_plan_ok(&r);
		m = fixture_mount(p, fixture_path(r.f, deep));
		assert_non_null(m);
		assert_int_equal(m->kind, MOUNT_MASK);
	}
	(void)unsetenv("TMPDIR");
}

/* The folders of search paths are the runtime's mounts, not grants. */
static void search_path_is_no_way_round(void **state)
{
	_rig_ struct rig r;
	char *argv[] = {(char[]){"/usr/bin/python3"}, (char[]){"-c"},
		(char[]){"0"}, NULL};
	char set[160];

	rig_init(&r, *state);
	folders(*state);
	(void)snprintf(
		set, sizeof(set), "PYTHONPATH=%s", fixture_path(r.f, "q"));
	assert_int_equal(strv_add(&r.o.env, set), 0);
	for (int narrowed = 0; narrowed < 2; narrowed++) {
		_plan_ struct plan *p = NULL;

		r.o.site = &r.at;
		if (narrowed)
			rig_site(&r, "\"sandbox\": {\"read\": [\"%R/p\"]}");
		assert_int_equal(plan_new(&r.o, argv, &p, &r.e), 0);
		assert_int_equal(rig_access(&r, p, "q"), narrowed ? '-' : 'r');
	}
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(meeting_of_grant_and_policy),
		FIXTURE(each_change_is_told_once_with_grant_and_policy),
		FIXTURE(links_and_dots_lead_to_what_is_meant),
		FIXTURE(order_of_options_and_policies_does_not_matter),
		FIXTURE(home_of_the_site_is_the_account_s),
		FIXTURE(link_that_is_not_the_site_s_permits_nothing),
		FIXTURE(part_of_a_grant_keeps_its_protected_names),
		FIXTURE(refused_grant_is_refused_with_a_policy_too),
		FIXTURE(workspace_counts_where_there_is_one),
		FIXTURE(part_of_a_grant_keeps_its_masks),
		FIXTURE(search_path_is_no_way_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
