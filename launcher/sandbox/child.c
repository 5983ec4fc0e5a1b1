/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The child's way through the phases, and what it tells when one fails.
 */
#include <fcntl.h>
#include <grp.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/fd.h"
#include "sandbox/confine.h"
#include "sandbox/phase.h"

struct phase_row {
	enum phase phase;
	int (*enter)(struct child *c);
};

/* In the user namespace that the clone made: so it belongs to the sandbox. */
static int phase_netns(struct child *c)
{
	(void)c;
	return unshare(CLONE_NEWNET) < 0 ? -errno : 0;
}

static int phase_maps(struct child *c)
{
	struct ipc_msg m;
	int r = ipc_recv(c->s->init_fd, ROLE_SUPERVISOR, true, &m);

	if (r != 0)
		return r < 0 ? r : -EPIPE;
	return m.type == IPC_GO ? 0 : -EPROTO;
}

/*
 * Should: be uid and gid 1000 with no further group, all capabilities over
 * our namespaces kept.
 * Mustn't: stay undumpable: the second namespace's maps could not be written.
 */
static int phase_ids(struct child *c)
{
	if (c->plan->root && setgroups(0, NULL) < 0)
		return -errno;
	if (setresgid(INSIDE_ID, INSIDE_ID, INSIDE_ID) < 0 ||
		setresuid(INSIDE_ID, INSIDE_ID, INSIDE_ID) < 0 ||
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

/* In pid 1 getppid() is always 0: the pipe is what shows the parent's death
 * between the clone and this. */
static int phase_liveness(struct child *c)
{
	struct pollfd p = {.fd = c->s->liveness_fd, .events = POLLIN};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	if (poll(&p, 1, 0) != 0)
		return -EPIPE;
	return 0;
}

/* signal(7), and libc's own ones for threads, which it hands to nobody. */
static bool cannot_be_set(int sig)
{
	return sig == SIGKILL || sig == SIGSTOP ||
	       (sig >= __SIGRTMIN && sig < SIGRTMIN);
}

static int reset_signals(void)
{
	const struct sigaction fallback = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		if (!cannot_be_set(sig) && sigaction(sig, &fallback, NULL) < 0)
			return -errno;
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) < 0)
		return -errno;
	return 0;
}

/*
 * Should: lead a session without terminal, with an empty keyring.
 * Mustn't: change umask or niceness: they are the client's.
 */
static int phase_session(struct child *c)
{
	(void)c;
	if (setsid() < 0)
		return -errno;
	/* ENOSYS: a kernel without keys has none to inherit; EPERM and EACCES
	 * would leave the client's, so they are failures. */
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 &&
		errno != ENOSYS)
		return -errno;
	return reset_signals();
}

static int phase_cgroup(struct child *c)
{
	(void)c;
	return unshare(CLONE_NEWCGROUP) < 0 ? -errno : 0;
}

static int phase_caps(struct child *c)
{
	struct err e = {0};

	(void)c;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return confine_capabilities(&e);
}

/* Only the socket that the word comes through; it is close-on-exec. */
static int phase_close(struct child *c)
{
	int fd = c->s->server_fd;

	if (dup3(fd, 3, O_CLOEXEC) < 0 && fd != 3)
		return -errno;
	c->s->server_fd = 3;
	if (syscall(SYS_close_range, 4U, ~0U, 0U) < 0)
		return -errno;
	return 0;
}

static int phase_seccomp(struct child *c)
{
	return confine_seccomp(c->plan->profile->sandbox.nested_userns
				       ? FILTER_SERVER_NESTED
				       : FILTER_SERVER,
		NULL);
}

static int phase_ready(struct child *c)
{
	const struct ipc_msg ready = {.type = IPC_READY};
	struct ipc_msg m;
	int r = ipc_send(c->s->server_fd, ROLE_SERVER, &ready);

	if (r == 0)
		r = ipc_recv(c->s->server_fd, ROLE_SUPERVISOR, true, &m);
	if (r != 0)
		return r < 0 ? r : -EPIPE;
	return m.type == IPC_GO ? 0 : -EPROTO;
}

static int phase_exec(struct child *c)
{
	(void)execve(c->plan->exe, c->plan->argv, c->plan->env);
	return -errno;
}

static const struct phase_row outer[] = {
	{PHASE_NETNS, phase_netns},
	{PHASE_MAPS, phase_maps},
	{PHASE_MEMFD, phase_memfd},
	{PHASE_IDS, phase_ids},
	{PHASE_LIVENESS, phase_liveness},
	{PHASE_SESSION, phase_session},
	{PHASE_SOURCES, phase_sources},
	{PHASE_CGROUP, phase_cgroup},
	{PHASE_ROOT, phase_root},
	{PHASE_TREE, phase_tree},
	{PHASE_PROC, phase_proc},
	{PHASE_PIVOT, phase_pivot},
	{PHASE_NETWORK, phase_network},
};

