/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of approve --watch, for its own files: what is on the screen, and
 * what a key does.
 */
#pragma once

#include "cli/approve_always.h"
#include "cli/approve_board.h"
#include "cli/approve_key.h"
#include "cli/approve_page.h"
#include "cli/approve_queue.h"
#include "cli/approve_term.h"

enum watch_mode {
	WATCH_LIST = 0,
	WATCH_WHOLE,   /* .page shows the chosen question */
	WATCH_CONFIRM, /* .page shows what always would write */
	WATCH_REASON,  /* .line is typed */
};

struct watch {
	struct queue queue;
	struct board board;
	struct term term;
	enum watch_mode mode;
	bool pasting, quit;
	struct page page; /* of WHOLE and CONFIRM */
	uint64_t about; /* the item that WHOLE, CONFIRM and REASON are about */
	struct always always;
	char line[APPROVAL_REASON_MAX + 1];
	size_t line_len;
	/* The arguments of what is chosen, as far as there is room. */
	struct out detail;
	bool detail_whole;
	unsigned detail_rows, detail_columns;
};

/* One key; @alone: nothing else came with it. */
void watch_key(struct watch *w, const struct key *k, bool alone);

/* Back to the list, from whatever was on the screen. */
void watch_back(struct watch *w);

/* Draws what there is into the terminal's next frame. */
void watch_draw(struct watch *w);
