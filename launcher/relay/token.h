/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call that needs an operation token waits at the front of its lane while the
 * keeper looks for one; what it spends is for this call alone. Where no answer
 * comes in time there is no token.
 *
 * Relay's process; one call at a time, as its lane has it.
 */
#pragma once

#include "base/ipc.h"
#include "base/token.h"
#include "policy/message.h"
#include "relay/ruling.h"

#define TOKEN_WAIT_US 1000000U
#define TOKEN_TOLD_MAX 16 /* lines in a session */

enum token_state {
	TOKEN_IDLE = 0,
	TOKEN_ASKED,   /* the keeper looks */
	TOKEN_OFFERED, /* .when is to be looked at */
	TOKEN_ANSWERED,
};

struct token_wait {
	enum token_state state;
	uint64_t question; /* which one, of us; the last one's number */
	uint64_t since_us;
	unsigned told;             /* people, of calls that needed one */
	char id[TOKEN_ID_HEX + 1]; /* "": there is none */
	char when[TOKEN_WHEN_MAX + 1];
};

struct relay;

/*
 * @u is RULING_TOKEN. True while it has to wait; else @u is RULING_FORWARD
 * with u->token, or stays what is answered where there is none.
 */
bool token_judge(
	struct relay *r, const struct message *m, struct ruling *u) _must_use_;

/* The call, which is in the log, was refused for want of one: people are told.
 */
void token_refused(struct relay *r, const struct ruling *u);

/* The call was recorded, or given up. */
void token_forget(struct token_wait *t);

/* What the keeper says. */
void token_offered(struct token_wait *t, const struct ipc_parcel *p);
void token_answered(struct token_wait *t, const struct ipc_parcel *p);

bool token_waits(const struct token_wait *t);
/* Whether a call that waits is worth another look. */
bool token_due(const struct relay *r);
