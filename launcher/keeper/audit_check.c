/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/audit_check.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "keeper/audit_entry.h"

static const struct {
	const char *word, *text;
	bool range; /* of records */
	bool line;
} findings[_FINDING_N] = {
	[FINDING_NONE] = {"none", "nothing", false, false},
	[FINDING_CHANGED] = {"changed", "was changed", true, true},
	[FINDING_HASH_CHANGED] = {"hash_changed",
		"has another hash than it had", true, true},
	[FINDING_INSERTED] = {"inserted",
		"does not belong there: put in, repeated or moved", true, true},
	[FINDING_MISSING] = {"missing", "missing before that line", true, true},
	[FINDING_UNREADABLE] = {"unreadable",
		"cannot be read: changed or put in", true, true},
	[FINDING_NUMBER] = {"number", "has a number that is not the next one",
		true, true},
	[FINDING_CUT] = {"cut", "missing at the end", true, false},
	[FINDING_HALF] = {"half", "is cut in two", true, true},
	[FINDING_REPLACED] = {"replaced",
		"is not the one that the ledger knows: rewritten", true, false},
	[FINDING_AFTER_END] = {"after_end",
		"stands after the end of the session", true, false},
	[FINDING_OTHER] = {"other_session", "belongs to another session", true,
		true},
	[FINDING_NO_FILE] = {"no_file", "the file of the session is missing",
		false, false},
	[FINDING_NOT_LISTED] = {"not_listed",
		"the session is missing in the ledger", false, false},
	[FINDING_END_UNLISTED] = {"end_not_listed",
		"the end of the session is missing in the ledger", false,
		false},
	[FINDING_NO_LEDGER] = {"no_ledger", "the ledger is missing", false,
		false},
	[FINDING_BAD_ENTRY] = {"bad_entry", "is no entry of a ledger", true,
		true},
};

const char *finding_word(enum finding_kind kind)
{
	return findings[kind].word;
}

void finding_text(const struct finding *f, char *dst, size_t size)
{
	const bool many = f->last > f->seq;
	char line[40] = "", record[64] = "";

	if (findings[f->kind].line && f->line)
		(void)snprintf(line, sizeof(line),
			"line %llu: ", (unsigned long long)f->line);
	if (findings[f->kind].range && many)
		(void)snprintf(record, sizeof(record), "records %llu to %llu ",
			(unsigned long long)f->seq,
			(unsigned long long)f->last);
	else if (findings[f->kind].range)
		(void)snprintf(record, sizeof(record), "record %llu ",
			(unsigned long long)f->seq);
	(void)snprintf(
		dst, size, "%s%s%s", line, record, findings[f->kind].text);
}

void audit_check_init(struct audit_check *c, const char *name, uint64_t mark)
{
	memset(c, 0, sizeof(*c));
	chain_init(&c->chain, name);
	c->mark = mark;
}

void audit_check_report(struct audit_check *c, enum finding_kind kind,
	uint64_t line, uint64_t seq, uint64_t last)
{
	const struct finding f = {kind, line, seq, last};

	c->found++;
	if (c->report)
		c->report(c->context, &f);
}

static void check_note(struct audit_check *c, const uint8_t hash[CHAIN_HASH])
{
	if (c->mark == 0 || c->marked || c->chain.count != c->mark)
		return;
	memcpy(c->mark_head, hash, CHAIN_HASH);
	c->marked = true;
}

/* The record @seq has the hash @hash; the next one follows from it. */
static void check_step(
	struct audit_check *c, uint64_t seq, const uint8_t hash[CHAIN_HASH])
{
	memcpy(c->chain.head, hash, CHAIN_HASH);
	c->chain.count = seq + 1;
	c->lost = false;
	check_note(c, hash);
}

/* A held line that stands where a record should: the next one is chained to
 * it, or nobody can tell. */
static void held_accept(struct audit_check *c)
{
	const struct check_held *h = &c->held;
	uint64_t next = c->chain.count, seq = h->numbered ? h->seq : next;

	if (seq < next) {
		audit_check_report(c, FINDING_INSERTED, h->line, seq, seq);
		return;
	}
	if (seq > next)
		audit_check_report(c, FINDING_MISSING, h->line, next, seq - 1);
	else if (!h->numbered)
		audit_check_report(c, FINDING_UNREADABLE, h->line, seq, seq);
	else if (!c->lost)
		audit_check_report(c, FINDING_CHANGED, h->line, seq, seq);
	if (h->sealed) {
		check_step(c, seq, h->stored);
		return;
	}
	c->chain.count = seq + 1;
	c->lost = true;
}

