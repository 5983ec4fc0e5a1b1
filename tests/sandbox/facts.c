/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

const char *fact_text(const struct facts *f, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < f->n; i++)
		if (strncmp(f->words[i], name, len) == 0 &&
			f->words[i][len] == '=')
			return f->words[i] + len + 1;
	return NULL;
}

long fact_number(const struct facts *f, const char *name)
{
	const char *text = fact_text(f, name);

	return text ? strtol(text, NULL, 0) : -1;
}

long probe_result(long r)
{
	return r < 0 ? -errno : r;
}

long probe_opened(int fd)
{
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

long probe_raw(const struct facts *f, const long *arg)
{
	long r =
		syscall(arg[0], arg[1], arg[2], arg[3], arg[4], arg[5], arg[6]);

	(void)f;
	/* What the value is says nothing: pids, ids, descriptors. */
	return r < 0 ? -errno : 0;
}

long probe_open(const struct facts *f, const long *arg)
{
	(void)f;
	return probe_opened(
		open((const char *)arg[0], (int)arg[1] | O_CLOEXEC));
}
