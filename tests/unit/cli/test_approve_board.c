/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/approve_board.h"
#include "cli/approve_contract.h"
#include "cli/approve_id.h"
#include "cli/approve_person.h"

/* Sessions with questions, without sockets. */
struct world {
	struct keeper_link links[2];
	struct waiting questions[2][4];
	struct queue queue;
	struct board board;
};

static int setup(void **state)
{
	static const char *const sessions[] = {
		"5f65ec460123456789abcdef01234567",
		"5f65ec47ffffffffffffffffffffffff"};
	static char name[] = "tool";
	struct world *w = calloc(1, sizeof(*w));

	if (!w)
		return -1;
	w->queue.folder = -1;
	for (size_t i = 0; i < 2; i++) {
		struct keeper_link *l = &w->links[i];

		l->fd = -1;
		l->state = LINK_READY;
		memcpy(l->about.session, sessions[i], 33);
		memcpy(l->about.server, "server", 7);
		for (size_t n = 0; n < 4; n++)
			w->questions[i][n] = (struct waiting){.link = l,
				.id = 1 + n + 2 * i,
				.name = name,
				.name_len = 4,
				.shown = -1,
				.asked_ms = 1000 * (n + 1) + i};
		w->queue.links[w->queue.n++] = l;
	}
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	board_deinit(&w->board);
	free(w);
	return 0;
}

static void put(struct world *w, size_t link, size_t n)
{
	struct keeper_link *l = &w->links[link];

	l->questions[l->n++] = &w->questions[link][n];
}

static void ids_find_one_question_or_none(void **state)
{
	static const struct {
		const char *text;
		int result; /* 2: no id */
		uint64_t call;
	} rows[] = {
		{"1", 0, 1},
		{"3", -EINVAL, 0}, /* both have it */
		{"9", 1, 0},
		{"5f65ec46:1", 0, 1},
		{"5f65ec46:3", 0, 3},
		{"5f65ec460123456789abcdef01234567:1", 0, 1},
		{"5f65ec47:1", 1, 0},
		{"5f65ec4:1", -EINVAL, 0}, /* begins two sessions */
		{"5f65ec4:9", -EINVAL, 0},
		{"6:1", 1, 0},
		{"", 2, 0},
		{":", 2, 0},
		{":1", 2, 0},
		{"5f65ec46:", 2, 0},
		{"5f65ec46:0", 2, 0},
		{"5F65EC46:1", 2, 0},
		{"5f65ec46:1 ", 2, 0},
		{"5f65ec46:+1", 2, 0},
		{"5f65ec46:1:1", 2, 0},
		{"99999999999999999999", 2, 0},
	};
	struct world *w = *state;

	for (size_t n = 0; n < 4; n++) {
		put(w, 0, n); /* 1 2 3 4 */
		put(w, 1, n); /* 3 4 5 6 */
	}
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct approve_id id;
		struct waiting *found = NULL;
		struct err e = {0};
		int r = 2;

		if (approve_id_parse(rows[i].text, &id))
			r = approve_id_find(&w->queue, &id, &found, &e);
		if (r != rows[i].result)
			fail_msg("%s gives %d", rows[i].text, r);
		if (r == 0)
			assert_int_equal(found->id, rows[i].call);
		if (r == -EINVAL)
			assert_int_equal(e.status, 2);
	}
}

static void tell(struct world *w, enum link_news_type type, size_t n,
	uint64_t now, enum approval_answer answer)
{
	struct link_news news = {.type = type,
		.link = &w->links[0],
		.question = &w->questions[0][n],
		.id = w->questions[0][n].id,
		.answer = answer,
		.status = ANSWER_TAKEN,
		.late = true};

	board_hear(&w->board, &news, now);
}

static uint64_t chosen(const struct world *w)
{
	const struct board_item *i = board_chosen(&w->board);

	return i && i->w ? i->w->id : 0;
}

static void a_new_question_does_not_slide_under_the_finger(void **state)
{
	struct world *w = *state;

	tell(w, NEWS_OPEN, 0, 0, APPROVAL_NONE);
	assert_int_equal(chosen(w), 1);
	tell(w, NEWS_OPEN, 1, 0, APPROVAL_NONE);
	tell(w, NEWS_OPEN, 2, 0, APPROVAL_NONE);
	assert_int_equal(chosen(w), 1);
	assert_int_equal(w->board.items[0]->w->id, 3);
	assert_true(w->board.bell);
	board_move(&w->board, -1, 0);
	assert_int_equal(chosen(w), 2);
}

static void what_somebody_else_answered_stays_chosen(void **state)
{
	struct world *w = *state;

	tell(w, NEWS_OPEN, 0, 0, APPROVAL_NONE);
	tell(w, NEWS_OPEN, 1, 0, APPROVAL_NONE);
	tell(w, NEWS_GONE, 0, 0, APPROVAL_DENY);
	assert_int_equal(chosen(w), 0);
	assert_non_null(board_chosen(&w->board));
	assert_null(board_find(&w->board, board_chosen(&w->board)->serial));
	board_move(&w->board, 1, 0);
	assert_int_equal(chosen(w), 2);
	assert_int_equal(w->board.n, 1);
}

