/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include "base/fd.h"
#include "base/ipc.h"
#include "base/log.h"
#include "keeper/state.h"

#define PAUSE_MS 5
#define FLUSH_TRIES 100
#define CGROUP_TRIES 100
#define LEDGER_WAIT_MS 500

static void pause_ms(unsigned ms)
{
	const struct timespec t = {.tv_nsec = (long)ms * 1000000};

	(void)nanosleep(&t, NULL);
}

static int end_held(struct keeper *k)
{
	struct record_view v;

	if (k->held_len == 0 || record_parse(k->held, k->held_len, &v) <= 0)
		return -EPROTO;
	return keeper_add(k, &v);
}

/* Its pipe of records may have been seen to end before its life was. */
static bool supervisor_gone(const struct keeper *k)
{
	struct pollfd p = {.fd = k->c.liveness_fd};

	return k->supervisor_dead ||
	       (poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR));
}

/* In place of the supervisor, which did not get to it. */
static int end_own(struct keeper *k)
{
	record_init(&k->own, RECORD_SESSION_END);
	record_put_str(&k->own, FIELD_CAUSE,
		supervisor_gone(k) ? "supervisor died"
				   : "supervisor said nothing");
	record_put_u64(&k->own, FIELD_TOTAL_CALLS, k->calls);
	return keeper_add_own(k);
}

/* Everything that was accepted goes out, if it takes half a second. */
static int end_write(struct keeper *k)
{
	for (int i = 0; i < FLUSH_TRIES; i++) {
		keeper_flush(k);
		if (buf_len(&k->out) == 0)
			return 0;
		pause_ms(PAUSE_MS);
	}
	return k->error;
}

int keeper_end_ledger(struct keeper *k)
{
	struct ledger_tail tail;
	int r = ledger_lock(&k->ledger, LEDGER_WAIT_MS, &tail);

	if (r < 0)
		return r;
	r = ledger_add(&k->ledger, &tail, "end", &k->chain);
	ledger_unlock(&k->ledger);
	return r;
}

/* Busy until the last process in it has been reaped. */
static void end_cgroup(const struct keeper *k)
{
	if (k->c.cgroup_fd < 0 || !k->c.cgroup_name)
		return;
	for (int i = 0; i < CGROUP_TRIES; i++) {
		if (unlinkat(k->c.cgroup_fd, k->c.cgroup_name, AT_REMOVEDIR) ==
				0 ||
			errno != EBUSY)
			return;
		pause_ms(PAUSE_MS);
	}
}

int keeper_finish(struct keeper *k, struct err *e)
{
	struct ipc_msg m = {.type = IPC_KEEPER_DONE};
	int r = end_write(k);

	/* What the relay has said last. */
	keeper_hear(k);
	spill_end(&k->spill);
	if (r == 0 && end_held(k) < 0)
		r = end_own(k);
	if (r == 0)
		r = end_write(k);
	if (r < 0)
		(void)err_set(e, r, "audit log %s/%s: its end is missing",
			k->folder, k->file_name);
	/* Nobody can answer any more. */
	desk_free(take_ptr(k->desk));
	audit_file_trim(&k->file);
	if (r == 0) {
		r = keeper_end_ledger(k);
		if (r < 0)
			(void)err_set(e, r,
				"audit log %s/%s: its end is missing in the "
				"ledger",
				k->folder, k->file_name);
	}
	if (r == 0)
		audit_file_complete(&k->file);
	end_cgroup(k);
	m.a = (uint64_t)-r;
	/* A dead supervisor is no fault of the log's. */
	if (ipc_send(k->c.supervisor_fd, ROLE_KEEPER, &m) < 0)
		k->supervisor_dead = true;
	return r;
}
