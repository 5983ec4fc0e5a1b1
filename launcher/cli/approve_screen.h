/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layout of approve --watch: what is known goes in, rows of text come out.
 * Pure, for any size of terminal.
 */
#pragma once

#include "cli/approve_frame.h"

/* A question in the list. Texts are escaped already. */
struct screen_item {
	char id[40], server[64], name[128];
	bool held;
	uint32_t calls;
	uint64_t left_ms; /* of the hold, or in the queue */
	char note[64];    /* instead of the time: "answered elsewhere: once" */
};

/* What happened: an answer, a notice. Escaped. */
struct screen_event {
	bool alert;
	char text[FRAME_COLUMNS_MAX + 1];
};

struct screen_view {
	unsigned rows, columns;
	const char *clock; /* "12:41:07" */
	size_t n_sessions;
	const struct screen_item *items; /* the newest first */
	size_t n_items, n_open;
	size_t chosen; /* of items; n_items: none */
	/* The arguments of the chosen one: as many lines as there is room
	 * for; whether that is all of them. */
	const char *detail;
	bool detail_whole;
	const struct screen_event *events; /* the newest last */
	size_t n_events;
	const char *keys;  /* instead of the usual help; NULL */
	const char *input; /* a line that is typed: prompt and text; NULL */
	size_t input_cursor;
};

void screen_draw(const struct screen_view *v, struct frame *ret);

/* How many lines of detail there can be at most at this size. */
unsigned screen_detail_rows(const struct screen_view *v);
