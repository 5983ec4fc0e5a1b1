/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <time.h>

#include "base/fd.h"
#include "keeper/state.h"

/*
 * While records come, they are taken in on this clock: a keeper that is woken
 * for each of them costs the call on one processor more than its work does, and
 * one that lets many come together makes one of the next calls wait for all of
 * them.
 */
#define TICK_US 300

/* So much in one go, and the next one follows at once: a writer is waiting. */
#define BUSY_BYTES ((size_t)32 * 1024)

/* A writer that outlives the supervisor is not waited for without end. */
#define ORPHAN_US 1000000

static int timeout_until(uint64_t then_us, int at_most)
{
	uint64_t now = clock_mono_us(), ms;

	if (then_us <= now)
		return 0;
	ms = (then_us - now + 999) / 1000;
	return at_most < 0 || ms < (uint64_t)at_most ? (int)ms : at_most;
}

static int keeper_timeout(const struct keeper *k)
{
	uint64_t due = k->checked_us + CHECKPOINT_US;
	int ms = -1;

	if (k->starved || k->error || k->ledger_due || k->waits[SOURCE_RELAY] ||
		k->waits[SOURCE_SUPERVISOR] ||
		(k->desk && k->desk->undelivered))
		ms = RETRY_MS;
	/* One that is overdue waits for room. */
	if (k->chain.count > k->checked)
		ms = clock_mono_us() < due ? timeout_until(due, ms) : RETRY_MS;
	if (k->deadline_us)
		ms = timeout_until(k->deadline_us, ms);
	return ms;
}

static void keeper_orphaned(struct keeper *k)
{
	k->supervisor_dead = true;
	if (!k->deadline_us)
		k->deadline_us = clock_mono_us() + ORPHAN_US;
}

/*
 * Waits for records, or, with @events 0, for @timeout_us or the end of a
 * writer: data alone does not wake the keeper then. Below 0 without end.
 */
static void keeper_wait(struct keeper *k, short events, int64_t timeout_us)
{
	const struct timespec t = {
		.tv_sec = (time_t)(timeout_us / 1000000),
		.tv_nsec = (long)(timeout_us % 1000000) * 1000,
	};
	struct pollfd p[_SOURCE_N + 3 + DESK_APPROVERS + 1];
	size_t n = _SOURCE_N + 1;

	for (size_t i = 0; i < _SOURCE_N; i++)
		p[i] = (struct pollfd){
			.fd = k->waits[i] ? -1 : k->sources[i].fd,
			.events = events,
		};
	p[_SOURCE_N] = (struct pollfd){
		.fd = k->supervisor_dead ? -1 : k->c.liveness_fd,
	};
	/* What else is said can wait for the clock. */
	if (events) {
		p[n++] = (struct pollfd){
			.fd = k->relay_heard ? k->c.relay_fd : -1,
			.events = events,
		};
		p[n++] = (struct pollfd){
			.fd = k->supervisor_heard ? k->c.supervisor_fd : -1,
			.events = events,
		};
		n += desk_fds(k->desk, p + n);
	}
	if (ppoll(p, n, timeout_us < 0 ? NULL : &t, NULL) > 0 &&
		(p[_SOURCE_N].revents & (POLLHUP | POLLERR)))
		keeper_orphaned(k);
}

static bool keeper_over(const struct keeper *k)
{
	if (k->deadline_us && clock_mono_us() >= k->deadline_us)
		return true;
	/* The supervisor's session.end is its last word. */
	return source_ended(&k->sources[SOURCE_RELAY]) &&
	       (k->held_len || source_ended(&k->sources[SOURCE_SUPERVISOR]));
}

/* Between two looks at the pipes. */
static void keeper_pause(struct keeper *k, size_t drained)
{
	if (drained == 0) {
		int ms = keeper_timeout(k);

		keeper_wait(k, POLLIN, ms < 0 ? -1 : (int64_t)ms * 1000);
	}
	/* Without a relay nobody's call is slowed down, and where nothing can
	 * be reserved the next call waits for what was written. */
	if (drained < BUSY_BYTES && !k->file.unreserved &&
		k->sources[SOURCE_RELAY].fd >= 0)
		keeper_wait(k, 0, TICK_US);
}

int keeper_run(struct keeper *k, struct err *e)
{
	keeper_grant(k);
	for (;;) {
		size_t n;

		keeper_clock(k);
		n = keeper_drain(k);
		keeper_hear(k);
		desk_step(k);
		keeper_checkpoint(k);
		keeper_grant(k);
		if (keeper_over(k))
			break;
		keeper_pause(k, n);
	}
	return keeper_finish(k, e);
}
