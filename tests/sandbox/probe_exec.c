/* SPDX-License-Identifier: Apache-2.0 */
/* Programs out of memory, and programs from where nothing may run. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define AREA "programs"
#define EXECUTED 42
/* Not in the headers of Linux 6.1. */
#define FLAG_EXEC 0x10U
#define NOEXEC_KNOB "/proc/sys/vm/memfd_noexec"

static char *const program_argv[] = {
	(char[]){"probe"}, (char[]){"--executed"}, NULL};
static char *const no_env[] = {NULL};

enum way { BY_FD, BY_PROC, BY_DEV_FD, BY_PATH };

static long exec_in(int fd, const char *path, enum way way)
{
	char text[64];

	switch (way) {
	case BY_FD:
		syscall(SYS_execveat, fd, "", program_argv, no_env,
			AT_EMPTY_PATH);
		break;
	case BY_PROC:
	case BY_DEV_FD:
		(void)snprintf(text, sizeof(text), "%s/fd/%d",
			way == BY_PROC ? "/proc/self" : "/dev", fd);
		(void)execve(text, program_argv, no_env);
		break;
	case BY_PATH:
		(void)execve(path ? path : "", program_argv, no_env);
		break;
	}
	return -errno;
}

/* In a child, whose status tells that it ran. */
static long executed(int fd, const char *path, enum way way)
{
	int pipes[2], status;
	long r = 0;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		r = exec_in(fd, path, way);
		_exit(write(pipes[1], &r, sizeof(r)) == sizeof(r) ? 1 : 2);
	}
	(void)close(pipes[1]);
	if (read(pipes[0], &r, sizeof(r)) != sizeof(r))
		r = 0;
	(void)close(pipes[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -ECHILD;
	if (r < 0)
		return r;
	return WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED ? 0
								    : -ENOEXEC;
}

static long copy_self(int to)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (from < 0)
		return -errno;
	while ((n = sendfile(to, from, NULL, 1 << 24)) > 0)
		;
	(void)close(from);
	return n < 0 ? -errno : 0;
}

static long memfd(const struct facts *f, const long *arg)
{
	int fd = memfd_create("probe", MFD_CLOEXEC | (unsigned)arg[1]);
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	r = copy_self(fd);
	if (r == 0)
		r = executed(fd, NULL, (enum way)arg[0]);
	(void)close(fd);
	return r;
}

/* A program put into the folder of arg[0]. */
static long planted(const struct facts *f, const long *arg)
{
	char path[512];
	int fd;
	long r;

	(void)f;
	(void)snprintf(path, sizeof(path), "%s/probe-planted-%d",
		(const char *)arg[0], (int)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	if (fd < 0)
		return -errno;
	r = copy_self(fd);
	(void)close(fd);
	if (r == 0)
		r = executed(-1, path, BY_PATH);
	(void)unlink(path);
	return r;
}

static long planted_home(const struct facts *f, const long *arg)
{
	const long home[] = {POINTER(fact_text(f, "home"))};

	(void)arg;
	return home[0] ? planted(f, home) : -ENODATA;
}

static long shared_executable(const struct facts *f, const long *arg)
{
	int fd = open(
		(const char *)arg[0], O_RDWR | O_TMPFILE | O_CLOEXEC, 0700);
	void *p;

	(void)f;
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, 4096) < 0)
		return -errno;
	p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	(void)close(fd);
	return p == MAP_FAILED ? -errno : 0;
}

/* What a process does to itself alone stays possible: compilers need it. */
static long writable_code(const struct facts *f, const long *arg)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)f;
	(void)arg;
	return p == MAP_FAILED ? -errno : 0;
}

/* Our own program, by which somebody else's run would be changed. */
static long overwrite(const struct facts *f, const long *arg)
{
	(void)f;
	(void)arg;
	return probe_opened(open("/proc/self/exe", O_WRONLY | O_CLOEXEC));
}

static const struct probe rows[] = {
	ACT("memfd_execveat", memfd, "ok", NULL, "EPERM", BY_FD, 0),
	/* vm.memfd_noexec needs kernel 6.3 and root; without, the program that
	 * runs could as well have been read into the process. */
	{"memfd_proc_fd", AREA, memfd, {BY_PROC, 0}, "ok", NULL,
		"EACCES ok!" NOEXEC_KNOB, "EACCES ok"},
	{"memfd_dev_fd", AREA, memfd, {BY_DEV_FD, 0}, "ok ENOENT", NULL,
		"EACCES ok!" NOEXEC_KNOB, "EACCES ok"},
	ACT("memfd_exec_flag", memfd, "ok EINVAL", NULL, "EPERM", BY_FD,
		FLAG_EXEC),
	RAW("memfd_secret", "any", NULL, "EPERM ENOSYS", SYS_memfd_secret, 0),
	ACT("program_in_tmp", planted, "ok", NULL, "EACCES", POINTER("/tmp")),
	ACT("program_in_var_tmp", planted, "ok", NULL, "EACCES EROFS",
		POINTER("/var/tmp")),
	ACT("program_in_dev_shm", planted, "ok EACCES", NULL, "EACCES",
		POINTER("/dev/shm")),
	ACT("program_in_home", planted_home, "ok", NULL, "EACCES", 0),
	ACT("program_in_run", planted, "any", NULL, "EROFS", POINTER("/run")),
	ACT("program_in_usr_bin", planted, "ok EROFS", "EACCES EROFS",
		"EROFS EACCES", POINTER("/usr/local/bin")),
	ACT("map_executable_in_tmp", shared_executable, "ok EOPNOTSUPP", NULL,
		"EPERM", POINTER("/tmp")),
	ACT("own_program_for_writing", overwrite, "ETXTBSY EROFS",
		"ETXTBSY EACCES EROFS", "ETXTBSY EROFS EACCES", 0),
	ACT("writable_code_of_its_own", writable_code, "ok", NULL, "ok", 0),
	RAW("uselib", "any", NULL, "EPERM", SYS_uselib, POINTER("/lib")),
};
const struct probe_table exec_probes = {rows, ELEMENTS(rows)};
