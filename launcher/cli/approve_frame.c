/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/out.h"

void frame_clear(struct frame *f, unsigned rows, unsigned columns)
{
	f->rows = rows < FRAME_ROWS_MAX ? rows : FRAME_ROWS_MAX;
	f->columns = columns < FRAME_COLUMNS_MAX ? columns : FRAME_COLUMNS_MAX;
	f->cursor_row = FRAME_ROWS_MAX;
	f->cursor_column = 0;
	for (unsigned i = 0; i < f->rows; i++) {
		f->row[i].look = LOOK_PLAIN;
		f->row[i].text[0] = '\0';
	}
}

void frame_set_bytes(struct frame *f, unsigned row, enum look look,
	const char *text, size_t len)
{
	struct frame_row *r;

	if (row >= f->rows)
		return;
	r = &f->row[row];
	if (len > f->columns)
		len = f->columns;
	r->look = look;
	memcpy(r->text, text, len);
	r->text[len] = '\0';
	/* Whoever forgot to escape does not get through. */
	for (size_t i = 0; i < len; i++)
		if (r->text[i] < 0x20 || r->text[i] >= 0x7f)
			r->text[i] = '?';
}

void frame_set(
	struct frame *f, unsigned row, enum look look, const char *fmt, ...)
{
	char text[FRAME_COLUMNS_MAX + 1];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	frame_set_bytes(f, row, look, text, strlen(text));
}

void frame_set_edges(struct frame *f, unsigned row, enum look look,
	const char *left, const char *right)
{
	size_t l = strlen(left), r = strlen(right);

	if (l + r + 1 > f->columns)
		frame_set_bytes(f, row, look, left, l);
	else
		frame_set(f, row, look, "%s%*s", left, (int)(f->columns - l),
			right);
}

/* ECMA-48 SGR. */
static const char *const looks[_LOOK_N][2] = {
	[LOOK_PLAIN] = {"", ""},
	[LOOK_BAR] = {"\033[7m", "\033[7m"},
	[LOOK_BOLD] = {"\033[1m", "\033[1m"},
	[LOOK_DIM] = {"\033[2m", "\033[2m"},
	[LOOK_ALERT] = {"\033[1m", "\033[1;31m"},
};

static void write_row(
	struct out *o, const struct frame *f, unsigned row, bool colour)
{
	const struct frame_row *r = &f->row[row];
	size_t len = strlen(r->text);
	char move[24];

	(void)snprintf(move, sizeof(move), "\033[%u;1H", row + 1);
	out_str(o, move);
	out_str(o, looks[r->look][colour]);
	out_bytes(o, r->text, len);
	for (; r->look == LOOK_BAR && len < f->columns; len++)
		out_bytes(o, " ", 1);
	out_str(o, "\033[0m");
	/* In the last column the cursor stands on the last character. */
	if (len < f->columns)
		out_str(o, "\033[K");
}

static bool same_row(const struct frame *a, const struct frame *b, unsigned row)
{
	return a->row[row].look == b->row[row].look &&
	       strcmp(a->row[row].text, b->row[row].text) == 0;
}

void frame_write(struct out *o, const struct frame *new_frame,
	const struct frame *old, bool colour)
{
	const struct frame *f = new_frame;
	bool anew = !old || old->rows != f->rows || old->columns != f->columns;
	bool cursor = f->cursor_row < f->rows;
	char move[32];

	out_str(o, anew ? "\033[?25l\033[0m\033[2J" : "\033[?25l");
	for (unsigned i = 0; i < f->rows; i++)
		if (anew || !same_row(f, old, i))
			write_row(o, f, i, colour);
	if (!cursor)
		return;
	(void)snprintf(move, sizeof(move), "\033[%u;%uH\033[?25h",
		f->cursor_row + 1, f->cursor_column + 1);
	out_str(o, move);
}
