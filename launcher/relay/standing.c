/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/standing.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sha256.h"
#include "relay/sealed.h"
#include "relay/session.h"

/* Who asks again keeps it open; approvers are told that no more often. */
#define AGAIN_MS 1000U

/* One row a topic: how it is shown, and who is told of the answer. @q is gone
 * afterwards. */
static const struct {
	enum approval_kind kind;
	const char *name; /* where the asker gives none */
	void (*answered)(struct relay *r, const struct standing *q, bool yes,
		const char *reason);
} topics[_STANDING_N] = {
	[STANDING_QUARANTINE] = {APPROVAL_SESSION_GOES_ON,
		"session quarantined", breaker_answered},
	[STANDING_EXPIRED] = {APPROVAL_SESSION_GOES_ON, "session expired",
		term_answered},
	[STANDING_PIN] = {APPROVAL_PIN, "definition changed", pinning_answered},
};

static struct standing *find(struct standings *s, enum standing_topic topic,
	const char *name, size_t name_len)
{
	if (!name) {
		name = topics[topic].name;
		name_len = strlen(name);
	}
	for (size_t i = 0; s->n && i < STANDING_MAX; i++) {
		struct standing *q = &s->all[i];

		if (q->topic == topic && topic && q->name_len == name_len &&
			memcmp(q->name, name, name_len) == 0)
			return q;
	}
	return NULL;
}

const struct standing *standing_find(const struct standings *s,
	enum standing_topic topic, const char *name, size_t name_len)
{
	return find((struct standings *)(uintptr_t)s, topic, name, name_len);
}

static void forget(struct standings *s, struct standing *q)
{
	free(q->name);
	*q = (struct standing){.topic = STANDING_NONE};
	s->n--;
}

void standing_deinit(struct standings *s)
{
	for (size_t i = 0; i < STANDING_MAX; i++)
		if (s->all[i].topic)
			forget(s, &s->all[i]);
}

static void take_back(struct relay *r, struct standing *q)
{
	const struct ipc_msg m = {.type = IPC_WITHDRAW, .a = q->id};

	/* A keeper that is gone is noticed where it is read. */
	if (!q->denied && r->keeper_fd >= 0)
		(void)!ipc_send(r->keeper_fd, ROLE_RELAY, &m);
	forget(&r->standings, q);
}

void standing_withdraw(
	struct relay *r, enum standing_topic topic, const char *name, size_t n)
{
	struct standing *q = find(&r->standings, topic, name, n);

	if (q)
		take_back(r, q);
}

static int show(struct relay *r, const struct standing_subject *s, int *ret_fd)
{
	struct out *o = &r->scratch;
	int x = -E2BIG;

	out_reset(o);
	out_str(o, "{\"name\":");
	out_json_string(o, s->name, s->name_len);
	out_str(o, ",\"reason\":");
	out_json_string(o, s->reason, strlen(s->reason));
	out_str(o, ",\"arguments\":");
	out_bytes(o, s->details, s->details_len);
	out_str(o, APPROVAL_SHOWN_END);
	if (!o->failed && o->len <= APPROVAL_SHOWN_MAX)
		x = sealed_text(o->data, o->len, ret_fd);
	out_reset(o);
	return x;
}

/* @fd -1: of one that the keeper has already. */
static int put(struct relay *r, const struct standing *q, int fd)
{
	static const struct approval_question none;
	struct approval_question *to = (void *)r->parcel.text;

	*to = none;
	to->kind = (uint32_t)topics[q->topic].kind;
	to->name_len = (uint32_t)q->name_len;
	memcpy(to->name, q->name, q->name_len);
	memcpy(to->args_hash, q->details, sizeof(to->args_hash));
	r->parcel.m = (struct ipc_msg){
		.type = IPC_QUESTION,
		.text = sizeof(*to),
		.a = q->id,
	};
	r->parcel.fd = fd;
	return ipc_send_parcel(r->keeper_fd, ROLE_RELAY, &r->parcel);
}

static int record_asked(struct relay *r, const struct standing *q,
	const struct standing_subject *s)
{
	struct record *rec = &r->journal.rec;

	record_init(rec, RECORD_APPROVAL_ASKED);
	record_put_u64(rec, FIELD_APPROVAL, q->id);
	record_put_str(
		rec, FIELD_KIND, approval_kind_name(topics[q->topic].kind));
	record_put_text(rec, FIELD_DETAIL, q->name, q->name_len);
	record_put_hash(rec, FIELD_ARGS_HASH, q->details);
	record_put_str(rec, FIELD_REASON, s->reason);
	return journal_send(&r->journal, JOURNAL_OTHER, r->calls.n);
}

static void tell_person(const struct relay *r, const struct standing *q,
	const struct standing_subject *s)
{
	char name[256], reason[512];

	(void)escape_text(name, sizeof(name), q->name,
		q->name_len < 200 ? q->name_len : 200);
	(void)escape_text(reason, sizeof(reason), s->reason, strlen(s->reason));
	log_line("%s: %s (%s): stockade approve %.8s:%llu", r->server_name,
		name, reason, r->session, (unsigned long long)q->id);
}

