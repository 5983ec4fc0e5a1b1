/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/approvals.h"

#include <string.h>

static bool by_name(const struct approvals *a, const struct question_key *key)
{
	for (size_t i = 0; i < a->n_names; i++)
		if (memcmp(a->names[i], key->name, sizeof(key->name)) == 0)
			return true;
	return false;
}

static struct question *find_key(
	struct approvals *a, const struct question_key *key)
{
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		if (a->all[i].state != QUESTION_FREE &&
			memcmp(a->all[i].key.whole, key->whole,
				sizeof(key->whole)) == 0)
			return &a->all[i];
	return NULL;
}

struct question *approvals_find(struct approvals *a, uint64_t id)
{
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		if (a->all[i].state != QUESTION_FREE && a->all[i].id == id)
			return &a->all[i];
	return NULL;
}

static void set_state(
	struct approvals *a, struct question *q, enum question_state state)
{
	if (q->state == QUESTION_OPEN) {
		a->n_open--;
		a->n_server -= q->key.server;
	}
	if (state == QUESTION_OPEN) {
		a->n_open++;
		a->n_server += q->key.server;
	}
	q->state = state;
}

static bool has_expired(const struct question *q, uint64_t now_ms)
{
	if (q->state == QUESTION_FREE || q->state == QUESTION_SESSION ||
		(q->state == QUESTION_OPEN && q->waiting))
		return false;
	return now_ms >= q->expires_ms;
}

/* A place for one more; what was allowed for the session is given up last: it
 * is asked for again then. */
static struct question *find_room(struct approvals *a)
{
	struct question *spare = NULL;

	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		struct question *q = &a->all[i];

		if (q->state == QUESTION_FREE)
			return q;
		if (q->state != QUESTION_OPEN &&
			(!spare || q->state != QUESTION_SESSION))
			spare = q;
	}
	return spare;
}

/* A server that asks for much leaves room for what its client asks for. */
static bool is_full(const struct approvals *a, const struct question_key *key)
{
	return a->n_open >= QUESTIONS_OPEN ||
	       (key->server && a->n_server >= QUESTIONS_SERVER);
}

static enum approvals_ruling ruling_of(const struct approvals *a,
	const struct question_key *key, const struct question *q)
{
	bool away = a->deserted && a->approvers == 0;

	if (!q && is_full(a, key))
		return APPROVALS_FULL;
	if (!q)
		return away ? APPROVALS_NEW_AWAY : APPROVALS_NEW;
	switch (q->state) {
	case QUESTION_ONCE:
	case QUESTION_SESSION:
		return APPROVALS_PASS;
	case QUESTION_DECLINED:
		return APPROVALS_DECLINED;
	case QUESTION_OPEN:
	case QUESTION_FREE:
		break;
	}
	return away ? APPROVALS_JOIN_AWAY : APPROVALS_JOIN;
}

void approvals_judge(struct approvals *a, const struct question_key *key,
	uint64_t now_ms, struct approvals_verdict *ret)
{
	struct question *q = find_key(a, key);

	*ret = (struct approvals_verdict){.ruling = APPROVALS_PASS};
	/* One that is open and has expired is still in the queue until
	 * approvals_expire() says so: it is as good as any. */
	if (q && q->state != QUESTION_OPEN && has_expired(q, now_ms)) {
		set_state(a, q, QUESTION_FREE);
		q = NULL;
	}
	if (by_name(a, key))
		return;
	ret->ruling = ruling_of(a, key, q);
	ret->question = q;
	ret->id = q ? q->id : 0;
}

static struct question *open_new(struct approvals *a,
	const struct question_key *key, uint64_t call, uint64_t now_ms)
{
	struct question *q = find_room(a);

	if (!q)
		return NULL;
	set_state(a, q, QUESTION_FREE);
	*q = (struct question){
		.id = call,
		.key = *key,
		.expires_ms = now_ms + APPROVAL_QUEUE_MS,
		.attended = a->approvers > 0,
	};
	set_state(a, q, QUESTION_OPEN);
	return q;
}

