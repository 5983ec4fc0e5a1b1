/* SPDX-License-Identifier: Apache-2.0 */
/* For how long a session has its role, by the time that is told. */
#include "relaytest.h"

#include "relay/relay.h"
#include "relay/term.h"

#define S 1000000ULL

static void without_a_time_it_is_never_over(void **state)
{
	const struct relay_config c = {.role = "ops"};
	struct term t;

	(void)state;
	term_init(&t, &c, 5 * S);
	assert_false(term_is_over(&t, 5 * S));
	assert_false(term_is_over(&t, UINT64_MAX));
	assert_false(term_is_late(&t, UINT64_MAX));
	term_renew(&t, 9 * S);
	assert_false(term_is_over(&t, UINT64_MAX));
}

static void it_is_over_at_its_time_and_stays_so_until_renewed(void **state)
{
	const struct relay_config c = {.role = "ops", .expires_s = 3600};
	struct term t;

	(void)state;
	term_init(&t, &c, 5 * S);
	assert_false(term_is_over(&t, 0));
	assert_false(term_is_over(&t, 3605 * S - 1));
	assert_true(term_is_over(&t, 3605 * S));
	assert_true(term_is_over(&t, 90000 * S));
	term_renew(&t, 90000 * S);
	assert_false(term_is_over(&t, 90000 * S));
	assert_false(term_is_over(&t, 93600 * S - 1));
	assert_true(term_is_over(&t, 93600 * S));
}

static void a_time_beyond_all_numbers_is_no_time_past(void **state)
{
	const struct relay_config c = {.task = "a", .expires_s = 10};
	struct term t;

	(void)state;
	term_init(&t, &c, UINT64_MAX - S);
	assert_false(term_is_over(&t, UINT64_MAX - 1));
}

static void it_is_late_once(void **state)
{
	const struct relay_config c = {.task = "a", .expected_s = 10};
	struct term t;

	(void)state;
	term_init(&t, &c, S);
	assert_false(term_is_late(&t, 11 * S - 1));
	assert_true(term_is_late(&t, 11 * S));
	assert_false(term_is_late(&t, 11 * S));
	term_renew(&t, 12 * S);
	assert_false(term_is_late(&t, 99 * S));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_time_it_is_never_over),
		cmocka_unit_test(
			it_is_over_at_its_time_and_stays_so_until_renewed),
		cmocka_unit_test(a_time_beyond_all_numbers_is_no_time_past),
		cmocka_unit_test(it_is_late_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
