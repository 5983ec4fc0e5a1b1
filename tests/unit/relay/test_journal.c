/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>

#include "relay/journal.h"
#include "relaytest.h"

static struct journal j;
static int p[2];

static int setup(void **state)
{
	(void)state;
	memset(&j, 0, sizeof(j));
	pipe_open(p, O_NONBLOCK);
	journal_init(&j, p[1]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipe_close(p);
	return 0;
}

static int send_call(size_t outstanding)
{
	record_init(&j.rec, RECORD_CALL);
	record_put_u64(&j.rec, FIELD_CALL, 1);
	return journal_send(&j, JOURNAL_CALL, outstanding);
}

static int send_result(void)
{
	record_init(&j.rec, RECORD_RESULT);
	record_put_u64(&j.rec, FIELD_CALL, 1);
	return journal_send(&j, JOURNAL_RESULT, 0);
}

static void without_credit_nothing_goes_out(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(send_call(0), 1);
	assert_int_equal(send_result(), 1);
	assert_string_equal(pipe_text(p[0], text, sizeof(text)), "");
}

static void a_record_costs_what_it_says(void **state)
{
	uint64_t before = 100000;

	(void)state;
	journal_credit(&j, before);
	assert_int_equal(send_call(0), 0);
	assert_int_equal(j.credit, before - j.rec.cost);
}

static void a_call_leaves_room_for_results(void **state)
{
	(void)state;
	assert_int_equal(send_call(0), 1);
	journal_credit(&j, j.rec.cost + JOURNAL_RESULT_COST - 1);
	assert_int_equal(send_call(0), 1);
	journal_credit(&j, 1);
	assert_int_equal(send_call(0), 0);
	assert_int_equal(send_call(0), 1);
	assert_int_equal(send_result(), 0);
}

static void much_outstanding_does_not_stop_all_calls(void **state)
{
	(void)state;
	journal_credit(&j, 40000);
	assert_int_equal(send_call(1000), 0);
	j.credit = 20000;
	assert_int_equal(send_call(1000), 1);
	assert_int_equal(send_call(3), 0);
}

static void credit_is_not_counted_past_its_end(void **state)
{
	(void)state;
	journal_credit(&j, UINT64_MAX);
	journal_credit(&j, UINT64_MAX);
	assert_true(j.credit == UINT64_MAX);
}

static void a_full_pipe_takes_nothing_and_loses_nothing(void **state)
{
	static uint8_t bytes[1 << 20];
	struct record_view v;
	size_t n = 0, sent = 0;
	ssize_t len;

	(void)state;
	journal_credit(&j, UINT64_MAX);
	while (send_call(0) == 0)
		sent++;
	assert_true(j.wants_room);
	assert_false(j.dead);
	len = read(p[0], bytes, sizeof(bytes));
	assert_true(len > 0);
	for (ssize_t at = 0; at < len; n++)
		at += record_parse(bytes + at, (size_t)(len - at), &v);
	assert_int_equal(n, sent);
	journal_room(&j);
	assert_int_equal(send_call(0), 0);
}

static int send_large(void)
{
	static char text[4096];

	memset(text, 'x', sizeof(text));
	record_init(&j.rec, RECORD_CALL);
	for (int i = 0; i < 3; i++)
		record_put_text(&j.rec, FIELD_URI, text, sizeof(text));
	return journal_send(&j, JOURNAL_CALL, 0);
}

static void a_large_record_waits_for_an_empty_pipe(void **state)
{
	static uint8_t bytes[1 << 20];
	struct record_view v;
	ssize_t len;

	(void)state;
	journal_credit(&j, UINT64_MAX);
	while (send_call(0) == 0)
		;
	assert_int_equal(send_large(), 1);
	assert_true(read(p[0], bytes, sizeof(bytes)) > 0);
	assert_int_equal(send_large(), 0);
	len = read(p[0], bytes, sizeof(bytes));
	assert_true(len > (ssize_t)3 * 4096);
	assert_int_equal(record_parse(bytes, (size_t)len, &v), len);
}

static void a_dead_keeper_is_for_ever(void **state)
{
	(void)state;
	journal_credit(&j, 1 << 20);
	(void)close(p[0]);
	p[0] = -1;
	assert_true(send_call(0) < 0);
	assert_true(j.dead);
	assert_int_equal(send_call(0), -EPIPE);
}

static void an_impossible_record_is_refused(void **state)
{
	(void)state;
	journal_credit(&j, 1 << 20);
	record_init(&j.rec, RECORD_CALL);
	record_put_u64(&j.rec, FIELD_TOOL, 1);
	assert_int_equal(journal_send(&j, JOURNAL_CALL, 0), -EINVAL);
	assert_false(j.dead);
	assert_int_equal(j.credit, 1 << 20);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(without_credit_nothing_goes_out),
		TEST(a_record_costs_what_it_says),
		TEST(a_call_leaves_room_for_results),
		TEST(much_outstanding_does_not_stop_all_calls),
		TEST(credit_is_not_counted_past_its_end),
		TEST(a_full_pipe_takes_nothing_and_loses_nothing),
		TEST(a_large_record_waits_for_an_empty_pipe),
		TEST(a_dead_keeper_is_for_ever),
		TEST(an_impossible_record_is_refused),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
