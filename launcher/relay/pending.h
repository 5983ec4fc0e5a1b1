/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that were forwarded, or are held until somebody agrees, and are not
 * answered yet, by id.
 *
 * Each answers once. Ids are compared as values: 1 is not "1", but "a" is
 * "\u0061", for a server may write a string in another way. What was cancelled
 * stays a while, so that its late answer is not taken for a forged one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/level.h"
#include "policy/message.h"
#include "policy/rates.h"
#include "relay/agreed.h"
#include "relay/held.h"
#include "relay/listen.h"
#include "relay/progress.h"
#include "relay/shapes.h"

#define PENDING_CANCELLED 64 /* cancelled ones that are remembered */
#define PENDING_SLOTS 256

struct call {
	struct call *chain;         /* of its slot */
	struct call *older, *newer; /* in the order they came */
	uint64_t number;            /* in the log */
	uint64_t start_us;          /* CLOCK_MONOTONIC */
	enum method method;
	enum message_era era;
	enum json_type id_type;
	bool cancelled;
	enum shape shape;  /* of the tool that is called */
	bool first_page;   /* of a list: it asks for no further one */
	bool given_up;     /* and answered by us: it took too long */
	bool seen_late;    /* it would have been, and the log says so */
	struct held *held; /* not forwarded yet, or NULL */
	/* What the other side may send before it answers. */
	struct progress_token *token; /* or NULL */
	struct listen *listen;        /* of a subscriptions/listen, or NULL */
	enum log_level log_level;     /* and worse */
	enum method of;      /* whose result it brings: a task's, or method */
	struct mark subject; /* of a modern request that may be asked back */
	struct mark task;    /* what a request about a task is about */
	bool paged;          /* a list from a cursor, which subject is */
	bool is_ask;         /* of the server's */
	bool wants_task;     /* it may be answered by a task */
	char *tool;          /* its name, if so, or its task's */
	size_t tool_len;
	uint64_t origin;            /* the call that made its task, or 0 */
	struct agreement agreement; /* what let it through, if that was asked */
	/* What its answer asks for was judged: it passes, or this is said. */
	bool wish_passed;
	const char *wish_refused;
	uint64_t taken[2]; /* of .rates: given back when it ends */
	uint16_t id_len;   /* as written, at bytes[0] */
	uint16_t key_len;  /* unescaped, after it */
	char bytes[];
};

struct pending {
	struct call *slots[PENDING_SLOTS];
	struct call *oldest, *newest;
	size_t n, n_cancelled; /* n counts those that are not cancelled */
	size_t n_held, held_bytes;
	size_t n_listens, n_logs[_LOG_LEVEL_N];
	struct progress progress;
	size_t max;
	struct rates *rates[2]; /* that count calls at a time, or NULL */
	unsigned char key[16];  /* of the hash: ids are chosen by others */
};

void pending_init(struct pending *p, size_t max);
void pending_deinit(struct pending *p);

/* NULL if there is none; also finds a cancelled one. */
struct call *pending_find(struct pending *p, const struct json_value *id);

/* The same for an id that stands alone, as bytes of JSON. */
struct call *pending_find_bytes(
	struct pending *p, const char *id, size_t id_len);

/* The request that a cancellation names, also a cancelled one; NULL. */
struct call *pending_find_named(
	struct pending *p, const struct message *cancellation);

/* NULL when full or out of memory. @id is not there yet. */
struct call *pending_add(struct pending *p, const struct json_value *id);

/* What a call has taken of limits that count calls at a time. */
void pending_give_back(struct pending *p, uint64_t taken[2]);

void pending_remove(struct pending *p, struct call *c);

/* The call is held from now on; takes over @h. */
void pending_hold(struct pending *p, struct call *c, struct held *h);
/* It is held no longer, and is to be answered by the server. */
void pending_release(struct pending *p, struct call *c);

/* The subscription, or the level of log messages, that it asks for; takes over
 * @l. */
void pending_listen(struct pending *p, struct call *c, struct listen *l);
void pending_log(struct pending *p, struct call *c, enum log_level level);
/* Whether one of them asks for log messages of that level. */
bool pending_logs(const struct pending *p, enum log_level level);

/* No answer is waited for any more; forgets the oldest of many such. */
void pending_cancel(struct pending *p, struct call *c);
