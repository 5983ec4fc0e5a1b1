/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Content of types that are not permitted is taken out of what the server
 * answers, before anything else looks at it.
 *
 * Relay's process; lives for one line. r->typed has the new one.
 */
#pragma once

#include "policy/message.h"

struct relay;

/*
 * @result of @m, for a request of @method: 0 nothing to take out; 1 the new
 * line, without a newline, is in r->typed, and *ret is read from it; <0 it
 * could not be done, and nothing of it may go on.
 */
int rework_types(struct relay *r, enum method method, const char *line,
	size_t len, const struct json_value *result, struct message *ret);
