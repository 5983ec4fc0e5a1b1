/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers of the server's that may not pass whatever is cut out of them, and
 * what the client is told then.
 *
 * Relay's process; lives for one line.
 */
#pragma once

#include <stdbool.h>

#include "policy/message.h"
#include "relay/pending.h"

struct relay;

#define REWORK_MALFORMED "The server's answer was malformed and was dropped."
#define REWORK_NOT_PERMITTED \
	"The server asked for something that policy does not permit."
#define REWORK_VERSION \
	"The server speaks a version of the protocol that is unknown."

/* Why the result may not pass, or NULL. */
const char *rework_refuses(
	struct relay *r, const struct message *m, const struct call *c);

/* Whether the error is not one that asks, or may: pages that the person is to
 * open first are held to what holds of elicitation/create. */
bool rework_error_may_ask(
	const struct relay *r, const struct message *m, const struct call *c);
