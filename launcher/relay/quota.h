/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits on how much a session does, and the breaker: what they say of a
 * request, what they count, and what time-outs give up.
 *
 * Relay's process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/breaker.h"
#include "policy/message.h"

struct call;
struct incident;
struct relay;
struct ruling;
struct standing;

struct breaker {
	struct breaker_rule rule;
	bool tripped;       /* every call is refused */
	const char *reason; /* why, for the person */
};

/* quota.c */

/* Before rules, approvals and rates are: refuses while the session is in
 * quarantine, then what is over a limit. @u is as ruling_make() left it. */
void quota_judge(struct relay *r, const struct message *m, struct ruling *u);
/* Counts a call that was recorded; it is in the table of calls, or answered. */
void quota_count(struct relay *r, const struct message *m, struct ruling *u);
/* Records, and asks, what the refusal of a call calls for. */
void quota_refused(struct relay *r, const struct ruling *u, uint64_t call);
/* A result of so many bytes went to the client. */
void quota_result(struct relay *r, const struct call *c, uint64_t bytes);

/* breaker.c */

/* What its records say; of what is only observed, what it would have done. */
void breaker_init(struct relay *r, const struct breaker_rule *observed);
/* One more call of a tool that is not listed. */
void breaker_unlisted(struct relay *r, const struct incident *i);
/* One that was forwarded, for policy is only observed. */
void breaker_observed(struct relay *r, uint64_t call);
/* The supervisor has seen what is an incident, too. */
void breaker_told(struct relay *r);
/* Asks whether the session goes on, or keeps the question open. */
void breaker_ask(struct relay *r);
/* The person's answer. */
void breaker_answered(struct relay *r, const struct standing *q, bool yes,
	const char *reason);

/* overdue.c */

/* A call went to the server: from now on its time runs. */
void overdue_begin(struct relay *r, const struct call *c);
/* Gives up what is overdue: answers it and tells the server. */
void overdue_step(struct relay *r);
/* When that is due next; 0: never. */
uint64_t overdue_next_ms(const struct relay *r);
