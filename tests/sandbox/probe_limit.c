/* SPDX-License-Identifier: Apache-2.0 */
/* What one server may take: each limit as set, and as it stops. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define AREA "limits"
#define MANY_PROCESSES 300 /* more than the default allows */
#define MANY_FILES 5000
#define GIB (1L << 30)

static long value_of(const struct facts *f, const long *arg)
{
	struct rlimit limit;

	(void)f;
	if (getrlimit((__rlimit_resource_t)arg[0], &limit) < 0)
		return -errno;
	return limit.rlim_max > LONG_MAX ? LONG_MAX : (long)limit.rlim_max;
}

/* Back to no limit at all. */
static long lift(const struct facts *f, const long *arg)
{
	const struct rlimit none = {RLIM_INFINITY, RLIM_INFINITY};

	(void)f;
	return probe_result(setrlimit((__rlimit_resource_t)arg[0], &none));
}

static void kill_all(const pid_t *pids, int n)
{
	for (int i = 0; i < n; i++)
		(void)kill(pids[i], SIGKILL);
	for (int i = 0; i < n; i++)
		(void)waitpid(pids[i], NULL, 0);
}

static long fork_many(const struct facts *f, const long *arg)
{
	static pid_t pids[MANY_PROCESSES];
	long r = 0;
	int n = 0;

	(void)f;
	(void)arg;
	for (; n < MANY_PROCESSES; n++) {
		pids[n] = fork();
		if (pids[n] == 0) {
			(void)pause();
			_exit(0);
		}
		if (pids[n] < 0) {
			r = -errno;
			break;
		}
	}
	kill_all(pids, n);
	return r;
}

static long open_many(const struct facts *f, const long *arg)
{
	struct rlimit limit;

	(void)f;
	(void)arg;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < MANY_FILES; i++)
		if (fcntl(0, F_DUPFD_CLOEXEC, 3) < 0)
			return -errno;
	return 0;
}

static int temporary(const char *folder)
{
	return open(folder, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
}

/* One byte where a file may not reach. */
static long write_far(const struct facts *f, const long *arg)
{
	int fd = temporary("/tmp");
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	(void)signal(SIGXFSZ, SIG_IGN);
	r = pwrite(fd, "x", 1, arg[0]) < 0 ? -errno : 0;
	(void)close(fd);
	return r;
}

/* Room for more than a tmpfs of the run has. */
static long fill(const struct facts *f, const long *arg)
{
	const char *folder =
		arg[0] ? (const char *)arg[0] : fact_text(f, "home");
	struct statvfs st;

	if (!folder || statvfs(folder, &st) < 0)
		return -ENODATA;
	if (st.f_blocks * st.f_frsize > 256UL << 20 || st.f_files > 65536)
		return 0;
	return -ENOSPC;
}

static long more_data(const struct facts *f, const long *arg)
{
	void *p = mmap(NULL, (size_t)arg[0], PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)f;
	return p == MAP_FAILED ? -errno : 0;
}

static long lock_memory(const struct facts *f, const long *arg)
{
	void *p = mmap(NULL, (size_t)arg[0], PROT_READ,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)f;
	return p == MAP_FAILED || mlock(p, (size_t)arg[0]) < 0 ? -errno : 0;
}

static long pipe_size(const struct facts *f, const long *arg)
{
	int fds[2];

	(void)f;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	return fcntl(fds[1], F_SETPIPE_SZ, (int)arg[0]) < 0 ? -errno : 0;
}

#define IS(name, resource, value)                                           \
	ACT("limit_" name, value_of, "any", NULL, value, (long)(resource)), \
		ACT("lift_" name, lift, "ok EPERM", NULL, "EPERM",          \
			(long)(resource))

static const struct probe rows[] = {
	IS("core", RLIMIT_CORE, "1"),
	IS("processes", RLIMIT_NPROC, "256"),
	IS("files", RLIMIT_NOFILE, "4096 1024"),
	IS("file_size", RLIMIT_FSIZE, "1073741824"),
	IS("data", RLIMIT_DATA, "2147483648"),
	IS("locked", RLIMIT_MEMLOCK, "8388608 65536"),
	IS("queues", RLIMIT_MSGQUEUE, "ok"),
	IS("nice", RLIMIT_NICE, "ok"),
	IS("realtime", RLIMIT_RTPRIO, "ok"),
	ACT("fork_300", fork_many, "ok EAGAIN", NULL, "EAGAIN", 0),
	ACT("open_5000", open_many, "ok EMFILE", NULL, "EMFILE", 0),
	ACT("file_of_2_gib", write_far, "ok EFBIG", NULL, "EFBIG", 2 * GIB),
	ACT("room_in_tmp", fill, "any", NULL, "ENOSPC", POINTER("/tmp")),
	ACT("room_in_dev_shm", fill, "any", NULL, "ENOSPC",
		POINTER("/dev/shm")),
	ACT("room_in_home", fill, "any", NULL, "ENOSPC", 0),
	ACT("data_of_3_gib", more_data, "ok", NULL, "ENOMEM", 3 * GIB),
	ACT("lock_64_mib", lock_memory, "ok ENOMEM EPERM EAGAIN", NULL,
		"ENOMEM EPERM EAGAIN", 64L << 20),
	ACT("pipe_of_2_mib", pipe_size, "any", NULL, "EPERM", 2 << 20),
};
const struct probe_table limit_probes = {rows, ELEMENTS(rows)};
