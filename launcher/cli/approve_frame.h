/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands on a terminal: rows of printable ASCII, each with one look.
 *
 * Pure: made by whoever shows something, compared and written by the terminal.
 * One byte is one column, for everything else was escaped before.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define FRAME_ROWS_MAX 200U
#define FRAME_COLUMNS_MAX 400U

enum look {
	LOOK_PLAIN = 0,
	LOOK_BAR, /* reversed, to the right edge */
	LOOK_BOLD,
	LOOK_DIM,
	LOOK_ALERT, /* red and bold */
	_LOOK_N
};

struct frame_row {
	enum look look;
	char text[FRAME_COLUMNS_MAX + 1];
};

struct frame {
	unsigned rows, columns;
	/* Where the cursor is shown; none if the row is not in the frame. */
	unsigned cursor_row, cursor_column;
	struct frame_row row[FRAME_ROWS_MAX];
};

/* Empty, of that size, which is cut to the bounds. */
void frame_clear(struct frame *f, unsigned rows, unsigned columns);

/* Sets one row, cut at the right edge; a row outside is nothing. */
void frame_set(struct frame *f, unsigned row, enum look look, const char *fmt,
	...) _printf_(4, 5);
void frame_set_bytes(struct frame *f, unsigned row, enum look look,
	const char *text, size_t len);

/* @left and @right at the two edges; where both have no room, @left. */
void frame_set_edges(struct frame *f, unsigned row, enum look look,
	const char *left, const char *right);

struct out;
/* The bytes that turn @old into @new on a terminal; @old NULL: whatever stands
 * there. */
void frame_write(struct out *o, const struct frame *new_frame,
	const struct frame *old, bool colour);
