/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is told of pins: to the log, to the person at the terminal, and to the
 * keeper, which keeps it.
 */
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/sha256.h"
#include "relay/sealed.h"
#include "relay/session.h"

/* Lines on standard error; the log has all. */
#define TOLD_MAX 20
#define NAME_SHOWN 120
#define PARTS_FEW 16 /* files of a session that no page waits for */
#define PAGES_BYTES ((size_t)256 << 10)

static void not_kept(struct relay *r, const char *why)
{
	if (!r->pinning.lost)
		log_line("%s: pins of this session are not kept: %s",
			r->server_name, why);
	r->pinning.lost = true;
}

void pinning_keep(struct relay *r, enum pin_event e, enum pin_kind kind,
	const uint8_t name_hash[32], const char *def, size_t len)
{
	struct buf *b = &r->pinning.batch;
	int x = 0;

	if (buf_len(b) == 0)
		x = pin_batch_begin(b, r->pinning.profile, r->server_name);
	if (x == 0)
		x = pin_batch_add(
			b, e, pin_kind_name(kind), name_hash, def, len);
	if (x < 0)
		not_kept(r, "there are too many");
}

static void keep_names(
	struct relay *r, const struct pin *pin, const uint8_t hash[32])
{
	struct out *o = &r->scratch;

	out_reset(o);
	pins_write_names(o, pin, pin->was, true);
	if (!o->failed)
		pinning_keep(
			r, PIN_EVENT_RENAMED, pin->kind, hash, o->data, o->len);
	out_reset(o);
}

static void keep(struct relay *r, const struct pin_news *n)
{
	const struct pin *pin = n->pin;
	bool first = n->seen == PIN_FIRST;
	uint8_t hash[32];

	sha256(pin->name, pin->name_len, hash);
	if (first)
		pinning_keep(r, PIN_EVENT_FIRST, pin->kind, hash, pin->accepted,
			pin->accepted_len);
	else if (pin->other && !pin->kept)
		pinning_keep(r, PIN_EVENT_WAITING, pin->kind, hash, pin->other,
			pin->other_len);
	if (!first && pin->named)
		keep_names(r, pin, hash);
}

void pinning_hand_over(struct relay *r, struct buf *b, int x, uint64_t question)
{
	_close_ int fd = -1;

	if (x == 0)
		x = pin_batch_end(b);
	if (x == 0)
		x = sealed_text((const char *)buf_head(b), buf_len(b), &fd);
	if (x == 0) {
		r->parcel.m = (struct ipc_msg){.type = IPC_PINS, .a = question};
		r->parcel.fd = fd;
		x = ipc_send_parcel(r->keeper_fd, ROLE_RELAY, &r->parcel);
		r->parcel.fd = -1;
	}
	if (x < 0)
		not_kept(r, strerror(-x));
	buf_consume(b, buf_len(b));
	buf_shrink(b, 0);
}

static void put_fields(struct record *rec, const struct pin *pin)
{
	const struct pin *from = pin->was ? pin->was : pin;
	struct pin_field fields[PINS_FIELDS_MAX];
	size_t n;

	if (!from->accepted || !pin->other)
		return;
	n = pins_fields(from->accepted, from->accepted_len, pin->other,
		pin->other_len, fields);
	for (size_t i = 0; i < n && i < PINS_FIELDS_MAX; i++)
		if (fields[i].len)
			record_put_text(rec, FIELD_FIELDS, fields[i].name,
				fields[i].len < NAME_SHOWN ? fields[i].len
							   : NAME_SHOWN);
}

static void put_was(struct record *rec, const struct pin *was)
{
	char text[16 + NAME_SHOWN];
	size_t len = was->name_len < NAME_SHOWN ? was->name_len : NAME_SHOWN;
	int n = snprintf(text, sizeof(text), "was called ");

	memcpy(text + n, was->name, len);
	record_put_text(rec, FIELD_DETAIL, text, (size_t)n + len);
}

