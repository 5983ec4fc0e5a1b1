/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

static void expect_refused(const char *ro, const char *rw, const char *expected)
{
	char text[1024];

	fixture_refused(ro, rw, text, sizeof(text));
	if (!strstr(text, expected))
		fail_msg("%s: \"%s\" lacks \"%s\"", ro ? ro : rw, text,
			expected);
}

static void impossible_grants_are_refused_by_name(void **state)
{
	const struct fixture *f = *state;

	fixture_fifo(f, "home/fifo");
	fixture_socket(f, "home/socket");
	expect_refused(fixture_path(f, "missing"), NULL, "No such file");
	expect_refused(fixture_path(f, "home/fifo"), NULL, "a FIFO");
	expect_refused(NULL, fixture_path(f, "home/socket"), "a socket");
	expect_refused("/dev/null", NULL, "a device");
	expect_refused("/", NULL, "name the folders");
	expect_refused("/..", NULL, "name the folders");
	expect_refused(NULL, "/../..", "name the folders");
	expect_refused("/proc/self", NULL, "its own /proc");
	expect_refused("/sys", NULL, "its own /sys");
	expect_refused("/etc", NULL, "name the folders");
	expect_refused(NULL, "/usr/share", "belongs to the system");
	expect_refused(NULL, "/etc/ssl", "belongs to the system");
	expect_refused(NULL, "/var", "belongs to the system");
	expect_refused(NULL, "/var/lib/dpkg", "belongs to the system");
}

static void home_and_above_are_never_granted_for_writing(void **state)
{
	const struct fixture *f = *state;

	expect_refused(NULL, f->home, "HOME");
	expect_refused(NULL, f->root, "HOME");
	expect_refused(NULL, "/tmp", "HOME");
	expect_refused(NULL, fixture_path(f, "home/project/.."), "HOME");
	plan_free(fixture_plan(f->home, NULL));
	plan_free(fixture_plan(NULL, f->project));
}

static void a_link_does_not_lead_round_the_refusal(void **state)
{
	const struct fixture *f = *state;
	const char *link = fixture_path(f, "home/project/link");

	assert_int_equal(symlink(f->home, link), 0);
	expect_refused(NULL, link, "HOME");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("/", link), 0);
	expect_refused(link, NULL, "name the folders");
}

static void own_folders_are_never_reachable(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "home/.config");
	fixture_folder(f, "home/.config/stockade");
	fixture_folder(f, "home/.config/stockade/profiles");
	expect_refused(fixture_path(f, "home/.config/stockade"), NULL,
		"stockade itself");
	expect_refused(fixture_path(f, "home/.config/stockade/profiles"), NULL,
		"stockade itself");
	expect_refused(
		NULL, fixture_path(f, "home/.config"), "stockade's own folder");
	p = fixture_plan(fixture_path(f, "home/.config"), NULL);
	m = fixture_mount(p, fixture_path(f, "home/.config/stockade"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_MASK);
	assert_true(m->folder);
	plan_free(p);
}

static void own_folders_that_are_not_there_yet_are_kept_too(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	const char *link = fixture_path(f, "home/.local");
	char *argv[] = {(char[]){"/bin/true"}, NULL};
	struct plan_options o = {0};
	struct err e = {0};
	struct plan *p;

	/* The first run under a read grant of HOME makes what it masks. */
	assert_int_equal(strv_add(&o.ro, f->home), 0);
	assert_int_equal(plan_new(&o, argv, &p, &e), 0);
	plan_options_deinit(&o);
	m = fixture_mount(p, fixture_path(f, "home/.local/state/stockade"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_MASK);
	plan_free(p);
	/* And what links lead into a grant is seen there. */
	fixture_folder(f, "home/elsewhere");
	assert_int_equal(rename(link, fixture_path(f, "home/old")), 0);
	assert_int_equal(symlink(fixture_path(f, "home/elsewhere"), link), 0);
	expect_refused(NULL, fixture_path(f, "home/elsewhere"),
		"stockade's own folder");
}

static void client_sockets_are_never_granted(void **state)
{
	const struct fixture *f = *state;

	fixture_folder(f, "home/project/cc-socks");
	fixture_folder(f, "home/project/cc-socks/session");
	fixture_folder(f, "home/project/cc-socks-not");
	expect_refused(fixture_path(f, "home/project/cc-socks"), NULL,
		"behind the relay");
	expect_refused(fixture_path(f, "home/project/cc-socks/session"), NULL,
		"behind the relay");
	plan_free(fixture_plan(
		fixture_path(f, "home/project/cc-socks-not"), NULL));
}

static void a_home_that_is_a_link_keeps_both_names(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	const char *link = fixture_path(f, "link");
	struct plan *p;

	assert_int_equal(symlink(f->home, link), 0);
	assert_int_equal(setenv("HOME", link, 1), 0);
	p = fixture_plan(fixture_path(f, "link/project"), NULL);
	m = fixture_mount(p, f->home);
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_TMPFS);
	m = fixture_mount(p, link);
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_LINK);
	assert_string_equal(m->content, f->home);
	assert_non_null(fixture_mount(p, f->project));
	plan_free(p);
	expect_refused(NULL, link, "HOME");
}

