/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A clock that is set while a session runs: told in the log, and nothing that
 * waits heeds it. clock_gettime(2) is the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/fd.h"
#include "deskrig.h"
#include "lines.h"

#define DAY_S 86400

/* What the time of day is ahead of the real one, and how often it is read. */
static int64_t ahead_us;
static unsigned reads;
/* Of the time since boot: more at each reading. */
static int64_t boot_us, boot_step_us;

int __real_clock_gettime(clockid_t clock, struct timespec *ret);
int __wrap_clock_gettime(clockid_t clock, struct timespec *ret);

int __wrap_clock_gettime(clockid_t clock, struct timespec *ret)
{
	int r = __real_clock_gettime(clock, ret);
	int64_t more = clock == CLOCK_REALTIME ? ahead_us : 0, us;

	reads += clock == CLOCK_REALTIME;
	if (clock == CLOCK_BOOTTIME)
		more = boot_us += boot_step_us;
	us = (int64_t)ret->tv_sec * 1000000 + ret->tv_nsec / 1000 + more;
	ret->tv_sec = us / 1000000;
	ret->tv_nsec = us % 1000000 * 1000;
	return r;
}

static int set_up(void **state)
{
	ahead_us = boot_us = boot_step_us = 0;
	return desk_set_up(state);
}

/* A second and more since the last time that something was told. */
static void look(void)
{
	f.k->clock_told_us = 0;
	keeper_clock(f.k);
	keeper_flush(f.k);
}

static size_t steps(const char **ret_last)
{
	json_t *list = lines_load(S1), *line;
	static char last[80];
	size_t n = 0, i;

	*ret_last = last;
	last[0] = '\0';
	json_array_foreach(
		list, i, line) if (strcmp(text_of(line, "kind"), "clock") == 0)
	{
		assert_string_equal(text_of(line, "action"), "alert");
		(void)snprintf(
			last, sizeof(last), "%s", text_of(line, "reason"));
		n++;
	}
	json_decref(list);
	return n;
}

static void a_clock_that_is_not_set_is_not_told_of(void **state)
{
	const char *last;

	(void)state;
	reads = 0;
	for (int i = 0; i < 100; i++)
		look();
	assert_true(reads >= 100);
	/* A leap second is none, nor is what two readings are apart. */
	ahead_us = 1000500;
	look();
	assert_int_equal(steps(&last), 0);
}

static void each_step_is_told_once_and_by_how_much(void **state)
{
	const char *last;

	(void)state;
	ahead_us = DAY_S * INT64_C(1000000) + 400;
	look();
	look();
	assert_int_equal(steps(&last), 1);
	assert_string_equal(last, "the clock was set forward by 86400 s");
	ahead_us = -90 * INT64_C(1000000);
	look();
	look();
	assert_int_equal(steps(&last), 2);
	assert_string_equal(last, "the clock was set back by 86490 s");
}

static void steps_in_a_row_do_not_fill_the_log(void **state)
{
	const char *last;

	(void)state;
	f.k->clock_told_us = clock_mono_us();
	for (int i = 0; i < 50; i++) {
		ahead_us += 5000000;
		keeper_clock(f.k);
	}
	assert_int_equal(steps(&last), 0);
	look();
	assert_int_equal(steps(&last), 1);
	assert_string_equal(last, "the clock was set forward by 250 s");
}

static void what_was_interrupted_while_it_read_is_no_step(void **state)
{
	const char *last;

	(void)state;
	boot_step_us = 3000000;
	for (int i = 0; i < 5; i++)
		look();
	assert_int_equal(steps(&last), 0);
}

static void without_room_it_is_told_later(void **state)
{
	const char *last;

	(void)state;
	f.k->credit = UINT32_MAX;
	ahead_us = 5000000;
	look();
	assert_int_equal(steps(&last), 0);
	f.k->credit = 0;
	look();
	assert_int_equal(steps(&last), 1);
}

/* Neither years ahead nor years back answers, forgets or ends anything. */
static void what_waits_does_not_heed_it(void **state)
{
	static const int64_t years[] = {0, 9, -9};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(years); i++) {
		uint64_t id = i + 1;
		int fd;

		ask(id);
		fd = attach(CHANNEL_TERMINAL);
		ahead_us = years[i] * 365 * DAY_S * 1000000;
		turn();
		assert_non_null(desk_find(f.k->desk, id));
		answer(fd, id, APPROVAL_ONCE);
		found(PEER_FINE);
		assert_int_equal(status(fd), ANSWER_TAKEN);
		assert_int_equal(delivered(id), APPROVAL_ONCE);
		fd_close(&fd);
	}
}

int main(void)
{
#define T(t) cmocka_unit_test_setup_teardown(t, set_up, desk_tear_down)
	const struct CMUnitTest tests[] = {
		T(a_clock_that_is_not_set_is_not_told_of),
		T(each_step_is_told_once_and_by_how_much),
		T(steps_in_a_row_do_not_fill_the_log),
		T(what_was_interrupted_while_it_read_is_no_step),
		T(without_room_it_is_told_later),
		T(what_waits_does_not_heed_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
