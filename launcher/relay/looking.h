/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look of our own at the server's tools: before a call, where the last list
 * is old, was announced to have changed, or was not asked for in this session.
 * A server need not say that it has become another one.
 *
 * The client hears nothing of it but a short delay of its call. Relay's
 * process; one a session.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/json.h"
#include "relay/lane.h"
#include "relay/mark.h"

struct call;
struct message;
struct relay;

#define LOOKING_ID_MAX 48

struct looking {
	char stem[24];      /* of our ids: nobody else knows it */
	uint64_t n;         /* of the one that is outstanding */
	bool outstanding;   /* an answer is waited for */
	uint64_t asked_ms;  /* when the look began */
	uint64_t looked_ms; /* the end of the last list; 0: none yet */
	bool changed;       /* announced since */
	bool reading;       /* the client reads a list from its beginning … */
	struct mark next;   /* … and asks for this cursor next */
	uint64_t greeting_ms; /* a call waits till then for its greeting; 0 */
	unsigned pages, walk; /* of ours */
	char meta[4096];      /* of the request that made us look */
};

void looking_init(struct looking *l);

/* Whether the last list is as good as a look at @now_ms; @busy: the server
 * works on a call, so that its age is no reason. */
bool looking_is_fresh(const struct looking *l, uint64_t now_ms, bool busy);

/*
 * Whether a request has to wait for a look, which is begun then. Once it has
 * waited long enough in vain, it does not, and is refused.
 */
bool looking_holds(struct relay *r, const struct message *m);
/* When that is; 0: nothing is waited for. */
uint64_t looking_next_ms(const struct relay *r);

/* An answer: true if it is to a look of ours, and *ret_step what to do. */
bool looking_answered(struct relay *r, const struct message *m,
	const char *line, size_t len, enum lane_step *ret_step);

/* The server says that its tools are others now. */
void looking_changed(struct looking *l);

/* A page of a list of tools went to the client as the answer to @c. Only a
 * whole list, page after page, is as good as a look. */
void looking_page(
	struct relay *r, const struct call *c, const struct json_value *result);