static int record(struct relay *r, const struct pin_news *n)
{
	struct record *rec = &r->journal.rec;
	const struct pin *pin = n->pin;
	bool first = n->seen == PIN_FIRST;
	const struct pin *from = pin->was ? pin->was : pin;

	record_init(rec, first ? RECORD_PIN_FIRST : RECORD_PIN_CHANGED);
	record_put_str(rec, FIELD_KIND, pin_kind_name(pin->kind));
	record_put_text(rec, FIELD_NAME, pin->name, pin->name_len);
	if (!first)
		record_put_hash_of(
			rec, FIELD_OLD, from->accepted, from->accepted_len);
	record_put_hash_of(rec, FIELD_NEW, first ? pin->accepted : pin->other,
		first ? pin->accepted_len : pin->other_len);
	if (!first)
		put_fields(rec, pin);
	if (pin->was)
		put_was(rec, pin->was);
	return journal_send(&r->journal, JOURNAL_OTHER, r->calls.n);
}

static const char *what_of(enum pin_seen seen)
{
	switch (seen) {
	case PIN_CHANGED:
		return "is not what was accepted";
	case PIN_DOUBLE:
		return "is there twice";
	case PIN_ADDED:
		return "is new";
	case PIN_FULL:
	case PIN_FIRST:
	case PIN_SAME:
	case PIN_UNSEEN:
		break;
	}
	return "";
}

static const char *said_of(const struct pin_news *n)
{
	return n->seen == PIN_ADDED && n->pin->was
		       ? "is one that was accepted under another name"
		       : what_of(n->seen);
}

static const char *then_of(const struct relay *r, const struct pin_news *n)
{
	if (r->pinning.observed)
		return "recorded, and passes";
	if (n->pin->kind == PIN_INSTRUCTIONS)
		return "the client gets what was accepted";
	return n->seen == PIN_CHANGED ? "listed as it was, calls are refused"
				      : "left out of lists";
}

static void tell_person(struct relay *r, const struct pin_news *n)
{
	char name[4 * NAME_SHOWN + 1];
	size_t len = n->pin->name_len;

	if (n->seen == PIN_FIRST || r->pinning.told == TOLD_MAX)
		return;
	r->pinning.told++;
	(void)escape_text(name, sizeof(name), n->pin->name,
		len < NAME_SHOWN ? len : NAME_SHOWN);
	log_line("%s: pins: the %s %s%s%s: %s (stockade pin diff)",
		r->server_name, pin_kind_name(n->pin->kind), name,
		len ? " " : "", said_of(n), then_of(r, n));
}

/* No file takes what comes behind the last one. What was first shown then would
 * be first shown again in the next session, whatever it says: so that one shuts
 * the store. */
static void shut(struct relay *r)
{
	const unsigned char *able;
	enum pin_kind kind;

	pins_shut(r->pinning.pins);
	for (size_t i = 0; pins_known_at(r->pinning.pins, i, &kind, &able); i++)
		pinning_keep(r, PIN_EVENT_KNOWN, kind, able, "{}", 2);
	log_line("%s: pins: too much of it is new or changes: from here on "
		 "nothing of it is accepted by being shown (stockade pin diff)",
		r->server_name);
}

/* The many pages of a first list are not a file each. */
static void hand_over_all(struct relay *r)
{
	struct pinning *p = &r->pinning;

	if (p->parts == PIN_PARTS_MAX)
		buf_consume(&p->batch, buf_len(&p->batch));
	if (pin_batch_empty(&p->batch) ||
		(p->parts >= PARTS_FEW && !p->urgent &&
			buf_len(&p->batch) < PAGES_BYTES))
		return;
	if (++p->parts == PIN_PARTS_MAX)
		shut(r);
	p->urgent = false;
	pinning_hand_over(r, &p->batch, 0, 0);
}

int pinning_report(struct relay *r)
{
	struct incident i = {0};
	const struct pin_news *n;

	if (!r->pinning.pins)
		return 0;
	while ((n = pins_news(r->pinning.pins))) {
		bool shown = n->seen != PIN_UNSEEN;
		int sent = shown ? record(r, n) : 0;

		if (sent > 0 && !r->journal.stuck && !r->ends.over)
			return sent;
		i.reason = said_of(n);
		if (shown && n->seen != PIN_FIRST)
			session_note(r, TALLY_PIN, &i);
		if (shown)
			tell_person(r, n);
		keep(r, n);
		r->pinning.urgent |= n->seen != PIN_FIRST;
		pinning_ask(r, n->pin);
		pins_told(r->pinning.pins);
	}
	hand_over_all(r);
	return 0;
}
