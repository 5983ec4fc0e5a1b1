/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

/* A name may be long: what stands after it says why, and is not lost. */
static void err_put(struct err *e, const char *text, const char *reason)
{
	size_t len = strlen(text), room = sizeof(e->text) - 1 - strlen(reason);
	size_t head = room / 2, tail = room - head - strlen("...");

	if (len <= room)
		(void)snprintf(e->text, sizeof(e->text), "%s%s", text, reason);
	else
		(void)snprintf(e->text, sizeof(e->text), "%.*s...%s%s",
			(int)head, text, text + len - tail, reason);
}

static void _printf_(4, 0) err_format(
	struct err *e, int status, int r, const char *fmt, va_list ap)
{
	_free_ char *text = NULL;
	char reason[128] = "";

	if (!e || e->text[0])
		return;
	e->status = status;
	if (r < 0)
		(void)snprintf(reason, sizeof(reason), ": %s", strerror(-r));
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	err_put(e, text ? text : "out of memory", reason);
}

int err_set(struct err *e, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_format(e, EXIT_REFUSED, r, fmt, ap);
	va_end(ap);
	return r;
}

int err_say(struct err *e, int r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_format(e, EXIT_REFUSED, 0, fmt, ap);
	va_end(ap);
	return r;
}

int err_status(struct err *e, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	err_format(e, status, 0, fmt, ap);
	va_end(ap);
	return -EINVAL;
}
