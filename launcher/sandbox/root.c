/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The root from scratch: a tmpfs, and in it what the plan names.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "sandbox/phase.h"

#define ROOT_SIZE (8ULL << 20) /* folders, links and a few small files */
#define ROOT_INODES 65536
#define MASK_FILE "run/masked-file"
#define MASK_FOLDER "run/masked-folder"

/* Below the new root only, and never through a link: what lies in a writable
 * grant belongs to whoever can write there. */
static int open_inside(int root, const char *path, uint64_t flags)
{
	const struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

static int tmpfs_new(uint64_t size, uint64_t inodes, const char *mode,
	uint64_t attr, int *ret_mount)
{
	char size_text[32], inodes_text[32];
	_close_ int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	int mount;

	(void)snprintf(
		size_text, sizeof(size_text), "%llu", (unsigned long long)size);
	(void)snprintf(inodes_text, sizeof(inodes_text), "%llu",
		(unsigned long long)inodes);
	if (fs < 0 ||
		fsconfig(fs, FSCONFIG_SET_STRING, "size", size_text, 0) < 0 ||
		fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", inodes_text, 0) <
			0 ||
		fsconfig(fs, FSCONFIG_SET_STRING, "mode", mode, 0) < 0 ||
		fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount = fsmount(fs, FSMOUNT_CLOEXEC,
		(unsigned)(attr | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV));
	if (mount < 0)
		return -errno;
	*ret_mount = mount;
	return 0;
}

/*
 * Should: stand on an empty tmpfs that hides the old root.
 * Mustn't: let a mount of ours reach the host, or one of the host's us.
 */
int phase_root(struct child *c)
{
	int r;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	/* What is made below has the modes that it is given; the server gets
	 * the client's back. */
	c->umask = umask(0);
	r = tmpfs_new(ROOT_SIZE, ROOT_INODES, "0755", 0, &c->root);
	if (r < 0)
		return r;
	if (move_mount(c->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

/* Whether a missing folder may be made: not inside anything of the host's. */
static bool may_make(const struct child *c, const char *target)
{
	const struct plan *p = c->plan;
	size_t best = 0;
	bool bind = false;

	for (size_t i = 0; i < p->n_mounts; i++) {
		const struct plan_mount *m = &p->mounts[i];

		if (strcmp(m->target, target) == 0 ||
			!path_inside(target, m->target))
			continue;
		if (strlen(m->target) >= best && m->kind != MOUNT_DIR &&
			m->kind != MOUNT_LINK) {
			best = strlen(m->target);
			bind = m->kind != MOUNT_TMPFS;
		}
	}
	return !bind;
}

/* mkdir -p of @path (relative to the root), all but the last @keep parts. */
static int make_folders(const struct child *c, const char *path)
{
	char part[PATH_MAX];

	for (const char *s = strchr(path, '/'); s; s = strchr(s + 1, '/')) {
		_close_ int parent = -1;
		char *name;

		if ((size_t)(s - path) >= sizeof(part))
			return -ENAMETOOLONG;
		memcpy(part, path, (size_t)(s - path));
		part[s - path] = '\0';
		parent = open_inside(c->root, part, O_PATH | O_DIRECTORY);
		if (parent >= 0)
			continue;
		if (parent != -ENOENT)
			return parent;
		name = strrchr(part, '/');
		if (name)
			*name = '\0';
		parent = open_inside(
			c->root, name ? part : ".", O_PATH | O_DIRECTORY);
		if (parent < 0)
			return parent;
		if (mkdirat(parent, name ? name + 1 : part, 0755) < 0)
			return -errno;
	}
	return 0;
}

static void forget_parent(struct child *c)
{
	fd_close(&c->parent);
	c->parent_path = NULL;
}

/*
 * The folder that @path's last part lies in, and that part. The descriptor
 * stays ours: neighbours follow each other in the plan.
 */
static int open_parent(struct child *c, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	_free_ char *folder = NULL;
	int fd;

	*ret_name = slash ? slash + 1 : path;
	if (c->parent_path && c->parent_len == len &&
		memcmp(c->parent_path, path, len) == 0)
		return c->parent;
	folder = slash ? strndup(path, len) : strdup(".");
	if (!folder)
		return -ENOMEM;
	fd = open_inside(c->root, folder, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	forget_parent(c);
	c->parent = fd;
	c->parent_path = path;
	c->parent_len = len;
	return fd;
}

/* Whether a mount at @path would hide the folder that is held. */
static bool covers_parent(const struct child *c, const char *path)
{
	size_t len = strlen(path);

	return c->parent_path && c->parent_len >= len &&
	       memcmp(c->parent_path, path, len) == 0 &&
	       c->parent_path[len] == '/';
}

/* The folder that something new of ours is made in. */
static int new_place(
	struct child *c, const struct plan_mount *m, const char **ret_name)
{
	int parent = open_parent(c, m->target + 1, ret_name), r;

	if (parent != -ENOENT)
		return parent;
	r = make_folders(c, m->target + 1);
	return r < 0 ? r : open_parent(c, m->target + 1, ret_name);
}

/*
 * The folder of a mount point, and its name in it; an empty file or folder is
 * made there if it is missing, but only on a tmpfs of ours.
 */
static int mount_point(struct child *c, const struct plan_mount *m, bool folder,
	const char **ret_name)
{
	bool make = may_make(c, m->target);
	int parent = make ? new_place(c, m, ret_name)
			  : open_parent(c, m->target + 1, ret_name);

	if (parent < 0 || !make)
		return parent;
	if ((folder ? mkdirat(parent, *ret_name, 0755)
		    : mknodat(parent, *ret_name, S_IFREG | 0444, 0)) < 0 &&
		errno != EEXIST)
		return -errno;
	return parent;
}

/* Without MOVE_MOUNT_T_SYMLINKS a link in the last place is not followed. */
static int attach(
	struct child *c, const struct plan_mount *m, int tree, bool folder)
{
	const char *name;
	int parent = mount_point(c, m, folder, &name);

	if (parent < 0)
		return parent;
	return move_mount(tree, "", parent, name, MOVE_MOUNT_F_EMPTY_PATH) < 0
		       ? -errno
		       : 0;
}

static int put_bind(struct child *c, const struct plan_mount *m)
{
	int r = attach(c, m, c->s->trees[c->item], m->folder);

	if (r == 0)
		fd_close(&c->s->trees[c->item]);
	return r;
}

static int put_tmpfs(struct child *c, const struct plan_mount *m)
{
	_close_ int tree = -1;
	int r = tmpfs_new(m->size, m->inodes,
		strcmp(m->target, c->plan->home) == 0 ? "0700" : "1777",
		m->noexec ? MOUNT_ATTR_NOEXEC : 0, &tree);

	return r < 0 ? r : attach(c, m, tree, true);
}

static int put_proc(struct child *c, const struct plan_mount *m)
{
	_close_ int fs = fsopen("proc", FSOPEN_CLOEXEC);
	_close_ int tree = -1;

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	tree = fsmount(fs, FSMOUNT_CLOEXEC,
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (tree < 0)
		return -errno;
	return attach(c, m, tree, true);
}

static int put_dir(struct child *c, const struct plan_mount *m)
{
	const char *name;
	int parent = mount_point(c, m, true, &name);

	return parent < 0 ? parent : 0;
}

static int put_file(struct child *c, const struct plan_mount *m)
{
	const char *name;
	int parent = new_place(c, m, &name);
	_close_ int fd = -1;

	if (parent < 0)
		return parent;
	fd = openat(parent, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
	if (fd < 0)
		return -errno;
	return fd_write_all(fd, m->content, strlen(m->content));
}

static int put_link(struct child *c, const struct plan_mount *m)
{
	const char *name;
	int parent;

	if (!may_make(c, m->target))
		return 0; /* there already, in what was granted */
	parent = new_place(c, m, &name);
	if (parent < 0)
		return parent;
	if (symlinkat(m->content, parent, name) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}

static int put_mask(struct child *c, const struct plan_mount *m)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	_close_ int point =
		open_inside(c->root, m->target + 1, O_PATH | O_NOFOLLOW);
	_close_ int tree = -1;

	/* A socket that went away since needs no mask. */
	if (point < 0)
		return point == -ENOENT ? 0 : point;
	tree = open_tree(c->root, m->folder ? MASK_FOLDER : MASK_FILE,
		AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
		move_mount(tree, "", point, "",
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int (*const put[_MOUNT_N])(
	struct child *c, const struct plan_mount *m) = {
	[MOUNT_DIR] = put_dir,
	[MOUNT_FILE] = put_file,
	[MOUNT_LINK] = put_link,
	[MOUNT_TMPFS] = put_tmpfs,
	[MOUNT_BIND] = put_bind,
	[MOUNT_DEVICE] = put_bind,
	[MOUNT_PROC] = put_proc,
	[MOUNT_MASK] = put_mask,
};

/* What masks are clones of. */
static int make_masks(struct child *c)
{
	if (mkdirat(c->root, "run", 0755) < 0 ||
		mkdirat(c->root, MASK_FOLDER, 0555) < 0 ||
		mknodat(c->root, MASK_FILE, S_IFREG | 0, 0) < 0)
		return -errno;
	return 0;
}

/*
 * Should: put every mount of the plan at its place, parents first.
 * Mustn't: make a file or folder in what belongs to the user, or be led
 * elsewhere by a link in it.
 */
int phase_tree(struct child *c)
{
	int r = make_masks(c);

	for (size_t i = 0; r == 0 && i < c->plan->n_mounts; i++) {
		const struct plan_mount *m = &c->plan->mounts[i];

		c->item = i;
		r = put[m->kind](c, m);
		if (covers_parent(c, m->target + 1))
			forget_parent(c);
	}
	forget_parent(c);
	return r;
}

/*
 * Should: make the new root the only one, and our own part of it read-only.
 * Mustn't: leave a way to the old one: a descriptor, a folder, a mount.
 */
int phase_pivot(struct child *c)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};

	if (fchdir(c->root) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
		return -errno;
	/* Not recursive: HOME, /tmp and writable grants are mounts below. */
	if (mount_setattr(AT_FDCWD, "/", 0, &attr, sizeof(attr)) < 0)
		return -errno;
	fd_close(&c->root);
	return 0;
}