static bool follows(const uint8_t previous[CHAIN_HASH],
	const struct audit_line *line, size_t text_len,
	const uint8_t stored[CHAIN_HASH], uint8_t ret_hash[CHAIN_HASH])
{
	chain_hash(previous, line->text, text_len, ret_hash);
	return memcmp(ret_hash, stored, CHAIN_HASH) == 0;
}

/* What became of the held line, told by @line, which may follow from it, from
 * the one before it, or from what it should have been. */
static void held_settle(struct audit_check *c, const struct audit_line *line,
	size_t text_len, const uint8_t *stored)
{
	struct check_held *h = &c->held;
	uint8_t hash[CHAIN_HASH];
	uint64_t next = c->chain.count;

	if (!h->is)
		return;
	h->is = false;
	if (stored && h->sealed &&
		follows(h->stored, line, text_len, stored, hash)) {
		held_accept(c);
		return;
	}
	if (stored && follows(c->chain.head, line, text_len, stored, hash)) {
		if (c->excuse && c->excuse(c->excuse_context, h, line))
			return;
		audit_check_report(c,
			h->numbered ? FINDING_INSERTED : FINDING_UNREADABLE,
			h->line, h->numbered ? h->seq : next,
			h->numbered ? h->seq : next);
		return;
	}
	if (stored && h->hashed &&
		follows(h->computed, line, text_len, stored, hash)) {
		audit_check_report(
			c, FINDING_HASH_CHANGED, h->line, next, next);
		check_step(c, next, h->computed);
		return;
	}
	held_accept(c);
}

static bool line_number(const struct audit_line *line, uint64_t *ret)
{
	_entry_ struct audit_entry e = {NULL};

	return audit_entry_parse(&e, line->text, line->len) &&
	       audit_entry_number(&e, "seq", ret);
}

static void check_hold(struct audit_check *c, const struct audit_line *line,
	const uint8_t *stored)
{
	const size_t seal = CHAIN_SEAL_MAX - 1;
	struct check_held *h = &c->held;

	memset(h, 0, sizeof(*h));
	h->is = true;
	h->line = line->number;
	h->len = line->len;
	h->numbered = line_number(line, &h->seq);
	(void)crypto_hash_sha256(
		h->whole, (const unsigned char *)line->text, line->len);
	if (stored) {
		h->sealed = true;
		memcpy(h->stored, stored, CHAIN_HASH);
	}
	/* Where the seal is what was damaged, its length still is the same. */
	if (line->len > seal && !line->too_long) {
		h->hashed = true;
		chain_hash(c->chain.head, line->text, line->len - seal,
			h->computed);
	}
}

/* The text of each line begins the same: cheaper than reading all of it. */
static bool number_is(const struct audit_line *line, uint64_t seq)
{
	char head[48];
	int n = snprintf(head, sizeof(head), "{\"v\":1,\"seq\":%llu,",
		(unsigned long long)seq);

	return line->len > (size_t)n &&
	       memcmp(line->text, head, (size_t)n) == 0;
}

/* It follows, and has not the number that it should. */
static void check_renumber(struct audit_check *c, const struct audit_line *line)
{
	uint64_t next = c->chain.count, seq = next;

	if (line_number(line, &seq) && seq > next)
		audit_check_report(
			c, FINDING_MISSING, line->number, next, seq - 1);
	else
		audit_check_report(c, FINDING_NUMBER, line->number, seq, seq);
	c->chain.count = seq;
}

bool audit_check_line(struct audit_check *c, const struct audit_line *line)
{
	uint8_t stored[CHAIN_HASH], hash[CHAIN_HASH];
	size_t text_len = 0;
	bool sealed = !line->too_long &&
		      chain_split(line->text, line->len, &text_len, stored);

	held_settle(c, line, text_len, sealed ? stored : NULL);
	if (!sealed || !follows(c->chain.head, line, text_len, stored, hash)) {
		check_hold(c, line, sealed ? stored : NULL);
		return false;
	}
	if (!number_is(line, c->chain.count))
		check_renumber(c, line);
	check_step(c, c->chain.count, hash);
	return true;
}

void audit_check_end(struct audit_check *c)
{
	if (!c->held.is)
		return;
	c->held.is = false;
	held_accept(c);
}
