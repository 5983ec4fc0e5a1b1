/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

struct call_row {
	const char *name;
	long nr;
	unsigned long args[5];
};

static const char tmp[] = "/tmp", type[] = "tmpfs", dot[] = ".";
static unsigned char zeros[256];

#define ADDRESS(object) ((unsigned long)(uintptr_t)(object))

/* None of these does anything where it is allowed but what is undone below,
 * or would fail otherwise too, in another way. */
static int call_errno(const char *name, long nr, const unsigned long args[5])
{
	long r = syscall(nr, args[0], args[1], args[2], args[3], args[4]);

	/* A copy of us that came about all the same. */
	if (r == 0 && strncmp(name, "clone", 5) == 0)
		_exit(0);
	return r < 0 ? errno : 0;
}

static void facts_calls(void)
{
	struct clone_args clone3 = {.exit_signal = SIGCHLD};
	const struct call_row rows[] = {
		{"unshare user", SYS_unshare, {CLONE_NEWUSER}},
		{"unshare mounts", SYS_unshare, {CLONE_NEWNS}},
		{"clone user", SYS_clone, {CLONE_NEWUSER | SIGCHLD}},
		{"clone3", SYS_clone3, {ADDRESS(&clone3), sizeof(clone3)}},
		{"setns", SYS_setns, {0, 0}},
		{"mount", SYS_mount,
			{ADDRESS(type), ADDRESS(tmp), ADDRESS(type)}},
		{"umount2", SYS_umount2, {ADDRESS(tmp), 2}},
		{"fsopen", SYS_fsopen, {ADDRESS(type)}},
		{"open_tree", SYS_open_tree, {0, ADDRESS(tmp), 1}},
		{"pivot_root", SYS_pivot_root, {ADDRESS(dot), ADDRESS(dot)}},
		{"chroot", SYS_chroot, {ADDRESS(tmp)}},
		{"ptrace", SYS_ptrace, {PTRACE_ATTACH, 1}},
		{"process_vm_readv", SYS_process_vm_readv, {1}},
		{"pidfd_open", SYS_pidfd_open, {1}},
		{"kcmp", SYS_kcmp, {1, 1}},
		{"keyctl", SYS_keyctl,
			{KEYCTL_GET_KEYRING_ID,
				(unsigned)KEY_SPEC_SESSION_KEYRING}},
		{"add_key", SYS_add_key, {0}},
		{"request_key", SYS_request_key, {0}},
		{"io_uring_setup", SYS_io_uring_setup, {1, ADDRESS(zeros)}},
		{"bpf", SYS_bpf, {0, ADDRESS(zeros), sizeof(zeros)}},
		{"perf_event_open", SYS_perf_event_open, {ADDRESS(zeros)}},
		{"userfaultfd", SYS_userfaultfd, {0}},
		{"open_by_handle_at", SYS_open_by_handle_at, {0}},
		{"init_module", SYS_init_module, {0}},
		{"kexec_load", SYS_kexec_load, {0}},
		{"syslog", SYS_syslog, {3}},
		{"sethostname", SYS_sethostname, {ADDRESS(dot), 1}},
		{"setuid", SYS_setuid, {0}},
		{"setgroups", SYS_setgroups, {0, 0}},
		{"capset", SYS_capset, {0}},
		{"seccomp", SYS_seccomp, {0, 1}},
		{"personality", SYS_personality, {0x0400000}},
		{"kill init", SYS_kill, {1, 0}},
		{"number 5000", 5000, {0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fact("call", "%s %s", rows[i].name,
			fact_errno(call_errno(
				rows[i].name, rows[i].nr, rows[i].args)));
}

static void facts_sockets(void)
{
	static const struct {
		const char *name;
		int family, kind, protocol;
	} rows[] = {
		{"packet", AF_PACKET, SOCK_RAW, 0},
		{"raw", AF_INET, SOCK_RAW, IPPROTO_ICMP},
		{"sctp", AF_INET, SOCK_STREAM, IPPROTO_SCTP},
		{"uevent", AF_NETLINK, SOCK_RAW, 15},
		{"alg", AF_ALG, SOCK_SEQPACKET, 0},
		{"vsock", AF_VSOCK, SOCK_STREAM, 0},
		{"unix", AF_UNIX, SOCK_STREAM, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int s = socket(rows[i].family, rows[i].kind | SOCK_CLOEXEC,
			rows[i].protocol);

		fact("socket", "%s %s", rows[i].name,
			fact_errno(s < 0 ? errno : 0));
		if (s >= 0)
			(void)close(s);
	}
}

static void tell_reach(const char *name, const char *address)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9)};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, address, &a.sin_addr);
	fact("reach", "%s %s", name,
		fact_errno(connect(s, (struct sockaddr *)&a, sizeof(a)) < 0
				   ? errno
				   : 0));
	(void)close(s);
}

static void facts_programs(void)
{
	int fd = (int)syscall(SYS_memfd_create, "facts", 0x10U);
	static char *const argv[] = {(char *)(uintptr_t) "x", NULL};

	fact("memfd", "executable %s", fact_errno(fd < 0 ? errno : 0));
	if (fd >= 0)
		(void)close(fd);
	fd = (int)syscall(SYS_memfd_create, "facts", 0U);
	fact("memfd", "plain %s", fact_errno(fd < 0 ? errno : 0));
	(void)syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH);
	fact("memfd", "run %s", fact_errno(errno));
	(void)close(fd);
}

void facts_refused(void)
{
	facts_calls();
	facts_sockets();
	/* Loopback is up where this is refused, and there is nothing else. */
	tell_reach("loopback", "127.0.0.1");
	tell_reach("elsewhere", "192.0.2.1");
	facts_programs();
	fact("set-id bit", "%s",
		fact_errno(chmod("/tmp", 06777) < 0 ? errno : 0));
}
