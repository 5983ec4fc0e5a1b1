/* SPDX-License-Identifier: Apache-2.0 */
#include "scanned.h"

#include "policy/sort.h"

#define N_MAX 300

static int compare(const void *values, uint32_t a, uint32_t b)
{
	const int *v = values;

	return (v[a] > v[b]) - (v[a] < v[b]);
}

static void chains_of_any_length_are_sorted_and_stay_stable(void **state)
{
	uint32_t next[N_MAX + 1], i, seen;
	int values[N_MAX + 1];
	struct random r = {3};

	(void)state;
	for (uint32_t n = 1; n <= N_MAX; n++) {
		for (i = 0; i < n; i++) {
			values[i] = (int)random_below(&r, 1 + n / 2);
			next[i] = i + 1 < n ? i + 1 : SORT_END;
		}
		i = sort_chain(next, 0, compare, values);
		for (seen = 1; next[i] != SORT_END; i = next[i], seen++) {
			assert_true(values[i] <= values[next[i]]);
			if (values[i] == values[next[i]])
				assert_true(i < next[i]);
		}
		assert_int_equal(seen, n);
	}
}

static void a_chain_is_a_part_of_its_array(void **state)
{
	int values[] = {5, 9, 3, 9, 1};
	uint32_t next[] = {2, 77, 4, 88, SORT_END};

	(void)state;
	assert_int_equal(sort_chain(next, 0, compare, values), 4);
	assert_int_equal(next[4], 2);
	assert_int_equal(next[2], 0);
	assert_int_equal(next[0], SORT_END);
	assert_int_equal(next[1], 77);
	assert_int_equal(next[3], 88);
}

static void an_empty_chain_stays_empty(void **state)
{
	(void)state;
	assert_int_equal(sort_chain(NULL, SORT_END, compare, NULL), SORT_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			chains_of_any_length_are_sorted_and_stay_stable),
		cmocka_unit_test(a_chain_is_a_part_of_its_array),
		cmocka_unit_test(an_empty_chain_stays_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
