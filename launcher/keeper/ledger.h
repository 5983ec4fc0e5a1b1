/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: one chained line for the start, the end and each checkpoint of
 * every session, with how many lines its file has and the hash of the last.
 *
 * Shared by all keepers and locked only while a line is added, which is never
 * on the path of a message. A crash may leave half a line: the next writer
 * ends it with a newline and says in its own line what it found ("fragment"),
 * so that nothing is destroyed and nothing can be slipped in.
 *
 * Writing side; the keeper only.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "keeper/chain.h"

#define LEDGER_NAME "ledger.jsonl"
#define LEDGER_CHAIN "ledger" /* its name in the chain */

struct ledger {
	int fd;
	const char *session; /* of this keeper; must outlive it */
	const char *file;    /* its name in the audit folder */
};

/* What is at the end of the ledger, for who is about to add a line. */
struct ledger_tail {
	struct chain chain;
	uint64_t size;
	char session[SESSION_HEX + 1]; /* of the last line, or "" */
	uint64_t fragment;             /* bytes behind the last sound line */
	uint8_t fragment_hash[CHAIN_HASH];
	bool open; /* the fragment has no newline */
};

/* Makes it if it is not there. @e is filled for what is wrong with the file,
 * not for a failure to open it. */
int ledger_open(struct ledger *l, int dirfd, const char *where,
	struct err *e) _must_use_;
void ledger_deinit(struct ledger *l);

/*
 * Locks the ledger, waiting @wait_ms at most, and reads its tail. To be
 * followed by ledger_unlock(). -EWOULDBLOCK if somebody keeps it locked.
 */
int ledger_lock(struct ledger *l, unsigned wait_ms,
	struct ledger_tail *ret_tail) _must_use_;
void ledger_unlock(struct ledger *l);

/* Adds a line of @type (start, checkpoint, end) for the chain @c, locked. */
int ledger_add(struct ledger *l, const struct ledger_tail *tail,
	const char *type, const struct chain *c) _must_use_;
