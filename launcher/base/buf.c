/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void buf_deinit(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

static void buf_compact(struct buf *b)
{
	if (b->begin == 0 || !b->data)
		return;
	memmove(b->data, b->data + b->begin, b->end - b->begin);
	b->end -= b->begin;
	b->begin = 0;
}

int buf_reserve(struct buf *b, size_t n)
{
	size_t need, size;
	uint8_t *p;

	if (b->data && b->size - b->end >= n)
		return 0;
	if (__builtin_add_overflow(buf_len(b), n, &need) || need > b->max)
		return -ENOBUFS;
	buf_compact(b);
	if (b->data && b->size >= need)
		return 0;
	size = b->size ? b->size : 512;
	while (size < need && size <= b->max / 2)
		size *= 2;
	if (size < need)
		size = b->max;
	p = realloc(b->data, size);
	if (!p)
		return -ENOMEM;
	b->data = p;
	b->size = size;
	return 0;
}

int buf_append(struct buf *b, const void *bytes, size_t n)
{
	int r = buf_reserve(b, n);

	if (r < 0)
		return r;
	if (n)
		memcpy(b->data + b->end, bytes, n);
	b->end += n;
	return 0;
}

int buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int r = 0;

	/* In place; once more when there was too little room. */
	for (int tries = 0; r == 0 && tries < 2; tries++) {
		size_t room = b->size - b->end;
		int n;

		va_start(ap, fmt);
		n = vsnprintf(
			room ? (char *)b->data + b->end : NULL, room, fmt, ap);
		va_end(ap);
		if (n < 0)
			return -ENOMEM;
		if ((size_t)n < room) {
			b->end += (size_t)n;
			return 0;
		}
		r = buf_reserve(b, (size_t)n + 1);
	}
	return r < 0 ? r : -ENOMEM;
}

int buf_append_u64(struct buf *b, uint64_t value)
{
	char text[20], *p = text + sizeof(text);

	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	return buf_append(b, p, (size_t)(text + sizeof(text) - p));
}

int buf_append_str(struct buf *b, const char *s)
{
	return buf_append(b, s, strlen(s));
}

void buf_consume(struct buf *b, size_t n)
{
	b->begin += n < buf_len(b) ? n : buf_len(b);
	if (b->begin == b->end)
		b->begin = b->end = 0;
}

void buf_shrink(struct buf *b, size_t keep)
{
	uint8_t *p;

	if (buf_len(b) || b->size <= keep || keep == 0)
		return;
	p = realloc(b->data, keep);
	if (!p)
		return;
	b->data = p;
	b->size = keep;
	b->begin = b->end = 0;
}
