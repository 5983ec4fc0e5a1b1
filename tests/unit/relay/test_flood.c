/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/flood.h"
#include "relaytest.h"

static void a_burst_passes_and_no_more(void **state)
{
	struct flood f;

	(void)state;
	flood_init(&f, 1000);
	for (int i = 0; i < FLOOD_BURST; i++)
		assert_true(flood_allows(&f, 1000, 100));
	assert_false(flood_allows(&f, 1000, 0));
	assert_true(flood_allows(&f, 1001, 0));
	assert_false(flood_allows(&f, 1001, 0));
}

static void long_lines_count_by_their_bytes(void **state)
{
	struct flood f;
	int n = 0;

	(void)state;
	flood_init(&f, 0);
	while (flood_allows(&f, 0, 1 << 20))
		n++;
	assert_in_range(n, 60, 64);
}

static void time_fills_it_up_but_not_beyond(void **state)
{
	struct flood f;

	(void)state;
	flood_init(&f, 0);
	while (flood_allows(&f, 0, 0))
		;
	assert_true(flood_allows(&f, UINT64_MAX, 0));
	assert_int_equal(f.left, FLOOD_BURST - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_passes_and_no_more),
		cmocka_unit_test(long_lines_count_by_their_bytes),
		cmocka_unit_test(time_fills_it_up_but_not_beyond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
