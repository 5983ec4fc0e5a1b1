/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call, or what a server asks for (wish.h), that is held until somebody has
 * answered: its line, and when to say or do what.
 *
 * Belongs to its struct call (pending.h) and goes with it. Relay's process.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum held_kind {
	HELD_CALL = 0, /* goes to the server */
	HELD_WISH,     /* a request of the server's, to the client */
	HELD_ANSWER,   /* the server's answer to the call, to the client */
};

struct reworked;

struct held {
	enum held_kind kind;
	uint64_t question;    /* id, see approvals.h */
	uint8_t key[32];      /* what it is about, with its arguments */
	uint64_t let_go_ms;   /* the client is answered then */
	uint64_t progress_ms; /* the next sign of life; 0: no token */
	int64_t progress;
	unsigned round; /* how often the call was handed back so far */
	bool form;      /* the client is asked along with the next time */
	bool released;  /* allowed: goes out as soon as there is room */
	uint64_t wish, wish_us; /* ANSWER: what is asked in it, in the log */
	struct reworked *said;  /* ANSWER: what the log will say of it */
	size_t token_len;
	size_t len;  /* of the line, with its newline */
	char *token; /* the client's progressToken, as written */
	char *line;  /* behind it in bytes */
	char bytes[];
};

/* NULL when out of memory. @line is without its newline. */
struct held *held_new(
	const char *line, size_t len, const char *token, size_t token_len);
/* NULL is allowed. */
void held_free(struct held *h);
