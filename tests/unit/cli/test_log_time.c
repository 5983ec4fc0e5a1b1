/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "cli/log_time.h"

#define SECOND 1000000ULL
/* 2026-03-10 12:30:45 UTC, 14:30:45 where it is two hours later. */
#define NOW (1773145845 * SECOND)

static uint64_t parse(const char *text)
{
	uint64_t us = 0;

	if (log_time_parse(text, NOW, &us) < 0)
		fail_msg("%s is not understood", text);
	return us / SECOND;
}

static void moments_in_utc(void **state)
{
	(void)state;
	assert_int_equal(parse("2026-03-10T12:30:45Z"), NOW / SECOND);
	assert_int_equal(parse("2026-03-10 12:30:45.123456Z"), NOW / SECOND);
	assert_int_equal(parse("2026-03-10 12:30Z"), NOW / SECOND - 45);
	assert_int_equal(parse("2026-03-10Z"), 1773100800);
	assert_int_equal(parse("12:30:45Z"), NOW / SECOND);
	assert_int_equal(parse("2024-02-29Z"), 1709164800);
}

static void moments_in_local_time(void **state)
{
	(void)state;
	assert_int_equal(parse("2026-03-10 14:30:45"), NOW / SECOND);
	assert_int_equal(parse("2026-03-10"), 1773100800 - 7200);
	assert_int_equal(parse("14:30"), NOW / SECOND - 45);
	assert_int_equal(parse("today"), 1773100800 - 7200);
	assert_int_equal(parse("yesterday"), 1773100800 - 7200 - 86400);
}

static void spans_before_now(void **state)
{
	(void)state;
	assert_int_equal(parse("45s"), NOW / SECOND - 45);
	assert_int_equal(parse("15m"), NOW / SECOND - 900);
	assert_int_equal(parse("2h"), NOW / SECOND - 7200);
	assert_int_equal(parse("3d"), NOW / SECOND - 259200);
	assert_int_equal(parse("999999999d"), 0);
}

static void other_text_is_refused(void **state)
{
	static const char *const bad[] = {"", "Z", "soon", "12", "2026",
		"2026-03", "2026-13-01", "2026-00-10", "2026-03-32", "25:00",
		"12:60", "12:30:99", "12:", ":30", "-5m", "+5m", "5", "5w",
		"5mm", " 5m", "2026-03-10x", "2026-03-10 x", "12:30 ",
		"9999999999999999999999s", "2026-03-10T12:30:45+01:00",
		"2026-03-10 12:30:45.1.2",
		"2026-03-10                               12:30"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		uint64_t us = 7;

		if (log_time_parse(bad[i], NOW, &us) != -EINVAL)
			fail_msg("\"%s\" is taken for %llu", bad[i],
				(unsigned long long)us);
		assert_int_equal(us, 7);
	}
}

static int two_hours_east(void **state)
{
	(void)state;
	(void)setenv("TZ", "XST-2", 1);
	tzset();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_in_utc),
		cmocka_unit_test(moments_in_local_time),
		cmocka_unit_test(spans_before_now),
		cmocka_unit_test(other_text_is_refused),
	};

	return cmocka_run_group_tests(tests, two_hours_east, NULL);
}
