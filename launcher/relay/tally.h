/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Things that a hostile peer can make happen without end, counted, so that the
 * log stays small: the first are recorded one by one, then only each doubling,
 * and at the end of the session what was not said yet.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "relay/journal.h"

enum tally_id {
	TALLY_NONE = 0,
	TALLY_CLIENT_LINE,  /* protocol.refused c2s */
	TALLY_SERVER_LINE,  /* protocol.refused s2c */
	TALLY_FORGED,       /* anomaly: an answer nobody asked for */
	TALLY_UNLISTED,     /* anomaly: calls of unlisted tools */
	TALLY_BURST,        /* anomaly: requests of the server's, too many */
	TALLY_OVERRUN,      /* anomaly: the task takes too long */
	TALLY_UNRECORDED,   /* anomaly: results that the log did not take */
	TALLY_LINE,         /* limit.hit: a line over the limit */
	TALLY_STDERR,       /* limit.hit */
	TALLY_TEXT,         /* limit.hit: text of a result */
	TALLY_BINARY,       /* limit.hit: binary content of a result */
	TALLY_ITEMS,        /* limit.hit: items of a list */
	TALLY_UNSEEN,       /* anomaly: characters that are not seen, where no
			       result record tells */
	TALLY_PIN,          /* anomaly: a definition is not the accepted one */
	TALLY_RATE,         /* limit.hit: calls of a stretch of time */
	TALLY_CONCURRENT,   /* limit.hit: calls at a time */
	TALLY_CALLS,        /* limit.hit: calls of the session */
	TALLY_BYTES,        /* limit.hit: bytes of its results */
	TALLY_CALL_TIMEOUT, /* limit.hit: seconds of a call */
	_TALLY_N
};

struct tally {
	uint64_t count, recorded;
};

struct tallies {
	struct tally of[_TALLY_N];
	uint64_t unlisted_from; /* the first that is an incident; 0: the usual
				   five */
	const char *action; /* what that does, for the record; NULL: alert */
	const char *observed_action; /* what it would do */
};

/* What happened; only the members that the record type has are used. */
struct incident {
	const char *reason;
	uint64_t offset;  /* of the fault, in the line */
	uint64_t bytes;   /* of the line */
	const char *line; /* or NULL: it was not kept */
	uint64_t call;    /* or 0 */
	uint64_t value;   /* of a limit: what was seen */
	bool observed;    /* it has no effect */
};

/* Counts one and records it if it is due. Returns the count. */
uint64_t tally_note(struct tallies *t, struct journal *j, size_t outstanding,
	enum tally_id id, const struct incident *i);

/* From now on it is counted anew. */
void tally_restart(struct tallies *t, enum tally_id id);

/* Records the counts that no record tells yet. */
void tally_end(struct tallies *t, struct journal *j);
