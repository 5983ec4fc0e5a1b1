/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/tally.h"

struct tally_kind {
	enum record_type type;
	const char *name;    /* dir, kind or limit */
	uint64_t from, each; /* recorded one by one from..each, then doubled */
};

static const struct tally_kind kinds[_TALLY_N] = {
	[TALLY_CLIENT_LINE] = {RECORD_PROTOCOL_REFUSED, "c2s", 1, 100},
	[TALLY_SERVER_LINE] = {RECORD_PROTOCOL_REFUSED, "s2c", 1, 100},
	[TALLY_FORGED] = {RECORD_ANOMALY, "forged_response", 1, 100},
	/* The published number: five in a session are an incident. */
	[TALLY_UNLISTED] = {RECORD_ANOMALY, "unlisted_tool", 5, 5},
	[TALLY_BURST] = {RECORD_ANOMALY, "burst", 1, 1},
	[TALLY_OVERRUN] = {RECORD_ANOMALY, "overrun", 1, 1},
	[TALLY_UNRECORDED] = {RECORD_ANOMALY, "unrecorded", 1, 1},
	[TALLY_LINE] = {RECORD_LIMIT_HIT, "line", 1, 100},
	[TALLY_STDERR] = {RECORD_LIMIT_HIT, "stderr", 1, 1},
	[TALLY_TEXT] = {RECORD_LIMIT_HIT, "text", 1, 100},
	[TALLY_BINARY] = {RECORD_LIMIT_HIT, "binary", 1, 100},
	[TALLY_ITEMS] = {RECORD_LIMIT_HIT, "items", 1, 100},
	[TALLY_UNSEEN] = {RECORD_ANOMALY, "unseen", 1, 100},
	[TALLY_PIN] = {RECORD_ANOMALY, "pin", 1, 100},
	[TALLY_RATE] = {RECORD_LIMIT_HIT, "rate", 1, 100},
	[TALLY_CONCURRENT] = {RECORD_LIMIT_HIT, "concurrent", 1, 100},
	[TALLY_CALLS] = {RECORD_LIMIT_HIT, "calls", 1, 100},
	[TALLY_BYTES] = {RECORD_LIMIT_HIT, "bytes", 1, 100},
	[TALLY_CALL_TIMEOUT] = {RECORD_LIMIT_HIT, "call_timeout", 1, 100},
};

static uint64_t from_of(const struct tallies *t, enum tally_id id)
{
	return id == TALLY_UNLISTED && t->unlisted_from ? t->unlisted_from
							: kinds[id].from;
}

static bool due(const struct tallies *t, enum tally_id id, uint64_t count)
{
	uint64_t from = from_of(t, id);

	if (count < from)
		return false;
	return count == from || count <= kinds[id].each ||
	       (count & (count - 1)) == 0;
}

static void put_refused(struct record *rec, const struct tally_kind *k,
	const struct incident *i)
{
	record_put_str(rec, FIELD_DIR, k->name);
	if (!i->reason)
		return;
	record_put_str(rec, FIELD_REASON, i->reason);
	record_put_u64(rec, FIELD_OFFSET, i->offset);
	record_put_u64(rec, FIELD_BYTES, i->bytes);
	record_put_hash_of(rec, FIELD_LINE_HASH, i->line, i->bytes);
}

static void put_anomaly(struct record *rec, const struct tally_kind *k,
	const struct incident *i, const char *action)
{
	record_put_str(rec, FIELD_KIND, k->name);
	record_put_str(rec, FIELD_ACTION, action ? action : "alert");
	if (i->reason)
		record_put_str(rec, FIELD_DETAIL, i->reason);
	if (i->call)
		record_put_u64(rec, FIELD_CALL, i->call);
}

static void put_limit(struct record *rec, const struct tally_kind *k,
	const struct incident *i)
{
	record_put_str(rec, FIELD_LIMIT, k->name);
	if (i->value)
		record_put_u64(rec, FIELD_VALUE, i->value);
	record_put_str(rec, FIELD_GRADE, "hard");
	if (i->call)
		record_put_u64(rec, FIELD_CALL, i->call);
}

static void tally_record(struct tallies *all, struct journal *j,
	size_t outstanding, enum tally_id id, const struct incident *i)
{
	const struct tally_kind *k = &kinds[id];
	struct tally *t = &all->of[id];

	record_init(&j->rec, k->type);
	if (k->type == RECORD_PROTOCOL_REFUSED)
		put_refused(&j->rec, k, i);
	else if (k->type == RECORD_ANOMALY)
		put_anomaly(&j->rec, k, i,
			id != TALLY_UNLISTED ? NULL
			: i->observed        ? all->observed_action
					     : all->action);
	else
		put_limit(&j->rec, k, i);
	if (i->observed)
		record_put_u64(&j->rec, FIELD_OBSERVED, 1);
	if (t->count > 1)
		record_put_u64(&j->rec, FIELD_COUNT, t->count);
	/* What is not taken now is told by a later one, or at the end. */
	if (journal_send(j, JOURNAL_OTHER, outstanding) == 0)
		t->recorded = t->count;
}

uint64_t tally_note(struct tallies *t, struct journal *j, size_t outstanding,
	enum tally_id id, const struct incident *i)
{
	struct tally *x = &t->of[id];

	x->count++;
	if (due(t, id, x->count))
		tally_record(t, j, outstanding, id, i);
	return x->count;
}

void tally_restart(struct tallies *t, enum tally_id id)
{
	t->of[id] = (struct tally){0};
}

void tally_end(struct tallies *t, struct journal *j)
{
	static const struct incident nothing;

	for (int i = TALLY_NONE + 1; i < _TALLY_N; i++) {
		struct tally *x = &t->of[i];

		if (x->count > x->recorded &&
			x->count >= from_of(t, (enum tally_id)i))
			tally_record(t, j, 0, (enum tally_id)i, &nothing);
	}
}
