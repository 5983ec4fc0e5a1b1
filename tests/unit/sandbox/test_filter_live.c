/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's lists, loaded: the kernel and the interpreter must agree, and
 * ordinary programs must run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "live.h"
#include "sandbox/confine.h"

static int shut_in(enum filter_id id)
{
	struct err e = {0};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	CHECK(confine_seccomp(id, &e) == 0);
	return 0;
}

static void *nothing(void *context)
{
	return context;
}

static int ordinary_life(void *context)
{
	char path[] = "/tmp/stockade-filter-XXXXXX";
	pthread_t thread;
	int fd;

	if (shut_in(*(enum filter_id *)context))
		return 1;
	fd = mkstemp(path);
	CHECK(fd >= 0);
	CHECK(fchmod(fd, 0755) == 0);
	CHECK(chmod(path, 01600) == 0);
	CHECK(unlink(path) == 0);
	CHECK(pthread_create(&thread, NULL, nothing, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(system("test $(echo a | cat) = a") == 0);
	CHECK(mkfifo(path, 0600) == 0);
	CHECK(unlink(path) == 0);
	CHECK(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0);
	CHECK(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) >= 0);
	CHECK(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0) >= 0);
	CHECK(memfd_create("x", MFD_CLOEXEC) >= 0);
	return 0;
}

static int denied_calls(void *context)
{
	static const int calls[] = {SYS_ptrace, SYS_mount, SYS_umount2,
		SYS_pivot_root, SYS_fsopen, SYS_open_tree, SYS_move_mount,
		SYS_setns, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd,
		SYS_keyctl, SYS_add_key, SYS_request_key, SYS_kexec_load,
		SYS_init_module, SYS_finit_module, SYS_delete_module,
		SYS_syslog, SYS_reboot, SYS_swapon, SYS_acct, SYS_iopl,
		SYS_ioperm, SYS_settimeofday, SYS_clock_settime,
		SYS_sethostname, SYS_quotactl, SYS_name_to_handle_at,
		SYS_open_by_handle_at, SYS_fanotify_init, SYS_modify_ldt,
		SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp,
		SYS_pidfd_getfd, SYS_personality, SYS_setuid, SYS_setresgid,
		SYS_setgroups, SYS_shmget, SYS_semget, SYS_msgget, SYS_mq_open,
		SYS_vmsplice, SYS_io_setup, SYS_move_pages, SYS_mbind};

	(void)context;
	if (shut_in(FILTER_SERVER))
		return 1;
	for (size_t i = 0; i < ELEMENTS(calls); i++)
		CHECK(FAILS(syscall(calls[i], 0, 0, 0, 0, 0, 0), EPERM));
	CHECK(FAILS(syscall(SYS_unshare, CLONE_NEWNET), EPERM));
	CHECK(FAILS(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
		EPERM));
	return 0;
}

static int absent_calls(void *context)
{
	static const int calls[] = {SYS_clone3, SYS_io_uring_setup,
		SYS_io_uring_enter, SYS_openat2, 600, 10000};

	(void)context;
	if (shut_in(FILTER_SERVER))
		return 1;
	for (size_t i = 0; i < ELEMENTS(calls); i++)
		CHECK(FAILS(syscall(calls[i], 0, 0, 0, 0, 0, 0), ENOSYS));
	return 0;
}

static int denied_arguments(void *context)
{
	char path[] = "/tmp/stockade-filter-XXXXXX";
	_close_ int fd = mkstemp(path);

	(void)context;
	if (shut_in(FILTER_SERVER))
		return 1;
	CHECK(fd >= 0);
	CHECK(FAILS(fchmod(fd, 04755), EPERM));
	CHECK(FAILS(chmod(path, 02755), EPERM));
	CHECK(FAILS(fchmodat(AT_FDCWD, path, 06755, 0), EPERM));
	CHECK(unlink(path) == 0);
	CHECK(FAILS(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 04755), EPERM));
	CHECK(FAILS(creat(path, 04755), EPERM));
	CHECK(FAILS(mknod(path, S_IFCHR | 0600, 0x103), EPERM));
	CHECK(FAILS(mkdir(path, 02755), EPERM));
	CHECK(FAILS(ioctl(0, 0x5412, "x"), EPERM));
	CHECK(FAILS(syscall(SYS_ioctl, 0, 0x100005412L, "x"), EPERM));
	CHECK(FAILS(syscall(SYS_ioctl, 0, 0x541cL, "x"), EPERM));
	CHECK(FAILS(syscall(SYS_memfd_create, "x", 0x10), EPERM));
	return 0;
}

