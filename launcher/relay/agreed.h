/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that somebody agreed to, or that a token was spent on, and whose answer
 * asks for input first (input_required): they come again under another id, and
 * what was agreed to holds for them once more, for the same name and arguments
 * in the state that the server gave out.
 *
 * Relay's process; the last AGREED_MAX are remembered, each is good for one
 * call.
 */
#pragma once

#include "base/token.h"
#include "policy/message.h"
#include "relay/mark.h"

#define AGREED_MAX 64

struct call;
struct relay;
struct ruling;

struct agreement {
	bool holds;
	uint64_t approval;            /* the question's number, or 0 */
	char token[TOKEN_ID_HEX + 1]; /* or "" */
	uint8_t key[32];              /* kind, name, rules and arguments */
};

struct agreed {
	struct {
		struct mark state; /* and what it is about */
		struct agreement agreement;
	} all[AGREED_MAX];
	unsigned next;
};

/* A request that needs an approval or a token and comes again for one that had
 * it: then @u lets it through. Sees only. */
void agreed_judge(struct relay *r, const struct message *m, struct ruling *u);

/* It was forwarded as @c: what it came again for is used up, and what let it
 * through is kept with it. */
void agreed_take(struct relay *r, const struct message *m,
	const struct ruling *u, struct call *c);

/* Its result goes to the client. */
void agreed_note(
	struct relay *r, const struct call *c, const struct message *m);
