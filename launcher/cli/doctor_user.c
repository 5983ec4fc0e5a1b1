/* SPDX-License-Identifier: Apache-2.0 */
/*
 * doctor: user namespaces, and the other ones that they allow to make.
 */
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "cli/doctor.h"

#define INSIDE_ID 1000
/* The first id that a run as root would take, if nobody has it. */
#define SPARE_ID 60578

/* What the child tells. */
struct report {
	enum userns_step step;
	int error;
};

static int write_map(pid_t pid, const char *file, unsigned outside)
{
	char path[64], line[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	(void)snprintf(line, sizeof(line), "%d %u 1", INSIDE_ID, outside);
	return fd_write_knob(AT_FDCWD, path, line);
}

static int write_maps(pid_t pid)
{
	bool root = geteuid() == 0;
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/setgroups", (int)pid);
	/* Root's child empties its groups, anybody else's may not try. */
	r = root ? 0 : fd_write_knob(AT_FDCWD, path, "deny");
	if (r == 0)
		r = write_map(pid, "gid_map", root ? SPARE_ID : getegid());
	if (r == 0)
		r = write_map(pid, "uid_map", root ? SPARE_ID : geteuid());
	return r;
}

static int become_inside_id(bool root)
{
	if (root && setgroups(0, NULL) < 0)
		return -errno;
	if (setresgid(INSIDE_ID, INSIDE_ID, INSIDE_ID) < 0 ||
		setresuid(INSIDE_ID, INSIDE_ID, INSIDE_ID) < 0 ||
		prctl(PR_SET_DUMPABLE, 1UL, 0UL, 0UL, 0UL) < 0)
		return -errno;
	return 0;
}

_Noreturn static void userns_child(
	bool root, const struct userns_try *t, int go, int up)
{
	struct report report = {.step = USERNS_MAPS};
	char byte;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (read(go, &byte, 1) != 1)
		_exit(1);
	report.step = USERNS_ACT;
	report.error = t->early ? t->early() : 0;
	if (report.error == 0) {
		report.step = USERNS_IDS;
		report.error = become_inside_id(root);
	}
	if (report.error == 0 && t->act) {
		report.step = USERNS_ACT;
		report.error = t->act();
	}
	_exit(fd_write_all(up, &report, sizeof(report)) < 0);
}

static int userns_finish(
	pid_t pid, int go, int from, enum userns_step *ret_step)
{
	struct report report = {.step = USERNS_ACT, .error = -EIO};
	int r = write_maps(pid);

	*ret_step = USERNS_MAPS;
	if (r == 0)
		r = fd_write_all(go, "x", 1);
	if (r == 0 && fd_read_all(from, &report, sizeof(report)) !=
			      (ssize_t)sizeof(report))
		report = (struct report){USERNS_ACT, -EIO};
	if (r == 0) {
		*ret_step = report.step;
		r = report.error;
	}
	return r;
}

int doctor_in_userns(const struct userns_try *t, enum userns_step *ret_step)
{
	_close_ int go_read = -1, go_write = -1, up_read = -1, up_write = -1;
	bool root = geteuid() == 0;
	int go[2], up[2], r;
	pid_t pid;

	*ret_step = USERNS_NONE;
	if (pipe2(go, O_CLOEXEC) < 0)
		return -errno;
	go_read = go[0];
	go_write = go[1];
	if (pipe2(up, O_CLOEXEC) < 0)
		return -errno;
	up_read = up[0];
	up_write = up[1];
	*ret_step = USERNS_CLONE;
	pid = (pid_t)syscall(
		SYS_clone, t->flags | CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		fd_close(&go_write);
		fd_close(&up_read);
		userns_child(root, t, go_read, up_write);
	}
	fd_close(&up_write);
	r = userns_finish(pid, go_write, up_read, ret_step);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return r;
}

/* The profile that Ubuntu's restriction asks for, for the program that runs. */
static void apparmor_profile(char *dst, size_t size)
{
	char exe[256];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		n = (ssize_t)strlen(strcpy(exe, "/usr/bin/stockade"));
	exe[n] = '\0';
	(void)snprintf(dst, size,
		"as root, write this to /etc/apparmor.d/stockade:\n"
		"abi <abi/4.0>,\n"
		"include <tunables/global>\n"
		"\n"
		"profile stockade \"%s\" flags=(unconfined) {\n"
		"  userns,\n"
		"  include if exists <local/stockade>\n"
		"}\n"
		"and load it: apparmor_parser -r /etc/apparmor.d/stockade\n"
		"(package: apparmor)",
		exe);
}

static bool apparmor_restricts(void)
{
	return geteuid() != 0 &&
	       doctor_sysctl("/proc/sys/kernel/"
			     "apparmor_restrict_unprivileged_userns") > 0;
}

void doctor_userns_advice(struct finding *f, int error, enum userns_step step)
{
	const char *text = "in a container: its seccomp list, its AppArmor "
			   "profile or missing capabilities refuse this;\n"
			   "Docker: --security-opt seccomp=unconfined "
			   "--security-opt apparmor=unconfined";

	if (geteuid() != 0 &&
		doctor_sysctl("/proc/sys/kernel/unprivileged_userns_clone") ==
			0)
		text = "sysctl -w kernel.unprivileged_userns_clone=1\n"
		       "(and for good: a file in /etc/sysctl.d)";
	else if (error == -ENOSPC)
		text = "sysctl -w user.max_user_namespaces=16384\n"
		       "(and the limits beside it; for good: a file in "
		       "/etc/sysctl.d)";
	else if (error == -EUSERS)
		text = "user namespaces are nested too deep here: start it "
		       "further outside";
	else if (error == -EINVAL || error == -ENOSYS)
		text = "this kernel was built without the namespace: take "
		       "your distribution's kernel";
	else if (apparmor_restricts()) {
		apparmor_profile(f->fix, sizeof(f->fix));
		return;
	} else if (geteuid() == 0 && step == USERNS_MAPS)
		text = "root here has no uid or gid 60578 or lacks CAP_SETUID: "
		       "start stockade as an ordinary user,\n"
		       "or map more ids into this container";
	(void)snprintf(f->fix, sizeof(f->fix), "%s", text);
}

static const char *step_text(enum userns_step step)
{
	static const char *const texts[] = {
		[USERNS_NONE] = "prepare",
		[USERNS_CLONE] = "clone",
		[USERNS_MAPS] = "write the id maps",
		[USERNS_IDS] = "take the mapped id",
		[USERNS_ACT] = "use it",
	};

	return texts[step];
}

static int try_loopback(void)
{
	struct ifreq ifr = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &ifr) < 0)
		return -errno;
	return 0;
}

