/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define EVENTS_MOST 5U
#define LIST_LEAST 1U
#define WIDE 78U   /* columns, for all of the help */
#define NARROW 40U /* columns */

/* How many rows each part has; parts that have none are left out. */
struct parts {
	unsigned list, detail, events;
};

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Head and keys are there in any case. Then the list, until it has a third;
 * then what is asked; what happened has what is left, up to a few rows.
 */
static struct parts divide(const struct screen_view *v)
{
	unsigned room = v->rows > 2 ? v->rows - 2 : 0;
	unsigned items =
		v->n_items ? (unsigned)least((unsigned)v->n_items, 1000) : 2;
	unsigned events = least(
		(unsigned)least((unsigned)v->n_events, 1000), EVENTS_MOST);
	struct parts p = {0};

	p.list = least(items, room / 3 > LIST_LEAST ? room / 3 : LIST_LEAST);
	p.list = least(p.list, room);
	room -= p.list;
	/* Each with a line above it. */
	if (events && room >= 8) {
		p.events = least(events, room / 4);
		room -= p.events + 1;
	}
	if (v->chosen < v->n_items && room >= 2)
		p.detail = room - 1;
	return p;
}

unsigned screen_detail_rows(const struct screen_view *v)
{
	return divide(v).detail;
}

static void duration(uint64_t ms, char *dst, size_t size)
{
	uint64_t s = ms / 1000;

	if (s < 100)
		(void)snprintf(dst, size, "%" PRIu64 " s", s);
	else
		(void)snprintf(
			dst, size, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
}

static void draw_head(const struct screen_view *v, struct frame *f)
{
	char left[96], right[32];

	(void)snprintf(left, sizeof(left),
		" stockade approve   %zu open, %zu session%s", v->n_open,
		v->n_sessions, v->n_sessions == 1 ? "" : "s");
	(void)snprintf(right, sizeof(right), "%s ", v->clock);
	frame_set_edges(f, 0, LOOK_BAR, left, right);
}

/* How long it waits; less of that where the terminal is narrow. */
static void time_text(const struct screen_view *v, const struct screen_item *i,
	char *dst, size_t size)
{
	const char *state = v->columns < NARROW ? ""
			    : i->held           ? "held "
						: "retry ";
	char time[32], calls[16] = "";

	duration(i->left_ms, time, sizeof(time));
	if (i->calls > 1 && v->columns >= NARROW)
		(void)snprintf(
			calls, sizeof(calls), "x%" PRIu32 "  ", i->calls);
	if (i->note[0])
		(void)snprintf(dst, size, "  %s ",
			v->columns < WIDE ? "gone" : i->note);
	else
		(void)snprintf(dst, size, "  %s%s%s ", calls, state, time);
}

static void draw_item(const struct screen_view *v, struct frame *f,
	unsigned row, size_t index)
{
	const struct screen_item *i = &v->items[index];
	bool chosen = index == v->chosen;
	char left[300], right[120];
	size_t room;

	time_text(v, i, right, sizeof(right));
	if (v->columns < WIDE)
		(void)snprintf(left, sizeof(left), "%c %s: %s",
			chosen ? '>' : ' ', i->server, i->name);
	else
		(void)snprintf(left, sizeof(left), "%c %-12s %s: %s",
			chosen ? '>' : ' ', i->id, i->server, i->name);
	/* The name gives way to the time, not the other way round. */
	room = f->columns > strlen(right) + 1 ? f->columns - strlen(right) - 1
					      : 0;
	if (strlen(left) > room && room >= 8) {
		left[room] = '\0';
		memcpy(left + room - 3, "...", 3);
	}
	frame_set_edges(f, row,
		i->note[0] ? LOOK_DIM
		: chosen   ? LOOK_BOLD
			   : LOOK_PLAIN,
		left, right);
}

/* The first item that is seen, so that the chosen one is. */
static size_t list_top(const struct screen_view *v, unsigned rows)
{
	if (v->chosen >= v->n_items || v->chosen < rows)
		return 0;
	return v->chosen - rows + 1;
}

static void draw_rule(struct frame *f, unsigned row, const char *text)
{
	char line[FRAME_COLUMNS_MAX + 1];
	size_t n = f->columns, len = strlen(text);

	memset(line, '-', sizeof(line));
	if (len && len + 6 < n) {
		line[2] = ' ';
		for (size_t i = 0; i < len; i++)
			line[3 + i] = text[i];
		line[3 + len] = ' ';
	}
	frame_set_bytes(f, row, LOOK_DIM, line, n);
}

static unsigned draw_list(
	const struct screen_view *v, struct frame *f, unsigned row, unsigned n)
{
	size_t top = list_top(v, n);

	if (v->n_items == 0) {
		frame_set(f, row, LOOK_PLAIN, " Nothing waits for you.");
		if (n > 1)
			frame_set(f, row + 1, LOOK_DIM,
				" New questions appear here by themselves.");
		return row + n;
	}
	for (unsigned i = 0; i < n; i++)
		draw_item(v, f, row + i, top + i);
	return row + n;
}

static unsigned draw_detail(
	const struct screen_view *v, struct frame *f, unsigned row, unsigned n)
{
	const char *p = v->detail ? v->detail : "";
	size_t hidden =
		v->n_items - least((unsigned)v->n_items, divide(v).list);
	char text[64] = "";

	if (hidden)
		(void)snprintf(
			text, sizeof(text), "%zu more questions", hidden);
	draw_rule(f, row++, text);
	for (unsigned i = 0; i < n && *p; i++, row++) {
		size_t len = strcspn(p, "\n");
		size_t part = len < f->columns ? len : f->columns;

		/* The last row says that there is more. */
		if (i + 1 == n &&
			(p[part + (p[part] == '\n')] || !v->detail_whole)) {
			frame_set(f, row, LOOK_DIM, "... Enter shows all");
			continue;
		}
		frame_set_bytes(f, row, LOOK_PLAIN, p, part);
		p += part;
		p += *p == '\n';
	}
	return row;
}

static void draw_events(
	const struct screen_view *v, struct frame *f, unsigned row, unsigned n)
{
	const struct screen_event *e = v->events + (v->n_events - n);

	draw_rule(f, row++, "");
	for (unsigned i = 0; i < n; i++)
		frame_set_bytes(f, row + i, e[i].alert ? LOOK_ALERT : LOOK_DIM,
			e[i].text, strlen(e[i].text));
}

static const char *help(const struct screen_view *v)
{
	if (v->keys)
		return v->keys;
	if (v->n_items == 0)
		return " q quit";
	if (v->columns >= WIDE)
		return " o once  s session  S whole tool  a always  d deny  "
		       "Enter: all of it  q quit";
	if (v->columns >= NARROW)
		return " o once  s/S session  a always  d deny q";
	return " o s S a d Enter q";
}

static void draw_bottom(const struct screen_view *v, struct frame *f)
{
	unsigned row = v->rows - 1;
	size_t skip = 0;

	if (!v->input) {
		frame_set(f, row, LOOK_BAR, "%s", help(v));
		return;
	}
	/* The cursor stays in sight. */
	if (v->input_cursor + 1 > f->columns)
		skip = v->input_cursor + 1 - f->columns;
	frame_set_bytes(
		f, row, LOOK_PLAIN, v->input + skip, strlen(v->input) - skip);
	f->cursor_row = row;
	f->cursor_column = (unsigned)(v->input_cursor - skip);
}

void screen_draw(const struct screen_view *v, struct frame *ret)
{
	struct parts p = divide(v);
	unsigned row = 1;

	frame_clear(ret, v->rows, v->columns);
	if (v->rows == 0 || v->columns == 0)
		return;
	draw_head(v, ret);
	if (p.list)
		row = draw_list(v, ret, row, p.list);
	if (p.detail)
		(void)draw_detail(v, ret, row, p.detail);
	if (p.events)
		draw_events(v, ret, v->rows - 2 - p.events, p.events);
	draw_bottom(v, ret);
}
