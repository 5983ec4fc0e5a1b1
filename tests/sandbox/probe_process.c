/* SPDX-License-Identifier: Apache-2.0 */
/* Other processes: to trace, to read, to signal; and /proc of them. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "probe.h"

#define AREA "processes"

/* Process that a row is about: a number, or the outside. */
#define OUTSIDE 0
#define ITSELF (-2)
/* The sandbox's own pid 1, which holds our pipes. Bare, the machine's may be
 * out of root's reach too (a container): there the outside stands for it. */
#define INIT 1

static pid_t whom(const struct facts *f, long which)
{
	if (which == ITSELF)
		return getpid();
	if (which == INIT && probe_wrapped())
		return 1;
	return (pid_t)fact_number(f, "pid");
}

static long trace(const struct facts *f, const long *arg)
{
	long r = syscall(SYS_ptrace, PTRACE_SEIZE, whom(f, arg[0]), 0, 0);
	int error = errno;

	if (r == 0)
		(void)ptrace(PTRACE_DETACH, whom(f, arg[0]), 0, 0);
	return r < 0 ? -error : 0;
}

static long move_memory(const struct facts *f, const long *arg)
{
	static char byte = 1;
	struct iovec local = {&byte, 1}, remote = {&byte, 1};

	return probe_result(syscall(arg[1], whom(f, arg[0]), &local, 1UL,
		       &remote, 1UL, 0UL)) < 0
		       ? -errno
		       : 0;
}

static long steal_fd(const struct facts *f, const long *arg)
{
	int pidfd = (int)syscall(SYS_pidfd_open, whom(f, arg[0]), 0U);
	long r;

	if (pidfd < 0)
		return -errno;
	r = probe_opened((int)syscall(SYS_pidfd_getfd, pidfd, 2, 0U));
	(void)close(pidfd);
	return r;
}

static long compare(const struct facts *f, const long *arg)
{
	pid_t pid = whom(f, arg[0]);

	return probe_result(syscall(SYS_kcmp, getpid(), pid, 0, 2, 2)) < 0
		       ? -errno
		       : 0;
}

static long send_signal(const struct facts *f, const long *arg)
{
	return probe_result(kill(whom(f, arg[0]), (int)arg[1]));
}

static long queue_signal(const struct facts *f, const long *arg)
{
	int pidfd = (int)syscall(SYS_pidfd_open, whom(f, arg[0]), 0U);
	long r;

	if (pidfd < 0)
		return -errno;
	r = probe_result(
		syscall(SYS_pidfd_send_signal, pidfd, 0, (void *)0, 0U));
	(void)close(pidfd);
	return r;
}

/* After the blow init must still be there: we run. */
static long strike_init(const struct facts *f, const long *arg)
{
	(void)f;
	(void)kill(1, (int)arg[0]);
	(void)usleep(20000);
	return access("/proc/1/status", F_OK) < 0 ? -errno : 0;
}

static long limits_of(const struct facts *f, const long *arg)
{
	struct rlimit limit;

	return probe_result(
		prlimit(whom(f, arg[0]), RLIMIT_NOFILE, NULL, &limit));
}

static long affinity_of(const struct facts *f, const long *arg)
{
	unsigned long mask[16];

	return probe_result(syscall(SYS_sched_getaffinity, whom(f, arg[0]),
		       sizeof(mask), mask)) < 0
		       ? -errno
		       : 0;
}

static const struct probe process_rows[] = {
	RAW("ptrace_traceme", "ok", NULL, "EPERM", SYS_ptrace, PTRACE_TRACEME),
	ACT("ptrace_outside", trace, "ok", NULL, "EPERM", OUTSIDE),
	ACT("ptrace_init", trace, "ok", NULL, "EPERM", INIT),
	ACT("process_vm_readv_self", move_memory, "ok", NULL, "EPERM", ITSELF,
		SYS_process_vm_readv),
	ACT("process_vm_writev_self", move_memory, "ok", NULL, "EPERM", ITSELF,
		SYS_process_vm_writev),
	ACT("process_vm_readv_outside", move_memory, "ok EFAULT", NULL, "EPERM",
		OUTSIDE, SYS_process_vm_readv),
	ACT("process_vm_writev_outside", move_memory, "ok EFAULT", NULL,
		"EPERM", OUTSIDE, SYS_process_vm_writev),
	ACT("pidfd_open_outside", queue_signal, "ok", NULL, "ESRCH", OUTSIDE),
	ACT("pidfd_getfd_outside", steal_fd, "ok", NULL, "ESRCH", OUTSIDE),
	ACT("pidfd_getfd_init", steal_fd, "ok", NULL, "EPERM", INIT),
	ACT("pidfd_getfd_self", steal_fd, "ok", NULL, "EPERM", ITSELF),
	ACT("kcmp_self", compare, "ok", NULL, "EPERM", ITSELF),
	ACT("kcmp_outside", compare, "ok", NULL, "EPERM", OUTSIDE),
	ACT("kill_outside", send_signal, "ok", NULL, "ESRCH", OUTSIDE, 0),
	ACT("init_survives_sigkill", strike_init, "never", NULL, "ok", SIGKILL),
	ACT("init_survives_sigstop", strike_init, "never", NULL, "ok", SIGSTOP),
	ACT("init_survives_sigterm", strike_init, "never", NULL, "ok", SIGTERM),
	ACT("init_survives_sigsegv", strike_init, "never", NULL, "ok", SIGSEGV),
	ACT("prlimit_outside", limits_of, "ok", NULL, "ESRCH", OUTSIDE),
	ACT("affinity_outside", affinity_of, "ok", NULL, "ESRCH", OUTSIDE),
	RAW("process_madvise", "EBADF", NULL, "EPERM", SYS_process_madvise, -1,
		0, 0, 0, 0),
	RAW("process_mrelease", "EBADF", NULL, "EPERM", SYS_process_mrelease,
		-1, 0),
	RAW("migrate_pages", "ok EINVAL ENOSYS EFAULT", NULL, "EPERM",
		SYS_migrate_pages, 0, 1, 0, 0),
	RAW("move_pages", "ok EINVAL ENOSYS EFAULT", NULL, "EPERM",
		SYS_move_pages, 0, 0, 0, 0, 0, 0),
};
const struct probe_table process_probes = {
	process_rows, ELEMENTS(process_rows)};

