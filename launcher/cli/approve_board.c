/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_board.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "cli/approve_shown.h"

#define STEP_MS 100 /* of the guard, after a step of the person's own */

void board_deinit(struct board *b)
{
	for (size_t i = 0; i < b->n; i++)
		free(b->items[i]);
	free(take_ptr(b->items));
	b->n = b->size = 0;
}

void board_say(struct board *b, bool alert, const char *fmt, ...)
{
	char text[APPROVAL_TEXT_MAX];
	struct screen_event *e;
	size_t n;
	va_list args;

	if (b->n_events == BOARD_EVENTS) {
		memmove(b->events, b->events + 1,
			(BOARD_EVENTS - 1) * sizeof(*e));
		b->n_events--;
	}
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	e = &b->events[b->n_events++];
	e->alert = alert;
	n = (size_t)snprintf(e->text, sizeof(e->text), " %s  ", b->clock);
	(void)escape_text(e->text + n, sizeof(e->text) - n, text, strlen(text));
}

void board_forget_alerts(struct board *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->n_events; i++)
		if (!b->events[i].alert)
			b->events[n++] = b->events[i];
	b->n_events = n;
}

struct board_item *board_chosen(const struct board *b)
{
	return b->chosen < b->n ? b->items[b->chosen] : NULL;
}

struct board_item *board_find(const struct board *b, uint64_t serial)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->items[i]->serial == serial && b->items[i]->w)
			return b->items[i];
	return NULL;
}

void board_guard(struct board *b, uint64_t now_ms)
{
	b->guard_until_ms = now_ms + BOARD_GUARD_MS;
}

bool board_may_answer(struct board *b, uint64_t now_ms)
{
	if (now_ms >= b->guard_until_ms)
		return true;
	board_guard(b, now_ms);
	return false;
}

static void remove_at(struct board *b, size_t at)
{
	free(b->items[at]);
	memmove(&b->items[at], &b->items[at + 1],
		(b->n - at - 1) * sizeof(struct board_item *));
	b->n--;
	if (b->chosen > at || (b->chosen == b->n && b->chosen > 0))
		b->chosen--;
}

static bool insert_at(struct board *b, size_t at, struct board_item *item)
{
	if (b->n == b->size) {
		size_t size = b->size ? 2 * b->size : 16;
		struct board_item **grown = reallocarray(
			b->items, size, sizeof(struct board_item *));

		if (!grown)
			return false;
		b->items = grown;
		b->size = size;
	}
	memmove(&b->items[at + 1], &b->items[at],
		(b->n - at) * sizeof(struct board_item *));
	b->items[at] = item;
	b->n++;
	return true;
}

static size_t find(const struct board *b, const struct waiting *w)
{
	size_t i = 0;

	while (i < b->n && b->items[i]->w != w)
		i++;
	return i;
}

/* Behind all that are newer; what is gone keeps its place. */
static size_t place_of(const struct board *b, const struct waiting *w)
{
	size_t i = 0;

	while (i < b->n &&
		(!b->items[i]->w || b->items[i]->w->asked_ms > w->asked_ms))
		i++;
	return i;
}

static struct board_item *item_new(struct waiting *w)
{
	struct board_item *item = calloc(1, sizeof(*item));
	struct screen_item *s;

	if (!item)
		return NULL;
	s = &item->shown;
	item->w = w;
	question_id(w, s->id);
	(void)escape_text(s->server, sizeof(s->server), w->link->about.server,
		strlen(w->link->about.server));
	(void)escape_text(s->name, sizeof(s->name), w->name, w->name_len);
	s->held = w->held;
	return item;
}

static void hear_open(
	struct board *b, const struct link_news *news, uint64_t now_ms)
{
	struct board_item *item = item_new(news->question);
	size_t at = place_of(b, news->question);
	bool first = b->n == 0;

	if (!item || !insert_at(b, at, item)) {
		free(item);
		board_say(b, true, "out of memory: a question is not shown");
		return;
	}
	item->serial = ++b->serials;
	b->bell = b->bell || news->late;
	if (first) {
		b->chosen = 0;
		b->touched = true;
		board_guard(b, now_ms);
	} else if (at <= b->chosen) {
		b->chosen++;
	}
}