static int try_hostname(void)
{
	return sethostname("sandbox", 7) < 0 ? -errno : 0;
}

/* After the child was moved into its cgroup, hence not by clone. */
static int try_cgroup(void)
{
	return unshare(CLONE_NEWCGROUP) < 0 ? -errno : 0;
}

static const struct {
	unsigned long flag;
	int (*act)(void);
	const char *works;
} kinds[] = {
	{0, NULL, "made, with uid and gid mapped to 1000"},
	{CLONE_NEWNS, NULL, "made"},
	{CLONE_NEWPID, NULL, "made"},
	{CLONE_NEWNET, try_loopback, "made, loopback is up in it"},
	{CLONE_NEWIPC, NULL, "made"},
	{CLONE_NEWUTS, try_hostname, "made, the name is its own"},
	{0, try_cgroup, "made"},
};

static void probe_namespace(const struct doctor_check *c, struct finding *f)
{
	enum userns_step step;
	struct userns_try t = {kinds[c->arg].flag, NULL, kinds[c->arg].act};
	int r = doctor_in_userns(&t, &step);

	if (r == 0) {
		finding_ok(f, "%s", kinds[c->arg].works);
		return;
	}
	finding_fails(f, NULL, "%s: %s", step_text(step), strerror(-r));
	doctor_userns_advice(f, r, step);
}

static const struct doctor_check checks[] = {
	{"userns", "user namespace", probe_namespace, 0},
	{"mountns", "mount namespace", probe_namespace, 1},
	{"pidns", "pid namespace", probe_namespace, 2},
	{"netns", "network namespace", probe_namespace, 3},
	{"ipcns", "ipc namespace", probe_namespace, 4},
	{"utsns", "uts namespace", probe_namespace, 5},
	{"cgroupns", "cgroup namespace", probe_namespace, 6},
};

const struct doctor_checks doctor_user = {checks, ELEMENTS(checks)};
