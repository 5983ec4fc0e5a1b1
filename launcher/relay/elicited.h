/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Elicitations by URL that the client was asked for, by their ids: the server
 * tells when the person is done, once each, and of no other.
 *
 * Relay's process; the last ELICITED_MAX are remembered.
 */
#pragma once

#include "relay/mark.h"

#define ELICITED_MAX 256

struct elicited {
	struct mark marks[ELICITED_MAX];
	bool live[ELICITED_MAX];
	unsigned next;
	struct mark_key key;
};

void elicited_init(struct elicited *e);

/* The params of an elicitation: its elicitationId, if it has one. */
void elicited_note(struct elicited *e, const struct json_value *params);

/* Whether it is one of them; then it is none any more. */
bool elicited_take(struct elicited *e, const struct json_value *id);
