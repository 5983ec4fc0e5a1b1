/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/supervisor.h"

#include <fcntl.h>

#include "base/fd.h"
#include "base/log.h"
#include "sandbox/confine.h"
#include "supervisor/run.h"

#define KEEP_MAX 256

static int prepare(struct run *r)
{
	int x = sandbox_prepare(&r->sandbox, r->err);

	if (x == 0) {
		x = cgroup_make(r->plan, &r->cgroup, r->err);
		x = x > 0 ? 0 : x;
	}
	if (x == 0 && landlock_abi() < 2)
		log_line("this kernel's Landlock is missing or too old: the "
			 "mounts are the only wall around files");
	r->sandbox.memory_hard = r->cgroup.memory;
	for (char **n = r->sandbox.notes; x == 0 && n && *n; n++)
		log_line("%s", *n);
	return x;
}

/*
 * What takes longest is never waited for: the relay is there before the kernel
 * makes the namespaces, the keeper comes while the sandbox sets itself up.
 */
static int start(struct run *r)
{
	int x = run_channels(r);

	if (x == 0)
		x = spawn_relay(r);
	if (x == 0)
		x = prepare(r);
	if (x == 0)
		x = spawn_sandbox(r);
	if (x == 0)
		x = kin_find(r);
	if (x == 0) {
		report_start(r);
		x = spawn_keeper(r);
	}
	if (x == 0)
		x = tripwire_open(&r->tripwire, r->plan->watched, r->err);
	/* With our copies gone, one that dies shows at its socket. */
	run_drop_children(r);
	return x;
}

/*
 * Should: keep children, signals, the watch, the pipe of our own records.
 * Mustn't: keep the client's stdin and stdout, or nobody sees their end.
 */
static int confine(struct run *r)
{
	int keep[KEEP_MAX];
	size_t n = 0;

	for (int i = 0; i < _PEER_N; i++) {
		if (r->peers[i].ipc >= 0)
			keep[n++] = r->peers[i].ipc;
		if (r->peers[i].pidfd >= 0)
			keep[n++] = r->peers[i].pidfd;
	}
	keep[n++] = r->liveness_w;
	keep[n++] = r->own_records_w;
	keep[n++] = r->signals;
	if (r->sockets >= 0)
		keep[n++] = r->sockets;
	if (r->cgroup.events_fd >= 0)
		keep[n++] = r->cgroup.events_fd;
	n += tripwire_fds(&r->tripwire, keep + n, KEEP_MAX - n);
	if (n == KEEP_MAX)
		return err_say(r->err, -E2BIG,
			"more than %d writable folders are granted",
			KEEP_MAX - 16);
	return confine_self(ROLE_SUPERVISOR, keep, n, NULL, 0, r->err);
}

/* Closes the client's stdin and stdout here, keeping the numbers taken. */
static int let_go_of_client(struct run *r)
{
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0)
		return err_set(r->err, -errno, "/dev/null");
	return 0;
}

static int go(struct run *r, enum peer_id id)
{
	const struct ipc_msg m = {.type = IPC_GO};
	int x = ipc_send(r->peers[id].ipc, ROLE_SUPERVISOR, &m);

	return x < 0 ? err_set(r->err, x, "starting the server") : 0;
}

/* The server's process answers only when its exec failed; success closes its
 * end of the socket. */
static int await_exec(struct run *r)
{
	struct ipc_msg m;
	int x = session_wait_exec(r);

	if (x < 0)
		return x;
	x = ipc_recv(r->peers[PEER_SERVER].ipc, ROLE_SERVER, true, &m);
	fd_close(&r->peers[PEER_SERVER].ipc);
	if (x == 1)
		return 0;
	if (x == 0 && m.type == IPC_FAILED) {
		sandbox_failure(r->plan, m.b, (int)m.a, r->err);
		return -ENOEXEC;
	}
	return err_set(r->err, x < 0 ? x : -EPROTO, "starting the server");
}

static int start_all(struct run *r)
{
	int x;

	r->record = calloc(1, sizeof(*r->record));
	if (!r->record)
		return err_set(r->err, -ENOMEM, "starting");
	x = start(r);
	if (x == 0)
		x = let_go_of_client(r);
	/* While the children are at it, so that nobody waits for us. */
	if (x == 0)
		x = confine(r);
	if (x >= 0)
		x = session_wait_ready(r);
	if (x == 0)
		x = go(r, PEER_SERVER);
	if (x == 0)
		x = await_exec(r);
	if (x == 0)
		x = go(r, PEER_RELAY);
	return x;
}

int supervisor_run(const struct plan *p, struct err *e)
{
	struct run r;
	int x, status;

	run_init(&r, p, e);
	x = start_all(&r);
	if (x == 0) {
		session_loop(&r);
		session_finish(&r);
		status = session_status(&r);
	} else {
		run_drop_children(&r); /* those of a start that failed early */
		session_kill(&r);
		session_finish(&r);
		cgroup_remove(&r.cgroup);
		status = e->status ? e->status : EXIT_REFUSED;
	}
	run_deinit(&r);
	return status;
}
