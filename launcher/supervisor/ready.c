/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start-up as the supervisor sees it: until every child has shut itself in, and
 * the server's process has executed.
 */
#include <poll.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "supervisor/run.h"

#define READY_MS 10000 /* for all children to shut themselves in */

static void failed(struct run *r, enum peer_id id, const struct ipc_msg *m)
{
	if (id == PEER_INIT || id == PEER_SERVER)
		sandbox_failure(r->plan, m->b, (int)m->a, r->err);
	else if (r->err->status == 0)
		r->err->status = EXIT_REFUSED; /* it has said why */
}

/* One message of start-up: 1 done for now, 0 more may come, <0 failed. */
static int ready_message(struct run *r, enum peer_id id)
{
	struct ipc_msg m;
	int x = ipc_recv(r->peers[id].ipc, peer_role[id], false, &m);

	if (x == -EAGAIN)
		return 1;
	if (x != 0)
		return err_say(r->err, -EPIPE,
			"%s ended while it was set up; the server was not "
			"started",
			peer_name[id]);
	if (m.type == IPC_FAILED) {
		failed(r, id, &m);
		return -EPROTO;
	}
	if (m.type != IPC_READY)
		return err_say(r->err, -EPROTO, "%s: unexpected message",
			peer_name[id]);
	r->peers[id].ready = true;
	return 1;
}

static bool all_ready(const struct run *r)
{
	for (int i = 0; i < _PEER_N; i++)
		if (!r->peers[i].ready)
			return false;
	return true;
}

static int start_signal(struct run *r)
{
	int sig = session_signal(r);

	if (sig == 0)
		return 0;
	return err_status(
		r->err, 128 + sig, "ended by signal %d while starting", sig);
}

int session_wait_exec(struct run *r)
{
	struct pollfd p[] = {
		{.fd = r->peers[PEER_SERVER].ipc, .events = POLLIN},
		{.fd = r->signals, .events = POLLIN},
	};

	while (!p[0].revents) {
		int n = poll(p, ELEMENTS(p), -1), x = 0;

		if (n < 0 && errno != EINTR)
			return err_set(r->err, -errno, "starting the server");
		if (n > 0 && p[1].revents)
			x = start_signal(r);
		if (x < 0)
			return x;
	}
	return 0;
}

int session_wait_ready(struct run *r)
{
	uint64_t deadline = clock_mono_ms() + READY_MS;

	while (!all_ready(r)) {
		struct pollfd p[_PEER_N + 1];
		uint64_t now = clock_mono_ms();
		int n = 0;

		for (int i = 0; i < _PEER_N; i++)
			p[i] = (struct pollfd){
				.fd = r->peers[i].ready ? -1 : r->peers[i].ipc,
				.events = POLLIN,
			};
		p[_PEER_N] =
			(struct pollfd){.fd = r->signals, .events = POLLIN};
		if (now < deadline)
			n = poll(p, ELEMENTS(p), (int)(deadline - now));
		if (n < 0 && errno != EINTR)
			return err_set(r->err, -errno, "starting");
		if (n == 0)
			return err_say(r->err, -ETIMEDOUT,
				"the sandbox was not ready within %d s; the "
				"server was not started",
				READY_MS / 1000);
		for (int i = 0; n > 0 && i < _PEER_N; i++) {
			int x = p[i].revents ? ready_message(r, (enum peer_id)i)
					     : 0;

			if (x < 0)
				return x;
		}
		if (n > 0 && p[_PEER_N].revents) {
			int x = start_signal(r);

			if (x < 0)
				return x;
		}
	}
	return 0;
}
