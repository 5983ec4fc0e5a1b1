/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hostile environment would put into a program: says where it got in, in
 * the file that PRELOAD_SEEN names.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__attribute__((constructor)) static void got_in(void)
{
	const char *seen = getenv("PRELOAD_SEEN");
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	int fd = seen ? open(seen, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				0600)
		      : -1;

	if (fd < 0 || n <= 0)
		return;
	exe[n] = '\n';
	(void)!write(fd, exe, (size_t)n + 1);
	(void)close(fd);
}

/* For LD_AUDIT, rtld-audit(7): such a library must have it. */
__attribute__((visibility("default"))) unsigned la_version(unsigned version);

unsigned la_version(unsigned version)
{
	return version;
}
