/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a program that was asked has to say, and what its end means. Pure.
 */
#pragma once

#include "cli/approve_link.h"

/* Of its standard output; a program that writes more has not answered. */
#define CONTRACT_OUTPUT_MAX 4096

struct program_end {
	bool exited; /* else killed by the signal .status */
	int status;
	bool overrun; /* wrote too much */
	const char *text;
	size_t len;
};

/*
 * True and the verdict, whose reason is in @reason; or false and *ret_why, for
 * a person: whatever is not clearly an answer is none.
 */
bool contract_read(const struct program_end *end, struct verdict *ret,
	char reason[APPROVAL_REASON_MAX + 1], const char **ret_why);

/* "SERVER: TOOL?", for everybody to see in its arguments; in ASCII, and no
 * option. */
#define CONTRACT_QUESTION_MAX 240
void contract_question(
	const struct waiting *w, char dst[CONTRACT_QUESTION_MAX]);
