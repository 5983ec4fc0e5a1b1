/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sessions of an audit folder: what its files are, and what its ledger says
 * of each. Readers' side.
 *
 * The files are looked at before the ledger is read: what was complete then
 * must be in it, and a session that begins or ends meanwhile is no
 * contradiction.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "keeper/audit_check.h"

#define AUDIT_NAME_LEN 49 /* YYYY-MM-DD-SESSION.jsonl */

struct audit_session {
	char session[SESSION_HEX + 1];
	char file[AUDIT_NAME_LEN + 1];
	bool seen;      /* the file was there when the folder was read */
	bool running;   /* and locked by its keeper */
	bool complete;  /* and marked as complete */
	bool listed;    /* the ledger has a line of its start */
	bool ended;     /* and one of its end */
	uint64_t count; /* records by the ledger's last line of it; 0: none */
	uint8_t head[CHAIN_HASH]; /* of record count - 1 */
};

struct audit_roster;

struct audit_ledger_state {
	bool there;
	uint64_t lines;
	uint64_t findings;
	uint64_t fragments; /* half lines that crashes left */
};

/*
 * Reads folder @dirfd (not O_PATH). @report is called for each finding in the
 * ledger. -errno with e->text if it cannot be read.
 */
int audit_roster_read(int dirfd,
	void (*report)(void *context, const struct finding *f), void *context,
	struct audit_roster **ret, struct err *e) _must_use_;
void audit_roster_free(struct audit_roster *r);
DEFINE_CLEANUP(audit_roster);

const struct audit_ledger_state *audit_roster_ledger(
	const struct audit_roster *r);
size_t audit_roster_count(const struct audit_roster *r);
/* In the order of file names, which is that of days. */
const struct audit_session *audit_roster_get(
	const struct audit_roster *r, size_t i);

/* The session of a file's name; false if it is not the name of a log. */
bool audit_name_parse(const char *name, char ret_session[SESSION_HEX + 1]);
