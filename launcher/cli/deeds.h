/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the verbs write into the log of what they do to tokens, pins, keys and
 * trusted files. In the process of the verb.
 */
#pragma once

#include "base/token.h"
#include "keeper/deed.h"

struct pin;

/*
 * For a verb that takes something back, before anything else: neither a reader
 * that went away nor a limit on the size of files ends it between what it does
 * and the record of that.
 */
void deeds_guard(void);

/* @purpose: what is done, as it is typed. The log has it when this is 0. */
int deeds_begin(
	const char *purpose, struct deed **ret, struct err *e) _must_use_;

/* One record of @type, of a token; @reason may be NULL. */
int deeds_token(struct deed *d, enum record_type type, const struct token *t,
	const char *reason, struct err *e) _must_use_;

/* That something counts from now on which did not, or no longer does: a file
 * that is trusted, the key of an approver. */
struct deed_policy {
	const char *kind, *name, *reason;
	const char *key_id;       /* or NULL */
	const uint8_t *old, *new; /* 32 bytes each, or NULL: there is none */
};
int deeds_policy(
	struct deed *d, const struct deed_policy *p, struct err *e) _must_use_;

/* That what waits of @pin is accepted, of this server. */
int deeds_pin(struct deed *d, const char *server, const struct pin *pin,
	struct err *e) _must_use_;
