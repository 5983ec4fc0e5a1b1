/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question that goes to the keeper's queue: what approvers are shown of it,
 * and what standard error says. Whether it is asked, and what its answer does,
 * is approvals.h's and the asker's own.
 *
 * Relay's process; lives for one line.
 */
#pragma once

#include "base/approval.h"
#include "base/cleanup.h"
#include "policy/json.h"
#include "relay/approvals.h"

struct relay;

struct question_about {
	enum approval_kind kind;
	const char *name;
	size_t name_len;
	const char *title;           /* the server's word for it, or NULL */
	const char *reason;          /* or NULL: the rules say it */
	struct json_value arguments; /* JSON_INVALID: none */
	const char *const *rules;    /* NULL-terminated, or NULL */
	const uint8_t *args_hash;    /* 32 bytes */
};

/*
 * Puts the question @id, or, of one that was put, says that it was asked again:
 * it stays in the keeper's queue as long as it does in ours. @hold_ms: so long
 * somebody waits for it. 0 or -errno.
 */
int question_put(struct relay *r, const struct question_about *about,
	uint64_t id, uint64_t hold_ms) _must_use_;

/* Says on standard error how to answer it. */
void question_tell(
	const struct relay *r, const struct question_about *about, uint64_t id);

/* Of its kind, its name and its arguments, for approvals.h. */
void question_key_make(enum approval_kind kind, const char *name,
	size_t name_len, const uint8_t args_hash[32], struct question_key *ret);
/* The second half, for a name that has been changed. */
void question_key_join(const uint8_t args_hash[32], struct question_key *key);

/* Whether @len bytes more may be held. */
bool question_has_room(const struct relay *r, size_t len);

/* How long a client that is not known to wait is kept waiting, or is. */
uint64_t question_patience_ms(const struct relay *r, bool waits);
