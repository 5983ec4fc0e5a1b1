/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writers that do not keep to the rules: a relay that was taken over.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/fd.h"
#include "lines.h"
#include "rig.h"

#define S1 "00000000000000000000000000000001"

static char home[64];
static struct record record;

static int set_up(void **state)
{
	(void)state;
	home_make(home);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	home_remove(home);
	return 0;
}

static struct rig begin(void)
{
	struct rig r = {.cgroup_fd = -1};

	assert_true(rig_start(&r, S1));
	return r;
}

/* The two writers' records may come in either order. */
static const json_t *anomaly_of_kind(const json_t *list, const char *kind)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *line = json_array_get(list, i);

		if (strcmp(text_of(line, "type"), "anomaly") == 0 &&
			strcmp(text_of(line, "kind"), kind) == 0)
			return line;
	}
	return NULL;
}

/* The relay is done with; the log says why, goes on and ends well. */
static void assert_relay_lost(struct rig *r, const char *why)
{
	const json_t *line;
	json_t *list;

	record_init(&record, RECORD_ANOMALY);
	record_put_str(&record, FIELD_KIND, "protected_name");
	assert_true(rig_supervisor_send(r, &record));
	assert_int_equal(rig_end(r), 0);
	assert_int_equal(rig_wait(r), 0);
	list = lines_load(S1);
	line = anomaly_of_kind(list, "records");
	assert_non_null(line);
	assert_non_null(anomaly_of_kind(list, "protected_name"));
	assert_string_equal(text_of(line, "detail"), "relay");
	assert_string_equal(text_of(line, "reason"), why);
	assert_string_equal(text_of(last_line(list), "type"), "session.end");
	json_decref(list);
	assert_intact(1);
}

static void relay_pays(struct rig *r)
{
	rig_credit(r, 1000);
	assert_true(r->credit > 0);
	assert_int_equal(record_send(&record, r->relay_records, 1000), 0);
}

static void a_relay_that_overdraws_is_lost(void **state)
{
	struct rig r = begin();

	(void)state;
	/* A pipe full of records costs more than the credit there can be, and
	 * no more comes while the keeper stands still. */
	assert_int_equal(kill(r.pid, SIGSTOP), 0);
	do
		record_call(&record, 1, "read_file");
	while (record_send(&record, r.relay_records, 20) == 0);
	assert_int_equal(kill(r.pid, SIGCONT), 0);
	assert_relay_lost(&r, "overdrew their credit");
}

static void a_relay_that_sends_garbage_is_lost(void **state)
{
	struct rig r = begin();

	(void)state;
	assert_true(rig_call(&r, "read_file"));
	assert_int_equal(
		write(r.relay_records,
			"no record at all, but long enough for a head", 44),
		44);
	assert_relay_lost(&r, "could not be read");
}

static void half_a_record_is_told(void **state)
{
	struct rig r = begin();

	(void)state;
	record_call(&record, 1, "read_file");
	{
		struct record_view v;

		assert_int_equal(record_finish(&record, &v), 0);
	}
	assert_int_equal(write(r.relay_records, record.bytes, 50), 50);
	fd_close(&r.relay_records);
	assert_relay_lost(&r, "could not be read");
}

static void a_relay_cannot_end_the_session(void **state)
{
	static const enum record_type forbidden[] = {
		RECORD_SESSION_START, RECORD_SESSION_END, RECORD_CHECKPOINT};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(forbidden); i++) {
		struct rig r = begin();

		record_init(&record, forbidden[i]);
		record_put_str(&record, FIELD_CAUSE, "because I say so");
		relay_pays(&r);
		assert_relay_lost(&r, "could not be read");
		home_remove(home);
		home_make(home);
	}
}

static void a_field_that_stands_twice_is_refused(void **state)
{
	struct rig r = begin();

	(void)state;
	record_call(&record, 1, "read_file");
	record_put_str(&record, FIELD_TOOL, "write_file");
	relay_pays(&r);
	assert_relay_lost(&r, "could not be read");
}

static void pairs_have_plain_and_different_names(void **state)
{
	static const char *const bad[][2] = {
		{"a=1", "a=2"}, {"a\"b=1", "c=2"}, {"=1", "b=2"}, {"a", "b=2"}};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct rig r = begin();

		record_call(&record, 1, "read_file");
		record_put_str(&record, FIELD_LIMITS, bad[i][0]);
		record_put_str(&record, FIELD_LIMITS, bad[i][1]);
		relay_pays(&r);
		assert_relay_lost(&r, "could not be read");
		home_remove(home);
		home_make(home);
	}
}

static void counts_are_plain_numbers(void **state)
{
	static const char *const bad[] = {"a=", "a=x", "a=01", "a=-1", "a=1 ",
		"a=1,\"b\":2", "a=123456789012345678901", "a"};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(bad); i++) {
		struct rig r = begin();

		record_call(&record, 1, "read_file");
		record_put_str(&record, FIELD_STRIPPED, "b=0");
		record_put_str(&record, FIELD_STRIPPED, bad[i]);
		relay_pays(&r);
		assert_relay_lost(&r, "could not be read");
		home_remove(home);
		home_make(home);
	}
}

static void a_line_longer_than_was_paid_for_is_refused(void **state)
{
	static char tool[4000];
	struct rig r = begin();

	(void)state;
	memset(tool, 1, sizeof(tool) - 1);
	record_call(&record, 1, tool);
	record.cost = 600;
	relay_pays(&r);
	assert_relay_lost(&r, "could not be read");
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_relay_that_overdraws_is_lost),
		EACH(a_relay_that_sends_garbage_is_lost),
		EACH(half_a_record_is_told),
		EACH(a_relay_cannot_end_the_session),
		EACH(a_field_that_stands_twice_is_refused),
		EACH(pairs_have_plain_and_different_names),
		EACH(counts_are_plain_numbers),
		EACH(a_line_longer_than_was_paid_for_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
