/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "relay/session.h"
#include "relaytest.h"

static struct relay *r;
static int records[2], keeper;
static struct ipc_parcel parcel;

static int setup(void **state)
{
	int pair[2];

	(void)state;
	r = calloc(1, sizeof(*r));
	assert_non_null(r);
	pipe_open(records, O_NONBLOCK);
	journal_init(&r->journal, records[1]);
	journal_credit(&r->journal, 1U << 20);
	assert_int_equal(ipc_pair(pair), 0);
	r->keeper_fd = pair[0];
	keeper = pair[1];
	r->scratch = (struct out)OUT_INIT(1U << 20);
	r->server_name = "server";
	r->session = "0123456789abcdef0123456789abcdef";
	r->stands = true;
	r->n_calls = 7;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	standing_deinit(&r->standings);
	out_deinit(&r->scratch);
	pipe_close(records);
	(void)close(keeper);
	(void)close(r->keeper_fd);
	free(r);
	return 0;
}

static int ask(const char *name, const char *details, uint64_t *id)
{
	const struct standing_subject s = {
		.topic = STANDING_PIN,
		.name = name,
		.name_len = name ? strlen(name) : 0,
		.details = details,
		.details_len = details ? strlen(details) : 0,
		.reason = "the \"definition\" changed",
	};

	return standing_ask(r, &s, id);
}

/* The next message to the keeper; its type, or 0. */
static uint32_t told(void)
{
	int n = ipc_recv_parcel(keeper, ROLE_RELAY, &parcel);

	if (n != 0)
		return 0;
	if (parcel.fd >= 0)
		(void)close(parcel.fd);
	return parcel.m.type;
}

static bool recorded(struct record_view *v)
{
	static uint8_t bytes[RECORD_MAX];
	ssize_t n = read(records[0], bytes, sizeof(bytes));

	return n > 0 && record_parse(bytes, (size_t)n, v) == n;
}

static int answer(uint64_t id, uint64_t what)
{
	return standing_answered(r, id, what, "why", 3);
}

static void a_question_is_recorded_and_put_once(void **state)
{
	struct approval_question q;
	struct record_view v;
	uint64_t id = 0, again = 0;

	(void)state;
	assert_int_equal(ask("tool x", "{\"old\":1}", &id), 0);
	assert_int_equal(id, 8);
	assert_true(recorded(&v));
	assert_int_equal(v.type, RECORD_APPROVAL_ASKED);
	assert_int_equal(number_of(&v, FIELD_APPROVAL), 8);
	assert_text(&v, FIELD_KIND, "pin");
	assert_text(&v, FIELD_DETAIL, "tool x");
	assert_int_equal(told(), IPC_QUESTION);
	assert_int_equal(parcel.m.a, 8);
	memcpy(&q, parcel.text, sizeof(q));
	assert_int_equal(q.kind, APPROVAL_PIN);
	assert_int_equal(q.name_len, 6);
	assert_int_equal(ask("tool x", "{\"old\":1}", &again), 0);
	assert_int_equal(again, id);
	assert_false(recorded(&v));
	assert_int_equal(told(), 0);
}

static void what_is_shown_is_whole_and_sealed(void **state)
{
	char text[256] = "";
	uint64_t id;

	(void)state;
	assert_int_equal(ask("x", "{\"a\":[1]}", &id), 0);
	assert_int_equal(ipc_recv_parcel(keeper, ROLE_RELAY, &parcel), 0);
	assert_true(parcel.fd >= 0);
	assert_true(pread(parcel.fd, text, sizeof(text) - 1, 0) > 0);
	assert_string_equal(text,
		"{\"name\":\"x\",\"reason\":\"the \\\"definition\\\" changed\","
		"\"arguments\":{\"a\":[1]},\"rules\":[]}\n");
	assert_int_equal(pwrite(parcel.fd, "x", 1, 0), -1);
	(void)close(parcel.fd);
}

