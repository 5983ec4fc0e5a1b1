/* SPDX-License-Identifier: Apache-2.0 */
#include "relaytest.h"

#include <string.h>

#include "relay/approvals.h"

static struct approvals a;

static int set_up(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	return 0;
}

/* A question about @name with @args, told apart by their first letters. */
static struct question_key key(char name, char args)
{
	struct question_key k = {0};

	memset(k.name, name, sizeof(k.name));
	memset(k.whole, name, sizeof(k.whole));
	k.whole[1] = (uint8_t)args;
	return k;
}

static enum approvals_ruling judge(
	const struct question_key *k, uint64_t now, uint64_t *ret_id)
{
	struct approvals_verdict v;

	approvals_judge(&a, k, now, &v);
	if (ret_id)
		*ret_id = v.id;
	return v.ruling;
}

/* As the relay does it: judges, then takes as call number @call. */
static enum approvals_ruling call(
	const struct question_key *k, uint64_t call, uint64_t now)
{
	struct approvals_verdict v;

	approvals_judge(&a, k, now, &v);
	(void)approvals_take(&a, &v, k, call, now);
	return v.ruling;
}

static int answer(uint64_t id, enum approval_answer what, bool any)
{
	return approvals_answer(&a, id, what, any, "no", 2, 100);
}

static void let_go(uint64_t id, uint64_t now)
{
	approvals_leave(&a, approvals_find(&a, id), now);
}

static void a_first_call_asks_and_equal_ones_join(void **state)
{
	struct question_key k = key('x', '1'), other = key('x', '2');
	uint64_t id;

	(void)state;
	assert_int_equal(call(&k, 7, 0), APPROVALS_NEW);
	assert_int_equal(judge(&k, 0, &id), APPROVALS_JOIN);
	assert_int_equal(id, 7);
	assert_int_equal(call(&k, 8, 0), APPROVALS_JOIN);
	assert_int_equal(approvals_find(&a, 7)->waiting, 2);
	assert_int_equal(call(&other, 9, 0), APPROVALS_NEW);
	assert_int_equal(a.n_open, 2);
}

