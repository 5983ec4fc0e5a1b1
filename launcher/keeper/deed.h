/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log of what somebody does outside a session: a token that is minted or
 * revoked, a definition that is accepted.
 *
 * A session of its own, of some milliseconds: session.start without a server,
 * the records, session.end; the same files, chain and ledger, by the same code.
 * In the process of the verb. While there is one, signals of a terminal are
 * ignored, so that what is done is also said to be done.
 */
#pragma once

#include "base/err.h"
#include "base/record.h"

struct deed;

/*
 * @start: SESSION_START with all but key_id and previous. Its line is in the
 * log and in the ledger when this returns 0. <0 with e->text, and nothing is
 * left of it.
 */
int deed_begin(
	struct record *start, struct deed **ret, struct err *e) _must_use_;
void deed_free(struct deed *d);
DEFINE_CLEANUP(deed);
#define _deed_ _cleanup_(deed_cleanup)

/* To be filled, from record_init() on. */
struct record *deed_record(struct deed *d);

/* Writes it: in the file, or -errno with e->text. @server is what its args_hash
 * binds, "" where it has none. */
int deed_add(struct deed *d, const char *server, struct err *e) _must_use_;

/*
 * session.end, and the ledger's line. @status is the verb's. Ends the deed,
 * with a NULL one nothing; d is to be freed all the same.
 */
int deed_end(struct deed *d, int status, const char *cause,
	struct err *e) _must_use_;
