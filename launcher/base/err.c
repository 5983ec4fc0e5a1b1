/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void _printf_(4, 0) err_format(
	struct err *e, int status, int r, const char *fmt, va_list ap)
{
	size_t n;

	if (!e || e->text[0])
		return;
	(void)vsnprintf(e->text, sizeof(e->text), fmt, ap);
	e->status = status;
	n = strlen(e->text);
	if (r < 0)
		(void)snprintf(
			e->text + n, sizeof(e->text) - n, ": %s", strerror(-r));
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