static struct standing *open_new(
	struct relay *r, const struct standing_subject *s)
{
	struct standings *all = &r->standings;
	struct standing *q = all->all;
	char *name;

	if (all->n == STANDING_MAX)
		return NULL;
	while (q->topic)
		q++;
	name = malloc(s->name_len);
	if (!name)
		return NULL;
	memcpy(name, s->name, s->name_len);
	*q = (struct standing){
		.topic = s->topic,
		.id = ++r->n_calls,
		.name = name,
		.name_len = s->name_len,
	};
	all->n++;
	return q;
}

/* Asked again: it stays as long from now on. */
static void renew(struct relay *r, struct standing *q, uint64_t now)
{
	q->expires_ms = now + APPROVAL_QUEUE_MS;
	if (now - q->put_ms < AGAIN_MS)
		return;
	q->put_ms = now;
	(void)!put(r, q, -1);
}

/* In the log and in the keeper's queue, or nowhere. */
static int ask_new(struct relay *r, const struct standing_subject *s,
	const uint8_t details[32], uint64_t now, uint64_t *ret_id)
{
	_close_ int fd = -1;
	struct standing *q;

	if (show(r, s, &fd) < 0)
		return 1;
	q = open_new(r, s);
	if (!q)
		return 1;
	memcpy(q->details, details, sizeof(q->details));
	q->put_ms = now;
	q->expires_ms = now + APPROVAL_QUEUE_MS;
	if (record_asked(r, q, s) != 0 || put(r, q, fd) < 0) {
		forget(&r->standings, q);
		return 1;
	}
	tell_person(r, q, s);
	*ret_id = q->id;
	return 0;
}

/* With all that was left out. */
static struct standing_subject whole(const struct standing_subject *s)
{
	struct standing_subject all = *s;

	if (!all.name) {
		all.name = topics[s->topic].name;
		all.name_len = strlen(all.name);
	}
	if (!all.details) {
		all.details = "{}";
		all.details_len = 2;
	}
	return all;
}

int standing_ask(
	struct relay *r, const struct standing_subject *s, uint64_t *ret_id)
{
	struct standing_subject all = whole(s);
	struct standing *q =
		find(&r->standings, all.topic, all.name, all.name_len);
	uint64_t now = clock_mono_ms();
	uint8_t details[32];

	if (!r->stands || r->keeper_fd < 0 || all.name_len == 0 ||
		all.name_len >= APPROVAL_NAME_MAX ||
		memchr(all.name, 0, all.name_len))
		return 1;
	sha256(all.details, all.details_len, details);
	if (q && memcmp(q->details, details, sizeof(details)) != 0) {
		take_back(r, q);
		q = NULL;
	}
	if (q && q->denied)
		return 1;
	if (!q)
		return ask_new(r, &all, details, now, ret_id);
	renew(r, q, now);
	*ret_id = q->id;
	return 0;
}

static struct standing *find_id(struct standings *s, uint64_t id)
{
	for (size_t i = 0; s->n && i < STANDING_MAX; i++)
		if (s->all[i].topic && s->all[i].id == id && !s->all[i].denied)
			return &s->all[i];
	return NULL;
}

int standing_answered(struct relay *r, uint64_t question, uint64_t answer,
	const char *reason, size_t len)
{
	struct standing *q = find_id(&r->standings, question), was;
	char text[APPROVAL_REASON_MAX + 1] = "";

	if (!q)
		return 1;
	if (len > APPROVAL_REASON_MAX ||
		(answer != APPROVAL_ONCE && answer != APPROVAL_DENY))
		return 0;
	memcpy(text, reason, len);
	was = *q;
	if (answer == APPROVAL_DENY) {
		q->denied = true;
		q->expires_ms = clock_mono_ms() + APPROVAL_QUEUE_MS;
	} else {
		q->name = NULL;
		forget(&r->standings, q);
	}
	if (topics[was.topic].answered)
		topics[was.topic].answered(
			r, &was, answer == APPROVAL_ONCE, text);
	if (answer == APPROVAL_ONCE)
		free(was.name);
	return 0;
}

void standing_step(struct relay *r)
{
	uint64_t now;

	if (r->standings.n == 0)
		return;
	now = clock_mono_ms();
	for (size_t i = 0; i < STANDING_MAX; i++) {
		struct standing *q = &r->standings.all[i];

		if (q->topic && now >= q->expires_ms)
			take_back(r, q);
	}
}

uint64_t standing_next_ms(const struct relay *r)
{
	uint64_t next = 0;

	for (size_t i = 0; r->standings.n && i < STANDING_MAX; i++)
		if (r->standings.all[i].topic)
			next = session_earliest(
				next, r->standings.all[i].expires_ms);
	return next;
}
