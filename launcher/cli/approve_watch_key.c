/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a key does in approve --watch.
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/approve_shown.h"
#include "cli/approve_watch_state.h"
#include "policy/utf8.h"

#define CONTROL_U '\x15'

void watch_back(struct watch *w)
{
	page_deinit(&w->page);
	if (w->mode == WATCH_CONFIRM)
		always_deinit(&w->always);
	w->about = 0;
	w->mode = WATCH_LIST;
}

static void answer(struct watch *w, struct board_item *item, struct verdict *v)
{
	int r;

	if (v->answer != APPROVAL_DENY && !shown_is_readable(item->w)) {
		board_say(&w->board, true,
			"%s: its arguments cannot be read: it can only be "
			"denied",
			item->shown.id);
		return;
	}
	if (approval_kind_stands(item->w->kind) && !verdict_fits_standing(v)) {
		board_say(&w->board, true, "%s: %s", item->shown.id,
			approval_status_text(ANSWER_NOT_OFFERED));
		return;
	}
	r = link_answer(item->w, v);
	if (r < 0) {
		board_say(&w->board, true, "%s: the answer was not sent: %s",
			item->shown.id, strerror(-r));
		return;
	}
	item->sent = true;
	item->answer = v->answer;
}

static void open_page(struct watch *w, struct out *text, enum watch_mode mode)
{
	if (page_init(&w->page, text) < 0) {
		out_deinit(text);
		board_say(&w->board, true, "out of memory");
		return;
	}
	w->mode = mode;
}

static void show_whole(struct watch *w, const struct board_item *item)
{
	struct out o = OUT_INIT(QUESTION_TEXT_MAX);

	if (!item->w)
		return;
	question_whole(&o, item->w, w->term.columns);
	w->about = item->serial;
	open_page(w, &o, WATCH_WHOLE);
}

static void ask_always(struct watch *w, struct board_item *item)
{
	struct verdict v = {.answer = APPROVAL_ALWAYS};
	struct out o = OUT_INIT(QUESTION_TEXT_MAX);
	struct err e = {0};

	watch_back(w);
	if (always_prepare(item->w, &w->always, &e) != 0) {
		always_deinit(&w->always);
		board_say(&w->board, true, "always: %s", e.text);
		return;
	}
	if (!w->always.writes) {
		always_deinit(&w->always);
		answer(w, item, &v);
		return;
	}
	out_str(&o, "This is written to the profile, and every such call is "
		    "allowed:\n\n");
	out_str(&o, w->always.preview);
	w->about = item->serial;
	open_page(w, &o, WATCH_CONFIRM);
	if (w->mode != WATCH_CONFIRM)
		always_deinit(&w->always);
	board_guard(&w->board, clock_mono_ms());
}

static void confirm(struct watch *w)
{
	struct board_item *item = board_find(&w->board, w->about);
	struct verdict v = {.answer = APPROVAL_ALWAYS};
	struct err e = {0};

	if (!item) {
		board_say(&w->board, false,
			"nothing was written: the question is gone");
	} else if (!shown_is_readable(item->w)) {
		board_say(&w->board, true, "its arguments cannot be read");
	} else if (always_write(&w->always, &v, &e) < 0) {
		board_say(&w->board, true, "nothing was written: %s", e.text);
	} else {
		board_say(
			&w->board, false, "%s is written", w->always.edit.path);
		answer(w, item, &v);
	}
	watch_back(w);
}

static void ask_reason(struct watch *w, const struct board_item *item)
{
	watch_back(w);
	w->about = item->serial;
	w->line_len = 0;
	w->line[0] = '\0';
	w->mode = WATCH_REASON;
}

