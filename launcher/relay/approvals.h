/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was asked in this session, who waits for it, and what was answered.
 *
 * Relay's process; no system call, the time is told. A question is about a name
 * and its canonical arguments, not about a request: equal calls are one
 * question, and a call that comes again finds the answer.
 *
 *   OPEN      in the queue; calls wait for it (held), or come again later
 *   ONCE      allowed one time, and no call was waiting any more
 *   SESSION   allowed as often as it comes
 *   DECLINED  a little while, so that a call that is only repeated is no new
 *             question
 *
 * Names that are allowed whatever the arguments stand apart.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/approval.h"

#define QUESTIONS_OPEN 8   /* at most; more are refused */
#define QUESTIONS_SERVER 4 /* of which the server has brought about */
#define QUESTIONS_MAX 256  /* of all states */
#define APPROVED_NAMES 256 /* whatever their arguments */

#define DECLINED_MS 60000U

enum question_state {
	QUESTION_FREE = 0,
	QUESTION_OPEN,
	QUESTION_ONCE,
	QUESTION_SESSION,
	QUESTION_DECLINED,
};

/* A name and its arguments, hashed: what an answer binds. */
struct question_key {
	uint8_t whole[32]; /* kind, name, arguments */
	uint8_t name[32];  /* kind, name */
	bool server;       /* what the server asks of its client */
};

struct question {
	enum question_state state;
	uint64_t id; /* number of the call that asked first */
	struct question_key key;
	unsigned waiting;    /* calls that are held for it */
	uint64_t expires_ms; /* OPEN: while nobody waits; others: always, but
				for SESSION */
	bool attended; /* an approver was there at some time while it was open
			*/
	char reason[APPROVAL_REASON_MAX + 1]; /* of DECLINED */
};

struct approvals {
	struct question all[QUESTIONS_MAX];
	uint8_t names[APPROVED_NAMES][32];
	size_t n_names;
	unsigned n_open, n_server;
	unsigned approvers; /* attached now */
	bool deserted;      /* a question ran out and nobody was there */
};

enum approvals_ruling {
	APPROVALS_PASS = 0, /* it was allowed: .id says by which question */
	APPROVALS_NEW,      /* ask: a question of its own */
	APPROVALS_JOIN,     /* wait for the question .id */
	APPROVALS_NEW_AWAY, /* ask, but do not wait: nobody is there */
	APPROVALS_JOIN_AWAY,
	APPROVALS_DECLINED, /* .question->reason */
	APPROVALS_FULL,     /* too many are open */
};

struct approvals_verdict {
	enum approvals_ruling ruling;
	struct question *question; /* NULL for NEW, NEW_AWAY, FULL, and for
				      PASS by name */
	uint64_t id;               /* 0 where there is none yet */
};

/* Looks; changes nothing but what has expired. */
void approvals_judge(struct approvals *a, const struct question_key *key,
	uint64_t now_ms, struct approvals_verdict *ret);

/*
 * Makes it so, once the call @call stands in the log: what was allowed once is
 * used up, a new question is opened, one that waits is counted. Returns the
 * question for NEW and JOIN, else NULL.
 */
struct question *approvals_take(struct approvals *a,
	const struct approvals_verdict *v, const struct question_key *key,
	uint64_t call, uint64_t now_ms);

struct question *approvals_find(struct approvals *a, uint64_t id);

/* One call less waits for it: it was let go, cancelled or lost. */
void approvals_leave(struct approvals *a, struct question *q, uint64_t now_ms);

/*
 * An answer: 0, or 1 if the question is not open (any more). The calls that
 * wait are the caller's to forward or refuse; that they did is not left to be
 * said. @any: whatever the arguments.
 */
int approvals_answer(struct approvals *a, uint64_t id,
	enum approval_answer answer, bool any, const char *reason,
	size_t reason_len, uint64_t now_ms);

/* It could not be put to anybody. */
void approvals_forget(struct approvals *a, struct question *q);

void approvals_attended(struct approvals *a, unsigned n);

/* Forgets what has expired; @expired is called for each that was open. */
void approvals_expire(struct approvals *a, uint64_t now_ms,
	void (*expired)(void *context, uint64_t id), void *context);

/* When approvals_expire() is to be called next; 0: not before something
 * changes. */
uint64_t approvals_next_ms(const struct approvals *a);
