/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/audit_verify.h"

#include <string.h>

#include "keeper/audit_entry.h"

static const char *const state_names[_AUDIT_N] = {
	[AUDIT_NONE] = "unknown",
	[AUDIT_INTACT] = "intact",
	[AUDIT_RUNNING] = "running",
	[AUDIT_CUT_SHORT] = "cut short",
	[AUDIT_TAMPERED] = "tampered",
	[AUDIT_MISSING] = "missing",
};

const char *audit_state_name(enum audit_state state)
{
	return state_names[state];
}

struct verify {
	const struct audit_session *s;
	bool ledger;
	struct audit_check check;
	bool ended; /* the last record says so */
	bool half;
	bool cut; /* and it should be whole */
};

/* What a sound record says of itself: whose it is, and whether it is the
 * last. Read for the first, and where the text shows what to look for. */
static void verify_record(struct verify *v, const struct audit_line *line)
{
	static const char end[] = "\"type\":\"session.end\"";
	uint64_t seq = v->check.chain.count - 1;
	_entry_ struct audit_entry e = {NULL};
	const char *text;

	if (v->ended)
		audit_check_report(
			&v->check, FINDING_AFTER_END, line->number, seq, seq);
	v->ended = false;
	if (seq > 0 && !memmem(line->text, line->len, end, sizeof(end) - 1))
		return;
	if (!audit_entry_parse(&e, line->text, line->len))
		return;
	text = audit_entry_text(&e, "session");
	if (!text || strcmp(text, v->s->session) != 0)
		audit_check_report(
			&v->check, FINDING_OTHER, line->number, seq, seq);
	text = audit_entry_text(&e, "type");
	v->ended = text && strcmp(text, "session.end") == 0;
}

static int verify_lines(struct verify *v, struct audit_reader *reader)
{
	struct audit_line line;
	int n;

	while ((n = audit_reader_next(reader, &line)) == 1)
		if (audit_check_line(&v->check, &line))
			verify_record(v, &line);
	if (n < 0)
		return n;
	audit_check_end(&v->check);
	v->half = audit_reader_half(reader, &line);
	return 0;
}

/* The file against what the ledger knows of it. */
static void verify_listed(struct verify *v)
{
	const struct audit_session *s = v->s;
	struct audit_check *c = &v->check;

	/* The record that is cut in two was reported. */
	uint64_t have = c->chain.count + (v->cut ? 1 : 0);

	if (have < s->count)
		audit_check_report(c, FINDING_CUT, 0, have, s->count - 1);
	else if (v->cut)
		return;
	else if (c->found == 0 && s->count &&
		 memcmp(c->mark_head, s->head, CHAIN_HASH) != 0)
		audit_check_report(
			c, FINDING_REPLACED, 0, s->count - 1, s->count - 1);
	if (s->ended && c->chain.count > s->count)
		audit_check_report(
			c, FINDING_AFTER_END, 0, s->count, c->chain.count - 1);
	/* A keeper marks its file only once the ledger has both lines. */
	if (!s->listed && (s->complete || s->count))
		audit_check_report(c, FINDING_NOT_LISTED, 0, 0, 0);
	else if (s->complete && !s->ended)
		audit_check_report(c, FINDING_END_UNLISTED, 0, 0, 0);
}

static enum audit_state verify_state(const struct verify *v)
{
	const struct audit_session *s = v->s;

	if (v->check.found)
		return AUDIT_TAMPERED;
	if (v->ledger ? s->ended : v->ended)
		return AUDIT_INTACT;
	if (s->running || !s->seen)
		return AUDIT_RUNNING;
	return AUDIT_CUT_SHORT;
}

static int verify_missing(const struct verify *v, struct audit_verdict *ret)
{
	const struct finding f = {FINDING_NO_FILE, 0, 0, 0};

	if (v->check.report)
		v->check.report(v->check.context, &f);
	*ret = (struct audit_verdict){
		.state = AUDIT_MISSING,
		.findings = 1,
	};
	return 0;
}

int audit_verify(int dirfd, const struct audit_session *s, bool ledger,
	void (*report)(void *context, const struct finding *f), void *context,
	struct audit_verdict *ret, struct err *e)
{
	struct verify v = {.s = s, .ledger = ledger};
	struct audit_reader reader;
	int n = audit_reader_open(&reader, dirfd, s->file);

	audit_check_init(&v.check, s->session, s->count);
	v.check.report = report;
	v.check.context = context;
	if (n == 1)
		return verify_missing(&v, ret);
	if (n < 0)
		return err_set(e, n, "audit file %s", s->file);
	n = verify_lines(&v, &reader);
	audit_reader_deinit(&reader);
	if (n < 0)
		return err_set(e, n, "audit file %s", s->file);
	/* Half a record where all was said to be there is a cut; at the end of
	 * a file that is being written, or was when its keeper died, not. */
	v.cut = v.half && (s->complete || s->ended);
	if (v.cut)
		audit_check_report(&v.check, FINDING_HALF, reader.lines + 1,
			v.check.chain.count, v.check.chain.count);
	if (ledger)
		verify_listed(&v);
	*ret = (struct audit_verdict){
		.state = verify_state(&v),
		.records = v.check.chain.count,
		.findings = v.check.found,
		.half = v.half,
	};
	return 0;
}
