/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces of the kernel that a server has no business with, each with
 * arguments that do nothing where it is let through.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "probe/act.h"

#define BAD_ADDRESS 1L
#define P(p) ((long)(p))

struct raw_row {
	const char *name;
	long number, arg[5];
	/* What the kernel says once it was let through: an errno that only
	 * comes after its own check of privileges, or 0. */
	int let_through;
};

static const char here[] = "/tmp";

static const struct raw_row raw[] = {
	{"userns", SYS_unshare, {CLONE_NEWUSER}, 0},
	{"mountns", SYS_unshare, {CLONE_NEWNS}, 0},
	{"netns", SYS_unshare, {CLONE_NEWNET}, 0},
	{"mount", SYS_mount, {P("none"), P(here), P("tmpfs"), 0, 0}, 0},
	{"umount", SYS_umount2, {P(here), 1 << 20}, EINVAL},
	{"open_tree", SYS_open_tree, {AT_FDCWD, P(here), 1}, 0},
	{"chroot", SYS_chroot, {P("/")}, 0},
	{"pivot_root", SYS_pivot_root, {P(here), P(here)}, EINVAL},
	{"setuid", SYS_setuid, {0}, 0},
	{"setgid", SYS_setgid, {0}, 0},
	{"setgroups", SYS_setgroups, {0, 0}, 0},
	{"keyctl", SYS_keyctl, {0, -3, 1}, 0},
	{"add_key", SYS_add_key, {P("user"), P("p"), P("p"), 1, -3}, 0},
	{"request_key", SYS_request_key, {P("user"), P("p"), 0, 0}, ENOKEY},
	{"bpf", SYS_bpf, {0, BAD_ADDRESS, 64}, EFAULT},
	{"perf", SYS_perf_event_open, {BAD_ADDRESS, 0, -1, -1, 0}, EFAULT},
	{"userfaultfd", SYS_userfaultfd, {1}, 0},
	{"io_uring", SYS_io_uring_setup, {1, BAD_ADDRESS}, EFAULT},
	{"kexec", SYS_kexec_load, {0, 100, 0, 0}, EINVAL},
	{"module", SYS_finit_module, {-1, P(""), 0}, EBADF},
	{"syslog", SYS_syslog, {10}, 0},
	{"swap", SYS_swapon, {P("/dev/null"), 0}, EINVAL},
	{"sethostname", SYS_sethostname, {BAD_ADDRESS, 1}, EFAULT},
	{"clock", SYS_clock_settime, {0, BAD_ADDRESS}, EFAULT},
	{"handle", SYS_open_by_handle_at, {AT_FDCWD, BAD_ADDRESS, 0}, EFAULT},
	{"fanotify", SYS_fanotify_init, {0, 0}, 0},
	{"quota", SYS_quotactl, {-1, 0, 0, BAD_ADDRESS}, EFAULT},
	{"acct", SYS_acct, {BAD_ADDRESS}, EFAULT},
	{"iopl", SYS_iopl, {3}, 0},
	{"device", SYS_mknod, {P("/tmp/probe-device"), S_IFBLK | 0600, 0x800},
		0},
	{"raw_socket", SYS_socket, {AF_INET, SOCK_RAW, 1}, 0},
	{"packet_socket", SYS_socket, {AF_PACKET, SOCK_RAW, 0}, 0},
	{"vsock", SYS_socket, {AF_VSOCK, SOCK_STREAM, 0}, 0},
	{"alg_socket", SYS_socket, {AF_ALG, SOCK_SEQPACKET, 0}, 0},
};

const struct kernel_row kernel_rows[] = {
	{"userns", "a new user namespace"},
	{"mountns", "a new mount namespace"},
	{"netns", "a new network namespace"},
	{"mount", "mount a file system"},
	{"umount", "unmount one"},
	{"open_tree", "clone a mount"},
	{"chroot", "change the root"},
	{"pivot_root", "pivot the root"},
	{"setuid", "become uid 0"},
	{"setgid", "become gid 0"},
	{"setgroups", "drop the groups"},
	{"keyctl", "ask for a keyring"},
	{"add_key", "add a key"},
	{"request_key", "ask for a key"},
	{"bpf", "load a BPF program"},
	{"perf", "open a performance event"},
	{"userfaultfd", "take page faults"},
	{"io_uring", "set up io_uring"},
	{"kexec", "load another kernel"},
	{"module", "load a kernel module"},
	{"syslog", "read the kernel's log"},
	{"swap", "swap to a device"},
	{"sethostname", "name the host"},
	{"clock", "set the clock"},
	{"handle", "open a file by its handle"},
	{"fanotify", "watch a file system"},
	{"quota", "set a quota"},
	{"acct", "turn accounting on"},
	{"iopl", "reach the I/O ports"},
	{"device", "make a device node"},
	{"raw_socket", "open a raw socket"},
	{"packet_socket", "open a packet socket"},
	{"vsock", "open a socket to the hypervisor"},
	{"alg_socket", "open a socket to the kernel's ciphers"},
	{"capabilities", "hold a capability"},
	{"new_privileges", "gain privileges by executing"},
	{"no_filter", "make system calls without a filter"},
	{"setuid_file", "make a set-user-ID file"},
};

const size_t n_kernel_rows = ELEMENTS(kernel_rows);

static void act_raw(const struct raw_row *w, struct act_result *ret)
{
	const long *a = w->arg;
	long x = syscall(w->number, a[0], a[1], a[2], a[3], a[4]);

	ret->r = x >= 0 || (w->let_through && errno == w->let_through) ? 0
								       : -errno;
	if (x >= 0 && strcmp(w->name, "device") == 0)
		(void)unlink("/tmp/probe-device");
}

static long holds_capability(void)
{
	struct __user_cap_header_struct h = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct d[2] = {{0}};

	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	return d[0].effective | d[1].effective | d[0].permitted |
			       d[1].permitted | d[0].inheritable |
			       d[1].inheritable
		       ? 0
		       : -EPERM;
}

static long gains_privileges(void)
{
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? -EPERM : 0;
}

/* Where asking is refused, a filter did that. */
static long lacks_filter(void)
{
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 0 ? 0 : -EPERM;
}

static long makes_setuid_file(void)
{
	char path[] = "/tmp/probe-setuid-XXXXXX";
	_close_ int fd = mkostemp(path, O_CLOEXEC);
	long r = fd < 0 ? -errno : fchmod(fd, 04700) < 0 ? -errno : 0;

	if (fd >= 0)
		(void)unlink(path);
	return r;
}

static void act_kernel(
	const char *arg, const char *nonce, struct act_result *ret)
{
	static const struct {
		const char *name;
		long (*look)(void);
	} looks[] = {
		{"capabilities", holds_capability},
		{"new_privileges", gains_privileges},
		{"no_filter", lacks_filter},
		{"setuid_file", makes_setuid_file},
	};

	(void)nonce;
	for (size_t i = 0; i < ELEMENTS(raw); i++)
		if (strcmp(raw[i].name, arg) == 0)
			act_raw(&raw[i], ret);
	for (size_t i = 0; i < ELEMENTS(looks); i++)
		if (strcmp(looks[i].name, arg) == 0)
			ret->r = looks[i].look();
}

static const struct act_row rows[] = {{"kernel", act_kernel}};

const struct act_table kernel_acts = {rows, ELEMENTS(rows)};

static_assert(ELEMENTS(kernel_rows) == ELEMENTS(raw) + 4,
	"each interface has words for people");
