/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/tally.h"
#include "relaytest.h"

static struct journal j;
static struct tallies t;
static int p[2];

static int setup(void **state)
{
	(void)state;
	memset(&j, 0, sizeof(j));
	memset(&t, 0, sizeof(t));
	pipe_open(p, O_NONBLOCK);
	(void)fcntl(p[1], F_SETPIPE_SZ, 1 << 20);
	journal_init(&j, p[1]);
	journal_credit(&j, 1 << 20);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	pipe_close(p);
	return 0;
}

/* How many records there are; the last one is in @ret. */
static size_t records(struct record_view *ret)
{
	static uint8_t bytes[1 << 20];
	ssize_t len = read(p[0], bytes, sizeof(bytes)), at;
	size_t n = 0;

	for (at = 0; at < len; n++) {
		ssize_t one = record_parse(bytes + at, (size_t)(len - at), ret);

		assert_true(one > 0);
		at += one;
	}
	return n;
}

static void note(enum tally_id id, unsigned times)
{
	struct incident i = {.reason = "a reason",
		.bytes = 3,
		.line = "abc",
		.value = 7,
		.call = 5};

	while (times--)
		(void)tally_note(&t, &j, 0, id, &i);
}

static void the_first_are_recorded_one_by_one(void **state)
{
	struct record_view v;

	(void)state;
	note(TALLY_SERVER_LINE, 100);
	assert_int_equal(records(&v), 100);
	assert_int_equal(v.type, RECORD_PROTOCOL_REFUSED);
	assert_text(&v, FIELD_DIR, "s2c");
	assert_text(&v, FIELD_REASON, "a reason");
	assert_int_equal(number_of(&v, FIELD_BYTES), 3);
	assert_int_equal(number_of(&v, FIELD_COUNT), 100);
}

static void then_each_doubling_and_the_sum_at_the_end(void **state)
{
	struct record_view v;

	(void)state;
	note(TALLY_SERVER_LINE, 100000);
	assert_int_equal(records(&v), 100 + 10); /* 128 … 65536 */
	assert_int_equal(number_of(&v, FIELD_COUNT), 65536);
	tally_end(&t, &j);
	assert_int_equal(records(&v), 1);
	assert_int_equal(number_of(&v, FIELD_COUNT), 100000);
	tally_end(&t, &j);
	assert_int_equal(records(&v), 0);
}

static void what_the_log_did_not_take_is_told_at_the_end(void **state)
{
	struct record_view v;
	uint64_t credit = j.credit;

	(void)state;
	j.credit = 0;
	note(TALLY_FORGED, 3);
	assert_int_equal(records(&v), 0);
	j.credit = credit;
	tally_end(&t, &j);
	assert_int_equal(records(&v), 1);
	assert_int_equal(v.type, RECORD_ANOMALY);
	assert_text(&v, FIELD_KIND, "forged_response");
	assert_int_equal(number_of(&v, FIELD_COUNT), 3);
}

static void five_unlisted_tools_are_an_incident(void **state)
{
	struct record_view v;

	(void)state;
	note(TALLY_UNLISTED, 4);
	tally_end(&t, &j);
	assert_int_equal(records(&v), 0);
	note(TALLY_UNLISTED, 1);
	assert_int_equal(records(&v), 1);
	assert_text(&v, FIELD_KIND, "unlisted_tool");
	assert_text(&v, FIELD_ACTION, "alert");
	assert_int_equal(number_of(&v, FIELD_COUNT), 5);
}

static void a_limit_names_itself_and_what_was_seen(void **state)
{
	struct record_view v;

	(void)state;
	note(TALLY_TEXT, 1);
	assert_int_equal(records(&v), 1);
	assert_int_equal(v.type, RECORD_LIMIT_HIT);
	assert_text(&v, FIELD_LIMIT, "text");
	assert_text(&v, FIELD_GRADE, "hard");
	assert_int_equal(number_of(&v, FIELD_VALUE), 7);
	assert_int_equal(number_of(&v, FIELD_CALL), 5);
}

static void every_kind_makes_a_record_that_can_be_read(void **state)
{
	struct record_view v;

	(void)state;
	for (int id = TALLY_NONE + 1; id < _TALLY_N; id++) {
		note((enum tally_id)id, 5);
		assert_true(records(&v) >= 1);
	}
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_are_recorded_one_by_one),
		TEST(then_each_doubling_and_the_sum_at_the_end),
		TEST(what_the_log_did_not_take_is_told_at_the_end),
		TEST(five_unlisted_tools_are_an_incident),
		TEST(a_limit_names_itself_and_what_was_seen),
		TEST(every_kind_makes_a_record_that_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
