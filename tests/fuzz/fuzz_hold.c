/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was asked and answered in a session, driven by any sequence of calls,
 * answers, departures and clock steps, beside a list that does the same in the
 * simplest way: each verdict is compared.
 */
#include <stdlib.h>
#include <string.h>

#include "relay/approvals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRIES 4096

struct entry {
	enum question_state state; /* FREE: was forgotten */
	uint64_t id, expires_ms;
	uint8_t name, args;
	unsigned waiting;
	bool attended;
	unsigned passed; /* calls that its answer let through */
};

struct model {
	struct entry all[ENTRIES];
	size_t n;
	bool names[256];
	unsigned n_names;
	unsigned approvers;
	bool deserted;
	uint64_t now, calls;
};

struct input {
	const uint8_t *at;
	size_t left;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static uint8_t next(struct input *in)
{
	if (in->left == 0)
		return 0;
	in->left--;
	return *in->at++;
}

static struct question_key key_of(uint8_t name, uint8_t args)
{
	struct question_key k = {0};

	k.name[0] = name;
	k.whole[0] = name;
	k.whole[1] = args;
	return k;
}

static struct entry *entry_of(struct model *m, uint8_t name, uint8_t args)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->all[i].state != QUESTION_FREE &&
			m->all[i].name == name && m->all[i].args == args)
			return &m->all[i];
	return NULL;
}

static unsigned count(const struct model *m, bool open)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->n; i++)
		n += open ? m->all[i].state == QUESTION_OPEN
			  : m->all[i].state != QUESTION_FREE;
	return n;
}

static bool is_over(const struct model *m, const struct entry *e)
{
	if (e->state == QUESTION_OPEN)
		return !e->waiting && m->now >= e->expires_ms;
	return e->state != QUESTION_FREE && e->state != QUESTION_SESSION &&
	       m->now >= e->expires_ms;
}

static enum approvals_ruling expect(
	const struct model *m, const struct entry *e, uint8_t name)
{
	bool away = m->deserted && m->approvers == 0;

	if (m->names[name])
		return APPROVALS_PASS;
	if (!e && count(m, true) >= QUESTIONS_OPEN)
		return APPROVALS_FULL;
	if (!e)
		return away ? APPROVALS_NEW_AWAY : APPROVALS_NEW;
	if (e->state == QUESTION_OPEN)
		return away ? APPROVALS_JOIN_AWAY : APPROVALS_JOIN;
	return e->state == QUESTION_DECLINED ? APPROVALS_DECLINED
					     : APPROVALS_PASS;
}

/* The table is full: one that was answered had to go, and not one that was
 * allowed for the session while there were others. */
static void evict(struct model *m, struct approvals *a)
{
	struct entry *gone = NULL;
	bool others = false;

	for (size_t i = 0; i < m->n; i++) {
		struct entry *e = &m->all[i];

		if (e->state == QUESTION_FREE)
			continue;
		others = others || e->state == QUESTION_ONCE ||
			 e->state == QUESTION_DECLINED;
		if (approvals_find(a, e->id))
			continue;
		require(!gone && e->state != QUESTION_OPEN);
		gone = e;
	}
	require(gone && (gone->state != QUESTION_SESSION || !others));
	gone->state = QUESTION_FREE;
}

static void model_new(struct model *m, struct approvals *a, uint8_t name,
	uint8_t args, bool waits)
{
	if (count(m, false) == QUESTIONS_MAX)
		evict(m, a);
	require(m->n < ENTRIES);
	m->all[m->n++] = (struct entry){
		.state = QUESTION_OPEN,
		.id = m->calls,
		.expires_ms = m->now + APPROVAL_QUEUE_MS,
		.name = name,
		.args = args,
		.waiting = waits,
		.attended = m->approvers > 0,
	};
}

static void call(
	struct model *m, struct approvals *a, uint8_t name, uint8_t args)
{
	struct entry *e = entry_of(m, name, args);
	struct question_key key = key_of(name, args);
	struct approvals_verdict v;
	struct question *q;

	if (e && e->state != QUESTION_OPEN && is_over(m, e)) {
		e->state = QUESTION_FREE;
		e = NULL;
	}
	approvals_judge(a, &key, m->now, &v);
	require(v.ruling == expect(m, e, name));
	require(v.id == (e && !m->names[name] ? e->id : 0));
	q = approvals_take(a, &v, &key, ++m->calls, m->now);
	require((q != NULL) ==
		(v.ruling >= APPROVALS_NEW && v.ruling <= APPROVALS_JOIN_AWAY));
	if (v.ruling == APPROVALS_NEW || v.ruling == APPROVALS_NEW_AWAY)
		model_new(m, a, name, args, v.ruling == APPROVALS_NEW);
	if (v.ruling == APPROVALS_JOIN)
		e->waiting++;
	if (v.ruling == APPROVALS_JOIN_AWAY && !e->waiting)
		e->expires_ms = m->now + APPROVAL_QUEUE_MS;
	if (v.ruling != APPROVALS_PASS || m->names[name])
		return;
	require(e->state == QUESTION_SESSION || e->passed++ == 0);
	if (e->state == QUESTION_ONCE)
		e->state = QUESTION_FREE;
}