static void once_ends_it_and_it_can_be_asked_anew(void **state)
{
	uint64_t id, next;

	(void)state;
	assert_int_equal(ask("x", NULL, &id), 0);
	assert_non_null(standing_find(&r->standings, STANDING_PIN, "x", 1));
	assert_int_equal(answer(id, APPROVAL_ONCE), 0);
	assert_null(standing_find(&r->standings, STANDING_PIN, "x", 1));
	assert_int_equal(answer(id, APPROVAL_ONCE), 1);
	assert_int_equal(ask("x", NULL, &next), 0);
	assert_int_equal(next, id + 1);
}

static void what_was_denied_is_not_put_again(void **state)
{
	uint64_t id, next;

	(void)state;
	assert_int_equal(ask("x", NULL, &id), 0);
	assert_int_equal(answer(id, APPROVAL_DENY), 0);
	assert_int_equal(ask("x", NULL, &next), 1);
	assert_int_equal(answer(id, APPROVAL_ONCE), 1);
	/* Another definition is another question. */
	assert_int_equal(ask("x", "{\"new\":1}", &next), 0);
	assert_int_not_equal(next, id);
}

static void other_answers_count_for_nothing(void **state)
{
	uint64_t id, same;

	(void)state;
	assert_int_equal(ask("x", NULL, &id), 0);
	assert_int_equal(answer(id, APPROVAL_SESSION), 0);
	assert_int_equal(answer(id, APPROVAL_ONCE | APPROVAL_ANY), 0);
	assert_int_equal(ask("x", NULL, &same), 0);
	assert_int_equal(same, id);
	assert_int_equal(answer(id + 1, APPROVAL_ONCE), 1);
}

static void other_details_withdraw_what_was_open(void **state)
{
	uint64_t id, next;

	(void)state;
	assert_int_equal(ask("x", "1", &id), 0);
	assert_int_equal(told(), IPC_QUESTION);
	assert_int_equal(ask("x", "2", &next), 0);
	assert_int_equal(told(), IPC_WITHDRAW);
	assert_int_equal(parcel.m.a, id);
	assert_int_equal(told(), IPC_QUESTION);
	assert_int_equal(r->standings.n, 1);
	standing_withdraw(r, STANDING_PIN, "x", 1);
	assert_int_equal(told(), IPC_WITHDRAW);
	assert_int_equal(r->standings.n, 0);
}

static void no_more_stand_than_there_is_room_for(void **state)
{
	char name[16];
	uint64_t id;

	(void)state;
	for (int i = 0; i < STANDING_MAX; i++) {
		(void)snprintf(name, sizeof(name), "t%d", i);
		assert_int_equal(ask(name, NULL, &id), 0);
		assert_int_equal(told(), IPC_QUESTION);
	}
	assert_int_equal(ask("more", NULL, &id), 1);
	assert_true(standing_next_ms(r) > 0);
}

static void what_is_not_recorded_is_not_asked(void **state)
{
	uint64_t id;

	(void)state;
	r->journal.credit = 0;
	assert_int_equal(ask("x", NULL, &id), 1);
	assert_int_equal(told(), 0);
	assert_int_equal(r->standings.n, 0);
}

static void without_a_queue_nothing_is_asked(void **state)
{
	struct record_view v;
	uint64_t id;

	(void)state;
	r->stands = false;
	assert_int_equal(ask("x", NULL, &id), 1);
	assert_false(recorded(&v));
}

static void a_name_that_cannot_be_shown_is_not_asked(void **state)
{
	struct standing_subject s = {
		.topic = STANDING_PIN,
		.name = "a\0b",
		.name_len = 3,
		.reason = "",
	};
	uint64_t id;

	(void)state;
	assert_int_equal(standing_ask(r, &s, &id), 1);
	s.name_len = 0;
	assert_int_equal(standing_ask(r, &s, &id), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_question_is_recorded_and_put_once, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_shown_is_whole_and_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			once_ends_it_and_it_can_be_asked_anew, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_was_denied_is_not_put_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			other_answers_count_for_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			other_details_withdraw_what_was_open, setup, teardown),
		cmocka_unit_test_setup_teardown(
			no_more_stand_than_there_is_room_for, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_is_not_recorded_is_not_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(
			without_a_queue_nothing_is_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_name_that_cannot_be_shown_is_not_asked, setup,
			teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
