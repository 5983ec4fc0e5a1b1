/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pins in a session: each list and greeting of the server's is held against
 * what was accepted, differences are recorded and handed to the keeper.
 *
 * Relay's process; one a session. The table is policy/pins.h's.
 */
#pragma once

#include "base/buf.h"
#include "base/pin_batch.h"
#include "policy/pins.h"
#include "policy/tools.h"
#include "relay/mark.h"

struct call;
struct message;
struct relay;
struct ruling;
struct standing;

struct pinning {
	struct pins *pins; /* NULL: off */
	bool observed;
	const char *profile;
	unsigned begun[_PIN_N]; /* first pages that were answered */
	struct pinning_walk {
		unsigned walk;    /* of policy/pins.h; 0: pages are missing */
		struct mark next; /* the page that follows */
	} walks[_PIN_N];          /* of the client's lists */
	struct buf batch;         /* a file of the store in the making */
	unsigned parts;           /* files that were handed over */
	bool urgent;              /* it does not wait for the next page */
	unsigned told;            /* on standard error */
	unsigned asked;           /* questions that were put */
	bool announces[_PIN_N];   /* the server, what of its lists changes */
	bool lost;                /* the keeper did not take one; said */
};

void pinning_init(struct pinning *p, struct pins *pins, bool observed,
	const char *profile);
void pinning_deinit(struct pinning *p);

/* A greeting, or any request of the modern era, tells what the client can do.
 */
void pinning_able(struct relay *r, const struct message *m);

/* A request of the client's goes on: what it tells of the client. True if it
 * asks for a list from its beginning. */
bool pinning_asked(struct relay *r, const struct message *m);

/* One page of a list, while it is judged. */
struct pinned_list {
	struct relay *r;
	enum pin_kind kind;
	unsigned walk;
	bool cut; /* something of it was left out */
};

void pinning_list(struct relay *r, enum names names, const struct call *c,
	struct pinned_list *ret);
/* Of struct list_judge; @ctx is a struct pinned_list. */
bool pinning_judge(void *ctx, const struct json_value *item,
	const struct json_value *name, bool twice, const char **ret_by,
	size_t *ret_len);
void pinning_list_end(struct pinned_list *l, const struct call *c,
	const struct json_value *result);

/* A greeting: true if its instructions were replaced, behind what @o has. */
bool pinning_hello(struct relay *r, const struct message *m, const char *line,
	size_t len, struct out *o);

/* An answer to initialize: of which lists the server says that they change. */
void pinning_announces(struct relay *r, const struct message *m);

/* Somebody has accepted something of that kind: a client of the legacy era
 * hears that its list is old if the server has said that it tells such things,
 * one of the modern era in each subscription that asked for it. */
void pinning_announce(struct relay *r, enum pin_kind kind);

/* One event more of what is to be kept. */
void pinning_keep(struct relay *r, enum pin_event e, enum pin_kind kind,
	const uint8_t name_hash[32], const char *def, size_t len);

/* @b, begun and filled with what went as @x says, goes to the keeper; where it
 * accepts, for the sake of the answer to @question. */
void pinning_hand_over(
	struct relay *r, struct buf *b, int x, uint64_t question);

/*
 * Somebody is asked whether the difference is accepted, once or again; nothing
 * is asked where nobody could answer. _again: of what a call was refused for;
 * _unask: there is no difference any more.
 */
void pinning_ask(struct relay *r, const struct pin *pin);
void pinning_ask_again(struct relay *r, const struct ruling *u);
void pinning_unask(
	struct relay *r, enum pin_kind kind, const char *name, size_t len);
/* Of standing.c's topics. */
void pinning_answered(struct relay *r, const struct standing *q, bool yes,
	const char *reason);

/*
 * Records what is new, and hands it over to be kept. As journal_send(): 1: the
 * answer that brought it waits, and this is called again.
 */
int pinning_report(struct relay *r);