static void hear_changed(struct board *b, const struct link_news *news)
{
	size_t at = find(b, news->question);
	struct board_item *item = at < b->n ? b->items[at] : NULL;

	if (!item)
		return;
	/* A call waits again: as good as a new question. */
	b->bell = b->bell || (!item->shown.held && news->question->held);
	item->shown.held = news->question->held;
}

static const char *what_became(const struct link_news *news)
{
	return news->answer ? approval_answer_name(news->answer) : "closed";
}

static void hear_gone(
	struct board *b, const struct link_news *news, uint64_t now_ms)
{
	size_t at = find(b, news->question);
	struct board_item *item = at < b->n ? b->items[at] : NULL;
	bool own;

	if (!item)
		return;
	own = item->taken;
	board_say(b, false, "%-7s  %s: %s  %s%s", what_became(news),
		item->shown.server, item->shown.name, item->shown.id,
		own || !news->answer ? "" : "  (answered elsewhere)");
	item->w = NULL;
	if (at != b->chosen) {
		remove_at(b, at);
		return;
	}
	b->touched = true;
	board_guard(b, now_ms);
	if (own)
		remove_at(b, at);
	else
		(void)snprintf(item->shown.note, sizeof(item->shown.note),
			"%s: %s",
			news->answer ? "answered elsewhere"
				     : "not open any more",
			what_became(news));
}

static void hear_done(struct board *b, const struct link_news *news)
{
	struct waiting *w = link_find(news->link, news->id);
	size_t at = w ? find(b, w) : b->n;

	if (at < b->n) {
		b->items[at]->sent = false;
		b->items[at]->taken = news->status == ANSWER_TAKEN;
	}
	if (news->status == ANSWER_TAKEN || news->id == 0)
		return;
	board_say(b, news->status != ANSWER_LATE, "%.8s:%llu: %s%s%s",
		news->link->about.session, (unsigned long long)news->id,
		approval_status_text(news->status), news->fault ? ": " : "",
		news->fault ? approval_fault_text(news->fault) : "");
}

void board_hear(struct board *b, const struct link_news *news, uint64_t now_ms)
{
	switch (news->type) {
	case NEWS_OPEN:
		hear_open(b, news, now_ms);
		return;
	case NEWS_CHANGED:
		hear_changed(b, news);
		return;
	case NEWS_GONE:
		hear_gone(b, news, now_ms);
		return;
	case NEWS_DONE:
		hear_done(b, news);
		return;
	case NEWS_NOTICE:
		board_say(b, true, "%.8s: %s", news->link->about.session,
			news->text);
		b->bell = true;
		return;
	case NEWS_NONE:
	case NEWS_READY:
	case NEWS_LOST:
	case _NEWS_N:
		return;
	}
}

void board_move(struct board *b, int by, uint64_t now_ms)
{
	struct board_item *item = board_chosen(b);
	size_t before = b->chosen;
	bool gone = item && !item->w;

	if (!item)
		return;
	if (gone) {
		remove_at(b, b->chosen);
		/* The next one stands where it was. */
		by = by > 0 ? 0 : by;
	}
	if (by < 0)
		b->chosen -= b->chosen > 0;
	else if (by > 0 && b->chosen + 1 < b->n)
		b->chosen++;
	if (!gone && b->chosen == before)
		return;
	b->touched = true;
	if (b->guard_until_ms < now_ms + STEP_MS)
		b->guard_until_ms = now_ms + STEP_MS;
}

struct screen_item *board_rows(
	const struct board *b, uint64_t now_ms, size_t *ret_open)
{
	struct screen_item *rows = calloc(b->n + 1, sizeof(*rows));
	size_t open = 0;

	for (size_t i = 0; rows && i < b->n; i++) {
		const struct board_item *item = b->items[i];
		const struct waiting *w = item->w;
		uint64_t until = 0;

		rows[i] = item->shown;
		if (!w)
			continue;
		open++;
		until = w->held ? w->hold_until_ms : w->expires_ms;
		rows[i].held = w->held;
		rows[i].calls = w->calls;
		rows[i].left_ms = until > now_ms ? until - now_ms : 0;
		if (item->sent)
			(void)snprintf(rows[i].note, sizeof(rows[i].note),
				"%s ...", approval_answer_name(item->answer));
	}
	if (rows)
		*ret_open = open;
	return rows;
}
