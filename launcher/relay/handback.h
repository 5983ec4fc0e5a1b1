/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting in the modern era: a call that was held as long as a client waits is
 * handed back as `input_required` with a requestState of ours, and the client
 * sends it again under a new id, with that state (MCP 2026-07-28, multi
 * round-trip requests). So a person has minutes, and no call is longer than
 * one hold.
 *
 * The state says how often that was done and what was asked along with it. It
 * is sealed with a key of this session and bound to the call: method, name and
 * arguments; it is good once, and as long as its question waits in the queue.
 * It allows nothing: a call that comes again is judged anew. The
 * server never sees it; a state of its own, if the call carried one, travels
 * inside of ours and is put back.
 *
 * Builds and reads; no system call. Relay's process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "policy/message.h"
#include "policy/out.h"

/* Clients give up after 10 rounds: the leg after the last gets an answer. */
#define HANDBACK_ROUNDS 8
/* Bytes, unescaped, of a server's state that is carried along. */
#define HANDBACK_STATE_MAX 32768
/* Of our question in inputRequests, and so of its answer. */
#define HANDBACK_QUESTION "stockade"

#define HANDBACK_LIVE 128 /* that may come again; the oldest make way */
#define HANDBACK_MS 600000U

/* The key, and what was given out and has not come back. */
struct handback_book {
	uint8_t key[32];
	struct {
		uint64_t number, until_ms; /* 0: none */
	} live[HANDBACK_LIVE];
	uint64_t last;
};

struct handback {
	bool ours;         /* the request had a state of ours */
	unsigned round;    /* how often it was handed back so far */
	uint64_t question; /* what was asked along with it; 0: nothing */
	uint64_t number;   /* of the state, for handback_spend() */
};

/*
 * Whether that request can be: of the modern era, of a method that may be
 * answered so, and without answers to what the server asked, which would be
 * lost on the way.
 */
bool handback_possible(const struct message *m);

/*
 * The line that hands it back, into @o, for the time h->round (from 1). @ask:
 * the value of inputRequests, or NULL; then h->question is what it asks.
 * @scratch is reset. 0; 1 when the server's state is too long; -ENOMEM.
 */
int handback_write(struct out *o, struct out *scratch,
	struct handback_book *book, const struct message *m,
	const struct handback *h, const struct out *ask,
	uint64_t now_ms) _must_use_;

/*
 * Takes ours out of a request: into @out the line as it was without it, no
 * newline. @ret_answer: what was answered to our question, inside of @line, or
 * JSON_INVALID. 0; 1 it has no state of ours (nothing was written); -EBADMSG:
 * it says so and has not, or another call's; -ESTALE: it came before, or is too
 * old; -ENOMEM. @scratch is reset.
 */
int handback_take(struct out *scratch, const struct handback_book *book,
	const struct message *m, const char *line, size_t len, uint64_t now_ms,
	struct out *out, struct handback *ret,
	struct json_value *ret_answer) _must_use_;

/* The call with that state was judged: it is good no more. */
void handback_spend(struct handback_book *book, uint64_t number);
