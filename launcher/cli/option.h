/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options of a verb: one table row each, which parses, prints --help and is
 * compared with the manual by a test.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct option_row {
	const char *name; /* without "--" */
	const char *arg;  /* placeholder, or NULL for a switch */
	const char *help; /* one line */
	/* Called for each occurrence; @value is NULL for a switch. */
	int (*set)(void *context, const char *value, struct err *e);
	bool optional; /* the argument may be left out: --name or --name=VALUE
			*/
};

struct verb_info {
	const char *name;
	const char *usage; /* what follows "stockade NAME" */
	const char *about; /* one line */
	const char *more;  /* a few lines below the options, or NULL */
	const struct option_row *options;
	size_t n_options;
	bool command; /* everything from the first non-option on is left alone
			 (run, explain) */
};

/*
 * Parses argv[1..]; --help prints one screen on stdout. *ret_args points at
 * the first operand inside argv. Operands may stand between options unless
 * ->command; they are moved to the end in their order. 0; 1 help was printed;
 * <0 with e->text and status 2 (or 125 for run and explain).
 */
int options_parse(const struct verb_info *v, int argc, char **argv,
	void *context, char ***ret_args, struct err *e);
void options_help(const struct verb_info *v);
