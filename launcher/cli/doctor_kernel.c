/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: what a process shuts itself in with, and system calls that a run
 * cannot do without.
 */
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

#include "cli/doctor.h"
#include "sandbox/confine.h"

static void probe_kernel(const struct doctor_check *c, struct finding *f)
{
	struct utsname u;

	(void)c;
	if (uname(&u) < 0)
		finding_fails(f, NULL, "uname: %s", strerror(errno));
	else
		finding_ok(f, "%s %s", u.release, u.machine);
}

/* Only what a list refuses beyond doubt; each list is another process's. */
static int load_list(enum filter_id id, struct err *e)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
			_exit(1);
		if (confine_seccomp(id, e) < 0)
			_exit(2);
		/* Ends here but for a server's list. */
		(void)syscall(SYS_ptrace, 0, 0, 0, 0);
		_exit(errno == EPERM ? 0 : 3);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	if (id == FILTER_SERVER || id == FILTER_SERVER_NESTED)
		return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS
		       ? 0
		       : WEXITSTATUS(status);
}

static void probe_seccomp(const struct doctor_check *c, struct finding *f)
{
	struct err e = {0};

	(void)c;
	for (int id = FILTER_NONE + 1; id < _FILTER_N; id++) {
		int r = load_list((enum filter_id)id, &e);

		if (r == 0)
			continue;
		finding_fails(f,
			"a kernel with CONFIG_SECCOMP_FILTER; in a container, "
			"one whose own list lets\nseccomp(2) through",
			"list %d cannot be loaded (%d)", id, r);
		return;
	}
	finding_ok(f, "all lists load and refuse");
}

static void probe_capabilities(const struct doctor_check *c, struct finding *f)
{
	struct err e = {0};

	(void)c;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		finding_fails(f, NULL, "no_new_privs: %s", strerror(errno));
	else if (confine_capabilities(&e) < 0)
		finding_fails(f, NULL, "%s", e.text);
	else
		finding_ok(f, "dropped, none is left");
}

static const char *landlock_gap(int abi)
{
	if (abi < 3)
		return "files in read grants can be cut to nothing where only "
		       "the mount forbids it (ABI 3)";
	if (abi < 6)
		return "signals and abstract sockets are kept apart by "
		       "namespaces alone (ABI 6)";
	if (abi < 9)
		return "a socket deep in a granted folder can be connected to "
		       "(ABI 9)";
	return NULL;
}

static void probe_landlock(const struct doctor_check *c, struct finding *f)
{
	struct err e = {0};
	int abi = landlock_abi(), r;
	const char *gap = landlock_gap(abi);

	(void)c;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		finding_fails(f, NULL, "no_new_privs: %s", strerror(errno));
	r = confine_landlock(NULL, 0, &e);
	if (r < 0)
		finding_fails(f,
			"in a container: let landlock_create_ruleset(2), "
			"landlock_add_rule(2) and\n"
			"landlock_restrict_self(2) through",
			"%s", e.text);
	else if (r > 0)
		finding_weaker(f,
			"boot with \"landlock\" in lsm=, or a kernel of 5.19 "
			"or newer with CONFIG_SECURITY_LANDLOCK",
			"%s; the mounts alone keep files apart",
			abi ? "ABI 1 forbids renames and is not used"
			    : "not in this kernel");
	else if (access("/", R_OK) == 0 && open("/", O_RDONLY | O_CLOEXEC) >= 0)
		finding_fails(f, NULL, "it was loaded and refuses nothing");
	else if (abi < 6)
		finding_weaker(
			f, "kernel 6.12 or newer", "ABI %d: %s", abi, gap);
	else
		finding_ok(
			f, "ABI %d%s%s", abi, gap ? "; " : "", gap ? gap : "");
}

static int try_pidfd(void)
{
	int status, r;
	pid_t pid = fork();
	_close_ int fd = -1;

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	if (pid < 0)
		return -errno;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	r = fd < 0 || syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) < 0
		    ? -errno
		    : 0;
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
	return r;
}

static int try_close_range(void)
{
	int fd = dup(1);

	if (fd < 0 || syscall(SYS_close_range, (unsigned)fd, ~0U, 0U) < 0)
		return -errno;
	return fcntl(fd, F_GETFD) < 0 ? 0 : -EBADF;
}

static int try_keyring(void)
{
	/* A kernel without keys has none to inherit. */
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
			       errno != ENOSYS
		       ? -errno
		       : 0;
}

static int try_seal(void)
{
	_close_ int fd =
		memfd_create("doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) < 0)
		return -errno;
	return 0;
}

static const struct {
	int (*act)(void);
	const char *works;
} tries[] = {
	{try_pidfd, "opened, and signalled through"},
	{try_close_range, "closes"},
	{try_keyring, "an empty session keyring"},
	{try_seal, "made and sealed"},
};

static void probe_call(const struct doctor_check *c, struct finding *f)
{
	int r = tries[c->arg].act();

	if (r == 0)
		finding_ok(f, "%s", tries[c->arg].works);
	else
		finding_fails(f,
			r == -ENOSYS
				? "a kernel of 5.13 or newer"
				: "in a container: its seccomp list refuses "
				  "this call; Docker: --security-opt\n"
				  "seccomp=unconfined",
			"%s", strerror(-r));
}

static void probe_inotify(const struct doctor_check *c, struct finding *f)
{
	_close_ int fd = inotify_init1(IN_CLOEXEC);

	(void)c;
	if (fd >= 0 && inotify_add_watch(fd, "/", IN_CREATE) >= 0)
		finding_ok(f, "watches");
	else
		finding_weaker(f,
			"sysctl -w fs.inotify.max_user_instances=512 "
			"fs.inotify.max_user_watches=65536",
			"%s: protected names are compared at the end only",
			strerror(errno));
}

static const struct doctor_check checks[] = {
	{"kernel", "kernel", probe_kernel, 0},
	{"seccomp", "seccomp lists", probe_seccomp, 0},
	{"capabilities", "capabilities", probe_capabilities, 0},
	{"landlock", "Landlock", probe_landlock, 0},
	{"pidfd", "pidfd", probe_call, 0},
	{"close_range", "close_range", probe_call, 1},
	{"keyring", "session keyring", probe_call, 2},
	{"memfd_seal", "sealed memfd", probe_call, 3},
	{"inotify", "inotify", probe_inotify, 0},
};

const struct doctor_checks doctor_kernel = {checks, ELEMENTS(checks)};
