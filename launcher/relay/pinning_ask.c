/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A difference waits for somebody: a standing question that shows both
 * definitions whole. What was shown is what is accepted, and nothing else.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sha256.h"
#include "relay/session.h"

/* What a server can have on show: the rest is for who looks into the store.
 * Other topics keep room of their own in the table. */
#define OPEN_MAX 16
#define NAME_SHOWN 60
#define ASKED_MAX 64 /* in a session, however often a server changes */
#define DETAILS_MAX ((size_t)1 << 20)

/* Neither of two of one name can be accepted. */
static bool is_askable(const struct pin *pin)
{
	return pin->other &&
	       (pin->seen == PIN_CHANGED || pin->seen == PIN_ADDED);
}

static void put_name(
	struct out *o, enum pin_kind kind, const char *name, size_t len)
{
	out_reset(o);
	out_str(o, pin_kind_name(kind));
	if (len)
		out_str(o, " ");
	out_bytes(o, name, len);
}

static void put_fields(struct out *o, const struct pin *pin)
{
	struct pin_field fields[PINS_FIELDS_MAX];
	const struct pin *from = pin->was ? pin->was : pin;
	size_t n = 0;

	if (from->accepted)
		n = pins_fields(from->accepted, from->accepted_len, pin->other,
			pin->other_len, fields);
	for (size_t i = 0, some = 0; i < n && i < PINS_FIELDS_MAX; i++) {
		if (fields[i].len == 0)
			continue;
		out_str(o, some++ ? ",\"" : "\"");
		out_bytes(o, fields[i].name, fields[i].len);
		out_str(o, "\"");
	}
}

/* The new one last: that is where the keeper looks for it. */
static bool put_details(struct out *o, const struct pin *pin)
{
	const struct pin *from = pin->was ? pin->was : pin;

	out_reset(o);
	out_str(o, "{\"kind\":\"");
	out_str(o, pin_kind_name(pin->kind));
	out_str(o, "\",\"name\":");
	out_json_string(o, pin->name, pin->name_len);
	if (pin->was) {
		out_str(o, ",\"renamed_from\":");
		out_json_string(o, pin->was->name, pin->was->name_len);
	}
	out_str(o, ",\"fields\":[");
	put_fields(o, pin);
	out_str(o, "],\"old\":");
	if (from->accepted)
		out_bytes(o, from->accepted, from->accepted_len);
	else
		out_str(o, "null");
	out_str(o, "," PIN_BATCH_SHOWN);
	out_bytes(o, pin->other, pin->other_len);
	out_str(o, "}");
	return !o->failed;
}

static size_t count_open(const struct standings *s)
{
	size_t n = 0;

	for (size_t i = 0; s->n && i < STANDING_MAX; i++)
		n += s->all[i].topic == STANDING_PIN;
	return n;
}

/* Whether it would be one more than a server may have put. */
static bool is_too_many(struct relay *r, const struct standing_subject *s)
{
	const struct standing *q =
		standing_find(&r->standings, s->topic, s->name, s->name_len);
	uint8_t hash[32];

	sha256(s->details, s->details_len, hash);
	if (q && memcmp(q->details, hash, sizeof(hash)) == 0)
		return false;
	if (r->pinning.asked < ASKED_MAX &&
		(q || count_open(&r->standings) < OPEN_MAX))
		return false;
	/* What was shown is not what there is any more. */
	standing_withdraw(r, s->topic, s->name, s->name_len);
	return true;
}

/* The name is the server's: as much of it as a line may have, escaped. */
static const char *reason_of(const struct pin *pin, char *dst, size_t size)
{
	char name[4 * NAME_SHOWN + 1];

	if (!pin->was)
		return pin->accepted ? "it is not what was accepted"
				     : "it is new: nothing of it was accepted";
	(void)escape_text(name, sizeof(name), pin->was->name,
		pin->was->name_len < NAME_SHOWN ? pin->was->name_len
						: NAME_SHOWN);
	(void)snprintf(dst, size, "it is new: renamed from %s", name);
	return dst;
}

static void put(struct relay *r, const struct pin *pin, const struct out *name,
	const struct out *details)
{
	char reason[64 + 4 * NAME_SHOWN];
	const struct standing_subject s = {
		.topic = STANDING_PIN,
		.name = name->data,
		.name_len = name->len,
		.details = details->data,
		.details_len = details->len,
		.reason = reason_of(pin, reason, sizeof(reason)),
	};
	uint64_t before = r->n_calls, id;

	if (is_too_many(r, &s))
		return;
	(void)!standing_ask(r, &s, &id);
	r->pinning.asked += r->n_calls != before;
}

void pinning_ask(struct relay *r, const struct pin *pin)
{
	struct out name = OUT_INIT(APPROVAL_NAME_MAX);
	struct out details = OUT_INIT(DETAILS_MAX);

	if (!r->stands || r->pinning.observed || !is_askable(pin))
		return;
	put_name(&name, pin->kind, pin->name, pin->name_len);
	if (!name.failed && put_details(&details, pin))
		put(r, pin, &name, &details);
	else if (!name.failed)
		standing_withdraw(r, STANDING_PIN, name.data, name.len);
	out_deinit(&name);
	out_deinit(&details);
}