static void slashes_after_home_are_no_part_of_it(void **state)
{
	const struct fixture *f = *state;
	struct plan *p;

	assert_int_equal(setenv("HOME", fixture_path(f, "home//"), 1), 0);
	p = fixture_plan(f->project, NULL);
	assert_string_equal(p->home, f->home);
	plan_free(p);
}

static void protected_names_are_pinned_and_watched(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "home/project/.git");
	fixture_file(f, "home/project/.envrc");
	fixture_file(f, "home/project/plain");
	p = fixture_plan(NULL, f->project);
	m = fixture_mount(p, fixture_path(f, "home/project/.git"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_BIND);
	assert_false(m->write);
	m = fixture_mount(p, fixture_path(f, "home/project/.envrc"));
	assert_non_null(m);
	assert_false(m->write);
	assert_null(fixture_mount(p, fixture_path(f, "home/project/plain")));
	assert_true(strv_contains(p->watched, f->project));
	plan_free(p);
	p = fixture_plan(f->project, NULL);
	assert_null(fixture_mount(p, fixture_path(f, "home/project/.git")));
	assert_int_equal(strv_len(p->watched), 0);
	plan_free(p);
}

static void git_granted_by_itself_keeps_what_it_runs_shut(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "home/project/.git");
	fixture_folder(f, "home/project/.git/hooks");
	fixture_file(f, "home/project/.git/config");
	p = fixture_plan(NULL, fixture_path(f, "home/project/.git"));
	m = fixture_mount(p, fixture_path(f, "home/project/.git"));
	assert_non_null(m);
	assert_true(m->write);
	m = fixture_mount(p, fixture_path(f, "home/project/.git/hooks"));
	assert_non_null(m);
	assert_false(m->write);
	m = fixture_mount(p, fixture_path(f, "home/project/.git/config"));
	assert_non_null(m);
	assert_false(m->write);
	plan_free(p);
}

static void devices_of_the_host_are_read_only_mounts(void **state)
{
	const struct fixture *f = *state;
	struct plan *p = fixture_plan(f->project, NULL);
	const struct plan_mount *m = fixture_mount(p, "/dev/null");

	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_DEVICE);
	assert_false(m->write);
	plan_free(p);
}

static void a_link_of_a_protected_name_protects_what_it_names(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "home/project/dot");
	fixture_folder(f, "home/project/dot/claude");
	assert_int_equal(
		symlink("dot/claude", fixture_path(f, "home/project/.claude")),
		0);
	p = fixture_plan(NULL, f->project);
	m = fixture_mount(p, fixture_path(f, "home/project/dot/claude"));
	assert_non_null(m);
	assert_false(m->write);
	/* Its folder stays writable, but in its place. */
	m = fixture_mount(p, fixture_path(f, "home/project/dot"));
	assert_non_null(m);
	assert_true(m->write);
	plan_free(p);
}

static void a_read_grant_in_a_writable_one_stays_in_its_place(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "home/project/a");
	fixture_folder(f, "home/project/a/b");
	p = fixture_plan(fixture_path(f, "home/project/a/b"), f->project);
	m = fixture_mount(p, fixture_path(f, "home/project/a"));
	assert_non_null(m);
	assert_true(m->write);
	m = fixture_mount(p, fixture_path(f, "home/project/a/b"));
	assert_non_null(m);
	assert_false(m->write);
	plan_free(p);
}

