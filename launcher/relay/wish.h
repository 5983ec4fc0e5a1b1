/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server asks of its client (policy/wishes.h) where policy wants
 * somebody to agree to it first: it is held like a call, until an approver has
 * answered or the time is over.
 *
 *   legacy   a request of the server's own; without an approval it is answered
 *            with an error
 *   modern   inputRequests in the answer to a call, and the error of the
 *            2025-11-25 version that asks to open pages: that answer waits;
 *            without an approval the call ends as refused
 *
 * Each is one question, of the method and its params: equal ones join it, and
 * one that comes again finds the answer. Relay's process.
 */
#pragma once

#include "relay/lane.h"
#include "relay/pending.h"
#include "relay/rework.h"

struct relay;

/* A request of the server's, to be asked for; @line is what would go on. */
enum lane_step wish_request(
	struct relay *r, const struct message *m, const char *line, size_t len);

/* Whether it is to be asked for if the answer @m may go on. Sees only. */
bool wish_in_answer(
	struct relay *r, const struct message *m, const struct call *c);

/*
 * The answer @m to @c in @line, of which @w goes on. LANE_PASS: it is settled,
 * and what goes on stands in @w; LANE_DROP: it is held; LANE_HOLD: for the log,
 * to be judged anew.
 */
enum lane_step wish_answer(struct relay *r, const struct message *m,
	const char *line, size_t len, struct call *c, struct reworked *w);

/* What becomes of a held one: somebody agreed (it stays held while there is no
 * room for it), declined, or nobody answered. */
void wish_pass(struct relay *r, struct call *c);
void wish_decline(struct relay *r, struct call *c, const char *reason);
void wish_let_go(struct relay *r, struct call *c);

/* Its call ends in another way: what was asked in it ends so too. */
void wish_ended(struct relay *r, const struct call *c, const char *outcome);
