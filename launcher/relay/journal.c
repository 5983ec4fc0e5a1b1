/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/journal.h"

#include <limits.h>
#include <poll.h>

/* How long the rest of a record may take once a part of it is in the pipe. */
#define REST_MS 1000

void journal_init(struct journal *j, int fd)
{
	j->fd = fd;
}

void journal_credit(struct journal *j, uint64_t bytes)
{
	if (__builtin_add_overflow(j->credit, bytes, &j->credit))
		j->credit = UINT64_MAX;
	if (j->credit > j->credit_top)
		j->credit_top = j->credit;
	j->stuck = false;
	j->news++;
}

void journal_room(struct journal *j)
{
	j->wants_room = false;
	j->stuck = false;
	j->news++;
}

void journal_dead(struct journal *j)
{
	j->dead = true;
	j->wants_room = false;
	j->news++;
}

/*
 * What must be left for results. Where the keeper grants little at a time, no
 * more than half of that: it is granted anew as records are written.
 */
static uint64_t reserve(
	const struct journal *j, enum journal_class class, size_t outstanding)
{
	uint64_t n = (uint64_t)outstanding * JOURNAL_RESULT_COST;

	if (class == JOURNAL_RESULT)
		return 0;
	if (n > j->credit_top / 2)
		n = j->credit_top / 2;
	return class == JOURNAL_CALL ? n + JOURNAL_RESULT_COST : n;
}

static bool has_room(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLOUT);
}

int journal_send(
	struct journal *j, enum journal_class class, size_t outstanding)
{
	bool atomic = j->rec.len <= PIPE_BUF;
	int r;

	if (j->rec.failed)
		return j->rec.failed;
	if (j->dead)
		return -EPIPE;
	if (j->credit < j->rec.cost + reserve(j, class, outstanding))
		return 1;
	if (!atomic && !has_room(j->fd)) {
		j->wants_room = true;
		return 1;
	}
	r = record_send(&j->rec, j->fd, atomic ? 0 : REST_MS);
	if (r == -ETIMEDOUT) {
		j->wants_room = true;
		return 1;
	}
	if (r < 0) {
		journal_dead(j);
		return r;
	}
	j->credit -= j->rec.cost;
	return 0;
}
