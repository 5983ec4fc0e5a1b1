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
	_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return buf_append(b, text, (size_t)n);
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
