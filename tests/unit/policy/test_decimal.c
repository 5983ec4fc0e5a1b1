/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as JSON writes them, compared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/decimal.h"
#include "scanned.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static bool read(const char *text, struct decimal *ret)
{
	struct json_value v = scanned(text, strlen(text), "");

	assert_int_equal(v.type, JSON_NUMBER);
	return decimal_read(&v, ret);
}

/* From the smallest on; in a row all the same. */
static const char *const rising[][6] = {
	{"-9e299", "-90e298"},
	{"-123456789012345", "-123456789012345.000", "-1.23456789012345e14"},
	{"-1.5", "-15e-1", "-0.15e1"},
	{"-1", "-1.0", "-10E-1"},
	{"-1e-300"},
	{"0", "-0", "0.000", "0e9", "-0E-99999999999", "0e99999999999"},
	{"1e-300", "0.1e-299"},
	{"0.001", "1e-3", "1.000E-3", "0.0000000000000000001e16"},
	{"0.1", "1e-1"},
	{"0.10000000000001"},
	{"0.100000000000011"},
	{"1", "1.0", "1e0", "1E+0", "100e-2"},
	{"9.99"},
	{"10", "1e1", "1E+01", "10.00"},
	{"11"},
	{"100", "1e2"},
	{"999999999999999"},
	{"1000000000000000", "1e15", "1000000000000000000e-3"},
	{"1e299"},
	{"9.9e299", "99e298"},
};

static void each_is_above_those_before_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(rising) * 6; i++)
		for (size_t j = 0; j < N(rising) * 6; j++) {
			const char *a = rising[i / 6][i % 6];
			const char *b = rising[j / 6][j % 6];
			struct decimal x, y;
			int want = (i / 6 > j / 6) - (i / 6 < j / 6), got;

			if (!a || !b)
				continue;
			assert_true(read(a, &x) && read(b, &y));
			got = decimal_compare(&x, &y);
			if ((got > 0) - (got < 0) != want)
				fail_msg("%s and %s: %d", a, b, got);
		}
}

static void what_readers_keep_differently_is_not_compared(void **state)
{
	static const char *const bad[] = {"9007199254740993",
		"1.000000000000001", "0.1000000000000001", "1e300", "-1e300",
		"1e-302", "1e999999999999", "1e-999999999999",
		"1000000000000001", "10000000000000000000001"};
	struct decimal d;

	(void)state;
	for (size_t i = 0; i < N(bad); i++)
		if (read(bad[i], &d))
			fail_msg("%s", bad[i]);
}

/* Any that it takes are told apart as strtod(3) does. */
static void it_agrees_with_binary64(void **state)
{
	struct random r = {1};
	size_t compared = 0;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		char text[2][48];
		struct decimal d[2];
		double x[2];
		int got;

		for (int k = 0; k < 2; k++)
			(void)snprintf(text[k], sizeof(text[k]),
				"%s%u%s%03u%se%d",
				random_below(&r, 2) ? "-" : "",
				1 + random_below(&r, 999),
				random_below(&r, 2) ? "." : "",
				random_below(&r, 1000),
				random_below(&r, 2) ? "00" : "",
				(int)random_below(&r, 9) - 4);
		if (!read(text[0], &d[0]) || !read(text[1], &d[1]))
			continue;
		x[0] = strtod(text[0], NULL);
		x[1] = strtod(text[1], NULL);
		got = decimal_compare(&d[0], &d[1]);
		if ((got > 0) - (got < 0) != (x[0] > x[1]) - (x[0] < x[1]))
			fail_msg("%s and %s: %d", text[0], text[1], got);
		compared++;
	}
	assert_true(compared > 190000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_above_those_before_it),
		cmocka_unit_test(what_readers_keep_differently_is_not_compared),
		cmocka_unit_test(it_agrees_with_binary64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
