/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "sandbox/confine.h"

#define ROOT "/tmp"

static int put(const char *path, const char *text)
{
	return fd_write_knob(-1, path, text);
}

static int map_ids(void)
{
	char text[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC |
		    CLONE_NEWUTS | CLONE_NEWPID | CLONE_NEWCGROUP) < 0)
		return -errno;
	(void)snprintf(text, sizeof(text), "1000 %u 1", uid);
	if (put("/proc/self/setgroups", "deny") < 0 ||
		put("/proc/self/uid_map", text) < 0)
		return -EPERM;
	(void)snprintf(text, sizeof(text), "1000 %u 1", gid);
	return put("/proc/self/gid_map", text);
}

static int bind_at(const char *from, const char *to)
{
	struct stat st;

	if (stat(from, &st) < 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		(void)mkdir(to, 0755);
	else
		(void)mknod(to, S_IFREG | 0444, 0);
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL) < 0 ? -errno : 0;
}

static int build_root(void)
{
	static const char *const binds[] = {"/usr", "/etc/ld.so.cache",
		"/etc/ssl", "/etc/alternatives", "/dev/null", "/dev/zero",
		"/dev/random", "/dev/urandom"};
	static const char *const folders[] = {"/etc", "/dev", "/proc", "/tmp"};
	static const char *const links[] = {"bin", "lib", "lib64", "sbin"};
	char path[128], target[64];

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", ROOT, "tmpfs", MS_NOSUID | MS_NODEV, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < ELEMENTS(folders); i++) {
		(void)snprintf(path, sizeof(path), ROOT "%s", folders[i]);
		(void)mkdir(path, 0755);
	}
	for (size_t i = 0; i < ELEMENTS(links); i++) {
		(void)snprintf(path, sizeof(path), ROOT "/%s", links[i]);
		(void)snprintf(target, sizeof(target), "usr/%s", links[i]);
		(void)!symlink(target, path);
	}
	for (size_t i = 0; i < ELEMENTS(binds); i++) {
		int r;

		(void)snprintf(path, sizeof(path), ROOT "%s", binds[i]);
		r = bind_at(binds[i], path);
		if (r < 0)
			return r;
	}
	return 0;
}

static int shut(void)
{
	const struct filter *f = filter_get(FILTER_SERVER);
	struct sock_fprog prog = {.len = f->len,
		.filter = (struct sock_filter *)(uintptr_t)f->code};

	if (chdir(ROOT) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0 ||
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) < 0)
		return -errno;
	return 0;
}

/* The pid namespace needs one more process: what is forked is its first. */
_Noreturn static void inside(void)
{
	char *argv[] = {(char[]){"true"}, NULL}, *envp[] = {NULL};

	if (mount("proc", ROOT "/proc", "proc",
		    MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ||
		shut() < 0)
		_exit(125);
	(void)execve("/usr/bin/true", argv, envp);
	_exit(126);
}

pid_t floor_spawn(void)
{
	pid_t pid = fork(), child;
	int status = 0;

	if (pid != 0)
		return pid < 0 ? -errno : pid;
	if (map_ids() < 0 || build_root() < 0)
		_exit(125);
	child = fork();
	if (child == 0)
		inside();
	if (child < 0 || waitpid(child, &status, 0) < 0)
		_exit(125);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}
