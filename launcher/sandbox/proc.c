/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /proc of the sandbox: knobs of this namespace are set, then what reaches
 * further than the sandbox is read-only or hidden.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>

#include "base/fd.h"
#include "sandbox/phase.h"

static const char *const read_only[] = {
	"bus", "fs", "irq", "sys", "sysrq-trigger"};

static const char *const hidden_files[] = {"config.gz", "kallsyms", "kcore",
	"key-users", "keys", "latency_stats", "sched_debug", "timer_list",
	"timer_stats"};

/* Of the host's root alone, by their mode; so hidden where the server is it. */
static const char *const hidden_from_root[] = {"kmsg", "kpagecgroup",
	"kpagecount", "kpageflags", "slabinfo", "vmallocinfo"};

static const char *const hidden_folders[] = {"acpi", "asound", "scsi"};

static int bind_over(int proc, const char *name, int from, const char *source)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			    MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
	};
	_close_ int tree = open_tree(from, source,
		AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	if (tree < 0)
		return -errno;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) < 0 ||
		move_mount(tree, "", proc, name, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

static int hide(const struct child *c, int proc, const char *const *names,
	size_t n, const char *mask)
{
	for (size_t i = 0; i < n; i++) {
		int r;

		if (faccessat(proc, names[i], F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno == ENOENT)
				continue;
			return -errno;
		}
		r = bind_over(proc, names[i], c->root, mask);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Set to a value; missing in older kernels is fine where @optional. */
static int knob(int proc, const char *path, const char *value, bool optional)
{
	int r = fd_write_knob(proc, path, value);

	return optional && r == -ENOENT ? 0 : r;
}

/*
 * Should: keep a memfd from running as a program (vm.memfd_noexec of our pid
 * namespace, kernel 6.3).
 * Mustn't: wait until we are uid 1000: the knob belongs to the host's root. So
 * an ordinary user's sandbox goes without; the filter refuses MFD_EXEC and
 * execveat of a descriptor all the same.
 */
int phase_memfd(struct child *c)
{
	int r;

	if (!c->plan->root)
		return 0;
	r = knob(c->proc, "sys/vm/memfd_noexec", "1", true);
	return r == -EROFS || r == -EACCES ? 0 : r;
}

/*
 * After the server's own user namespace no further one: the limit counts what
 * is below ours, and 0 would refuse the one that we are about to make.
 */
static int set_knobs(const struct child *c)
{
	int r = 0;

	if (!c->plan->profile->sandbox.nested_userns)
		r = knob(c->proc, "sys/user/max_user_namespaces", "1", false);
	/* Counted for the user in the namespaces above too, where he has 128:
	 * a server that took them all would leave his editor without. */
	if (r == 0)
		r = knob(c->proc, "sys/user/max_inotify_instances", "64", true);
	/* A container's /proc/sys may be read-only; seccomp refuses the calls
	 * all the same, and the degraded run says so. */
	if (c->plan->no_proc && (r == -EROFS || r == -EACCES || r == -EPERM))
		return 0;
	return r;
}

/*
 * Should: leave a /proc that shows this sandbox and changes nothing outside.
 * Mustn't: hide what runtimes read (meminfo, cpuinfo, stat, self).
 */
int phase_proc(struct child *c)
{
	int r, proc;

	if (c->plan->no_proc)
		return set_knobs(c);
	proc = openat(c->root, "proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc < 0)
		return -errno;
	fd_close(&c->proc);
	c->proc = proc;
	r = set_knobs(c);
	for (size_t i = 0; r == 0 && i < ELEMENTS(read_only); i++) {
		r = bind_over(proc, read_only[i], proc, read_only[i]);
		if (r == -ENOENT)
			r = 0;
	}
	if (r == 0)
		r = hide(c, proc, hidden_files, ELEMENTS(hidden_files),
			"run/masked-file");
	if (r == 0 && c->plan->uid == 0)
		r = hide(c, proc, hidden_from_root, ELEMENTS(hidden_from_root),
			"run/masked-file");
	if (r == 0)
		r = hide(c, proc, hidden_folders, ELEMENTS(hidden_folders),
			"run/masked-folder");
	return r;
}
