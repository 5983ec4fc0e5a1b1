/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One session's file against its chain, the ledger and its own marks. Readers'
 * side.
 */
#pragma once

#include "base/err.h"
#include "keeper/audit_roster.h"

enum audit_state {
	AUDIT_NONE = 0,
	AUDIT_INTACT,
	AUDIT_RUNNING,   /* sound so far; its keeper lives */
	AUDIT_CUT_SHORT, /* sound, but ended without its last record: its
			    keeper was killed, or the machine stopped */
	AUDIT_TAMPERED,
	AUDIT_MISSING, /* its file is gone */
	_AUDIT_N
};

const char *audit_state_name(enum audit_state state);

struct audit_verdict {
	enum audit_state state;
	uint64_t records;
	uint64_t findings;
	bool half; /* of a session cut short, the last record is half there */
};

/*
 * Verifies the file of @s in @dirfd. Without a ledger (@ledger false) the chain
 * alone is looked at. @report is called for each finding.
 */
int audit_verify(int dirfd, const struct audit_session *s, bool ledger,
	void (*report)(void *context, const struct finding *f), void *context,
	struct audit_verdict *ret, struct err *e) _must_use_;
