/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What went wrong, in words for a person, with the exit status it leads to.
 *
 * The function that knows operation, object and errno fills it; whoever is at
 * the boundary (a verb, a process) prints it once. Nothing in between prints.
 */
#pragma once

#include "base/cleanup.h"

#define EXIT_LIMIT 124      /* ended by a limit that stockade keeps */
#define EXIT_REFUSED 125    /* stockade refused or failed */
#define EXIT_CANNOT_RUN 126 /* the command is there but cannot be executed */
#define EXIT_NOT_FOUND 127  /* the command was not found */

struct err {
	int status;      /* exit status; 0 until set, then EXIT_REFUSED or a
			    more precise one */
	char text[1024]; /* one line without newline, not escaped; "" if none */
};

/*
 * Fills @e (which may be NULL) unless it holds a text already: the first
 * cause counts. @r is a negative errno and is returned, so that one writes
 * `return err_set(e, -errno, "open %s", path);`. The text gets ": STRERROR"
 * appended; err_say() appends nothing.
 */
int err_set(struct err *e, int r, const char *fmt, ...) _printf_(3, 4);
int err_say(struct err *e, int r, const char *fmt, ...) _printf_(3, 4);

/* As err_say(), and sets the exit status. */
int err_status(struct err *e, int status, const char *fmt, ...) _printf_(3, 4);
