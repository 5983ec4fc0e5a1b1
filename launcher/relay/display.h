/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server says that is no message, for the person at the terminal:
 * its standard error, and lines on its stdout that are not JSON. Line by line,
 * up to a bound; never blocks. Of standard error what would drive a terminal or
 * is not seen is escaped, of other lines all but printable ASCII.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DISPLAY_LINE 2048 /* a longer line is shown in pieces */

struct display {
	uint64_t shown, max; /* bytes */
	bool capped;
	bool torn; /* the last write took only a part of its line */
	size_t len;
	char line[DISPLAY_LINE];
};

void display_init(struct display *d, uint64_t max_bytes);

/* Takes bytes as they come, shows whole lines. */
void display_bytes(struct display *d, const char *bytes, size_t n);

/* Shows what has no newline yet. */
void display_end(struct display *d);

/* One line on its own; @label is ours, the text is cut where it is long. */
void display_line(
	struct display *d, const char *label, const char *text, size_t len);
