/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/display.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"
#include "policy/unseen.h"
#include "policy/utf8.h"

/* "stockade: " and a sentence of ours, before what is escaped. */
#define LABEL_MAX 128

void display_init(struct display *d, uint64_t max_bytes)
{
	*d = (struct display){.max = max_bytes};
}

static void display_raw(struct display *d, char *text, size_t len)
{
	size_t skip = d->torn ? 0 : 1;

	/* text[0] is a newline that ends a line which was only begun. */
	d->torn = log_raw(text + skip, len - skip) < len - skip;
}

/* True if @len more bytes may be shown; says once that no more are. */
static bool display_may(struct display *d, size_t len)
{
	if (d->capped)
		return false;
	if (d->max - d->shown < len) {
		d->capped = true;
		log_line("the server's further output on standard error is "
			 "not shown");
		return false;
	}
	d->shown += len;
	return true;
}

/* @text as @write puts it, as a line of its own. */
static void display_written(struct display *d, const char *label,
	const char *text, size_t len,
	size_t (*write)(char *dst, size_t size, const char *src, size_t len))
{
	char out[1 + LABEL_MAX + 4 * DISPLAY_LINE + 2];
	size_t n;

	if (len && text[len - 1] == '\r')
		len--;
	if (len > DISPLAY_LINE)
		len = DISPLAY_LINE;
	if (!display_may(d, len + 1))
		return;
	(void)snprintf(out, LABEL_MAX, "\n%s", label);
	n = strlen(out);
	(void)write(out + n, sizeof(out) - n - 1, text, len);
	n += strlen(out + n);
	out[n++] = '\n';
	display_raw(d, out, n);
}

void display_line(
	struct display *d, const char *label, const char *text, size_t len)
{
	display_written(d, label, text, len, escape_text);
}

/* What picks a form of the character before it, or joins it to the next. */
static bool is_mark(uint32_t cp)
{
	return cp == 0x200d || cp == 0xfe0e || cp == 0xfe0f;
}

/*
 * Bytes of the character at @p that a terminal shows as it is and no reader
 * takes for the end of a line, 0 for any other. @ret_mark: whether a mark may
 * stand there, and then whether one may stand behind it.
 */
static size_t shown_as_it_is(const char *p, const char *end, bool *ret_mark)
{
	size_t n = utf8_sequence(p, (size_t)(end - p));
	bool after = *ret_mark;
	uint32_t cp = '\\';

	*ret_mark = false;
	if (n == 0)
		return 0;
	if (*p != '\\')
		(void)unseen_step(p, end, &cp);
	if (is_mark(cp))
		return after ? n : 0;
	if (cp == '\r' || cp == '\n' || cp == 0x2028 || cp == 0x2029 ||
		unseen_kind(cp) != UNSEEN_NONE)
		return 0;
	*ret_mark = n > 1;
	return n;
}

/*
 * As escape_text() does it, but what people write of their own languages, tabs
 * and backslashes stay: logs of servers are read, and parsed.
 */
static size_t escape_unseen(char *dst, size_t size, const char *src, size_t len)
{
	const char *p = src, *end = src + len;
	size_t used = 0;
	bool mark = false;

	while (p < end) {
		size_t n = shown_as_it_is(p, end, &mark);

		if (size - used <= 4)
			break;
		if (n)
			memcpy(dst + used, p, n);
		else
			(void)escape_text(dst + used, size - used, p, 1);
		used += n ? n : strlen(dst + used);
		p += n ? n : 1;
	}
	dst[used] = '\0';
	return (size_t)(p - src);
}

/* How much of the line does not end inside of a character. */
static size_t whole_characters(const struct display *d)
{
	for (size_t n = 1; n < UTF8_MAX && n <= d->len; n++) {
		const char *p = d->line + d->len - n;

		if (!utf8_is_tail((unsigned char)*p))
			return utf8_sequence(p, n) ? d->len : d->len - n;
	}
	return d->len;
}

static void display_piece(struct display *d, size_t len)
{
	display_written(d, "", d->line, len, escape_unseen);
	d->len -= len;
	memmove(d->line, d->line + len, d->len);
}

void display_end(struct display *d)
{
	if (d->len)
		display_piece(d, d->len);
}

static void display_keep(struct display *d, const char *bytes, size_t n)
{
	while (n) {
		size_t room = sizeof(d->line) - d->len;
		size_t part = n < room ? n : room;

		memcpy(d->line + d->len, bytes, part);
		d->len += part;
		bytes += part;
		n -= part;
		if (d->len == sizeof(d->line))
			display_piece(d, whole_characters(d));
	}
}

void display_bytes(struct display *d, const char *bytes, size_t n)
{
	while (n && !d->capped) {
		const char *lf = memchr(bytes, '\n', n);
		size_t part = lf ? (size_t)(lf - bytes) : n;

		display_keep(d, bytes, part);
		if (!lf)
			return;
		/* An empty line is a line too. */
		if (d->len == 0 && part == 0)
			display_line(d, "", "", 0);
		display_end(d);
		bytes += part + 1;
		n -= part + 1;
	}
	if (d->capped)
		d->len = 0;
}