void pinning_ask_again(struct relay *r, const struct ruling *u)
{
	const struct pin *pin = u->pin && r->pinning.pins
					? pins_find(r->pinning.pins, u->pin,
						  u->name, u->name_len)
					: NULL;

	if (pin)
		pinning_ask(r, pin);
}

void pinning_unask(
	struct relay *r, enum pin_kind kind, const char *name, size_t len)
{
	struct out o = OUT_INIT(APPROVAL_NAME_MAX);
	const struct standing *q = NULL;

	if (r->standings.n == 0)
		return;
	put_name(&o, kind, name, len);
	if (!o.failed)
		q = standing_find(&r->standings, STANDING_PIN, o.data, o.len);
	/* To come back for a moment does not undo a denial. */
	if (q && !q->denied)
		standing_withdraw(r, STANDING_PIN, o.data, o.len);
	out_deinit(&o);
}

/* The pin that a question was about, if it is still as it was shown. */
static const struct pin *shown_pin(
	const struct relay *r, const struct standing *q)
{
	const char *space = memchr(q->name, ' ', q->name_len);
	size_t kind_len = space ? (size_t)(space - q->name) : q->name_len;
	const char *name = space ? space + 1 : q->name + q->name_len;
	enum pin_kind kind = pin_kind_find(q->name, kind_len);
	struct out details = OUT_INIT(DETAILS_MAX);
	const struct pin *pin;
	uint8_t hash[32] = {0};

	pin = pins_find(r->pinning.pins, kind, name,
		(size_t)(q->name + q->name_len - name));
	if (!pin || !is_askable(pin))
		return NULL;
	if (put_details(&details, pin))
		sha256(details.data, details.len, hash);
	out_deinit(&details);
	return memcmp(hash, q->details, sizeof(hash)) == 0 ? pin : NULL;
}

static int record_accepted(
	struct relay *r, const struct pin *pin, const struct standing *q)
{
	struct record *rec = &r->journal.rec;
	uint8_t hash[32];

	record_init(rec, RECORD_PIN_ACCEPTED);
	record_put_u64(rec, FIELD_APPROVAL, q->id);
	record_put_str(rec, FIELD_KIND, pin_kind_name(pin->kind));
	record_put_text(rec, FIELD_NAME, pin->name, pin->name_len);
	if (pin->accepted) {
		sha256(pin->accepted, pin->accepted_len, hash);
		record_put_hash(rec, FIELD_OLD, hash);
	}
	sha256(pin->other, pin->other_len, hash);
	record_put_hash(rec, FIELD_NEW, hash);
	return journal_send(&r->journal, JOURNAL_OTHER, r->calls.n);
}

static int add_retired(struct relay *r, struct buf *b, const struct pin *was)
{
	struct out *o = &r->scratch;
	uint8_t hash[32];
	int x;

	sha256(was->name, was->name_len, hash);
	out_reset(o);
	pins_write_names(o, was, NULL, false);
	x = o->failed
		    ? -ENOMEM
		    : pin_batch_add(b, PIN_EVENT_RETIRED,
			      pin_kind_name(was->kind), hash, o->data, o->len);
	out_reset(o);
	return x;
}

/* For the store: the keeper takes it for the sake of the answer alone. */
static void keep_accepted(
	struct relay *r, const struct pin *pin, const struct standing *q)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	uint8_t hash[32];
	int x = pin_batch_begin(&b, r->pinning.profile, r->server_name);

	sha256(pin->name, pin->name_len, hash);
	if (x == 0)
		x = pin_batch_add(&b, PIN_EVENT_ACCEPTED,
			pin_kind_name(pin->kind), hash, pin->other,
			pin->other_len);
	if (x == 0 && pin->was)
		x = add_retired(r, &b, pin->was);
	pinning_hand_over(r, &b, x, q->id);
	buf_deinit(&b);
}

void pinning_answered(
	struct relay *r, const struct standing *q, bool yes, const char *reason)
{
	const struct pin *pin;

	(void)reason;
	if (!yes || !r->pinning.pins)
		return;
	pin = shown_pin(r, q);
	if (!pin) {
		log_line("%s: pins: nothing was accepted: the definition has "
			 "changed since it was shown",
			r->server_name);
		return;
	}
	if (record_accepted(r, pin, q) != 0) {
		log_line("%s: pins: nothing was accepted: the log could not "
			 "take it",
			r->server_name);
		return;
	}
	keep_accepted(r, pin, q);
	pins_take(r->pinning.pins, pin->kind, pin->name, pin->name_len);
	pinning_announce(r, pin->kind);
	log_line("%s: pins: a changed definition is accepted: you have let it",
		r->server_name);
}
