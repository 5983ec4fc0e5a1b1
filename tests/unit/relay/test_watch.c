/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <sys/epoll.h>

#include "relay/watch.h"
#include "relaytest.h"

static struct watches w;
static int p[2];

static int setup(void **state)
{
	(void)state;
	pipe_open(p, O_NONBLOCK);
	return watch_init(&w);
}

static int teardown(void **state)
{
	(void)state;
	watch_deinit(&w);
	pipe_close(p);
	return 0;
}

static void what_is_wanted_is_seen(void **state)
{
	(void)state;
	assert_int_equal(watch_want(&w, WATCH_CLIENT_IN, p[0], EPOLLIN), 0);
	assert_int_equal(watch_wait(&w, 0), 1);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(watch_wait(&w, 0), 0);
	assert_int_equal(w.seen[WATCH_CLIENT_IN], EPOLLIN);
	assert_int_equal(w.seen[WATCH_CLIENT_OUT], 0);
}

static void what_is_not_wanted_is_not_seen(void **state)
{
	(void)state;
	assert_int_equal(watch_want(&w, WATCH_CLIENT_IN, p[0], 0), 0);
	assert_int_equal(watch_want(&w, WATCH_CLIENT_IN, p[0], EPOLLIN), 0);
	assert_int_equal(watch_want(&w, WATCH_CLIENT_IN, p[0], 0), 0);
	(void)close(p[1]);
	p[1] = -1;
	/* A hang-up would be seen for ever. */
	assert_int_equal(watch_wait(&w, 0), 1);
}

static void a_reader_that_goes_is_seen(void **state)
{
	(void)state;
	assert_int_equal(watch_want(&w, WATCH_CLIENT_OUT, p[1], WATCH_GONE), 0);
	assert_int_equal(watch_wait(&w, 0), 1);
	(void)close(p[0]);
	p[0] = -1;
	assert_int_equal(watch_wait(&w, 0), 0);
	assert_true(w.seen[WATCH_CLIENT_OUT] & EPOLLERR);
}

static void a_file_is_always_ready(void **state)
{
	FILE *f = tmpfile();

	(void)state;
	assert_int_equal(
		watch_want(&w, WATCH_CLIENT_IN, fileno(f), EPOLLIN), 0);
	assert_int_equal(watch_wait(&w, 1000000), 0);
	assert_int_equal(w.seen[WATCH_CLIENT_IN], EPOLLIN);
	assert_int_equal(watch_want(&w, WATCH_CLIENT_IN, fileno(f), 0), 0);
	assert_int_equal(watch_wait(&w, 0), 1);
	(void)fclose(f);
}

static void dropping_takes_out_what_others_hold_too(void **state)
{
	int twin = dup(p[0]);

	(void)state;
	assert_int_equal(watch_want(&w, WATCH_SERVER_OUT, p[0], EPOLLIN), 0);
	watch_drop(&w, WATCH_SERVER_OUT, p[0]);
	watch_drop(&w, WATCH_SERVER_OUT, p[0]);
	(void)close(p[0]);
	p[0] = twin;
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(watch_wait(&w, 0), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_wanted_is_seen),
		TEST(what_is_not_wanted_is_not_seen),
		TEST(a_reader_that_goes_is_seen),
		TEST(a_file_is_always_ready),
		TEST(dropping_takes_out_what_others_hold_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
