/* SPDX-License-Identifier: Apache-2.0 */
/* Mounts: the old calls and the new ones, and what the mounts here are. */
#include <fcntl.h>
#include <linux/mount.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "probe.h"

#define AREA "mounts"
#define LEGACY_BIND 4096UL
#define LEGACY_REMOUNT 32UL
#define LEGACY_PRIVATE (1UL << 18)
#define LEGACY_DETACH 2

/* Whether @option is among the options of a line of mountinfo. */
static bool has_option(const char *options, const char *option)
{
	size_t len = strlen(option);

	for (const char *s = options; *s && *s != ' ';) {
		size_t n = strcspn(s, ", ");

		if (n == len && strncmp(s, option, len) == 0)
			return true;
		s += n + (s[n] == ',');
	}
	return false;
}

struct seen {
	char target[512], options[512], type[64];
};

static bool is_device(const struct seen *s)
{
	static const char *const devices[] = {"/dev/full", "/dev/null",
		"/dev/random", "/dev/urandom", "/dev/zero"};

	for (size_t i = 0; i < ELEMENTS(devices); i++)
		if (strcmp(s->target, devices[i]) == 0)
			return true;
	return false;
}

static bool without_nosuid(const struct seen *s)
{
	return !has_option(s->options, "nosuid");
}

static bool without_nodev(const struct seen *s)
{
	return !has_option(s->options, "nodev") && !is_device(s);
}

/* Neither read-only nor of this run: the host's, open for writing. */
static bool writable_of_host(const struct seen *s)
{
	return has_option(s->options, "rw") && strcmp(s->type, "tmpfs") != 0 &&
	       strcmp(s->type, "proc") != 0 && !is_device(s);
}

/* A mount that others could still put something below. */
static bool shared_with_host(const struct seen *s)
{
	return strstr(s->options, "shared:") || strstr(s->options, "master:");
}

static bool writable_root(const struct seen *s)
{
	return strcmp(s->target, "/") == 0 && has_option(s->options, "rw");
}

static bool (*const questions[])(const struct seen *) = {without_nosuid,
	without_nodev, writable_of_host, shared_with_host, writable_root};

/* How many mounts are what no mount of a sandbox may be. */
static long count(const struct facts *f, const long *arg)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[2048];
	long n = 0;

	(void)f;
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		struct seen s;
		const char *dash = strstr(line, " - ");

		if (!dash || sscanf(dash, " - %63s", s.type) != 1 ||
			sscanf(line, "%*s %*s %*s %*s %511s %511[^-]", s.target,
				s.options) != 2) {
			n = -EBADMSG;
			break;
		}
		n += questions[arg[0]](&s);
	}
	(void)fclose(file);
	return n;
}

static const struct mount_attr no_change = {0};
static const struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY};

static const struct probe rows[] = {
	RAW("mount_tmpfs", "ok", "EPERM", "EPERM", SYS_mount, POINTER("none"),
		POINTER("/tmp"), POINTER("tmpfs"), 0, 0, 0),
	RAW("mount_bind", "ok", "EPERM", "EPERM", SYS_mount, POINTER("/usr"),
		POINTER("/tmp"), 0, LEGACY_BIND, 0, 0),
	RAW("mount_remount", "ok", "EPERM", "EPERM", SYS_mount, 0, POINTER("/"),
		0, LEGACY_BIND | LEGACY_REMOUNT, 0, 0),
	RAW("mount_proc", "ok", "EPERM", "EPERM", SYS_mount, POINTER("proc"),
		POINTER("/tmp"), POINTER("proc"), 0, 0, 0),
	RAW("mount_propagation", "ok", "EPERM", "EPERM", SYS_mount, 0,
		POINTER("/"), 0, LEGACY_PRIVATE, 0, 0),
	RAW("umount_proc", "ok", "EPERM", "EPERM", SYS_umount2,
		POINTER("/proc"), LEGACY_DETACH),
	RAW("open_tree", "ok", "EPERM", "EPERM", SYS_open_tree, -100,
		POINTER("/"), OPEN_TREE_CLONE),
	RAW("move_mount", "EBADF ENOENT", "EPERM EBADF", "EPERM",
		SYS_move_mount, -1, POINTER(""), -1, POINTER(""),
		MOVE_MOUNT_F_EMPTY_PATH),
	RAW("fsopen", "ok", "EPERM", "EPERM", SYS_fsopen, POINTER("tmpfs"), 0),
	RAW("fsconfig", "EBADF EINVAL", NULL, "EPERM", SYS_fsconfig, -1, 6, 0,
		0, 0),
	RAW("fsmount", "EBADF", "EPERM", "EPERM", SYS_fsmount, -1, 0, 0),
	RAW("fspick", "ok", "EPERM", "EPERM", SYS_fspick, -100, POINTER("/"),
		0),
	RAW("mount_setattr", "ok", "EPERM ok", "EPERM", SYS_mount_setattr, -100,
		POINTER("/"), 0, POINTER(&no_change), sizeof(no_change)),
	RAW("mount_setattr_writable", "ok", "EPERM EINVAL", "EPERM",
		SYS_mount_setattr, -100, POINTER("/"), 0, POINTER(&writable),
		sizeof(writable)),
	RAW("pivot_root", "EINVAL EBUSY", "EPERM", "EPERM", SYS_pivot_root,
		POINTER("/"), POINTER("/")),
	RAW("chroot", "ok", "EPERM", "EPERM", SYS_chroot, POINTER("/")),
	/* Newer than the lists of libseccomp here: listmount, open_tree_attr.
	 */
	RAW("statmount", "EFAULT EINVAL ENOSYS", NULL, "ENOSYS", 457, 0, 0, 0,
		0),
	RAW("listmount", "EFAULT EINVAL ENOSYS", NULL, "ENOSYS", 458, 0, 0, 0,
		0),
	RAW("open_tree_attr", "ok EINVAL ENOSYS", "EPERM EINVAL ENOSYS",
		"ENOSYS", 467, -100, POINTER("/"), OPEN_TREE_CLONE, 0, 0),
	ACT("mounts_that_run_setuid", count, "any", NULL, "ok", 0),
	ACT("mounts_that_have_devices", count, "any", NULL, "ok", 1),
	ACT("mounts_of_the_host_writable", count, "any", NULL, "ok", 2),
	ACT("mounts_shared_with_the_host", count, "any", NULL, "ok", 3),
	ACT("root_is_writable", count, "any", NULL, "ok", 4),
};
const struct probe_table mount_probes = {rows, ELEMENTS(rows)};