static void sockets_in_a_grant_are_masked(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_socket(f, "home/project/agent");
	fixture_folder(f, "home/project/cc-socks");
	p = fixture_plan(f->project, NULL);
	m = fixture_mount(p, fixture_path(f, "home/project/agent"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_MASK);
	assert_false(m->folder);
	m = fixture_mount(p, fixture_path(f, "home/project/cc-socks"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_MASK);
	assert_true(m->folder);
	plan_free(p);
}

static void sockets_are_masked_deeper_where_many_are(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "home/a");
	fixture_folder(f, "home/a/b");
	fixture_socket(f, "home/a/b/agent");
	p = fixture_plan(f->home, NULL);
	m = fixture_mount(p, fixture_path(f, "home/a/b/agent"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_MASK);
	plan_free(p);
	p = fixture_plan(fixture_path(f, "home/a"), NULL);
	assert_null(fixture_mount(p, fixture_path(f, "home/a/b/agent")));
	plan_free(p);
}

static void a_fifo_is_masked_where_one_may_only_read(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_fifo(f, "home/project/pipe");
	p = fixture_plan(f->project, NULL);
	m = fixture_mount(p, fixture_path(f, "home/project/pipe"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_MASK);
	plan_free(p);
	p = fixture_plan(NULL, f->project);
	assert_null(fixture_mount(p, fixture_path(f, "home/project/pipe")));
	plan_free(p);
}

static void a_file_can_be_granted(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_file(f, "home/one");
	p = fixture_plan(fixture_path(f, "home/one"), NULL);
	m = fixture_mount(p, fixture_path(f, "home/one"));
	assert_non_null(m);
	assert_false(m->folder);
	assert_false(m->write);
	assert_null(fixture_mount(p, f->project));
	plan_free(p);
}

static void a_spelling_with_links_works_inside(void **state)
{
	const struct fixture *f = *state;
	const struct plan_mount *m;
	struct plan *p;

	fixture_folder(f, "data");
	assert_int_equal(
		symlink(fixture_path(f, "data"), fixture_path(f, "home/link")),
		0);
	p = fixture_plan(fixture_path(f, "home/link"), NULL);
	m = fixture_mount(p, fixture_path(f, "home/link"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_LINK);
	assert_string_equal(m->content, fixture_path(f, "data"));
	m = fixture_mount(p, fixture_path(f, "data"));
	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_BIND);
	plan_free(p);
}

static void parents_are_mounted_before_children(void **state)
{
	const struct fixture *f = *state;
	struct plan *p;

	fixture_folder(f, "home/project/.git");
	fixture_folder(f, "home/project-2");
	p = fixture_plan(fixture_path(f, "home/project-2"), f->project);
	for (size_t i = 0; i < p->n_mounts; i++)
		for (size_t k = i + 1; k < p->n_mounts; k++) {
			const char *a = p->mounts[i].target;
			const char *b = p->mounts[k].target;

			assert_string_not_equal(a, b);
			assert_false(path_inside(a, b));
		}
	plan_free(p);
}

static void a_sibling_is_not_inside(void **state)
{
	(void)state;
	assert_true(path_inside("/a/b", "/a"));
	assert_true(path_inside("/a", "/a"));
	assert_true(path_inside("/a", "/"));
	assert_false(path_inside("/ab", "/a"));
	assert_false(path_inside("/a", "/a/b"));
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(impossible_grants_are_refused_by_name),
		FIXTURE(home_and_above_are_never_granted_for_writing),
		FIXTURE(a_link_does_not_lead_round_the_refusal),
		FIXTURE(own_folders_are_never_reachable),
		FIXTURE(own_folders_that_are_not_there_yet_are_kept_too),
		FIXTURE(client_sockets_are_never_granted),
		FIXTURE(a_home_that_is_a_link_keeps_both_names),
		FIXTURE(slashes_after_home_are_no_part_of_it),
		FIXTURE(protected_names_are_pinned_and_watched),
		FIXTURE(git_granted_by_itself_keeps_what_it_runs_shut),
		FIXTURE(devices_of_the_host_are_read_only_mounts),
		FIXTURE(a_link_of_a_protected_name_protects_what_it_names),
		FIXTURE(a_read_grant_in_a_writable_one_stays_in_its_place),
		FIXTURE(sockets_in_a_grant_are_masked),
		FIXTURE(sockets_are_masked_deeper_where_many_are),
		FIXTURE(a_fifo_is_masked_where_one_may_only_read),
		FIXTURE(a_file_can_be_granted),
		FIXTURE(a_spelling_with_links_works_inside),
		FIXTURE(parents_are_mounted_before_children),
		cmocka_unit_test(a_sibling_is_not_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
