/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A person at a terminal, line by line: is shown a question and answers it.
 */
#pragma once

#include "cli/approve_answer.h"

enum person_outcome {
	PERSON_NONE = 0,
	PERSON_ANSWERED, /* and it counts */
	PERSON_REFUSED,  /* answered, and it does not count */
	PERSON_SKIPPED,
	PERSON_GONE, /* somebody else was faster, or it expired */
	PERSON_QUIT,
};

/* Shows all of it and asks. @w may be gone afterwards. */
enum person_outcome person_ask(struct approver *a, const struct waiting *w);

/*
 * Gives an answer that was said already. For always, the difference of the
 * profile is shown and has to be confirmed.
 */
enum person_outcome person_answer(
	struct approver *a, const struct waiting *w, struct verdict *v);

/* What was typed: a word or its letter, and for deny the reason, which points
 * into @line. */
enum person_word {
	SAID_NONE = 0,
	SAID_ANSWER,
	SAID_SKIP,
	SAID_QUIT,
};
enum person_word person_parse(char *line, struct verdict *ret);

/* stdin and stdout are a terminal. */
bool person_is_here(void);