/* One of the last questions, by number. */
static struct entry *pick(struct model *m, uint8_t which)
{
	return m->n ? &m->all[m->n - 1 - which % m->n % 64] : NULL;
}

static void leave(struct model *m, struct approvals *a, uint8_t which)
{
	struct entry *e = pick(m, which);
	struct question *q = e ? approvals_find(a, e->id) : NULL;

	require((q != NULL) == (e && e->state != QUESTION_FREE));
	if (!q)
		return;
	approvals_leave(a, q, m->now);
	if (e->state != QUESTION_OPEN || !e->waiting || --e->waiting)
		return;
	e->expires_ms = m->now + APPROVAL_QUEUE_MS;
	m->deserted = m->deserted || (!e->attended && m->approvers == 0);
}

static void model_answer(
	struct model *m, struct entry *e, enum approval_answer what, bool any)
{
	m->deserted = false;
	e->passed = e->waiting > 0;
	if (what == APPROVAL_ONCE)
		e->state = e->waiting ? QUESTION_FREE : QUESTION_ONCE;
	else if (what == APPROVAL_SESSION || what == APPROVAL_ALWAYS)
		e->state = QUESTION_SESSION;
	else
		e->state = QUESTION_DECLINED;
	e->waiting = 0;
	e->expires_ms =
		m->now + (e->state == QUESTION_DECLINED ? DECLINED_MS
							: APPROVAL_QUEUE_MS);
	if (e->state == QUESTION_SESSION && (any || what == APPROVAL_ALWAYS) &&
		!m->names[e->name] && m->n_names < APPROVED_NAMES) {
		m->names[e->name] = true;
		m->n_names++;
	}
}

static void answer(
	struct model *m, struct approvals *a, uint8_t which, uint8_t how)
{
	struct entry *e = pick(m, which);
	/* What was never asked, too. */
	uint64_t id = e && how < 0xf0 ? e->id : m->calls + how;
	enum approval_answer what =
		(enum approval_answer)(APPROVAL_ONCE + how % 4);
	bool any = how & 4,
	     open = e && id == e->id && e->state == QUESTION_OPEN;

	require(approvals_answer(a, id, what, any, "no", 2, m->now) ==
		(open ? 0 : 1));
	if (open)
		model_answer(m, e, what, any);
}

struct expired {
	uint64_t ids[QUESTIONS_OPEN];
	size_t n;
};

static void on_expired(void *context, uint64_t id)
{
	struct expired *x = context;

	require(x->n < QUESTIONS_OPEN);
	x->ids[x->n++] = id;
}

static void expire(struct model *m, struct approvals *a)
{
	struct expired x = {.n = 0};

	approvals_expire(a, m->now, on_expired, &x);
	for (size_t i = 0; i < m->n; i++) {
		struct entry *e = &m->all[i];
		bool told = false;

		for (size_t k = 0; k < x.n; k++)
			told = told || x.ids[k] == e->id;
		require(told == (is_over(m, e) && e->state == QUESTION_OPEN));
		if (is_over(m, e))
			e->state = QUESTION_FREE;
	}
}

static void attend(struct model *m, struct approvals *a, unsigned n)
{
	approvals_attended(a, n);
	m->approvers = n;
	if (n == 0)
		return;
	m->deserted = false;
	for (size_t i = 0; i < m->n; i++)
		m->all[i].attended = true;
}

static void forget(struct model *m, struct approvals *a, uint8_t which)
{
	struct entry *e = pick(m, which);
	struct question *q = e ? approvals_find(a, e->id) : NULL;

	if (!q || e->state != QUESTION_OPEN)
		return;
	approvals_forget(a, q);
	e->state = QUESTION_FREE;
}

static void compare(struct model *m, const struct approvals *a)
{
	uint64_t next_ms = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct entry *e = &m->all[i];

		if (e->state == QUESTION_OPEN && !e->waiting &&
			(!next_ms || e->expires_ms < next_ms))
			next_ms = e->expires_ms;
	}
	require(approvals_next_ms(a) == next_ms);
	require(a->n_open == count(m, true) && a->n_open <= QUESTIONS_OPEN);
	require(a->n_names == m->n_names);
}

static void step(struct model *m, struct approvals *a, struct input *in)
{
	uint8_t op = next(in);
	uint8_t x = next(in);

	if (op < 100)
		call(m, a, op % 5 ? op % 5 : x, x);
	else if (op < 140)
		leave(m, a, x);
	else if (op < 200)
		answer(m, a, x, next(in));
	else if (op < 215)
		attend(m, a, x % 3);
	else if (op < 225)
		forget(m, a, x);
	else if (op < 240)
		m->now += (uint64_t)x * x * 100;
	else
		expire(m, a);
	compare(m, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct approvals a;
	static struct model m;
	struct input in = {data, size};

	memset(&a, 0, sizeof(a));
	memset(&m, 0, sizeof(m));
	m.now = 1000;
	while (in.left && m.n < ENTRIES)
		step(&m, &a, &in);
	return 0;
}
