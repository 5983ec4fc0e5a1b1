/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An approver for a person who types: the queue, and one answer at a time.
 */
#pragma once

#include "cli/approve_queue.h"

struct approver {
	struct queue queue;
	/* The answer that is on its way. */
	const struct keeper_link *link;
	uint64_t id;
	bool done, lost;
	enum approval_status status;
	enum approval_fault fault;
	/* The question that a person looks at, until it is gone. */
	const struct waiting *shown;
	enum approval_answer gone_by;
};

void approver_init(struct approver *a, enum approval_channel channel);
void approver_deinit(struct approver *a);
#define _approver_ _cleanup_(approver_deinit)

/* Looks for sessions and waits until all have told what they ask. */
int approver_attach(struct approver *a, struct err *e) _must_use_;

/*
 * Sends an answer and waits for what becomes of it, which is printed: on
 * stdout if it counts, else on stderr. 0 it counts, 1 it does not. @w is gone
 * afterwards.
 */
int approver_answer(struct approver *a, const struct waiting *w,
	const struct verdict *v) _must_use_;

/* One line for people: the question and what became of it. */
void approver_say(const struct waiting *w, const struct verdict *v, char *dst,
	size_t size);
