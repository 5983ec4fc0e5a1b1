/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chain of one file, checked line by line: which record was changed, put
 * in, taken out or moved.
 *
 * A line that does not follow from the one before it is held until the next
 * one tells what happened: what that one was chained to. Readers' side; fixed
 * memory.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper/audit_reader.h"
#include "keeper/chain.h"

enum finding_kind {
	FINDING_NONE = 0,
	FINDING_CHANGED,      /* a record's text was */
	FINDING_HASH_CHANGED, /* a record's hash was */
	FINDING_INSERTED,     /* a line that belongs elsewhere or nowhere */
	FINDING_MISSING,      /* records seq..last before that line */
	FINDING_UNREADABLE,   /* no record at all */
	FINDING_NUMBER,       /* chained, but not with the next number */
	FINDING_CUT,          /* records seq..last at the end are missing */
	FINDING_HALF,         /* the last record is cut in two */
	FINDING_REPLACED,     /* the ledger knows another hash of it */
	FINDING_AFTER_END,    /* records after the one that ended the session */
	FINDING_OTHER,        /* it belongs to another session */
	FINDING_NO_FILE,      /* the session's file is gone */
	FINDING_NOT_LISTED,   /* the ledger has no line of the session */
	FINDING_END_UNLISTED, /* the ledger has no line of its end */
	FINDING_NO_LEDGER,    /* there are complete sessions but no ledger */
	FINDING_BAD_ENTRY,    /* a line of the ledger that makes no sense */
	_FINDING_N
};

struct finding {
	enum finding_kind kind;
	uint64_t line;      /* from 1; 0 where there is none */
	uint64_t seq, last; /* records */
};

/* One sentence for a person. */
void finding_text(const struct finding *f, char *dst, size_t size);
/* One word for a program. */
const char *finding_word(enum finding_kind kind);

/* A line that waits for the next one to tell what became of it. */
struct check_held {
	bool is;
	bool sealed;   /* has a hash of its own */
	bool hashed;   /* ->computed is known */
	bool numbered; /* has a number of its own */
	uint64_t line, seq;
	uint8_t stored[CHAIN_HASH];   /* its own */
	uint8_t computed[CHAIN_HASH]; /* what it should have been */
	uint8_t whole[CHAIN_HASH];    /* SHA-256 of the line as it stands */
	size_t len;
};

struct audit_check {
	struct chain chain; /* head: of the last line; count: next number */
	struct check_held held;
	uint64_t mark;                 /* that many records in … */
	uint8_t mark_head[CHAIN_HASH]; /* … the head was this */
	bool marked;                   /* it was reached */
	uint64_t found;                /* findings */
	bool lost; /* the line before had no hash to go on from */
	/* May explain a held line away, from the one after it. */
	bool (*excuse)(void *excuse_context, const struct check_held *held,
		const struct audit_line *next);
	void *excuse_context;
	void (*report)(void *context, const struct finding *f);
	void *context;
};

/* @mark: number of records at which to note the head, 0 for none. */
void audit_check_init(struct audit_check *c, const char *name, uint64_t mark);

/* True if the line is what it should be and stands where it should. */
bool audit_check_line(struct audit_check *c, const struct audit_line *line);

/* After the last whole line. */
void audit_check_end(struct audit_check *c);

void audit_check_report(struct audit_check *c, enum finding_kind kind,
	uint64_t line, uint64_t seq, uint64_t last);
