/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Progress tokens of requests that are not answered yet, or whose task goes on:
 * progress that names another one is nobody's.
 *
 * A token belongs to the call or the task that holds the pointer; the table
 * only finds it. Relay's process.
 */
#pragma once

#include "base/cleanup.h"
#include "policy/message.h"
#include "relay/mark.h"

#define PROGRESS_SLOTS 256

struct progress_token {
	struct progress_token *chain; /* of its slot */
	struct mark mark;
	bool idle;     /* the other side has not heard of it (yet) */
	bool begun;    /* we have told of progress ourselves, … */
	int64_t floor; /* … up to this */
};

struct progress {
	struct progress_token *slots[PROGRESS_SLOTS];
	struct mark_key key;
};

void progress_init(struct progress *p);

enum progress_wish {
	PROGRESS_NONE = 0,
	PROGRESS_WANTED, /* the token is in @ret */
	PROGRESS_BAD,    /* it is neither a string nor a safe integer */
};

/* Whether the request wants to hear of its progress. */
enum progress_wish progress_wish(
	const struct message *m, struct json_value *ret);

/* NULL when out of memory. @token is one of progress_wish(). */
struct progress_token *progress_add(
	struct progress *p, const struct json_value *token) _must_use_;
/* Takes it out and frees it; NULL is allowed. */
void progress_remove(struct progress *p, struct progress_token *t);

/*
 * Whether a notifications/progress is about a token that lives, is well formed
 * and does not go back behind what the peer has been told. NULL, or why not.
 */
const char *progress_refuses(const struct progress *p, const struct message *m);
