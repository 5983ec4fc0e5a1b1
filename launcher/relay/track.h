/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What later messages are matched with: a request that goes to the server
 * leaves its progress token, its log level, its subscription.
 *
 * Relay's process.
 */
#pragma once

#include "base/cleanup.h"
#include "policy/message.h"
#include "relay/pending.h"
#include "relay/ruling.h"

struct relay;

/* Before it is recorded: what cannot be followed is refused in @u. Sees only.
 */
void track_admit(struct relay *r, const struct message *m, struct ruling *u);

/* A request of the client's, in the table from now on. NULL: no memory. */
struct call *track_call(struct relay *r, const struct message *m);

/* A request of the server's. */
struct call *track_ask(struct relay *r, const struct message *m);

/* What the server may ask for in its answer it asks about this. False: nothing
 * may be asked for. */
bool track_subject(struct relay *r, const struct message *m, struct mark *ret);

/* It goes on to the client. */
void track_asked(struct relay *r, const struct message *m);

/* Which answers of a request the server has asked for: false if it carries
 * none. */
struct wanted_here;
bool track_answers(
	struct relay *r, const struct message *m, struct wanted_here *ret);

/* Whether it carries one that the server has not asked for. */
bool track_forges(struct relay *r, const struct message *m);
