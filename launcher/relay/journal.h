/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The relay's end of the log: records paid from the keeper's credit.
 *
 * Nothing here blocks. A call goes out only with room left for its own result
 * and the results of those before it, so that the disk that fills up in
 * between costs no record of what was forwarded.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/record.h"

/* At least the cost of any result record. */
#define JOURNAL_RESULT_COST 2048U

enum journal_class {
	JOURNAL_CALL = 1, /* leaves room for results */
	JOURNAL_RESULT,   /* uses that room */
	JOURNAL_OTHER,    /* leaves it too */
};

struct journal {
	int fd;
	bool dead;           /* the keeper, or the way to it: for good */
	uint64_t credit;     /* bytes that may still be written */
	uint64_t credit_top; /* most there ever was */
	bool wants_room;     /* the pipe was full */
	bool stuck;          /* a wait was in vain and nothing came since */
	uint64_t news;       /* grows with credit and room */
	struct record rec;
};

void journal_init(struct journal *j, int fd);

void journal_credit(struct journal *j, uint64_t bytes);
void journal_room(struct journal *j);
void journal_dead(struct journal *j);

/*
 * Sends j->rec, with @outstanding results still to come. 0; 1: not now (no
 * credit, no room); <0: never (the record is impossible, or the keeper dead).
 */
int journal_send(struct journal *j, enum journal_class class,
	size_t outstanding) _must_use_;
