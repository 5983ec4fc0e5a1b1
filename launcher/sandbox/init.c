/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Process 1 of the sandbox: forwards signals, reaps, samples memory, and ends
 * when the supervisor does; its end is the end of everything in the sandbox.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "sandbox/confine.h"
#include "sandbox/phase.h"
#include "sandbox/sample.h"

struct init {
	struct child *c;
	struct sample sample;
	int children; /* signalfd of SIGCHLD */
};

static void init_report(
	struct init *i, enum ipc_type type, uint64_t a, uint64_t b)
{
	const struct ipc_msg m = {.type = type, .a = a, .b = b};

	(void)!ipc_send(i->c->s->init_fd, ROLE_INIT, &m);
}

static int init_prepare(struct init *i)
{
	sigset_t mask;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
		return -errno;
	i->children = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	if (i->children < 0)
		return -errno;
	return sample_init(&i->sample, i->c->plan,
		i->c->s->memory_hard || i->c->plan->no_proc);
}

/*
 * Should: keep what sampling reads, the supervisor's socket, its pulse.
 * Mustn't: keep a capability over the sandbox, or be traced from inside.
 */
static int init_confine(struct init *i)
{
	int keep[SAMPLE_FDS + 3];
	size_t n = sample_fds(&i->sample, keep);
	struct landlock_grant proc = {.fd = i->sample.proc};

	keep[n++] = i->c->s->init_fd;
	keep[n++] = i->c->s->liveness_fd;
	keep[n++] = i->children;
	return confine_self(
		ROLE_INIT, keep, n, &proc, i->sample.proc >= 0 ? 1 : 0, NULL);
}

/* The server's end is the sandbox's: what it left behind dies with us. */
static void init_reap(struct init *i)
{
	struct signalfd_siginfo info;
	int status;
	pid_t pid;

	while (read(i->children, &info, sizeof(info)) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == i->c->server) {
			init_report(i, IPC_SERVER_EXIT, (uint64_t)status, 0);
			_exit(0);
		}
}

static void init_listen(struct init *i)
{
	struct ipc_msg m;
	int r = ipc_recv(i->c->s->init_fd, ROLE_SUPERVISOR, false, &m);

	if (r == -EAGAIN)
		return;
	if (r != 0)
		_exit(EXIT_REFUSED);
	if (m.type == IPC_STOP && m.a > 0 && m.a < NSIG)
		/* Its group: a shell in front of the server passes nothing
		 * on. */
		(void)kill(-i->c->server, (int)m.a);
}

static void init_sample(struct init *i)
{
	uint64_t bytes = sample_take(&i->sample);

	if (bytes <= i->c->plan->limits[LIMIT_MEMORY])
		return;
	init_report(i, IPC_LIMIT, LIMIT_MEMORY, bytes);
	_exit(0);
}

_Noreturn static void init_loop(struct init *i)
{
	for (;;) {
		struct pollfd p[] = {
			{.fd = i->c->s->liveness_fd, .events = POLLIN},
			{.fd = i->c->s->init_fd, .events = POLLIN},
			{.fd = i->children, .events = POLLIN},
		};
		int n = poll(p, ELEMENTS(p), sample_wait_ms(&i->sample));

		if (n < 0 && errno != EINTR)
			_exit(EXIT_REFUSED);
		if (n > 0 && p[0].revents)
			_exit(EXIT_REFUSED);
		if (n > 0 && p[1].revents)
			init_listen(i);
		if (n > 0 && p[2].revents)
			init_reap(i);
		if (sample_due(&i->sample))
			init_sample(i);
	}
}

_Noreturn void init_run(struct child *c)
{
	struct init i = {.c = c, .children = -1};
	int r = init_prepare(&i);

	if (r == 0)
		r = init_confine(&i);
	if (r < 0) {
		init_report(&i, IPC_FAILED, (uint64_t)-r, PHASE_INIT);
		_exit(EXIT_REFUSED);
	}
	init_report(&i, IPC_READY, 0, 0);
	init_loop(&i);
}
