/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was changed for this client is not for others, whoever keeps it for
 * them: a result that says who may be given it says so.
 *
 * Relay's process; lives for one line.
 */
#pragma once

#include "policy/message.h"
#include "relay/lane.h"

struct relay;
struct call;

/* r->s2c.instead has what becomes of an answer to @c. LANE_INSTEAD, or
 * LANE_DROP: it could not be done. */
enum lane_step rework_scope(struct relay *r, const struct call *c);
