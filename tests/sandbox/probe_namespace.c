/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces: the sandbox's are the only ones it will ever see. */
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define AREA "namespaces"

static long ended(long pid)
{
	if (pid == 0)
		syscall(SYS_exit, 0);
	if (pid < 0)
		return -errno;
	(void)waitpid((pid_t)pid, NULL, __WALL);
	return 0;
}

static long by_clone(const struct facts *f, const long *arg)
{
	(void)f;
	return ended(syscall(SYS_clone, arg[0] | SIGCHLD, 0, 0, 0, 0));
}

static long by_clone3(const struct facts *f, const long *arg)
{
	struct clone_args args = {
		.flags = (uint64_t)arg[0],
		.exit_signal = SIGCHLD,
	};

	(void)f;
	return ended(syscall(SYS_clone3, &args, sizeof(args)));
}

/* Into the namespace that it is in already. */
static long by_setns(const struct facts *f, const long *arg)
{
	int fd = open((const char *)arg[0], O_RDONLY | O_CLOEXEC);
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	r = syscall(SYS_setns, fd, arg[1]);
	r = r < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

static long by_pidfd(const struct facts *f, const long *arg)
{
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0U);
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	r = syscall(SYS_setns, fd, arg[0]);
	r = r < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

#define EACH(name, flag)                                                    \
	RAW("unshare_" name, "ok", "EPERM", "EPERM", SYS_unshare, flag),    \
		ACT("clone_" name, by_clone, "ok", "EPERM", "EPERM", flag), \
		ACT("clone3_" name, by_clone3, "ok", "EPERM", "ENOSYS", flag)

static const struct probe rows[] = {
	RAW("unshare_user", "ok", NULL, "EPERM", SYS_unshare, CLONE_NEWUSER),
	ACT("clone_user", by_clone, "ok", NULL, "EPERM", CLONE_NEWUSER),
	ACT("clone3_user", by_clone3, "ok", NULL, "ENOSYS", CLONE_NEWUSER),
	ACT("clone_user_and_all", by_clone, "ok", NULL, "EPERM",
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID |
			CLONE_NEWIPC | CLONE_NEWUTS),
	EACH("mount", CLONE_NEWNS),
	EACH("pid", CLONE_NEWPID),
	EACH("net", CLONE_NEWNET),
	EACH("ipc", CLONE_NEWIPC),
	EACH("uts", CLONE_NEWUTS),
	EACH("cgroup", CLONE_NEWCGROUP),
	RAW("unshare_time", "ok", "EPERM", "EPERM", SYS_unshare, CLONE_NEWTIME),
	ACT("clone3_time", by_clone3, "ok", "EPERM", "ENOSYS", CLONE_NEWTIME),
	RAW("unshare_files", "ok", NULL, "EPERM", SYS_unshare, CLONE_FILES),
	ACT("setns_user", by_setns, "EINVAL", NULL, "EPERM",
		POINTER("/proc/self/ns/user"), CLONE_NEWUSER),
	ACT("setns_mount", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/mnt"), CLONE_NEWNS),
	ACT("setns_pid", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/pid"), CLONE_NEWPID),
	ACT("setns_net", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/net"), CLONE_NEWNET),
	ACT("setns_ipc", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/ipc"), CLONE_NEWIPC),
	ACT("setns_uts", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/uts"), CLONE_NEWUTS),
	ACT("setns_cgroup", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/cgroup"), CLONE_NEWCGROUP),
	ACT("setns_time", by_setns, "ok", "EPERM", "EPERM",
		POINTER("/proc/self/ns/time"), CLONE_NEWTIME),
	ACT("setns_pidfd", by_pidfd, "ok", "EPERM", "EPERM", CLONE_NEWNET),
};
const struct probe_table namespace_probes = {rows, ELEMENTS(rows)};
