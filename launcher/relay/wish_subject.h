/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it is that a server asks of its client, where policy wants somebody to
 * agree: the method and its params, wherever they stand.
 *
 * Relay's process; lives for one line.
 */
#pragma once

#include "policy/message.h"
#include "policy/wishes.h"

struct wish_subject {
	const char *name;         /* as approvers see it */
	struct json_value method; /* as the log has it */
	struct json_value params; /* what approvers see, and agree to */
};

/* @m is a request of the server's. */
void wish_subject_of_request(const struct message *m, struct wish_subject *ret);

/*
 * What the answer @m asks for, if that is to be asked for: false if it asks
 * for nothing, or for nothing of that. One request by its own name and params;
 * of several all of inputRequests.
 */
bool wish_subject_of_answer(const struct wishes *w, const struct message *m,
	enum message_era era, struct wish_subject *ret);