static int denied_sockets(void *context)
{
	(void)context;
	if (shut_in(FILTER_SERVER))
		return 1;
	for (int family = 0; family < 64; family++)
		if (family != AF_UNIX && family != AF_INET &&
			family != AF_INET6 && family != AF_NETLINK)
			CHECK(FAILS(
				socket(family, SOCK_STREAM, 0), EAFNOSUPPORT));
	CHECK(FAILS(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPROTONOSUPPORT));
	CHECK(FAILS(
		socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EPROTONOSUPPORT));
	CHECK(FAILS(socket(AF_INET, SOCK_RAW, IPPROTO_TCP), EPROTONOSUPPORT));
	CHECK(FAILS(socket(AF_INET, SOCK_PACKET, 0), EPROTONOSUPPORT));
	CHECK(FAILS(socket(AF_INET6, SOCK_STREAM, 262), EPROTONOSUPPORT));
	CHECK(FAILS(socket(AF_NETLINK, SOCK_RAW, 15), EPROTONOSUPPORT));
	CHECK(FAILS(socketpair(AF_INET, SOCK_STREAM, 0, (int[2]){0}),
		EAFNOSUPPORT));
	return 0;
}

static int memfd_by_descriptor(void *context)
{
	static char name[] = "true";
	static char *const argv[] = {name, NULL};
	static char *const env[] = {NULL};
	_close_ int from = open("/bin/true", O_RDONLY | O_CLOEXEC);
	_close_ int fd = memfd_create("true", MFD_CLOEXEC);

	CHECK(sendfile(fd, from, NULL, 1 << 24) > 0);
	if (context && shut_in(FILTER_SERVER))
		return 1;
	CHECK(FAILS(fexecve(fd, argv, env), EPERM));
	return 3;
}

static int nested(void *context)
{
	(void)context;
	if (shut_in(FILTER_SERVER_NESTED))
		return 1;
	CHECK(FAILS(unshare(CLONE_NEWNS), EPERM));
	CHECK(FAILS(unshare(CLONE_NEWUSER | CLONE_NEWNS), EPERM));
	CHECK(unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID) == 0);
	CHECK(FAILS(syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, 0), EPERM));
	CHECK(chroot("/proc/self/fdinfo") == 0);
	return 0;
}

static int x32_call(void *context)
{
	(void)context;
	if (shut_in(FILTER_SERVER))
		return 1;
	(void)syscall(0x40000000 | SYS_getpid);
	return 0;
}

static int i386_call(void *context)
{
#ifdef __x86_64__
	long r;

	(void)context;
	if (shut_in(FILTER_SERVER))
		return 1;
	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20) : "memory");
	return r > 0 ? 0 : 1;
#else
	(void)context;
	return 128 + SIGSYS;
#endif
}

static void ordinary_programs_run(void **state)
{
	enum filter_id ids[] = {FILTER_SERVER, FILTER_SERVER_NESTED};

	(void)state;
	for (size_t i = 0; i < ELEMENTS(ids); i++)
		assert_int_equal(in_child(ordinary_life, &ids[i]), 0);
}

#define CHILD_TEST(name, function, want)                                   \
	static void name(void **state)                                     \
	{                                                                  \
		(void)state;                                               \
		assert_int_equal(in_child(function, (char[]){"x"}), want); \
	}

CHILD_TEST(known_calls_outside_the_list_are_refused, denied_calls, 0)
CHILD_TEST(absent_and_unknown_calls_are_not_there, absent_calls, 0)
CHILD_TEST(forbidden_arguments_are_refused, denied_arguments, 0)
CHILD_TEST(foreign_sockets_are_refused, denied_sockets, 0)
CHILD_TEST(a_browser_may_make_its_own_sandbox, nested, 0)
CHILD_TEST(x32_is_the_end, x32_call, 128 + SIGSYS)
CHILD_TEST(the_32_bit_entry_is_the_end, i386_call, 128 + SIGSYS)

static void a_memfd_is_not_run(void **state)
{
	(void)state;
	/* Bare it is /bin/true that ends. */
	assert_int_equal(in_child(memfd_by_descriptor, NULL), 0);
	assert_int_equal(in_child(memfd_by_descriptor, (char[]){"x"}), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ordinary_programs_run),
		cmocka_unit_test(known_calls_outside_the_list_are_refused),
		cmocka_unit_test(absent_and_unknown_calls_are_not_there),
		cmocka_unit_test(forbidden_arguments_are_refused),
		cmocka_unit_test(foreign_sockets_are_refused),
		cmocka_unit_test(a_memfd_is_not_run),
		cmocka_unit_test(a_browser_may_make_its_own_sandbox),
		cmocka_unit_test(x32_is_the_end),
		cmocka_unit_test(the_32_bit_entry_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
