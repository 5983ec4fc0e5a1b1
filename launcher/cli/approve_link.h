/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An approver's end of one session's control socket: what its keeper has said
 * so far, and the questions that are open there.
 *
 * The keeper is of the same user and behind a folder of his own, yet what it
 * says is bounded and checked. One owner; nothing waits here.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/approval.h"
#include "base/err.h"

#define LINK_QUESTIONS_MAX 64 /* as the keeper has */

struct keeper_link;

/* A question, as far as an approver knows it. */
struct waiting {
	struct keeper_link *link;
	uint64_t id;
	enum approval_kind kind;
	char *name; /* not escaped; terminated, and holds no NUL */
	size_t name_len;
	int shown; /* the sealed memfd; -1: none came */
	size_t shown_len;
	bool held;
	uint32_t calls;
	/* By clock_mono_ms(): */
	uint64_t asked_ms, hold_until_ms, expires_ms;
	uint8_t args_hash[32];
	bool put; /* a program was asked, at .put_calls calls */
	uint32_t put_calls;
};

enum link_state {
	LINK_NEW = 0, /* nobody knows yet whether we may */
	LINK_TOLD,    /* the session is known, its questions come */
	LINK_READY,
	LINK_LOST,
};

struct keeper_link {
	int fd;
	char socket[APPROVAL_SOCKET_HEX + 1];
	enum link_state state;
	uint64_t since_ms;
	bool slow; /* lost for that alone */
	struct approval_session about;
	struct waiting *questions[LINK_QUESTIONS_MAX]; /* the oldest first */
	size_t n;
	char why[256]; /* LOST: what to tell a person; empty: it just ended */
	void *owner;
};

enum link_news_type {
	NEWS_NONE = 0,
	NEWS_READY,   /* what comes later is new */
	NEWS_OPEN,    /* a new question */
	NEWS_CHANGED, /* of a question: held again, let go, asked again */
	NEWS_GONE,    /* .question is answered (.answer) or expired (NONE),
			 and is freed after the call */
	NEWS_DONE,    /* to our answer: .id .status .fault */
	NEWS_NOTICE,  /* .text */
	NEWS_LOST,    /* its questions were told as gone before */
	_NEWS_N
};

struct link_news {
	enum link_news_type type;
	struct keeper_link *link;
	struct waiting *question; /* OPEN, CHANGED, GONE */
	uint64_t id;
	enum approval_answer answer;
	enum approval_status status;
	enum approval_fault fault;
	const char *text; /* terminated, not escaped */
	bool late;        /* OPEN: came after READY */
};

typedef void (*link_hear)(void *context, const struct link_news *news);

/*
 * Connects to the socket @name in @folder and says what we are. 1 when nobody
 * listens there any more.
 */
int link_new(int folder, const char *name, enum approval_channel channel,
	struct keeper_link **ret, struct err *e) _must_use_;
void link_free(struct keeper_link *l);

/* Takes what came, a bounded number of words, and tells @hear. */
void link_read(struct keeper_link *l, link_hear hear, void *context);

/* Lets go of it, for a reason that a person can read. */
void link_lose(
	struct keeper_link *l, const char *why, link_hear hear, void *context);

struct waiting *link_find(const struct keeper_link *l, uint64_t id);

/* What an answer is; digests are all zero where no file was changed. */
struct verdict {
	enum approval_answer answer;
	bool any; /* whatever the arguments */
	const char *reason;
	uint8_t digests[2][32];
};

/* Whether it answers a question that stands: yes or no, and no more. */
static inline bool verdict_fits_standing(const struct verdict *v)
{
	return v->answer == APPROVAL_DENY ||
	       (v->answer == APPROVAL_ONCE && !v->any);
}

/* Sends it; what becomes of it comes as NEWS_DONE. 0 or -errno. */
int link_answer(const struct waiting *w, const struct verdict *v) _must_use_;