#undef AREA
#define AREA "/proc of others"

static void proc_path(const struct facts *f, const long *arg, char *ret)
{
	(void)snprintf(ret, PATH_MAX, "/proc/%d/%s", (int)whom(f, arg[0]),
		(const char *)arg[1]);
}

static long proc_open(const struct facts *f, const long *arg)
{
	char path[PATH_MAX];

	proc_path(f, arg, path);
	return probe_opened(open(path, (int)arg[2] | O_CLOEXEC));
}

static long proc_link(const struct facts *f, const long *arg)
{
	char path[PATH_MAX], target[PATH_MAX];

	proc_path(f, arg, path);
	return readlink(path, target, sizeof(target)) < 0 ? -errno : 0;
}

/* Reading is what tells: some files open for everybody. */
static long proc_read(const struct facts *f, const long *arg)
{
	char path[PATH_MAX], byte;
	long r;
	int fd;

	proc_path(f, arg, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = read(fd, &byte, 1);
	r = r < 0 ? -errno : r == 0 ? -ENODATA : 0;
	(void)close(fd);
	return r;
}

#define REFUSED "EACCES EPERM"
#define OF_INIT(name, act, ...) \
	ACT("init_" name, act, "ok", NULL, REFUSED, INIT, __VA_ARGS__)
#define OF_OUTSIDE(name, act, ...) \
	ACT("outside_" name, act, "ok", NULL, "ENOENT", OUTSIDE, __VA_ARGS__)
#define OF_BOTH(name, act, ...) \
	OF_INIT(name, act, __VA_ARGS__), OF_OUTSIDE(name, act, __VA_ARGS__)

static const struct probe proc_rows[] = {
	OF_BOTH("environ", proc_read, POINTER("environ")),
	OF_BOTH("mem", proc_open, POINTER("mem"), O_RDONLY),
	OF_BOTH("mem_for_writing", proc_open, POINTER("mem"), O_RDWR),
	OF_BOTH("maps", proc_read, POINTER("maps")),
	OF_BOTH("smaps", proc_read, POINTER("smaps")),
	OF_BOTH("auxv", proc_read, POINTER("auxv")),
	OF_BOTH("io", proc_read, POINTER("io")),
	OF_BOTH("root", proc_link, POINTER("root")),
	OF_BOTH("root_to_etc", proc_open, POINTER("root/etc"),
		O_RDONLY | O_DIRECTORY),
	OF_BOTH("cwd", proc_link, POINTER("cwd")),
	OF_BOTH("exe", proc_link, POINTER("exe")),
	OF_BOTH("exe_opened", proc_open, POINTER("exe"), O_RDONLY),
	OF_BOTH("fd", proc_open, POINTER("fd"), O_RDONLY | O_DIRECTORY),
	OF_BOTH("fd_2", proc_link, POINTER("fd/2")),
	OF_BOTH("fdinfo", proc_open, POINTER("fdinfo/2"), O_RDONLY),
	OF_BOTH("map_files", proc_open, POINTER("map_files"),
		O_RDONLY | O_DIRECTORY),
	OF_BOTH("ns_user", proc_open, POINTER("ns/user"), O_RDONLY),
	OF_BOTH("ns_mnt", proc_open, POINTER("ns/mnt"), O_RDONLY),
	OF_BOTH("ns_pid", proc_open, POINTER("ns/pid"), O_RDONLY),
	OF_BOTH("ns_net", proc_open, POINTER("ns/net"), O_RDONLY),
	OF_BOTH("ns_ipc", proc_link, POINTER("ns/ipc")),
	OF_BOTH("ns_uts", proc_link, POINTER("ns/uts")),
	OF_BOTH("ns_cgroup", proc_link, POINTER("ns/cgroup")),
	OF_BOTH("oom_score_adj", proc_open, POINTER("oom_score_adj"), O_WRONLY),
	OF_BOTH("clear_refs", proc_open, POINTER("clear_refs"), O_WRONLY),
	OF_OUTSIDE("cmdline", proc_read, POINTER("cmdline")),
	OF_OUTSIDE("status", proc_read, POINTER("status")),
};
const struct probe_table proc_probes = {proc_rows, ELEMENTS(proc_rows)};
