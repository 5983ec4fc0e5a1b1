/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A byte buffer that grows up to a bound and is consumed from the front.
 *
 * One owner, no locking. Bytes between begin and end are the content.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct buf {
	uint8_t *data;
	size_t begin, end; /* content is data[begin..end) */
	size_t size;       /* allocated */
	size_t max;        /* never allocates more */
};

#define BUF_INIT(max_bytes)        \
	{                          \
		.max = (max_bytes) \
	}

void buf_deinit(struct buf *b);

static inline size_t buf_len(const struct buf *b)
{
	return b->end - b->begin;
}

static inline uint8_t *buf_head(const struct buf *b)
{
	return b->data + b->begin;
}

/*
 * Makes room for @n bytes after the content, moving it to the front first.
 * -ENOBUFS over the bound, -ENOMEM.
 */
int buf_reserve(struct buf *b, size_t n) _must_use_;

/* Appends, or fails as buf_reserve() and leaves the content as it was. */
int buf_append(struct buf *b, const void *bytes, size_t n) _must_use_;
int buf_append_str(struct buf *b, const char *s) _must_use_;
int buf_append_u64(struct buf *b, uint64_t value) _must_use_; /* decimal */
/* Needs room for a byte more than it appends. */
int buf_printf(struct buf *b, const char *fmt, ...) _must_use_ _printf_(2, 3);

/* Drops @n bytes (at most the content) from the front. */
void buf_consume(struct buf *b, size_t n);

/* Drops @n bytes (at most the content) from the end. */
static inline void buf_cut(struct buf *b, size_t n)
{
	b->end -= n < buf_len(b) ? n : buf_len(b);
}

/* Gives memory above @keep bytes back if the content is empty. */
void buf_shrink(struct buf *b, size_t keep);

#define _buf_ _cleanup_(buf_deinit)