static const struct phase_row inner[] = {
	{PHASE_USERNS, phase_userns},
	{PHASE_STDIO, phase_stdio},
	{PHASE_LIMITS, phase_limits},
	{PHASE_CAPS, phase_caps},
	{PHASE_LANDLOCK, phase_landlock},
	{PHASE_CLOSE, phase_close},
	{PHASE_SECCOMP, phase_seccomp},
	{PHASE_READY, phase_ready},
	{PHASE_EXEC, phase_exec},
};

/* Which mount a failing phase was at; _SHIFT leaves room for the phase. */
#define ITEM_SHIFT 16

_Noreturn static void report(int fd, enum ipc_role role, const struct child *c,
	enum phase phase, int r)
{
	const struct ipc_msg m = {
		.type = IPC_FAILED,
		.a = (uint64_t)-r,
		.b = (uint64_t)phase | ((uint64_t)c->item << ITEM_SHIFT),
	};

	(void)!ipc_send(fd, role, &m);
	_exit(EXIT_REFUSED);
}

static void run_phases(struct child *c, const struct phase_row *rows, size_t n,
	enum ipc_role role)
{
	for (size_t i = 0; i < n; i++) {
		int r = rows[i].enter(c);

		if (r < 0)
			report(role == ROLE_INIT ? c->s->init_fd
						 : c->s->server_fd,
				role, c, rows[i].phase, r);
	}
}

_Noreturn void sandbox_child(struct sandbox *s)
{
	struct child c = {
		.s = s,
		.plan = s->plan,
		.root = -1,
		.parent = -1,
		.proc = -1,
	};

	c.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c.proc < 0)
		report(s->init_fd, ROLE_INIT, &c, PHASE_SESSION, -errno);
	run_phases(&c, outer, ELEMENTS(outer), ROLE_INIT);
	c.server = fork();
	if (c.server < 0)
		report(s->init_fd, ROLE_INIT, &c, PHASE_FORK, -errno);
	if (c.server == 0) {
		run_phases(&c, inner, ELEMENTS(inner), ROLE_SERVER);
		_exit(EXIT_REFUSED);
	}
	fd_close(&s->server_fd);
	init_run(&c);
}

static const char *const phase_text[_PHASE_N] = {
	[PHASE_NETNS] = "making the network namespace",
	[PHASE_MAPS] = "waiting for the id maps",
	[PHASE_MEMFD] = "refusing to run memfds",
	[PHASE_IDS] = "becoming the server's user",
	[PHASE_LIVENESS] = "tying the sandbox to stockade's life",
	[PHASE_SESSION] = "starting a session without terminal and keys",
	[PHASE_SOURCES] = "cloning the mount of",
	[PHASE_CGROUP] = "making the cgroup namespace",
	[PHASE_ROOT] = "making the new root",
	[PHASE_TREE] = "mounting",
	[PHASE_PROC] = "shutting /proc",
	[PHASE_PIVOT] = "leaving the old root",
	[PHASE_NETWORK] = "bringing loopback up",
	[PHASE_FORK] = "forking the server's process",
	[PHASE_INIT] = "shutting init in",
	[PHASE_USERNS] = "entering the second user namespace",
	[PHASE_STDIO] = "handing the server its descriptors and folder",
	[PHASE_LIMITS] = "setting limits",
	[PHASE_CAPS] = "dropping capabilities",
	[PHASE_LANDLOCK] = "restricting files with Landlock",
	[PHASE_CLOSE] = "closing descriptors",
	[PHASE_SECCOMP] = "filtering system calls",
	[PHASE_READY] = "waiting for the word",
	[PHASE_EXEC] = "executing",
};

static const char *failure_advice(enum phase phase, int errnum)
{
	if (phase == PHASE_SOURCES && errnum == ESTALE)
		return "; it was replaced while stockade started: start again";
	if (phase == PHASE_TREE && errnum == EPERM)
		return " (in a container: --allow-degraded=no-proc runs "
		       "without /proc; stockade doctor says more)";
	if (phase < PHASE_USERNS)
		return " (stockade doctor says what this system lacks)";
	return "";
}

void sandbox_failure(
	const struct plan *p, uint64_t where, int errnum, struct err *e)
{
	enum phase phase = (enum phase)(where & ((1U << ITEM_SHIFT) - 1));
	size_t item = (size_t)(where >> ITEM_SHIFT);
	const char *text, *object = "";

	if (phase <= PHASE_NONE || phase >= _PHASE_N)
		phase = PHASE_NONE;
	text = phase ? phase_text[phase] : "setting up";
	if (phase == PHASE_SOURCES && item < p->n_mounts)
		object = p->mounts[item].source;
	if (phase == PHASE_TREE && item < p->n_mounts)
		object = p->mounts[item].target;
	if (phase == PHASE_EXEC) {
		(void)err_status(e,
			errnum == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN,
			"cannot execute %s: %s", p->exe, strerror(errnum));
		return;
	}
	(void)err_say(e, -errnum, "sandbox: %s%s%s: %s%s", text,
		object[0] ? " " : "", object, strerror(errnum),
		failure_advice(phase, errnum));
}
