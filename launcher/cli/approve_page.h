/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A long text in a window: lines of printable ASCII, folded at the width. Pure.
 */
#pragma once

#include "cli/approve_frame.h"
#include "cli/approve_key.h"
#include "policy/out.h"

struct page {
	struct out text; /* owned */
	size_t *starts;  /* of lines; and one behind the last */
	size_t *rows;    /* before each line, and of all, at .width */
	size_t n_lines;
	unsigned width, height;
	size_t top; /* the first row that is seen */
};

/* Takes over the text. -ENOMEM. */
int page_init(struct page *p, struct out *text) _must_use_;
void page_deinit(struct page *p);

/* Of the window; what stood at its top stays there. */
void page_resize(struct page *p, unsigned width, unsigned height);

/* All rows at this width. */
size_t page_rows(const struct page *p);

/* Moves the window; false: not a key for that. */
bool page_key(struct page *p, const struct key *k);

/* Rows @first… of the frame, as many as the window has. */
void page_draw(const struct page *p, struct frame *f, unsigned first);

/* "12% of 3456 lines". */
void page_where(const struct page *p, char *dst, size_t size);
