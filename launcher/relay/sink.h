/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where messages go: one of the two outputs, with what waits for it.
 *
 * Two sources share it, whole lines at a time: the lane that forwards (whose
 * bytes stay in its own buffer until they are out) and stockade's own answers
 * (queued here). Neither ever lands in the middle of the other's line.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "relay/port.h"

/* Above it, whoever causes answers is not read any more (back-pressure). */
#define SINK_HIGH 65536U
/* Room for one answer to each request that may be outstanding, and for the
 * longest line that was held. */
#define SINK_MAX ((8U << 20) + 2 * SINK_HIGH)

enum sink_line { SINK_BETWEEN = 0, SINK_IN_LANE, SINK_IN_QUEUE };

struct sink {
	struct port *port;
	struct buf queue;
	enum sink_line line; /* whose line was begun and is not whole */
	bool blocked;        /* the last write took less than was there */
	bool gone;           /* nobody reads: everything vanishes */
	int error;           /* of the write that showed it, -errno; else 0 */
	uint64_t bytes;      /* written so far */
};

void sink_init(struct sink *s, struct port *port);
void sink_deinit(struct sink *s);

/* Queues one whole line of ours. -ENOBUFS: the bound; nothing was queued. */
int sink_answer(struct sink *s, const void *line, size_t len) _must_use_;

/* Writes what is queued, as far as it goes. */
void sink_flush(struct sink *s);

/* Writes the lane's bytes after what is queued; returns how many are gone. */
size_t sink_forward(struct sink *s, const void *bytes, size_t n);

/* Forgets what waits; everything to come vanishes. Whoever watches the port
 * closes it. */
void sink_drop(struct sink *s);

static inline bool sink_high(const struct sink *s)
{
	return buf_len(&s->queue) > SINK_HIGH;
}