static void keys_count_again_only_after_a_rest(void **state)
{
	struct world *w = *state;
	uint64_t now = 10000;

	tell(w, NEWS_OPEN, 0, now, APPROVAL_NONE);
	assert_false(board_may_answer(&w->board, now));
	/* Held down, it never counts. */
	for (int i = 0; i < 100; i++)
		assert_false(board_may_answer(&w->board, now += 200));
	assert_true(board_may_answer(&w->board, now + BOARD_GUARD_MS));
	/* One's own answer puts another question there. */
	tell(w, NEWS_OPEN, 1, now, APPROVAL_NONE);
	tell(w, NEWS_OPEN, 2, now, APPROVAL_NONE);
	now += 10000;
	w->links[0].questions[w->links[0].n++] = &w->questions[0][0];
	tell(w, NEWS_DONE, 0, now, APPROVAL_NONE);
	tell(w, NEWS_GONE, 0, now, APPROVAL_ONCE);
	assert_int_equal(w->board.n, 2);
	assert_int_equal(chosen(w), 2);
	assert_false(board_may_answer(&w->board, now + 10));
}

static void events_are_bounded_and_escaped(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 1000; i++)
		board_say(&w->board, i % 2, "%d \033[31m", i);
	assert_int_equal(w->board.n_events, BOARD_EVENTS);
	assert_non_null(strstr(
		w->board.events[BOARD_EVENTS - 1].text, "999 \\x1b[31m"));
	board_forget_alerts(&w->board);
	assert_int_equal(w->board.n_events, BOARD_EVENTS / 2);
}

static void a_question_in_arguments_is_bounded_and_no_option(void **state)
{
	char text[CONTRACT_QUESTION_MAX], name[4000];
	struct world *w = *state;
	struct waiting *q = &w->questions[0][0];

	contract_question(q, text);
	assert_string_equal(text, "server: tool?");
	memcpy(w->links[0].about.server, "--x\033", 5);
	contract_question(q, text);
	assert_string_equal(text, "\\x2d-x\\u001b: tool?");
	memset(name, 'n', sizeof(name));
	q->name = name;
	q->name_len = sizeof(name);
	contract_question(q, text);
	assert_true(strlen(text) < sizeof(text));
	assert_string_equal(text + strlen(text) - 5, "n...?");
}

static void typed_words_are_exact(void **state)
{
	static const struct {
		const char *line;
		enum person_word said;
		enum approval_answer answer;
		bool any;
		const char *reason;
	} rows[] = {
		{"o", SAID_ANSWER, APPROVAL_ONCE, false, NULL},
		{" once ", SAID_ANSWER, APPROVAL_ONCE, false, NULL},
		{"S", SAID_ANSWER, APPROVAL_SESSION, true, NULL},
		{"s", SAID_ANSWER, APPROVAL_SESSION, false, NULL},
		{"a", SAID_ANSWER, APPROVAL_ALWAYS, false, NULL},
		{"d", SAID_ANSWER, APPROVAL_DENY, false, ""},
		{"deny no way", SAID_ANSWER, APPROVAL_DENY, false, "no way"},
		{"k", SAID_SKIP, APPROVAL_NONE, false, NULL},
		{"quit", SAID_QUIT, APPROVAL_NONE, false, NULL},
		{"", SAID_NONE, APPROVAL_NONE, false, NULL},
		{"on", SAID_NONE, APPROVAL_NONE, false, NULL},
		{"onc", SAID_NONE, APPROVAL_NONE, false, NULL},
		{"once more", SAID_NONE, APPROVAL_NONE, false, NULL},
		{"y", SAID_NONE, APPROVAL_NONE, false, NULL},
		{"O", SAID_NONE, APPROVAL_NONE, false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct verdict v = {.answer = APPROVAL_NONE};
		char line[64];

		(void)strcpy(line, rows[i].line);
		assert_int_equal(person_parse(line, &v), rows[i].said);
		assert_int_equal(v.answer, rows[i].answer);
		assert_int_equal(v.any, rows[i].any);
		if (rows[i].reason)
			assert_string_equal(v.reason, rows[i].reason);
	}
}

#define STATE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STATE_TEST(ids_find_one_question_or_none),
		STATE_TEST(a_new_question_does_not_slide_under_the_finger),
		STATE_TEST(what_somebody_else_answered_stays_chosen),
		STATE_TEST(keys_count_again_only_after_a_rest),
		STATE_TEST(events_are_bounded_and_escaped),
		STATE_TEST(a_question_in_arguments_is_bounded_and_no_option),
		cmocka_unit_test(typed_words_are_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
