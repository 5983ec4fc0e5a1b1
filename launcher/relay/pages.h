/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists that come in pages, and servers whose lists have no end: so many pages
 * behind one another, and none that leads back to itself.
 *
 * Relay's process.
 */
#pragma once

#include "policy/message.h"
#include "relay/mark.h"

#define PAGES_MAX 1000
#define PAGES_LISTS 5

struct pages {
	unsigned n[PAGES_LISTS]; /* asked for since the first */
	struct mark_key key;
};

void pages_init(struct pages *p);

/* Whether the request is one for a page too many. Sees only. */
bool pages_are_over(const struct pages *p, const struct message *m);

/* A request for a page goes to the server. True: @ret is what its cursor is
 * recognized by. */
bool pages_ask(struct pages *p, const struct message *m, struct mark *ret);

/* Whether the result leads on to where it was asked for from. */
bool pages_go_round(const struct pages *p, const struct mark *cursor,
	const struct json_value *result);
