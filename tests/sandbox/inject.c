/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: inject PID ACT
 *
 * Makes a running process attempt an act from inside, as whoever had taken it
 * over would: stops it with ptrace at the system call that it waits in, has it
 * make another one, prints what came of it ("ok", the name of an errno, or the
 * signal that ended it), and lets it go on where it was. Needs CAP_SYS_PTRACE.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define ELEMENTS(a) (sizeof(a) / sizeof((a)[0]))
#define AREA_BYTES 256  /* of its stack, below what it uses */
#define AREA_BELOW 1024 /* the red zone and more */

#define VICTIM "/tmp/stockade-injected" /* the test makes it */

/* Arguments that stand for an address in the process. */
#define TEXT ((uint64_t)INT64_MIN) /* the act's text */
#define NOWHERE 0

struct act {
	const char *name;
	long call;
	uint64_t arg[6];
	const char *text;
};

static const struct act acts[] = {
	{"read-file", SYS_openat, {(uint64_t)AT_FDCWD, TEXT, O_RDONLY},
		"/etc/passwd"},
	{"write-file", SYS_openat,
		{(uint64_t)AT_FDCWD, TEXT, O_WRONLY | O_CREAT, 0600}, VICTIM},
	{"list-folder", SYS_openat,
		{(uint64_t)AT_FDCWD, TEXT, O_RDONLY | O_DIRECTORY}, "/"},
	{"unlink", SYS_unlinkat, {(uint64_t)AT_FDCWD, TEXT, 0}, VICTIM},
	{"inet-socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}, NULL},
	{"unix-socket", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}, NULL},
	{"netlink-socket", SYS_socket, {AF_NETLINK, SOCK_RAW, 0}, NULL},
	{"exec", SYS_execve, {TEXT, NOWHERE, NOWHERE}, "/bin/true"},
	{"fork", SYS_clone, {SIGCHLD}, NULL},
	{"user-namespace", SYS_unshare, {CLONE_NEWUSER}, NULL},
	{"mount-namespace", SYS_unshare, {CLONE_NEWNS}, NULL},
	{"chroot", SYS_chroot, {TEXT}, "/"},
	{"code", SYS_mmap,
		{0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
			(uint64_t)-1, 0},
		NULL},
	{"memfd", SYS_memfd_create, {TEXT, 0}, "x"},
	{"trace", SYS_ptrace, {PTRACE_SEIZE, INT32_MAX}, NULL},
	{"signal", SYS_kill, {1, 0}, NULL},
	{"read-memory", SYS_process_vm_readv, {1, TEXT, 0, TEXT, 0, 0}, "x"},
	{"dumpable", SYS_prctl, {PR_SET_DUMPABLE, 1}, NULL},
	{"set-uid", SYS_setresuid, {0, 0, 0}, NULL},
	{"chmod", SYS_chmod, {TEXT, 04755}, VICTIM},
	{"io-uring", SYS_io_uring_setup, {1, TEXT}, "x"},
	{"keys", SYS_keyctl, {0, (uint64_t)-3, 0}, NULL},
	{"take-descriptor", SYS_pidfd_getfd, {0, 0, 0}, NULL},
};

static int complain(const char *what)
{
	(void)fprintf(stderr, "inject: %s: %s\n", what, strerror(errno));
	return 2;
}

static bool move_bytes(pid_t pid, long how, uint64_t at, void *bytes)
{
	struct iovec local = {bytes, AREA_BYTES};
	struct iovec remote = {NULL, AREA_BYTES};

	remote.iov_base = (void *)(uintptr_t)at; /* there, not here */
	return syscall(how, pid, &local, 1UL, &remote, 1UL, 0UL) == AREA_BYTES;
}

/* Waits for the next stop: 0, or the signal that ended it. */
static int await_stop(pid_t pid, int *ret_ended)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		return complain("waitpid");
	*ret_ended = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	return WIFEXITED(status) ? complain("it exited") : 0;
}

/* One system call of the process's, from where it waits in another: the
 * instruction before rip is `syscall`. */
static int make_call(pid_t pid, const struct act *a,
	const struct user_regs_struct *now, long long *ret, int *ret_ended)
{
	struct user_regs_struct regs = *now;
	uint64_t area = now->rsp - AREA_BELOW;
	unsigned long long *const to[] = {
		&regs.rdi, &regs.rsi, &regs.rdx, &regs.r10, &regs.r8, &regs.r9};
	int r;

	for (size_t i = 0; i < ELEMENTS(to); i++)
		*to[i] = a->arg[i] == TEXT ? area : a->arg[i];
	regs.rax = (unsigned long long)a->call;
	regs.orig_rax = (unsigned long long)-1; /* nothing to restart */
	regs.rip = now->rip - 2;
	if (ptrace(PTRACE_SETREGS, pid, 0, &regs) < 0 ||
		ptrace(PTRACE_SINGLESTEP, pid, 0, 0) < 0)
		return complain("step");
	r = await_stop(pid, ret_ended);
	/* A filter's signal stops it once more before it ends it. */
	if (r == 0 && *ret_ended == 0) {
		siginfo_t info;

		if (ptrace(PTRACE_GETSIGINFO, pid, 0, &info) == 0 &&
			info.si_signo == SIGSYS) {
			*ret_ended = SIGSYS;
			(void)kill(pid, SIGKILL);
			return 0;
		}
	}
	if (r != 0 || *ret_ended)
		return r;
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return complain("registers");
	*ret = (long long)regs.rax;
	return 0;
}

static int attempt(pid_t pid, const struct act *a)
{
	char before[AREA_BYTES], text[AREA_BYTES] = "";
	struct user_regs_struct regs;
	long long result = 0;
	int ended = 0, r;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) < 0)
		return complain("registers");
	if (a->text)
		(void)snprintf(text, sizeof(text), "%s", a->text);
	if (!move_bytes(
		    pid, SYS_process_vm_readv, regs.rsp - AREA_BELOW, before) ||
		!move_bytes(pid, SYS_process_vm_writev, regs.rsp - AREA_BELOW,
			text))
		return complain("its stack");
	r = make_call(pid, a, &regs, &result, &ended);
	if (r != 0)
		return r;
	if (ended) {
		(void)printf("SIG%s\n", sigabbrev_np(ended));
		return 0;
	}
	(void)move_bytes(
		pid, SYS_process_vm_writev, regs.rsp - AREA_BELOW, before);
	(void)ptrace(PTRACE_SETREGS, pid, 0, &regs);
	(void)printf("%s\n", result < 0 && result > -4096
				     ? strerrorname_np((int)-result)
				     : "ok");
	return 0;
}

int main(int argc, char **argv)
{
	pid_t pid = argc == 3 ? (pid_t)strtol(argv[1], NULL, 10) : 0;
	const struct act *a = NULL;
	int ended = 0, r;

	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		for (size_t i = 0; i < ELEMENTS(acts); i++)
			(void)puts(acts[i].name);
	for (size_t i = 0; argc == 3 && i < ELEMENTS(acts); i++)
		if (strcmp(acts[i].name, argv[2]) == 0)
			a = &acts[i];
	if (!a || pid <= 0)
		return argc == 2 ? 0 : 2;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0 ||
		ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
		return complain("attach");
	r = await_stop(pid, &ended);
	if (r == 0)
		r = attempt(pid, a);
	(void)ptrace(PTRACE_DETACH, pid, 0, 0);
	return r;
}
