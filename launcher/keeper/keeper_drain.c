/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "keeper/state.h"

/* A writer that sends what it may not is done with; the other goes on. */
static void source_lost(struct keeper *k, struct source *s, const char *why)
{
	log_line("audit log: the %s's records %s; it is not listened to any "
		 "more",
		s->name, why);
	source_deinit(s);
	if (s == &k->sources[SOURCE_RELAY])
		k->credit = 0;
	record_init(&k->own, RECORD_ANOMALY);
	record_put_str(&k->own, FIELD_KIND, "records");
	record_put_u64(&k->own, FIELD_COUNT, 1);
	record_put_str(&k->own, FIELD_ACTION, "stop");
	record_put_str(&k->own, FIELD_REASON, why);
	record_put_str(&k->own, FIELD_DETAIL, s->name);
	if (keeper_add_own(k) < 0)
		log_line("audit log: there is no record of that: out of room");
}

/* Whether there is room for that record of the supervisor. */
static bool supervisor_room(const struct keeper *k, const struct record_view *v)
{
	return v->cost <= keeper_room(k, OWN_ROOM);
}

/* The end comes last, whatever the relay still has to say. */
static int keeper_hold(struct keeper *k, const struct source *s, size_t len)
{
	if (k->held_len)
		return -EPROTO;
	memcpy(k->held, buf_head(&s->in), len);
	k->held_len = len;
	k->deadline_us = clock_mono_us() + 1000000;
	return 0;
}

/* 0; 1 if there is no room for it now; -EPROTO. */
static int keeper_take(struct keeper *k, const struct source *s,
	const struct record_view *v, size_t len)
{
	bool relay = s == &k->sources[SOURCE_RELAY];
	int r;

	if (v->type == RECORD_SESSION_END)
		return keeper_hold(k, s, len);
	if (relay && v->cost > k->credit)
		return -EDQUOT;
	if (!relay && !supervisor_room(k, v))
		return 1;
	r = keeper_add(k, v);
	if (r == 0 && relay)
		k->credit -= v->cost;
	return r;
}

static const char *source_fault(int r)
{
	return r == -EDQUOT ? "overdrew their credit" : "could not be read";
}

/* Takes the records that are in; false when the source has to wait. */
static bool source_take(struct keeper *k, struct source *s)
{
	for (;;) {
		struct record_view v;
		ssize_t n = source_peek(s, &v);
		int r;

		if (n == 0)
			return true;
		r = n < 0 ? (int)n : keeper_take(k, s, &v, (size_t)n);
		if (r == -ENOBUFS || r == -ENOMEM) {
			keeper_flush(k);
			if (k->error)
				return false;
			r = keeper_take(k, s, &v, (size_t)n);
		}
		if (r == 1)
			return false;
		if (r < 0) {
			source_lost(k, s, source_fault(r));
			return true;
		}
		buf_consume(&s->in, (size_t)n);
	}
}

static size_t source_drain(struct keeper *k, size_t i)
{
	struct source *s = &k->sources[i];
	size_t total = 0;
	ssize_t n;

	/* The relay cannot keep this going: it has so much credit and gets no
	 * more of it in here. */
	do {
		k->waits[i] = !source_take(k, s);
		n = k->waits[i] ? 0 : source_fill(s);
		if (n < 0)
			source_lost(k, s, "could not be read");
		else
			total += (size_t)n;
	} while (n > 0);
	/* At the end of the file half a record is a fault. */
	if (!k->waits[i])
		k->waits[i] = !source_take(k, s);
	return total;
}

size_t keeper_drain(struct keeper *k)
{
	size_t total = 0;

	/* A file that cannot be written does not stop this: what may still
	 * come was paid for, so k->out can hold it, and credit ends. */
	for (size_t i = 0; i < _SOURCE_N; i++)
		total += source_drain(k, i);
	keeper_flush(k);
	return total;
}
