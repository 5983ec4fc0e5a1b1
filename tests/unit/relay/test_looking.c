/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "relay/looking.h"

#define LOOKED 100000U

static struct looking looked(uint64_t at_ms)
{
	struct looking l;

	looking_init(&l);
	l.looked_ms = at_ms;
	return l;
}

static void a_list_is_good_for_thirty_seconds(void **state)
{
	const struct looking l = looked(LOOKED);

	(void)state;
	assert_true(looking_is_fresh(&l, LOOKED, false));
	assert_true(looking_is_fresh(&l, LOOKED + 29999, false));
	assert_false(looking_is_fresh(&l, LOOKED + 30000, false));
	assert_false(looking_is_fresh(&l, LOOKED + 3600000, false));
	/* A clock that went back is no reason to trust it. */
	assert_false(looking_is_fresh(&l, LOOKED - 1, false));
}

static void a_busy_server_is_not_asked_for_age_alone(void **state)
{
	struct looking l = looked(LOOKED);

	(void)state;
	assert_true(looking_is_fresh(&l, LOOKED + 3600000, true));
	l.changed = true;
	assert_false(looking_is_fresh(&l, LOOKED, true));
	l = looked(0);
	assert_false(looking_is_fresh(&l, LOOKED, true));
}

static void what_was_announced_or_never_seen_is_not_good(void **state)
{
	struct looking l = looked(0);

	(void)state;
	assert_false(looking_is_fresh(&l, 0, false));
	assert_false(looking_is_fresh(&l, 1, false));
	l = looked(LOOKED);
	looking_changed(&l);
	assert_false(looking_is_fresh(&l, LOOKED, false));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_is_good_for_thirty_seconds),
		cmocka_unit_test(a_busy_server_is_not_asked_for_age_alone),
		cmocka_unit_test(what_was_announced_or_never_seen_is_not_good),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