struct question *approvals_take(struct approvals *a,
	const struct approvals_verdict *v, const struct question_key *key,
	uint64_t call, uint64_t now_ms)
{
	struct question *q = v->question;

	switch (v->ruling) {
	case APPROVALS_PASS:
		if (q && q->state == QUESTION_ONCE)
			set_state(a, q, QUESTION_FREE);
		return NULL;
	case APPROVALS_NEW:
	case APPROVALS_NEW_AWAY:
		q = open_new(a, key, call, now_ms);
		if (q && v->ruling == APPROVALS_NEW)
			q->waiting++;
		return q;
	case APPROVALS_JOIN:
		q->waiting++;
		return q;
	case APPROVALS_JOIN_AWAY:
		/* It was asked for again: it stays as long from now on. */
		if (!q->waiting)
			q->expires_ms = now_ms + APPROVAL_QUEUE_MS;
		return q;
	case APPROVALS_DECLINED:
	case APPROVALS_FULL:
		break;
	}
	return NULL;
}

void approvals_leave(struct approvals *a, struct question *q, uint64_t now_ms)
{
	if (q->state != QUESTION_OPEN || q->waiting == 0)
		return;
	if (--q->waiting)
		return;
	q->expires_ms = now_ms + APPROVAL_QUEUE_MS;
	if (!q->attended && a->approvers == 0)
		a->deserted = true;
}

static void add_name(struct approvals *a, const struct question_key *key)
{
	if (by_name(a, key) || a->n_names == APPROVED_NAMES)
		return;
	memcpy(a->names[a->n_names++], key->name, sizeof(key->name));
}

static void decline(
	struct question *q, const char *reason, size_t len, uint64_t now_ms)
{
	if (len > APPROVAL_REASON_MAX)
		len = APPROVAL_REASON_MAX;
	memcpy(q->reason, reason, len);
	q->reason[len] = '\0';
	q->expires_ms = now_ms + DECLINED_MS;
}

int approvals_answer(struct approvals *a, uint64_t id,
	enum approval_answer answer, bool any, const char *reason,
	size_t reason_len, uint64_t now_ms)
{
	struct question *q = approvals_find(a, id);
	bool used;

	if (!q || q->state != QUESTION_OPEN)
		return 1;
	/* Who answers is there. */
	a->deserted = false;
	used = q->waiting > 0;
	q->waiting = 0;
	q->expires_ms = now_ms + APPROVAL_QUEUE_MS;
	if (answer == APPROVAL_ONCE) {
		set_state(a, q, used ? QUESTION_FREE : QUESTION_ONCE);
	} else if (answer == APPROVAL_SESSION || answer == APPROVAL_ALWAYS) {
		set_state(a, q, QUESTION_SESSION);
		if (any || answer == APPROVAL_ALWAYS)
			add_name(a, &q->key);
	} else {
		set_state(a, q, QUESTION_DECLINED);
		decline(q, reason, reason_len, now_ms);
	}
	return 0;
}

void approvals_forget(struct approvals *a, struct question *q)
{
	set_state(a, q, QUESTION_FREE);
}

void approvals_attended(struct approvals *a, unsigned n)
{
	a->approvers = n;
	if (n == 0)
		return;
	a->deserted = false;
	for (size_t i = 0; i < QUESTIONS_MAX; i++)
		a->all[i].attended = true;
}

void approvals_expire(struct approvals *a, uint64_t now_ms,
	void (*expired)(void *context, uint64_t id), void *context)
{
	for (size_t i = 0; i < QUESTIONS_MAX; i++) {
		struct question *q = &a->all[i];
		bool open = q->state == QUESTION_OPEN;

		if (!has_expired(q, now_ms))
			continue;
		set_state(a, q, QUESTION_FREE);
		if (open)
			expired(context, q->id);
	}
}

uint64_t approvals_next_ms(const struct approvals *a)
{
	uint64_t next = 0;

	for (size_t i = 0; a->n_open && i < QUESTIONS_MAX; i++) {
		const struct question *q = &a->all[i];

		if (q->state == QUESTION_OPEN && !q->waiting &&
			(next == 0 || q->expires_ms < next))
			next = q->expires_ms;
	}
	return next;
}
