/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"

#define HOPS_MAX 64 /* ancestors that are looked at */

/* What proc_pid_stat(5) tells of a process. */
struct stat_line {
	pid_t pid, parent;
	char name[32];
	long group, tty, tty_group;
	uint64_t start;
};

/* The numbers behind the state, by their place in proc_pid_stat(5). */
#define FIRST 4
#define PARENT 4
#define GROUP 5
#define TTY 7
#define TTY_GROUP 8
#define START 22

static bool numbers(char *text, long long ret[START + 1])
{
	char *end = text;

	for (int i = FIRST; i <= START; i++) {
		errno = 0;
		ret[i] = strtoll(text, &end, 10);
		if (end == text || errno)
			return false;
		text = end;
	}
	return true;
}

/* Fields are counted behind the name: that may hold blanks and brackets. */
static bool parse(pid_t pid, char *text, struct stat_line *ret)
{
	char *open = strchr(text, '('), *shut = strrchr(text, ')');
	long long n[START + 1];

	if (!open || !shut || shut < open || shut[1] != ' ' || !shut[2] ||
		!numbers(shut + 3, n))
		return false;
	*shut = '\0';
	(void)snprintf(ret->name, sizeof(ret->name), "%s", open + 1);
	ret->pid = pid;
	ret->parent = (pid_t)n[PARENT];
	ret->group = (long)n[GROUP];
	ret->tty = (long)n[TTY];
	ret->tty_group = (long)n[TTY_GROUP];
	ret->start = (uint64_t)n[START];
	/* A zombie answers nothing. */
	return shut[2] != 'Z' && shut[2] != 'X';
}

static int read_stat(pid_t pid, struct stat_line *ret)
{
	char path[64], text[1024];
	_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return -errno;
	n = fd_read_all(fd, text, sizeof(text) - 1);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	return parse(pid, text, ret) ? 0 : -ESRCH;
}

int process_id(pid_t pid, struct process_id *ret)
{
	struct stat_line s = {0};
	int r = read_stat(pid, &s);

	if (r == 0)
		*ret = (struct process_id){s.pid, s.start};
	return r;
}

/* "sh -c COMMAND": its second word is -c. */
static bool runs_one_command(pid_t pid, const char *name)
{
	static const char *const shells[] = {
		"sh", "dash", "bash", "zsh", "ksh", "busybox", "ash", "fish"};
	char path[64], text[4096];
	_close_ int fd = -1;
	const char *second;
	bool shell = false;
	ssize_t n;

	for (size_t i = 0; i < ELEMENTS(shells); i++)
		shell = shell || strcmp(name, shells[i]) == 0;
	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	fd = shell ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	n = fd_read_all(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	second = text + strlen(text) + 1;
	return second < text + n && second[0] == '-' && second[1] != '-' &&
	       second[strlen(second) - 1] == 'c';
}

int process_client(struct process_id *ret)
{
	struct stat_line s = {0};
	int r = read_stat(getppid(), &s);

	for (int i = 0; r == 0 && i < 4; i++) {
		if (s.parent <= 1 || !runs_one_command(s.pid, s.name))
			break;
		r = read_stat(s.parent, &s);
	}
	if (r == 0)
		*ret = (struct process_id){s.pid, s.start};
	return r;
}

/* The name of a terminal by its number (Linux: Documentation/admin-guide/
 * devices.txt). */
static void tty_name(long tty, char *dst, size_t size)
{
	unsigned n = (unsigned)tty;
	unsigned major = (n >> 8) & 0xfff;
	unsigned minor = (n & 0xff) | ((n >> 12) & 0xfff00);

	if (major >= 136 && major <= 143)
		(void)snprintf(
			dst, size, "/dev/pts/%u", (major - 136) * 256 + minor);
	else if (major == 4 && minor >= 64)
		(void)snprintf(dst, size, "/dev/ttyS%u", minor - 64);
	else if (major == 4)
		(void)snprintf(dst, size, "/dev/tty%u", minor);
	else if (major)
		(void)snprintf(dst, size, "terminal %u:%u", major, minor);
}

static void add_ancestor(struct approval_peer *p, const struct stat_line *s)
{
	size_t n = strlen(p->ancestry);

	(void)snprintf(p->ancestry + n, sizeof(p->ancestry) - n, "%s%s(%d)",
		n ? " < " : "", s->name, (int)s->pid);
}

static bool is_kin(
	const struct stat_line *s, const struct process_id *kin, size_t n_kin)
{
	for (size_t i = 0; i < n_kin; i++)
		if (kin[i].pid && kin[i].pid == s->pid &&
			kin[i].start == s->start)
			return true;
	return false;
}

/* Up to the process that all descend from. */
static bool descends(struct stat_line s, const struct process_id *kin,
	size_t n_kin, struct approval_peer *ret)
{
	bool found = false;

	for (int i = 0; i < HOPS_MAX; i++) {
		uint64_t start = s.start;

		add_ancestor(ret, &s);
		found = found || is_kin(&s, kin, n_kin);
		if (s.parent <= 0 || read_stat(s.parent, &s) < 0)
			return found;
		/* A parent that is younger is another process of its number:
		 * the real one died meanwhile. */
		if (s.start > start)
			return found;
	}
	/* Nobody has so many: somebody hides. */
	return true;
}

void process_look(pid_t pid, const struct process_id *kin, size_t n_kin,
	struct approval_peer *ret)
{
	struct stat_line before = {0}, after = {0};
	char path[64];
	ssize_t n;

	*ret = (struct approval_peer){
		.fault = PEER_GONE,
		.pid = (uint32_t)pid,
	};
	if (read_stat(pid, &before) < 0)
		return;
	(void)snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	/* On x86-64 readlink(2) is a number of its own, which is not in the
	 * list. */
	n = readlinkat(AT_FDCWD, path, ret->exe, sizeof(ret->exe) - 1);
	ret->exe[n > 0 ? n : 0] = '\0';
	tty_name(before.tty, ret->tty, sizeof(ret->tty));
	ret->fault = PEER_FINE;
	if (!before.tty || before.group != before.tty_group)
		ret->fault = PEER_NO_TERMINAL;
	if (descends(before, kin, n_kin, ret))
		ret->fault = PEER_DESCENDS;
	/* Still the same one, or nothing of this is sure. */
	if (read_stat(pid, &after) < 0 || after.start != before.start)
		ret->fault = PEER_GONE;
}
