/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as a table for people. What a record holds was written by servers and
 * clients: all of it is escaped.
 */
#pragma once

#include "cli/log_stream.h"

struct log_table {
	unsigned width; /* columns of the screen, 80 and more */
	char day[16];   /* of the last row, "" before the first */
};

/* For standard output: the terminal's width, else COLUMNS, else 120. */
void log_table_init(struct log_table *t);

/* Whether a table has a row for records of this type, or leaves them out on
 * purpose. */
bool log_table_knows(const char *type);

/* Prints s's record; false for one that a table leaves out. */
bool log_table_row(struct log_table *t, const struct log_stream *s);
