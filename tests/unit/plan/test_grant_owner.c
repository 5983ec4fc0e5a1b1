/* SPDX-License-Identifier: Apache-2.0 */
/* For root alone: nobody else can give a folder away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "fixture.h"

#define OTHER_UID 12345
#define OTHER_GID 12346

static void assert_acts_for(
	const struct fixture *f, const char *tail, uid_t uid, gid_t gid)
{
	struct plan *p = fixture_plan(NULL, f->project);
	const struct plan_mount *m = fixture_mount(p, fixture_path(f, tail));

	assert_non_null(m);
	assert_int_equal(m->kind, MOUNT_BIND);
	assert_false(m->write);
	assert_int_equal(m->uid, uid);
	assert_int_equal(m->gid, gid);
	plan_free(p);
}

static void a_protected_name_acts_for_the_owner_of_its_folder(void **state)
{
	const struct fixture *f = *state;

	assert_int_equal(geteuid(), 0);
	fixture_folder(f, "home/project/.claude");
	assert_acts_for(f, "home/project/.claude", 0, getegid());
	assert_int_equal(chown(f->project, OTHER_UID, OTHER_GID), 0);
	assert_acts_for(f, "home/project/.claude", OTHER_UID, OTHER_GID);
}

static void its_own_owner_does_not_count(void **state)
{
	const struct fixture *f = *state;

	fixture_folder(f, "home/project/.claude");
	assert_int_equal(chown(fixture_path(f, "home/project/.claude"),
				 OTHER_UID, OTHER_GID),
		0);
	assert_acts_for(f, "home/project/.claude", 0, getegid());
}

#define FIXTURE(test) \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE(a_protected_name_acts_for_the_owner_of_its_folder),
		FIXTURE(its_own_owner_does_not_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
