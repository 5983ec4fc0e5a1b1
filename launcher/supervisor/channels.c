/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>

#include "base/fd.h"
#include "supervisor/run.h"

#define RECORD_PIPE (1 << 20) /* bytes of a record pipe, best effort */

void run_init(struct run *r, const struct plan *p, struct err *e)
{
	*r = (struct run){
		.plan = p,
		.relay_server_in = -1,
		.relay_server_out = -1,
		.relay_server_err = -1,
		.relay_records_r = -1,
		.relay_records_w = -1,
		.own_records_r = -1,
		.own_records_w = -1,
		.keeper_relay = -1,
		.relay_keeper = -1,
		.liveness_r = -1,
		.liveness_w = -1,
		.signals = -1,
		.sockets = -1,
		.cause = "start failed",
		.err = e,
	};
	for (int i = 0; i < _PEER_N; i++) {
		r->peers[i] = (struct peer){.pidfd = -1, .ipc = -1};
		r->child_ipc[i] = -1;
	}
	sandbox_init(&r->sandbox, p);
	cgroup_init(&r->cgroup);
	tripwire_init(&r->tripwire);
}

void run_drop_children(struct run *r)
{
	fd_close(&r->relay_server_in);
	fd_close(&r->relay_server_out);
	fd_close(&r->relay_server_err);
	fd_close(&r->relay_records_r);
	fd_close(&r->relay_records_w);
	fd_close(&r->own_records_r);
	fd_close(&r->keeper_relay);
	fd_close(&r->relay_keeper);
	fd_close(&r->liveness_r);
	for (int i = 0; i < _PEER_N; i++)
		fd_close(&r->child_ipc[i]);
	sandbox_deinit(&r->sandbox);
}

void run_drop_supervisor(struct run *r)
{
	fd_close(&r->liveness_w);
	fd_close(&r->own_records_w);
	fd_close(&r->signals);
	fd_close(&r->sockets);
	for (int i = 0; i < _PEER_N; i++) {
		fd_close(&r->peers[i].ipc);
		fd_close(&r->peers[i].pidfd);
	}
}

void run_deinit(struct run *r)
{
	run_drop_children(r);
	run_drop_supervisor(r);
	cgroup_deinit(&r->cgroup);
	tripwire_deinit(&r->tripwire);
	free(r->record);
	r->record = NULL;
}

/* Descriptors 0 to 2 exist, so that nothing of ours becomes one of them. */
static int fill_stdio(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0)
			return -errno;
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
	return 0;
}

/* A run with many grants needs more descriptors than a client's soft limit may
 * leave; the server's own limit is set later, and from the hard one. */
static int raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

static int pipe_new(int *ret_r, int *ret_w, int flags)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC | flags) < 0)
		return -errno;
	*ret_r = p[0];
	*ret_w = p[1];
	return 0;
}

/* The pipe's reader and writer are ours, so both may be non-blocking. */
static int record_pipe(int *ret_r, int *ret_w)
{
	int r = pipe_new(ret_r, ret_w, O_NONBLOCK);

	if (r == 0)
		(void)fcntl(*ret_w, F_SETPIPE_SZ, RECORD_PIPE);
	return r;
}

/* Else root's server could not open /dev/stdin, stdout and stderr, which opens
 * its pipes anew. */
static int give_pipes(const struct plan *p, const struct sandbox *s)
{
	if (!p->root || p->keep_uid)
		return 0;
	if (fchown(s->server_in, p->uid, p->gid) < 0 ||
		fchown(s->server_out, p->uid, p->gid) < 0 ||
		fchown(s->server_err, p->uid, p->gid) < 0)
		return -errno;
	return 0;
}

static int socket_new(int *ret_ours, int *ret_theirs)
{
	int p[2], r = ipc_pair(p);

	if (r == 0) {
		*ret_ours = p[0];
		*ret_theirs = p[1];
	}
	return r;
}

static int open_signals(struct run *r)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	const struct sigaction fallback = {.sa_handler = SIG_DFL};
	sigset_t mask;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTERM);
	(void)sigaddset(&mask, SIGINT);
	(void)sigaddset(&mask, SIGHUP);
	/* A client that ignores SIGCHLD would have our children reaped by the
	 * kernel, and their statuses lost. */
	if (sigaction(SIGPIPE, &ignore, NULL) < 0 ||
		sigaction(SIGCHLD, &fallback, NULL) < 0 ||
		sigprocmask(SIG_SETMASK, &mask, NULL) < 0)
		return -errno;
	r->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
	return r->signals < 0 ? -errno : 0;
}

int run_channels(struct run *r)
{
	struct sandbox *s = &r->sandbox;
	int x = fill_stdio();

	if (x == 0)
		x = raise_descriptors();
	if (x == 0)
		x = open_signals(r);
	if (x == 0)
		x = pipe_new(&r->liveness_r, &r->liveness_w, 0);
	if (x == 0)
		x = pipe_new(&s->server_in, &r->relay_server_in, 0);
	if (x == 0)
		x = pipe_new(&r->relay_server_out, &s->server_out, 0);
	if (x == 0)
		x = pipe_new(&r->relay_server_err, &s->server_err, 0);
	if (x == 0)
		x = give_pipes(r->plan, s);
	if (x == 0)
		x = record_pipe(&r->relay_records_r, &r->relay_records_w);
	if (x == 0)
		x = record_pipe(&r->own_records_r, &r->own_records_w);
	if (x == 0)
		x = socket_new(&r->keeper_relay, &r->relay_keeper);
	for (int i = 0; x == 0 && i < _PEER_N; i++)
		x = socket_new(&r->peers[i].ipc, &r->child_ipc[i]);
	if (x < 0)
		return err_set(r->err, x, "making pipes and sockets");
	s->liveness_fd = fcntl(r->liveness_r, F_DUPFD_CLOEXEC, 3);
	if (s->liveness_fd < 0)
		return err_set(r->err, -errno, "making pipes and sockets");
	s->init_fd = take_fd(&r->child_ipc[PEER_INIT]);
	s->server_fd = take_fd(&r->child_ipc[PEER_SERVER]);
	return 0;
}
