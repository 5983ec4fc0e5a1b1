/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/look.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "supervisor/look_stat.h"

#define HOPS_MAX 64 /* ancestors that are looked at */

static int read_stat(pid_t pid, struct stat_line *ret)
{
	char path[64], text[STAT_LINE_MAX];
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
	return stat_line_parse(pid, text, ret) ? 0 : -EBADMSG;
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

/* It is no more, or this user may not see it (proc(5), hidepid). */
static bool is_out_of_sight(int r)
{
	return r == -ESRCH || r == -ENOENT || r == -EPERM || r == -EACCES;
}

/* Up to the process that all descend from: 1 if one of @kin is among them; <0
 * if they could not be looked at. */
static int descends(struct stat_line s, const struct process_id *kin,
	size_t n_kin, struct approval_peer *ret)
{
	int found = 0;

	for (int i = 0; i < HOPS_MAX; i++) {
		uint64_t start = s.start;
		int r;

		add_ancestor(ret, &s);
		if (is_kin(&s, kin, n_kin))
			found = 1;
		r = s.parent > 0 ? read_stat(s.parent, &s) : -ESRCH;
		if (r < 0)
			return found || is_out_of_sight(r) ? found : r;
		/* A parent that is younger is another process of its number:
		 * the real one died meanwhile. */
		if (s.start > start)
			return found;
	}
	/* Nobody has so many: somebody hides. */
	return 1;
}

void process_look(pid_t pid, const struct process_id *kin, size_t n_kin,
	struct approval_peer *ret)
{
	struct stat_line before = {0}, after = {0};
	char path[64];
	ssize_t n;
	int r;

	*ret = (struct approval_peer){
		.fault = PEER_GONE,
		.pid = (uint32_t)pid,
	};
	/* A zombie answers nothing. */
	if (read_stat(pid, &before) < 0 || before.dead)
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
	r = descends(before, kin, n_kin, ret);
	if (r > 0)
		ret->fault = PEER_DESCENDS;
	/* Still the same one, or nothing of this is sure. */
	if (r < 0 || read_stat(pid, &after) < 0 || after.start != before.start)
		ret->fault = PEER_GONE;
}
