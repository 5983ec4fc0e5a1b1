/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <sys/epoll.h>

#include "base/fd.h"
#include "base/log.h"
#include "relay/session.h"

int control_say(struct relay *r, enum ipc_type type)
{
	struct ipc_msg m = {.type = (uint32_t)type};

	if (type == IPC_TOTALS)
		m.totals = r->totals;
	return ipc_send(r->supervisor_fd, ROLE_RELAY, &m);
}

static void control_exit(struct relay *r, uint64_t flush_ms)
{
	if (flush_ms == 0 || flush_ms > FLUSH_MS)
		flush_ms = FLUSH_MS;
	r->ends.server_exit = true;
	r->ends.flush_by_ms = clock_mono_ms() + flush_ms;
	sink_drop(&r->to_server);
}

static int control_one(struct relay *r, const struct ipc_msg *m)
{
	if (m->type == IPC_GO)
		r->ends.started = true;
	else if (m->type == IPC_STOP) {
		r->ends.stopped = true;
		sink_drop(&r->to_server);
	} else if (m->type == IPC_SERVER_EXIT) {
		if (!r->ends.server_exit)
			control_exit(r, m->b);
	} else if (m->type == IPC_TRIP)
		breaker_told(r);
	else
		return -EPROTO;
	return 0;
}

int control_supervisor(struct relay *r, uint32_t seen)
{
	struct ipc_msg m;
	int n = 0;

	while (seen && n == 0) {
		n = ipc_recv(r->supervisor_fd, ROLE_SUPERVISOR, false, &m);
		if (n == 0)
			n = control_one(r, &m);
	}
	if (n > 0) {
		r->ends.over = r->ends.abandoned = true;
		return 0;
	}
	return n == -EAGAIN ? 0 : n;
}

/* Of what belongs to no call, or else of what calls wait for. */
static void answered(struct relay *r, uint64_t question, uint64_t answer,
	const char *reason, size_t len)
{
	if (r->ends.logging)
		return;
	if (standing_answered(r, question, answer, reason, len) != 0)
		hold_answered(r, question, answer, reason, len);
}

static int keeper_says(struct relay *r, struct ipc_parcel *p)
{
	const struct ipc_msg *m = &p->m;

	if (m->type == IPC_CREDIT)
		journal_credit(&r->journal, m->a);
	else if (m->type == IPC_APPROVERS)
		approvals_attended(&r->approvals,
			m->a > UINT_MAX ? UINT_MAX : (unsigned)m->a);
	else if (m->type == IPC_ANSWERED)
		answered(r, m->a, m->b, p->text, m->text);
	else if (m->type == IPC_SPILLED)
		spill_opened(r, p);
	else if (m->type == IPC_TOKEN_WHEN)
		token_offered(&r->token, p);
	else if (m->type == IPC_TOKEN_DONE)
		token_answered(&r->token, p);
	else
		return -EPROTO;
	return 0;
}

void control_keeper(struct relay *r)
{
	struct ipc_parcel *p = &r->parcel;
	int n;

	do {
		n = ipc_recv_parcel(r->keeper_fd, ROLE_KEEPER, p);
		if (n == 0) {
			n = keeper_says(r, p);
			fd_close(&p->fd);
		}
	} while (n == 0);
	if (n == -EAGAIN)
		return;
	journal_dead(&r->journal);
	watch_drop(&r->watches, WATCH_KEEPER, r->keeper_fd);
	fd_close(&r->keeper_fd);
	/* One that never came to be has said why. */
	if (r->ends.started)
		log_line("the log's keeper is gone: every call is denied");
}
