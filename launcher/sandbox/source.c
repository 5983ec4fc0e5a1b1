/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sources of binds: what was planned must be what is mounted.
 */
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "sandbox/phase.h"

static int source_open(const struct plan_mount *m)
{
	const struct open_how how = {
		.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, AT_FDCWD, m->source, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

int source_clone(const struct plan_mount *m, int *ret_tree)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_NOSUID,
		/* Else what the host mounts below later would appear inside,
		 * and writable. */
		.propagation = MS_PRIVATE,
	};
	_close_ int fd = source_open(m);
	_close_ int tree = -1;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* A link made in place of what was removed may have got its inode's
	 * number. No plan names a link: O_PATH and O_NOFOLLOW open it as such.
	 */
	if (st.st_dev != m->dev || st.st_ino != m->ino || S_ISLNK(st.st_mode))
		return -ESTALE;
	/* Recursive: a clone without its submounts is refused in a user
	 * namespace, where they are locked together. */
	tree = open_tree(fd, "",
		AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE |
			OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	if (m->kind != MOUNT_DEVICE)
		attr.attr_set |= MOUNT_ATTR_NODEV;
	if (m->kind == MOUNT_DEVICE)
		attr.attr_set |= MOUNT_ATTR_NOEXEC;
	if (!m->write)
		attr.attr_set |= MOUNT_ATTR_RDONLY;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) < 0)
		return -errno;
	*ret_tree = take_fd(&tree);
	return 0;
}

/*
 * Should: hold a private, detached clone of every source, made in this mount
 * namespace (a descriptor from outside cannot be bound here).
 * Mustn't: follow a link, or take what was put in the place of a source.
 */
int phase_sources(struct child *c)
{
	for (size_t i = 0; i < c->plan->n_mounts; i++) {
		const struct plan_mount *m = &c->plan->mounts[i];
		int r;

		if (m->kind != MOUNT_BIND && m->kind != MOUNT_DEVICE)
			continue;
		if (c->s->trees[i] >= 0)
			continue;
		c->item = i;
		r = source_clone(m, &c->s->trees[i]);
		if (r < 0)
			return r;
	}
	return 0;
}
