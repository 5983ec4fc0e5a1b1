/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One direction of the stream: bytes come in, lines are judged one by one, and
 * those that pass go on from the buffer they were read into.
 *
 * At the front of the buffer lie `run` bytes that passed and wait to be
 * written, then `skip` bytes that do not go on (a dropped line, or one that
 * `instead` replaces). While either waits for room nothing more is read from
 * this side: that is the back-pressure, and one line is all that is kept. A
 * line over the limit is not kept: its bytes pass through the search for its
 * id up to the next newline.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "policy/message.h"
#include "policy/out.h"
#include "relay/port.h"
#include "relay/sink.h"

#define LANE_SMALL 65536U /* what an idle lane keeps */

enum lane_step {
	LANE_NONE = 0,
	LANE_PASS,    /* forward the bytes as they are */
	LANE_DROP,    /* they go no further */
	LANE_INSTEAD, /* lane->instead, a whole line, goes in their place */
	LANE_HOLD,    /* not now: ask again; nothing has happened yet */
};

/* A line over the limit, when its end has come. */
struct lane_excess {
	uint64_t bytes;
	const char *id; /* its id as bytes of JSON, or NULL */
	size_t id_len;
	enum message_kind
		kind; /* whose id that is; NONE if it cannot be told */
};

struct lane;

struct lane_ops {
	enum lane_step (*line)(void *ctx, char *line, size_t len);
	void (*excess)(void *ctx, const struct lane_excess *x);
};

struct lane {
	struct port *from;
	struct sink *to;
	const struct lane_ops *ops;
	void *ctx;
	struct buf in;
	size_t run, skip;
	size_t clean; /* bytes after run and skip known to hold no newline */
	struct out instead;
	size_t instead_done;
	struct message_id_seek *seek; /* while a line over the limit passes */
	uint64_t excess;              /* its bytes so far */
	uint64_t offset;              /* in the stream, of the buffer's front */
	bool held;                    /* the next line was put off */
	bool eof;
	int error; /* of the read that showed it, -errno; else 0 */
};

void lane_init(struct lane *l, struct port *from, struct sink *to,
	const struct lane_ops *ops, void *ctx);
void lane_deinit(struct lane *l);

/* Reads once. True if there was something: bytes, or the end. */
bool lane_read(struct lane *l);

/* Judges and forwards until it needs bytes, room, or is told to hold. */
void lane_pump(struct lane *l);

/* Nothing of what was judged waits for room. */
static inline bool lane_clear(const struct lane *l)
{
	return l->run == 0 && l->skip == 0;
}

static inline bool lane_reads(const struct lane *l)
{
	return !l->eof && !l->held && lane_clear(l);
}

/* Bytes of a last line without newline; only their count is of interest. */
uint64_t lane_rest(const struct lane *l);

/* Forgets the rest. */
void lane_discard(struct lane *l);

/* Gives memory back if nothing is in it. */
void lane_shrink(struct lane *l);
