/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: the new root, its mounts, a /proc of its own and its knobs.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "cli/doctor.h"

#define MOUNTS CLONE_NEWNS
#define PROCESSES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC)

static int own_tmpfs(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("none", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV,
			"size=1m,nr_inodes=64") < 0)
		return -errno;
	return 0;
}

static int try_root(void)
{
	int r = own_tmpfs();

	if (r < 0)
		return r;
	if (mkdir("/tmp/old", 0700) < 0 || chdir("/tmp") < 0 ||
		syscall(SYS_pivot_root, ".", "old") < 0 ||
		umount2("/old", MNT_DETACH) < 0)
		return -errno;
	return 0;
}

static int try_bind(void)
{
	struct mount_attr attr = {
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
			    MOUNT_ATTR_NODEV,
		.propagation = MS_PRIVATE,
	};
	_close_ int tree = -1;
	struct statvfs st;
	int r = own_tmpfs();

	if (r < 0)
		return r;
	tree = open_tree(AT_FDCWD, "/usr",
		AT_RECURSIVE | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return -errno;
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr,
		    sizeof(attr)) < 0 ||
		mkdir("/tmp/usr", 0700) < 0 ||
		move_mount(tree, "", AT_FDCWD, "/tmp/usr",
			MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
		statvfs("/tmp/usr", &st) < 0)
		return -errno;
	return st.f_flag & ST_RDONLY ? 0 : -EROFS;
}

static int own_proc(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
			NULL) < 0)
		return -errno;
	return 0;
}

static int try_proc(void)
{
	int r = own_proc();

	if (r < 0)
		return r;
	return access("/proc/1/status", R_OK) < 0 ? -errno : 0;
}

/* A child of its own, which ends with what @f returns as a positive errno. */
static int in_child(int (*f)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(-f());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

static int third_userns(void)
{
	return unshare(CLONE_NEWUSER) < 0 ? -errno : 0;
}

/* The second one can be entered, and then no third. */
static int second_userns(void)
{
	const char *uid_map = "1000 1000 1";
	int r;

	if (unshare(CLONE_NEWUSER) < 0)
		return -errno;
	r = fd_write_knob(AT_FDCWD, "/proc/self/setgroups", "deny");
	if (r == 0)
		r = fd_write_knob(AT_FDCWD, "/proc/self/gid_map", uid_map);
	if (r == 0)
		r = fd_write_knob(AT_FDCWD, "/proc/self/uid_map", uid_map);
	if (r < 0)
		return r;
	r = in_child(third_userns);
	if (r == -ENOSPC)
		return 0;
	return r < 0 ? r : -EEXIST;
}

static int try_second_userns(void)
{
	int r;

	/* Where a fresh one is refused the host's has the knob too. */
	(void)own_proc();
	r = fd_write_knob(AT_FDCWD, "/proc/sys/user/max_user_namespaces", "1");
	return r < 0 ? r : in_child(second_userns);
}

/* The knob belongs to the host's root: before the child gives that up. */
static int try_noexec(void)
{
	return fd_write_knob(AT_FDCWD, "/proc/sys/vm/memfd_noexec", "1");
}

static const struct {
	struct userns_try t;
	const char *works;
} tries[] = {
	{{MOUNTS, NULL, try_root}, "tmpfs, pivot_root, old root let go"},
	{{MOUNTS, NULL, try_bind},
		"open_tree, mount_setattr, move_mount: read-only and private"},
	{{PROCESSES, NULL, try_proc}, "mounted"},
	{{PROCESSES, NULL, try_second_userns}, "entered, and no third one"},
	{{PROCESSES, try_noexec, NULL}, "refused by vm.memfd_noexec"},
};

static void probe_mount(const struct doctor_check *c, struct finding *f)
{
	enum userns_step step;
	int r = doctor_in_userns(&tries[c->arg].t, &step);

	if (r == 0) {
		finding_ok(f, "%s", tries[c->arg].works);
		return;
	}
	finding_fails(f, NULL, "%s", strerror(-r));
	if (r == -ENOSYS)
		(void)snprintf(f->fix, sizeof(f->fix),
			"a kernel of 5.13 or newer is needed");
	else
		doctor_userns_advice(f, r, step);
}

static void probe_proc(const struct doctor_check *c, struct finding *f)
{
	enum userns_step step;
	int r = doctor_in_userns(&tries[c->arg].t, &step);

	if (r == 0)
		finding_ok(f, "%s", tries[c->arg].works);
	else if (step != USERNS_ACT)
		probe_mount(c, f);
	else
		finding_fails(f,
			"a container masks parts of its own /proc, so the "
			"kernel refuses a fresh one:\n"
			"Docker: --security-opt systempaths=unconfined; "
			"Podman: --security-opt unmask=ALL;\n"
			"or run without /proc: stockade run "
			"--allow-degraded=no-proc",
			"mounting it: %s", strerror(-r));
}

static void probe_noexec(const struct doctor_check *c, struct finding *f)
{
	enum userns_step step;
	int r = doctor_in_userns(&tries[c->arg].t, &step);

	if (r == 0)
		finding_ok(f, "%s", tries[c->arg].works);
	else
		finding_weaker(f, r == -ENOENT ? "kernel 6.3 or newer" : NULL,
			"refused by its descriptor, but not through /proc: "
			"vm.memfd_noexec: %s%s",
			strerror(-r), r == -EACCES ? " (it takes root)" : "");
}

/* A user namespace whose map an id-mapped mount takes. */
static int map_holder(pid_t *ret_pid)
{
	char path[64];
	_close_ int ns = -1;
	pid_t pid =
		(pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	int r;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		(void)pause();
		_exit(0);
	}
	*ret_pid = pid;
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	r = fd_write_knob(AT_FDCWD, path, "0 0 1");
	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	if (r == 0)
		r = fd_write_knob(AT_FDCWD, path, "0 0 1");
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)pid);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	return ns < 0 ? -errno : take_fd(&ns);
}

static int try_idmap(const char *path)
{
	pid_t pid = -1;
	_close_ int ns = map_holder(&pid);
	_close_ int tree = -1;
	int r = ns < 0 ? ns : 0;

	if (r == 0) {
		struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP,
			.userns_fd = (__u64)(unsigned)ns};

		tree = open_tree(
			AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
		if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr,
					sizeof(attr)) < 0)
			r = -errno;
	}
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return r;
}

static void probe_idmap(const struct doctor_check *c, struct finding *f)
{
	int r;

	(void)c;
	if (geteuid() != 0) {
		finding_ok(f, "not needed: the server acts as you");
		return;
	}
	r = try_idmap(".");
	if (r == 0)
		finding_ok(f, "work in the current folder");
	else if (r != -EINVAL)
		finding_weaker(
			f, NULL, "%s; write grants are refused", strerror(-r));
	else
		finding_weaker(f,
			"keep what is granted for writing on ext4, xfs or "
			"btrfs, start stockade as an\n"
			"ordinary user, or use --keep-uid (weaker: see "
			"stockade(1))",
			"not on the current folder's filesystem; write grants "
			"here are refused");
}

static const struct doctor_check checks[] = {
	{"root", "a root of its own", probe_mount, 0},
	{"binds", "read-only binds", probe_mount, 1},
	{"proc", "fresh /proc", probe_proc, 2},
	{"userns2", "second user namespace", probe_mount, 3},
	{"memfd", "running a memfd", probe_noexec, 4},
	{"idmap", "id-mapped mounts", probe_idmap, 0},
};

const struct doctor_checks doctor_mount = {checks, ELEMENTS(checks)};
