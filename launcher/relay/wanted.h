/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server has asked for in results of the modern era (inputRequests),
 * so that the client answers that and nothing else (inputResponses).
 *
 * Relay's process; the last WANTED_MAX keys are remembered.
 */
#pragma once

#include "policy/message.h"
#include "relay/mark.h"

#define WANTED_MAX 1024
#define WANTED_KEYS_MAX 64 /* of one result */

struct wanted {
	struct {
		struct mark state, key;
	} keys[WANTED_MAX];
	unsigned n, next; /* how many are used; whose place is taken next */
	struct mark_key key;
};

void wanted_init(struct wanted *w);

/* What a request is about: its method and the name in it. */
void wanted_subject(const struct wanted *w, const struct message *m,
	const struct json_value *name, struct mark *ret);

/* False: it asks for too much at a time. Sees only. */
bool wanted_fits(const struct json_value *result);

/* A result (or what tells of a task) about @subject goes to the client. */
void wanted_note(struct wanted *w, const struct mark *subject,
	const struct json_value *result);

/* The subject in the state that @from (a result, or parameters) gives out or
 * back, if there is one. */
void wanted_state(const struct wanted *w, const struct mark *subject,
	const struct json_value *from, struct mark *ret);

/* What may be answered in one request: what was asked for about its subject,
 * in the state that it gives back. */
struct wanted_here {
	const struct wanted *w;
	struct mark state;
};

void wanted_look(const struct wanted *w, const struct mark *subject,
	const struct message *m, struct wanted_here *ret);

/* Of struct wishes_answers; @ctx is a struct wanted_here. */
bool wanted_has(const void *ctx, const struct json_value *key);
