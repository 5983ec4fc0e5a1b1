/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"

/* POSIX promises that a pipe which polls writable takes this much at once. */
#define CHUNK 4096

size_t log_raw(const char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		struct pollfd p = {.fd = STDERR_FILENO, .events = POLLOUT};
		size_t n = len - done < CHUNK ? len - done : CHUNK;
		ssize_t r;

		if (poll(&p, 1, 0) != 1 || !(p.revents & POLLOUT))
			break;
		r = write(STDERR_FILENO, text + done, n);
		if (r <= 0)
			break;
		done += (size_t)r;
	}
	return done;
}

static void log_text(const char *text)
{
	char line[CHUNK] = "stockade: ";
	size_t n = strlen(line);

	(void)escape_text(line + n, sizeof(line) - n - 1, text, strlen(text));
	n = strlen(line);
	line[n++] = '\n';
	(void)log_raw(line, n);
}

void log_line(const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_text(text);
}

int log_err(const struct err *e)
{
	if (e->text[0])
		log_text(e->text);
	return e->status ? e->status : EXIT_REFUSED;
}
