/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standing questions: what belongs to no held call but to the session itself.
 * A quarantined or expired session goes on, or a changed definition is
 * accepted, when a person says so. What happens to calls meanwhile is the
 * asker's own affair.
 *
 * Relay's process. Each is put once and stays in the queue for 10 minutes; who
 * asks again meanwhile keeps it there. What was denied is not put again for as
 * long. Of one name only the newest stands: other details withdraw the
 * question that was open. Answers are once (yes) and deny.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/approval.h"

struct relay;

#define STANDING_MAX 32 /* at a time; the keeper has room for them */

enum standing_topic {
	STANDING_NONE = 0,
	STANDING_QUARANTINE, /* the breaker refuses all calls */
	STANDING_EXPIRED,    /* the time of a role or a task is over */
	STANDING_PIN,        /* a definition is not what was accepted */
	_STANDING_N
};

struct standing {
	enum standing_topic topic; /* NONE: free */
	uint64_t id;
	char *name;
	size_t name_len;
	uint8_t details[32]; /* SHA-256 of what was shown */
	uint64_t put_ms, expires_ms;
	bool denied; /* not in the queue, and not put again till it expires */
};

struct standings {
	struct standing all[STANDING_MAX];
	size_t n;
};

/* What is asked. Text may be the server's: who shows it, escapes it. */
struct standing_subject {
	enum standing_topic topic;
	const char *name; /* shown as "SERVER: NAME?"; NULL: the topic's own */
	size_t name_len;
	const char *details; /* a JSON value, shown whole; NULL: {} */
	size_t details_len;
	const char *reason; /* one line: why it is asked */
};

/*
 * Puts the question, or keeps it open if it is: then nothing is written. 0, and
 * its number in *ret_id; 1 if it is not put now: it was denied a while ago, too
 * many are open, the log did not take it, or nobody can be asked in this
 * session (plan.stands). To be called again when the next call comes.
 */
int standing_ask(struct relay *r, const struct standing_subject *s,
	uint64_t *ret_id) _must_use_;

/* The question is open, or was denied; NULL if neither. @name NULL: the
 * topic's own. */
const struct standing *standing_find(const struct standings *s,
	enum standing_topic topic, const char *name, size_t name_len);

/* It has no object any more: the definition is what it was. */
void standing_withdraw(
	struct relay *r, enum standing_topic topic, const char *name, size_t n);

/* An answer of the keeper's: 0, or 1 if no standing question has this number.
 */
int standing_answered(struct relay *r, uint64_t question, uint64_t answer,
	const char *reason, size_t len);

/* What has expired leaves the queue. */
void standing_step(struct relay *r);
/* When that is due next; 0: never. */
uint64_t standing_next_ms(const struct relay *r);

void standing_deinit(struct standings *s);
