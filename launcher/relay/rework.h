/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What policy makes of an answer of the server's: lists are filtered and
 * capped, results and errors capped, what is asked for in a result is judged.
 *
 * Relay's process; lives for one line.
 */
#pragma once

#include "policy/clean.h"
#include "relay/lane.h"
#include "relay/pending.h"

struct relay;

struct reworked {
	/* LANE_PASS; LANE_INSTEAD: r->s2c.instead has the line; LANE_HOLD: it
	 * waits for files, and is to be judged anew. */
	enum lane_step step;
	bool cut;
	bool replaced;       /* it is an answer of ours */
	const char *outcome; /* as the log has it */
	/* What was seen of each that has a cap. */
	uint64_t text_seen, binary_seen, items_seen;
	struct clean_stats stripped;
	const char *unseen; /* where it could not be taken out, or NULL */
};

/* @m is an answer to @c. */
void rework_answer(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct call *c, struct reworked *ret);

/* Instead of the server's line goes an answer of ours to @c. */
void rework_replace(struct relay *r, const struct call *c, const char *text,
	struct reworked *w);

/*
 * The result in a notifications/tasks, capped as the call's would be:
 * LANE_PASS, LANE_INSTEAD or LANE_DROP.
 */
enum lane_step rework_task_note(
	struct relay *r, const struct message *m, const char *line, size_t len);

/* Records which limits it has hit. */
void rework_note(
	struct relay *r, const struct call *c, const struct reworked *w);