/* A key that answers, if it does now. */
static bool answer_key(struct watch *w, char c, bool alone)
{
	static const struct {
		char key;
		enum approval_answer answer;
		bool any;
	} keys[] = {
		{'o', APPROVAL_ONCE, false},
		{'s', APPROVAL_SESSION, false},
		{'S', APPROVAL_SESSION, true},
		{'a', APPROVAL_ALWAYS, false},
		{'d', APPROVAL_DENY, false},
	};
	struct board_item *item = board_chosen(&w->board);
	uint64_t now = clock_mono_ms();
	size_t i = 0;

	while (i < ELEMENTS(keys) && keys[i].key != c)
		i++;
	if (i == ELEMENTS(keys))
		return false;
	/* Several at once were not typed by somebody who reads in between. */
	if (!board_may_answer(&w->board, now) || !alone || !item || item->sent)
		return true;
	if (!item->w) {
		watch_back(w);
		board_move(&w->board, 1, now);
		board_guard(&w->board, now);
	} else if (keys[i].answer == APPROVAL_ALWAYS) {
		ask_always(w, item);
	} else if (keys[i].answer == APPROVAL_DENY) {
		ask_reason(w, item);
	} else {
		struct verdict v = {
			.answer = keys[i].answer, .any = keys[i].any};

		watch_back(w);
		answer(w, item, &v);
	}
	return true;
}

static void list_key(struct watch *w, const struct key *k, char c, bool alone)
{
	struct board_item *item = board_chosen(&w->board);
	uint64_t now = clock_mono_ms();

	if (answer_key(w, c, alone))
		return;
	if (k->type == KEY_DOWN || c == 'j')
		board_move(&w->board, 1, now);
	else if (k->type == KEY_UP || c == 'k')
		board_move(&w->board, -1, now);
	else if ((k->type == KEY_ENTER || c == ' ') && item)
		show_whole(w, item);
	else if (c == 'x')
		board_forget_alerts(&w->board);
	else if (c == 'q')
		w->quit = true;
}

static void whole_key(struct watch *w, const struct key *k, char c, bool alone)
{
	if (page_key(&w->page, k) || answer_key(w, c, alone))
		return;
	if (c == 'q' || k->type == KEY_ESCAPE)
		watch_back(w);
}

static void confirm_key(
	struct watch *w, const struct key *k, char c, bool alone)
{
	if (page_key(&w->page, k))
		return;
	if (c == 'y' && alone && board_may_answer(&w->board, clock_mono_ms()))
		confirm(w);
	else if (c == 'n' || c == 'q' || k->type == KEY_ESCAPE)
		watch_back(w);
}

static void deny(struct watch *w)
{
	struct board_item *item = board_find(&w->board, w->about);
	struct verdict v = {.answer = APPROVAL_DENY, .reason = w->line};

	if (item && !item->sent)
		answer(w, item, &v);
	watch_back(w);
}

static void erase(struct watch *w)
{
	while (w->line_len > 0 &&
		utf8_is_tail((unsigned char)w->line[w->line_len - 1]))
		w->line_len--;
	w->line_len -= w->line_len > 0;
	w->line[w->line_len] = '\0';
}

static void reason_key(struct watch *w, const struct key *k)
{
	bool control = k->n == 1 && (unsigned char)k->bytes[0] < 0x20;

	if (k->type == KEY_ENTER && !w->pasting) {
		deny(w);
	} else if (k->type == KEY_ESCAPE) {
		watch_back(w);
	} else if (k->type == KEY_BACKSPACE) {
		erase(w);
	} else if (control && k->bytes[0] == CONTROL_U) {
		w->line_len = 0;
		w->line[0] = '\0';
	} else if (k->type == KEY_CHARACTER && !control &&
		   w->line_len + k->n <= APPROVAL_REASON_MAX) {
		memcpy(w->line + w->line_len, k->bytes, k->n);
		w->line_len += k->n;
		w->line[w->line_len] = '\0';
	}
}

void watch_key(struct watch *w, const struct key *k, bool alone)
{
	char c = key_byte(k);

	if (k->type == KEY_PASTE_BEGIN || k->type == KEY_PASTE_END) {
		w->pasting = k->type == KEY_PASTE_BEGIN;
		return;
	}
	if (w->mode == WATCH_REASON) {
		reason_key(w, k);
		return;
	}
	/* Pasted text is nobody's answer. */
	if (w->pasting)
		return;
	if (w->mode == WATCH_WHOLE)
		whole_key(w, k, c, alone);
	else if (w->mode == WATCH_CONFIRM)
		confirm_key(w, k, c, alone);
	else
		list_key(w, k, c, alone);
}
