/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/display.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/log.h"

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

void display_line(
	struct display *d, const char *label, const char *text, size_t len)
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
	(void)escape_text(out + n, sizeof(out) - n - 1, text, len);
	n += strlen(out + n);
	out[n++] = '\n';
	display_raw(d, out, n);
}

void display_end(struct display *d)
{
	if (d->len)
		display_line(d, "", d->line, d->len);
	d->len = 0;
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
			display_end(d);
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
