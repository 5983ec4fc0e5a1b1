/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people call a question: SESSION:CALL, where SESSION is the first digits
 * of one session only, or CALL alone where one question has that number.
 */
#pragma once

#include "cli/approve_queue.h"

struct approve_id {
	char session[33]; /* first digits; empty: not said */
	uint64_t call;
};

/* False if it is none. */
bool approve_id_parse(const char *text, struct approve_id *ret);

/* 0; 1 if there is no such question now; -EINVAL with e->text and status 2 if
 * it could be several. */
int approve_id_find(const struct queue *q, const struct approve_id *id,
	struct waiting **ret, struct err *e) _must_use_;
