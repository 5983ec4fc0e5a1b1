/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's own doors, and system calls by other numbers. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fanotify.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define AREA "the kernel"
#define X32 0x40000000L
/* Of i386: getpid, and mount, which is another number on x86-64. */
#define I386_GETPID 20L
#define I386_MOUNT 21L
#define DEVICE(major, minor) ((major) << 8 | (minor))

static const union bpf_attr small_map = {
	.map_type = BPF_MAP_TYPE_ARRAY,
	.key_size = 4,
	.value_size = 4,
	.max_entries = 1,
};
static const struct perf_event_attr clock_event = {
	.type = PERF_TYPE_SOFTWARE,
	.size = sizeof(clock_event),
	.config = PERF_COUNT_SW_TASK_CLOCK,
	.exclude_kernel = 1,
};

static long io_uring(const struct facts *f, const long *arg)
{
	struct io_uring_params params = {0};

	(void)f;
	(void)arg;
	return probe_opened((int)syscall(SYS_io_uring_setup, 1, &params));
}

static long clock_to_itself(const struct facts *f, const long *arg)
{
	struct timespec now;

	(void)f;
	(void)arg;
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -errno;
	return probe_result(syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
}

static long zone_to_itself(const struct facts *f, const long *arg)
{
	struct {
		int west, dst;
	} zone = {0, 0};

	(void)f;
	(void)arg;
	/* libc's gettimeofday() does not ask for it. */
	if (syscall(SYS_gettimeofday, NULL, &zone) < 0)
		return -errno;
	return probe_result(syscall(SYS_settimeofday, NULL, &zone));
}

static long tick_to_itself(const struct facts *f, const long *arg)
{
	struct timex t = {0};

	(void)f;
	if (adjtimex(&t) < 0)
		return -errno;
	t.modes = ADJ_TICK;
	return (arg[0] == SYS_adjtimex ? syscall(SYS_adjtimex, &t)
				       : syscall(SYS_clock_adjtime,
						 CLOCK_REALTIME, &t)) < 0
		       ? -errno
		       : 0;
}

static long file_handle(const struct facts *f, const long *arg)
{
	struct {
		unsigned bytes;
		int type;
		unsigned char data[128];
	} handle = {.bytes = 128};
	int mount_id, root;
	long r = syscall(SYS_name_to_handle_at, AT_FDCWD, (const char *)arg[1],
		&handle, &mount_id, 0);

	(void)f;
	if (arg[0] == SYS_name_to_handle_at || r < 0)
		return probe_result(r);
	root = open((const char *)arg[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r = probe_opened((int)syscall(
		SYS_open_by_handle_at, root, &handle, O_RDONLY | O_CLOEXEC));
	(void)close(root);
	return r;
}

static long make_node(const struct facts *f, const long *arg)
{
	char path[] = "/tmp/probe-node-XXXXXX";
	int fd = mkstemp(path);
	long r;

	(void)f;
	if (fd < 0)
		return -errno;
	(void)close(fd);
	(void)unlink(path);
	r = arg[2] ? syscall(SYS_mknodat, AT_FDCWD, path, arg[0], arg[1])
		   : syscall(SYS_mknod, path, arg[0], arg[1]);
	r = r < 0 ? -errno : 0;
	(void)unlink(path);
	return r;
}

/* "int 0x80": the other table of numbers, which the filter must not read
 * with ours. */
static long interrupt_80(const struct facts *f, const long *arg)
{
	long r = arg[0];

	(void)f;
	__asm__ volatile("int $0x80"
			 : "+a"(r)
			 : "b"(0), "c"(0), "d"(0), "S"(0), "D"(0)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)r < 0 ? (int)r : 0;
}

#define ABSENT "ENOSYS"
#define DISABLED " ENOSYS EOPNOTSUPP"

static const struct probe rows[] = {
	RAW("bpf_map", "ok" DISABLED, "ok EPERM" DISABLED, "EPERM", SYS_bpf,
		BPF_MAP_CREATE, POINTER(&small_map), sizeof(small_map)),
	RAW("bpf_program", "EINVAL E2BIG EFAULT" DISABLED,
		"EINVAL EPERM EFAULT" DISABLED, "EPERM", SYS_bpf, BPF_PROG_LOAD,
		POINTER(&small_map), sizeof(small_map)),
	RAW("perf_event_open", "ok ENOENT" DISABLED,
		"ok EACCES EPERM ENOENT" DISABLED, "EPERM", SYS_perf_event_open,
		POINTER(&clock_event), 0, -1, -1, 0),
	RAW("userfaultfd", "ok" DISABLED, "ok EPERM" DISABLED, "EPERM",
		SYS_userfaultfd, 0),
	RAW("userfaultfd_user_mode", "ok" DISABLED, NULL, "EPERM",
		SYS_userfaultfd, 1),
	ACT("io_uring_setup", io_uring, "ok EPERM" DISABLED, NULL, ABSENT, 0),
	RAW("io_uring_enter", "EBADF ENOSYS", NULL, ABSENT, SYS_io_uring_enter,
		-1, 0, 0, 0, 0, 0),
	RAW("io_uring_register", "EBADF EINVAL ENOSYS", NULL, ABSENT,
		SYS_io_uring_register, -1, 0, 0, 0),
	RAW("add_key", "ok" DISABLED, NULL, "EPERM", SYS_add_key,
		POINTER("user"), POINTER("stockade-probe"), POINTER("x"), 1,
		KEY_SPEC_PROCESS_KEYRING),
	RAW("request_key", "ENOKEY ENOENT" DISABLED, NULL, "EPERM",
		SYS_request_key, POINTER("user"), POINTER("stockade-none"), 0,
		0),
	RAW("keyctl_session", "ok ENOKEY" DISABLED, NULL, "EPERM", SYS_keyctl,
		KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0),
	RAW("keyctl_user", "ok ENOKEY" DISABLED, NULL, "EPERM", SYS_keyctl,
		KEYCTL_READ, KEY_SPEC_USER_KEYRING, 0, 0),
	RAW("kexec_load", "EINVAL" DISABLED " EPERM", "EPERM" DISABLED, "EPERM",
		SYS_kexec_load, 0, 0, 0, -1),
	RAW("kexec_file_load", "EBADF EINVAL EPERM" DISABLED, "EPERM" DISABLED,
		"EPERM", SYS_kexec_file_load, -1, -1, 0, 0, -1),
	RAW("init_module", "ENOEXEC EFAULT EPERM" DISABLED, "EPERM" DISABLED,
		"EPERM", SYS_init_module, 0, 0, POINTER("")),
	RAW("finit_module", "EBADF EPERM" DISABLED, "EPERM" DISABLED, "EPERM",
		SYS_finit_module, -1, POINTER(""), 0),
	RAW("delete_module", "ENOENT EPERM" DISABLED, "EPERM" DISABLED, "EPERM",
		SYS_delete_module, POINTER("stockade_none"), 04000),
	RAW("syslog_size", "ok", "ok EPERM", "EPERM", SYS_syslog, 10, 0, 0),
	RAW("reboot_magic", "EINVAL", "EPERM", "EPERM", SYS_reboot, 0, 0, 0, 0),
	RAW("swapon", "ENOENT" DISABLED, "EPERM" DISABLED, "EPERM", SYS_swapon,
		POINTER("/nonexistent"), 0),
	RAW("swapoff", "ENOENT" DISABLED, "EPERM" DISABLED, "EPERM",
		SYS_swapoff, POINTER("/nonexistent")),
	RAW("acct", "ENOENT" DISABLED, "EPERM" DISABLED, "EPERM", SYS_acct,
		POINTER("/nonexistent/acct")),
	RAW("iopl", "ok" DISABLED, "EPERM" DISABLED, "EPERM", SYS_iopl, 3),
	RAW("ioperm", "ok" DISABLED, "EPERM" DISABLED, "EPERM", SYS_ioperm,
		0x80, 1, 1),
	ACT("clock_settime", clock_to_itself, "ok", "EPERM", "EPERM", 0),
	ACT("settimeofday", zone_to_itself, "ok", "EPERM", "EPERM", 0),
	ACT("adjtimex", tick_to_itself, "ok", "EPERM", "EPERM", SYS_adjtimex),
	ACT("clock_adjtime", tick_to_itself, "ok", "EPERM", "EPERM",
		SYS_clock_adjtime),
	RAW("sethostname", "ok", "EPERM", "EPERM", SYS_sethostname,
		POINTER("probe"), 5),
	RAW("setdomainname", "ok", "EPERM", "EPERM", SYS_setdomainname,
		POINTER("probe"), 5),
	RAW("quotactl", "any", NULL, "EPERM", SYS_quotactl,
		(int)0x80000100U /* Q_SYNC, USRQUOTA */, 0, 0, 0),
	RAW("quotactl_fd", "EBADF ENOSYS", NULL, "EPERM ENOSYS",
		SYS_quotactl_fd, -1, (int)0x80000700U, 0, 0),
	ACT("name_to_handle_at", file_handle, "ok EOPNOTSUPP", NULL, "EPERM",
		SYS_name_to_handle_at, POINTER("/usr")),
	ACT("open_by_handle_at", file_handle, "ok EOPNOTSUPP",
		"EPERM EOPNOTSUPP", "EPERM", SYS_open_by_handle_at,
		POINTER("/usr")),
	RAW("fanotify_init", "ok" DISABLED, "EPERM" DISABLED, "EPERM",
		SYS_fanotify_init, 0, 0),
	RAW("fanotify_init_plain", "ok" DISABLED, NULL, "EPERM",
		SYS_fanotify_init, FAN_CLASS_NOTIF | 0x200 /* FAN_REPORT_FID */,
		0),
	RAW("fanotify_mark", "EBADF ENOSYS EINVAL", NULL, "EPERM",
		SYS_fanotify_mark, -1, 1, 1, -100, POINTER("/")),
	ACT("mknod_block", make_node, "ok", "EPERM", "EPERM", S_IFBLK | 0600,
		DEVICE(7, 0), 0),
	ACT("mknodat_block", make_node, "ok", "EPERM", "EPERM", S_IFBLK | 0600,
		DEVICE(7, 0), 1),
	ACT("mknod_char", make_node, "ok", "EPERM", "EPERM", S_IFCHR | 0600,
		DEVICE(1, 1), 0),
	ACT("mknodat_char", make_node, "ok", "EPERM", "EPERM", S_IFCHR | 0600,
		DEVICE(1, 1), 1),
	/* 0, 0 is what overlays use; anybody may make it since 5.8. */
	ACT("mknod_whiteout", make_node, "ok", NULL, "EPERM", S_IFCHR, 0, 0),
	ACT("mknod_fifo_of_its_own", make_node, "ok", NULL, "ok",
		S_IFIFO | 0600, 0, 0),
	RAW("modify_ldt", "ok ENOSYS", NULL, "EPERM", SYS_modify_ldt, 0, 0, 0),
	RAW("personality", "ok", NULL, "EPERM", SYS_personality,
		ADDR_NO_RANDOMIZE | READ_IMPLIES_EXEC),
	RAW("mbind", "ok EINVAL ENOSYS", NULL, "EPERM", SYS_mbind, 0, 0, 0, 0,
		0, 0),
	RAW("set_mempolicy", "ok ENOSYS", NULL, "EPERM", SYS_set_mempolicy, 0,
		0, 0),
	RAW("lookup_dcookie", "any", NULL, "EPERM", SYS_lookup_dcookie, 0, 0,
		0),
	RAW("vhangup", "never", NULL, "EPERM", SYS_vhangup),
	RAW("sysfs", "any", NULL, "EPERM", SYS_sysfs, 3),
	RAW("seccomp", "EINVAL EFAULT", NULL, "EPERM", SYS_seccomp, 1, 0, 0),
	/* Other numbers. */
	RAW("x32_getpid", "ok ENOSYS", NULL, "SIGSYS", X32 | SYS_getpid),
	RAW("x32_mount", "any", NULL, "SIGSYS", X32 | SYS_mount, 0, 0, 0, 0, 0),
	ACT("i386_getpid", interrupt_80, "ok ENOSYS SIGSEGV", NULL,
		"SIGSYS SIGSEGV", I386_GETPID),
	ACT("i386_mount", interrupt_80, "any", NULL, "SIGSYS SIGSEGV",
		I386_MOUNT),
	RAW("number_400", "ENOSYS", NULL, "ENOSYS", 400),
	RAW("number_600", "ENOSYS", NULL, "ENOSYS", 600),
	RAW("number_100000", "ENOSYS", NULL, "ENOSYS", 100000),
	RAW("number_of_all_bits", "ENOSYS", NULL, "ENOSYS SIGSYS", -1),
};
const struct probe_table kernel_probes = {rows, ELEMENTS(rows)};
