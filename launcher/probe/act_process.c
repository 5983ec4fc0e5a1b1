/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes by their number outside, and the caller's variables. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "probe/act.h"

#define ENVIRON_MAX (1U << 20)

static pid_t number(const char *arg)
{
	return (pid_t)strtol(arg, NULL, 10);
}

static void act_environ(
	const char *arg, const char *nonce, struct act_result *ret)
{
	_free_ char *text = malloc(ENVIRON_MAX);
	_close_ int fd = -1;
	char path[64];
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/environ", arg);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -errno
	    : text ? fd_read_all(fd, text, ENVIRON_MAX)
		   : -ENOMEM;
	if (n < 0)
		ret->r = n;
	else
		ret->r = memmem(text, (size_t)n, nonce, strlen(nonce))
				 ? 0
				 : -ENODATA;
}

static void act_signal(
	const char *arg, const char *nonce, struct act_result *ret)
{
	(void)nonce;
	ret->r = kill(number(arg), SIGUSR1) < 0 ? -errno : 0;
}

static void act_ptrace(
	const char *arg, const char *nonce, struct act_result *ret)
{
	pid_t pid = number(arg);

	(void)nonce;
	ret->r = ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 ? -errno : 0;
}

static void act_memory(
	const char *arg, const char *nonce, struct act_result *ret)
{
	char byte;
	struct iovec to = {&byte, 1}, from = {&byte, 1};

	(void)nonce;
	/* An address that is not there says as much: EFAULT. */
	if (process_vm_readv(number(arg), &to, 1, &from, 1, 0) == 1 ||
		errno == EFAULT)
		ret->r = 0;
	else
		ret->r = -errno;
}

static void act_pidfd(
	const char *arg, const char *nonce, struct act_result *ret)
{
	_close_ int fd = (int)syscall(SYS_pidfd_open, number(arg), 0);

	(void)nonce;
	ret->r = fd < 0 ? -errno : 0;
}

/* Names, separated by commas; ->ino is which of them was found. */
static void act_env(const char *arg, const char *nonce, struct act_result *ret)
{
	_free_ char *names = strdup(arg);
	char *rest = names, *name;

	(void)nonce;
	ret->r = names ? -ENOENT : -ENOMEM;
	while ((name = strsep(&rest, ",")) != NULL && getenv(name) == NULL)
		ret->ino++;
	if (name)
		ret->r = 0;
}

static const struct act_row rows[] = {
	{"environ", act_environ},
	{"signal", act_signal},
	{"ptrace", act_ptrace},
	{"memory", act_memory},
	{"pidfd", act_pidfd},
	{"env", act_env},
};

const struct act_table process_acts = {rows, ELEMENTS(rows)};
