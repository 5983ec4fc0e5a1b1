/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One writer's pipe of records, as the keeper sees it: bytes that are trusted
 * in nothing. Keeper only.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/record.h"

struct source {
	const char *name; /* of the writer, for the log */
	int fd;           /* -1 once it is at its end or lost */
	uint32_t permit;  /* bits of the record types that it may send */
	struct buf in;
};

#define SOURCE_TYPE(type) (1U << (type))

/* Takes over @fd and makes its end of the pipe non-blocking. */
int source_init(
	struct source *s, const char *name, int fd, uint32_t permit) _must_use_;
void source_deinit(struct source *s);

/* Reads what is there, up to a bound. Bytes, 0 for none now; at the end of the
 * file s->fd is closed. -errno. */
ssize_t source_fill(struct source *s) _must_use_;

/*
 * The record at the front: its length; 0 if there is no whole one; -EPROTO if
 * it is none, is of a type that this writer may not send, or can never become
 * whole.
 */
ssize_t source_peek(const struct source *s, struct record_view *ret) _must_use_;

/* Whether nothing more can come out of it. */
bool source_ended(const struct source *s);