/* What only was looked at has not happened. */
static void judging_changes_nothing(void **state)
{
	struct question_key k = key('x', '1');

	(void)state;
	for (int i = 0; i < 100; i++)
		assert_int_equal(judge(&k, 0, NULL), APPROVALS_NEW);
	assert_int_equal(a.n_open, 0);
	call(&k, 1, 0);
	let_go(1, 0);
	assert_int_equal(answer(1, APPROVAL_ONCE, false), 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(judge(&k, 100, NULL), APPROVALS_PASS);
	assert_int_equal(call(&k, 2, 100), APPROVALS_PASS);
	assert_int_equal(judge(&k, 100, NULL), APPROVALS_NEW);
}

static void once_is_used_up_by_the_call_that_waits(void **state)
{
	struct question_key k = key('x', '1');

	(void)state;
	call(&k, 1, 0);
	assert_int_equal(answer(1, APPROVAL_ONCE, false), 0);
	assert_int_equal(judge(&k, 100, NULL), APPROVALS_NEW);
}

static void once_waits_for_the_retry_of_a_call_that_was_let_go(void **state)
{
	struct question_key k = key('x', '1'), other = key('x', '2');
	uint64_t id;

	(void)state;
	call(&k, 1, 0);
	let_go(1, 50);
	assert_int_equal(answer(1, APPROVAL_ONCE, false), 0);
	assert_int_equal(judge(&other, 100, NULL), APPROVALS_NEW);
	assert_int_equal(judge(&k, 100, &id), APPROVALS_PASS);
	assert_int_equal(id, 1);
	assert_int_equal(call(&k, 2, 100), APPROVALS_PASS);
	assert_int_equal(call(&k, 3, 100), APPROVALS_NEW);
}

static void once_that_nobody_fetches_expires(void **state)
{
	struct question_key k = key('x', '1');

	(void)state;
	call(&k, 1, 0);
	let_go(1, 50);
	assert_int_equal(answer(1, APPROVAL_ONCE, false), 0);
	assert_int_equal(
		judge(&k, 100 + APPROVAL_QUEUE_MS - 1, NULL), APPROVALS_PASS);
	assert_int_equal(
		judge(&k, 100 + APPROVAL_QUEUE_MS, NULL), APPROVALS_NEW);
}

static void session_allows_these_arguments_again_and_again(void **state)
{
	struct question_key k = key('x', '1'), other = key('x', '2');

	(void)state;
	call(&k, 1, 0);
	assert_int_equal(answer(1, APPROVAL_SESSION, false), 0);
	for (uint64_t i = 2; i < 50; i++)
		assert_int_equal(
			call(&k, i, i * APPROVAL_QUEUE_MS), APPROVALS_PASS);
	assert_int_equal(judge(&other, 100, NULL), APPROVALS_NEW);
}

static void any_and_always_allow_all_arguments_of_that_name(void **state)
{
	static const enum approval_answer with[] = {
		APPROVAL_SESSION, APPROVAL_ALWAYS};

	for (size_t i = 0; i < ELEMENTS(with); i++) {
		struct question_key k = key('x', '1'), same = key('x', '2'),
				    other = key('y', '1');

		(void)set_up(state);
		call(&k, 1, 0);
		assert_int_equal(
			answer(1, with[i], with[i] == APPROVAL_SESSION), 0);
		assert_int_equal(call(&same, 2, 100), APPROVALS_PASS);
		assert_int_equal(judge(&other, 100, NULL), APPROVALS_NEW);
	}
}

/* For one call "any" would mean nothing; it is no way to allow more. */
static void any_widens_no_other_answer(void **state)
{
	struct question_key k = key('x', '1'), same = key('x', '2');

	(void)state;
	call(&k, 1, 0);
	assert_int_equal(answer(1, APPROVAL_ONCE, true), 0);
	assert_int_equal(judge(&same, 100, NULL), APPROVALS_NEW);
	call(&k, 2, 100);
	assert_int_equal(answer(2, APPROVAL_DENY, true), 0);
	assert_int_equal(judge(&same, 100, NULL), APPROVALS_NEW);
}

static void a_declined_call_is_declined_again_for_a_while(void **state)
{
	struct question_key k = key('x', '1');
	struct approvals_verdict v;

	(void)state;
	call(&k, 1, 0);
	assert_int_equal(answer(1, APPROVAL_DENY, false), 0);
	approvals_judge(&a, &k, 100 + DECLINED_MS - 1, &v);
	assert_int_equal(v.ruling, APPROVALS_DECLINED);
	assert_string_equal(v.question->reason, "no");
	assert_int_equal(judge(&k, 100 + DECLINED_MS, NULL), APPROVALS_NEW);
}

static void only_the_first_answer_counts(void **state)
{
	struct question_key k = key('x', '1');

	(void)state;
	call(&k, 1, 0);
	assert_int_equal(answer(1, APPROVAL_DENY, false), 0);
	assert_int_equal(answer(1, APPROVAL_SESSION, true), 1);
	assert_int_equal(judge(&k, 100, NULL), APPROVALS_DECLINED);
	assert_int_equal(answer(2, APPROVAL_SESSION, true), 1);
}

static void no_answer_is_not_one(void **state)
{
	struct question_key k = key('x', '1');

	(void)state;
	call(&k, 1, 0);
	/* Whatever else a number may say, it allows nothing. */
	assert_int_equal(answer(1, APPROVAL_NONE, true), 0);
	assert_int_equal(judge(&k, 100, NULL), APPROVALS_DECLINED);
}

static void more_than_eight_open_are_refused(void **state)
{
	(void)state;
	for (uint64_t i = 1; i <= QUESTIONS_OPEN; i++) {
		struct question_key k = key('x', (char)i);

		assert_int_equal(call(&k, i, 0), APPROVALS_NEW);
	}
	for (char i = 20; i < 120; i++) {
		struct question_key k = key('x', i);

		assert_int_equal(call(&k, 100, 0), APPROVALS_FULL);
	}
	/* One that is open already is no new one. */
	for (uint64_t i = 1; i <= QUESTIONS_OPEN; i++) {
		struct question_key k = key('x', (char)i);

		assert_int_equal(call(&k, i, 0), APPROVALS_JOIN);
	}
	assert_int_equal(answer(3, APPROVAL_DENY, false), 0);
	assert_int_equal(
		call(&(struct question_key){.whole = {9}, .name = {9}}, 200, 0),
		APPROVALS_NEW);
}

static void a_server_leaves_room_for_its_client(void **state)
{
	struct question_key k;

	(void)state;
	for (uint64_t i = 1; i <= QUESTIONS_SERVER; i++) {
		k = key('s', (char)i);
		k.server = true;
		assert_int_equal(call(&k, i, 0), APPROVALS_NEW);
	}
	k = key('s', 100);
	k.server = true;
	assert_int_equal(call(&k, 100, 0), APPROVALS_FULL);
	for (uint64_t i = QUESTIONS_SERVER + 1; i <= QUESTIONS_OPEN; i++) {
		k = key('x', (char)i);
		assert_int_equal(call(&k, i, 0), APPROVALS_NEW);
	}
	k = key('x', 100);
	assert_int_equal(call(&k, 100, 0), APPROVALS_FULL);
	/* One that is answered makes room for one. */
	assert_int_equal(answer(1, APPROVAL_DENY, false), 0);
	k.server = true;
	assert_int_equal(call(&k, 100, 0), APPROVALS_NEW);
	k = key('s', 101);
	k.server = true;
	assert_int_equal(call(&k, 101, 0), APPROVALS_FULL);
}

static unsigned n_expired;

static void ignore_expired(void *context, uint64_t id)
{
	(void)context;
	(void)id;
}

static void count_expired(void *context, uint64_t id)
{
	assert_int_equal(*(uint64_t *)context, id);
	n_expired++;
}

static void an_open_question_leaves_the_queue_ten_minutes_later(void **state)
{
	struct question_key k = key('x', '1');
	uint64_t id = 1;

	(void)state;
	n_expired = 0;
	call(&k, 1, 0);
	assert_int_equal(approvals_next_ms(&a), 0);
	approvals_expire(&a, 10 * APPROVAL_QUEUE_MS, count_expired, &id);
	assert_int_equal(n_expired, 0); /* a call waits for it */
	let_go(1, 1000);
	assert_int_equal(approvals_next_ms(&a), 1000 + APPROVAL_QUEUE_MS);
	approvals_expire(&a, 1000 + APPROVAL_QUEUE_MS - 1, count_expired, &id);
	assert_int_equal(n_expired, 0);
	approvals_expire(&a, 1000 + APPROVAL_QUEUE_MS, count_expired, &id);
	assert_int_equal(n_expired, 1);
	assert_int_equal(a.n_open, 0);
	assert_int_equal(answer(1, APPROVAL_ONCE, false), 1);
}

static void where_nobody_answers_the_next_do_not_wait(void **state)
{
	struct question_key k = key('x', '1'), other = key('y', '1');

	(void)state;
	assert_int_equal(call(&k, 1, 0), APPROVALS_NEW);
	let_go(1, 1000);
	assert_int_equal(judge(&k, 1000, NULL), APPROVALS_JOIN_AWAY);
	assert_int_equal(call(&other, 2, 1000), APPROVALS_NEW_AWAY);
	assert_int_equal(approvals_find(&a, 2)->waiting, 0);
	/* It is in the queue all the same: the answer is found later. */
	approvals_attended(&a, 1);
	assert_int_equal(judge(&k, 1000, NULL), APPROVALS_JOIN);
	assert_int_equal(answer(2, APPROVAL_ONCE, false), 0);
	assert_int_equal(call(&other, 3, 1000), APPROVALS_PASS);
	/* Somebody was there meanwhile. */
	approvals_attended(&a, 0);
	assert_int_equal(call(&k, 4, 2000), APPROVALS_JOIN);
	let_go(1, 3000);
	assert_int_equal(judge(&k, 3000, NULL), APPROVALS_JOIN);
}

static void one_who_was_there_and_left_is_no_desertion(void **state)
{
	struct question_key k = key('x', '1');

	(void)state;
	approvals_attended(&a, 1);
	call(&k, 1, 0);
	approvals_attended(&a, 0);
	let_go(1, 1000);
	assert_int_equal(judge(&k, 1000, NULL), APPROVALS_JOIN);
}

/* However many are asked, answered and forgotten: bounded, and no answer gets
 * to a call that it is not for. */
static void it_never_grows_and_never_mixes_up(void **state)
{
	uint64_t id = 1, now = 0;

	(void)state;
	for (int round = 0; round < 20000; round++, id++, now += 700) {
		struct question_key k =
			key((char)('a' + round % 23), (char)(round % 101));
		struct approvals_verdict v;
		struct question *q;

		approvals_judge(&a, &k, now, &v);
		q = approvals_take(&a, &v, &k, id, now);
		if (v.ruling == APPROVALS_NEW)
			assert_int_equal(q->id, id);
		if (v.ruling == APPROVALS_JOIN || v.ruling == APPROVALS_PASS)
			assert_true(!v.question || v.ruling == APPROVALS_PASS ||
				    memcmp(v.question->key.whole, k.whole,
					    32) == 0);
		if (q && round % 3 == 0)
			assert_int_equal(approvals_answer(&a, q->id,
						 round % 2 ? APPROVAL_ONCE
							   : APPROVAL_SESSION,
						 false, "", 0, now),
				0);
		else if (q)
			approvals_leave(&a, q, now);
		approvals_expire(&a, now, ignore_expired, NULL);
		assert_true(a.n_open <= QUESTIONS_OPEN);
	}
}

#define EACH(test) cmocka_unit_test_setup(test, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(a_first_call_asks_and_equal_ones_join),
		EACH(judging_changes_nothing),
		EACH(once_is_used_up_by_the_call_that_waits),
		EACH(once_waits_for_the_retry_of_a_call_that_was_let_go),
		EACH(once_that_nobody_fetches_expires),
		EACH(session_allows_these_arguments_again_and_again),
		EACH(any_and_always_allow_all_arguments_of_that_name),
		EACH(any_widens_no_other_answer),
		EACH(a_declined_call_is_declined_again_for_a_while),
		EACH(only_the_first_answer_counts),
		EACH(no_answer_is_not_one),
		EACH(more_than_eight_open_are_refused),
		EACH(a_server_leaves_room_for_its_client),
		EACH(an_open_question_leaves_the_queue_ten_minutes_later),
		EACH(where_nobody_answers_the_next_do_not_wait),
		EACH(one_who_was_there_and_left_is_no_desertion),
		EACH(it_never_grows_and_never_mixes_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
