/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Id-mapped mounts (kernel 5.12, mount_setattr(2)): in a grant of root's the
 * owner of the granted path and the server's spare ids change places, and
 * everybody else stays who he is. So a grant acts for its owner: his private
 * files can be read, new files belong to him, nobody else's rights are lent.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/digits.h"
#include "base/fd.h"
#include "sandbox/phase.h"

#define OWNERS_MAX 16      /* distinct owners of one plan's grants */
#define ID_END 4294967295U /* (uid_t)-1 is no id */

struct idmap {
	uid_t spare_uid;
	gid_t spare_gid;
	struct {
		uid_t uid;
		gid_t gid;
		int ns;
	} owners[OWNERS_MAX];
	size_t n_owners;
};

struct idmap *idmap_new(uid_t spare_uid, gid_t spare_gid)
{
	struct idmap *m = calloc(1, sizeof(*m));

	if (m) {
		m->spare_uid = spare_uid;
		m->spare_gid = spare_gid;
	}
	return m;
}

void idmap_free(struct idmap *m)
{
	for (size_t i = 0; m && i < m->n_owners; i++)
		fd_close(&m->owners[i].ns);
	free(m);
}

/* One line of a map: @n ids from @inside are those from @outside, as far as
 * they exist in our own namespace. */
struct extent {
	uint32_t inside, outside, n;
};

/*
 * Swaps @a and @b and leaves the rest, at most five extents. Where our own
 * namespace lacks ids (a container), the kernel refuses what it cannot map:
 * @limit is the number of ids from 0 that it has.
 */
static size_t swap_map(
	struct extent out[5], uint32_t a, uint32_t b, uint32_t limit)
{
	uint32_t low = a < b ? a : b, high = a < b ? b : a;
	size_t n = 0;

	if (a == b) {
		out[n++] = (struct extent){0, 0, limit};
		return n;
	}
	if (low > 0)
		out[n++] = (struct extent){0, 0, low};
	out[n++] = (struct extent){low, high, 1};
	if (high - low > 1)
		out[n++] = (struct extent){low + 1, low + 1, high - low - 1};
	out[n++] = (struct extent){high, low, 1};
	if (high + 1 < limit)
		out[n++] =
			(struct extent){high + 1, high + 1, limit - high - 1};
	return n;
}

/* How many ids from 0 on exist here without a hole. */
static int ids_here(const char *map_file, uint32_t *ret)
{
	_free_ char *text = NULL;
	uint64_t row[3]; /* inside, outside, count */
	int r = fd_read_file(-1, map_file, 65536, &text, NULL);

	if (r < 0)
		return r;
	if (!digits_take_row(text, row, 3) || row[0] != 0)
		return -ERANGE;
	*ret = row[2] > ID_END ? ID_END : (uint32_t)row[2];
	return 0;
}

static int write_map(pid_t pid, const char *name, uint32_t a, uint32_t b)
{
	char path[64], text[256];
	struct extent map[5];
	uint32_t limit = 0;
	size_t used = 0, n;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/self/%s", name);
	r = ids_here(path, &limit);
	if (r < 0)
		return r;
	if (a >= limit || b >= limit)
		return -ERANGE;
	n = swap_map(map, a, b, limit);
	for (size_t i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
			"%u %u %u\n", map[i].inside, map[i].outside, map[i].n);
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return fd_write_knob(-1, path, text);
}

/* A child that does nothing but be in a new user namespace. */
static pid_t holder_start(int pipe_fds[2])
{
	pid_t pid = (pid_t)syscall(
		SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
	char byte;

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	(void)close(pipe_fds[1]);
	/* Ends when the parent closes its end, or dies. */
	(void)!read(pipe_fds[0], &byte, 1);
	_exit(0);
}

static int owner_namespace(
	const struct idmap *m, uid_t uid, gid_t gid, int *ret_ns)
{
	int pipe_fds[2] = {-1, -1}, r;
	char path[64];
	_close_ int ns = -1;
	pid_t pid;

	if (pipe2(pipe_fds, O_CLOEXEC) < 0)
		return -errno;
	pid = holder_start(pipe_fds);
	r = pid < 0 ? (int)pid : 0;
	if (r == 0)
		r = write_map(pid, "uid_map", uid, m->spare_uid);
	if (r == 0)
		r = write_map(pid, "gid_map", gid, m->spare_gid);
	if (r == 0) {
		(void)snprintf(
			path, sizeof(path), "/proc/%d/ns/user", (int)pid);
		ns = open(path, O_RDONLY | O_CLOEXEC);
		r = ns < 0 ? -errno : 0;
	}
	(void)close(pipe_fds[0]);
	(void)close(pipe_fds[1]);
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
	if (r == 0)
		*ret_ns = take_fd(&ns);
	return r;
}

static int owner_find(struct idmap *m, uid_t uid, gid_t gid, int *ret_ns)
{
	int ns = -1, r;

	for (size_t i = 0; i < m->n_owners; i++)
		if (m->owners[i].uid == uid && m->owners[i].gid == gid) {
			*ret_ns = m->owners[i].ns;
			return 0;
		}
	if (m->n_owners == OWNERS_MAX)
		return -E2BIG;
	r = owner_namespace(m, uid, gid, &ns);
	if (r < 0)
		return r;
	m->owners[m->n_owners].uid = uid;
	m->owners[m->n_owners].gid = gid;
	m->owners[m->n_owners++].ns = ns;
	*ret_ns = ns;
	return 0;
}

int idmap_apply(struct idmap *m, int tree, uid_t owner, gid_t group)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP};
	int ns, r = owner_find(m, owner, group, &ns);

	/* Where our own namespace lacks one of the ids, no map has it. */
	if (r < 0)
		return r == -ERANGE ? 1 : r;
	attr.userns_fd = (unsigned long long)ns;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) == 0)
		return 0;
	return errno == EINVAL || errno == EOPNOTSUPP || errno == EPERM
		       ? 1
		       : -errno;
}
