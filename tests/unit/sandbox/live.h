/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that shut a process in: always a forked one.
 */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child's function: says what did not hold and fails. */
#define CHECK(x)                                                         \
	do {                                                             \
		errno = 0;                                               \
		if (!(x)) {                                              \
			(void)dprintf(2, "# %s:%d: %s (%s)\n", __FILE__, \
				__LINE__, #x, strerror(errno));          \
			return 1;                                        \
		}                                                        \
	} while (0)

#define FAILS(x, error) ((x) < 0 && errno == (error))

/* What the child's function returned, or 128 + the signal. */
static inline int in_child(int (*f)(void *), void *context)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f(context));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status)
				   : WEXITSTATUS(status);
}
