/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What approve --watch puts on the screen.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "cli/approve_shown.h"
#include "cli/approve_text.h"
#include "cli/approve_watch_state.h"

#define LEAST 8 /* rows that are made ready at least */

/* Who asks and why, then as much of the arguments as there is room for. */
static void make_detail(struct watch *w, unsigned rows)
{
	struct board_item *item = board_chosen(&w->board);
	size_t room = ((size_t)rows + 2) * (w->term.columns + 2);
	_shown_ struct shown s = {0};
	struct json_iter i;
	struct json_member m;

	out_reset(&w->detail);
	w->detail_whole = true;
	if (!item || !item->w)
		return;
	if (shown_open(item->w, &s) != 0) {
		out_str(&w->detail, "Its arguments cannot be read: it can only "
				    "be denied.");
		return;
	}
	out_str(&w->detail, "for ");
	text_bytes(&w->detail, item->w->link->about.client,
		strlen(item->w->link->about.client));
	if (s.reason.type == JSON_STRING) {
		out_str(&w->detail, ": ");
		text_plain(&w->detail, &s.reason);
	} else {
		out_str(&w->detail, ", because of");
	}
	i = json_iter(&s.rules);
	while (json_next(&i, &m) && w->detail.len < 400) {
		out_str(&w->detail, " ");
		text_plain(&w->detail, &m.value);
	}
	out_str(&w->detail, "\n");
	w->detail_whole = !text_pretty_head(
		&w->detail, &s.arguments, w->term.columns, room);
}

static void refresh_detail(struct watch *w, unsigned rows)
{
	if (!w->board.touched && rows <= w->detail_rows &&
		w->detail_columns == w->term.columns)
		return;
	w->detail_rows = rows > LEAST ? rows : LEAST;
	w->detail_columns = w->term.columns;
	make_detail(w, w->detail_rows);
	out_bytes(&w->detail, "", 1); /* its end */
	w->board.touched = false;
}

static void now_text(char dst[16])
{
	time_t now = time(NULL);
	struct tm tm;

	dst[0] = '\0';
	if (localtime_r(&now, &tm))
		(void)strftime(dst, 16, "%H:%M:%S", &tm);
}

/* What is typed, as far as it is plain; its width is not to be guessed. */
static void input_text(const struct watch *w, char *dst, size_t size)
{
	size_t n = (size_t)snprintf(
		dst, size, " reason (Enter: deny, Esc: back): ");

	for (size_t i = 0; i < w->line_len && n + 1 < size; i++) {
		unsigned char c = (unsigned char)w->line[i];

		if ((c & 0xc0) != 0x80)
			dst[n++] = '?';
		if (c >= 0x20 && c < 0x7f)
			dst[n - 1] = w->line[i];
	}
	dst[n] = '\0';
}

static void draw_list(struct watch *w)
{
	char input[APPROVAL_REASON_MAX + 64];
	size_t open = 0;
	_free_ struct screen_item *rows =
		board_rows(&w->board, clock_mono_ms(), &open);
	struct screen_view v = {
		.rows = w->term.rows,
		.columns = w->term.columns,
		.clock = w->board.clock,
		.n_sessions = w->queue.n,
		.items = rows,
		.n_items = rows ? w->board.n : 0,
		.n_open = open,
		.chosen = w->board.n ? w->board.chosen : w->board.n,
		.events = w->board.events,
		.n_events = w->board.n_events,
	};

	refresh_detail(w, screen_detail_rows(&v));
	v.detail = w->detail.failed ? "" : w->detail.data;
	v.detail_whole = w->detail_whole;
	if (w->mode == WATCH_REASON) {
		input_text(w, input, sizeof(input));
		v.input = input;
		v.input_cursor = strlen(input);
	}
	screen_draw(&v, w->term.next);
}

static void draw_page(struct watch *w)
{
	struct frame *f = w->term.next;
	unsigned rows = w->term.rows > 1 ? w->term.rows - 1 : 1;
	const char *keys =
		w->mode == WATCH_CONFIRM
			? " y write it   n back"
			: " o s S a d: answer   space b: move   q back";
	char where[64];

	page_resize(&w->page, w->term.columns, rows);
	frame_clear(f, w->term.rows, w->term.columns);
	page_draw(&w->page, f, 0);
	page_where(&w->page, where, sizeof(where));
	frame_set_edges(f, rows, LOOK_BAR,
		board_find(&w->board, w->about) ? keys
						: " not open any more   q back",
		where);
}

void watch_draw(struct watch *w)
{
	now_text(w->board.clock);
	if (w->mode == WATCH_WHOLE || w->mode == WATCH_CONFIRM)
		draw_page(w);
	else
		draw_list(w);
}
