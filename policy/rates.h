/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many calls a client may make: so many a minute, so many at a time, so
 * many a session, and so many bytes of results.
 *
 * Pure; the time is told, in microseconds of a clock that is never set. Made
 * before the session, used by the relay alone. What may be called at all is
 * decided elsewhere and before: a call that something else refuses is not
 * counted here, and one that is refused here is not either.
 *
 * A limit with a pattern is about all tools whose names match it, together. The
 * pattern `*` alone is about every call: of tools, prompts and resources.
 *
 *   rate        of the last second, minute or hour, at any moment: no more
 *               than N calls in any such stretch of time
 *   concurrent  calls that wait for an answer, held ones too
 *   calls       of the session
 *   bytes       of the results of the session; the one that exceeds it passes
 *
 * Several sources have limits, each with a label of its own: each counts by
 * itself, and any of them refuses.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATES_MAX 256              /* limits, of all sources */
#define RATES_BUSY_MAX 64          /* of which concurrent */
#define RATES_COUNT_MAX 10000      /* calls that a rate may permit */
#define RATES_CALLS_MAX (1U << 20) /* the same of all rates together */
#define RATES_PATTERN_MAX 256      /* bytes */
#define RATES_FIRED_MAX 4          /* that a verdict names */
#define RATES_TEXT_MAX 128

struct rates;

enum rate_kind {
	RATE_NONE = 0,
	RATE_WINDOW,
	RATE_BUSY,
	RATE_CALLS,
	RATE_BYTES,
	_RATE_N
};

struct rates *rates_new(void); /* NULL: out of memory */
void rates_free(struct rates *r);
void rates_reset(struct rates *r); /* as if no call had been made */
size_t rates_count(const struct rates *r);

/* "60/min": 1 to RATES_COUNT_MAX a second, minute or hour; false if it is none.
 */
bool rates_parse(const char *text, size_t len, uint64_t *ret_count,
	uint64_t *ret_window_us);

/*
 * Adds "60/min create_*" (WINDOW) or "4 create_*" (BUSY), each a number, a
 * blank and a pattern; all is copied. @label stands before the limit's name in
 * a record ("site:rate:create_*"), NULL for none. 0; 1 if it is no such text,
 * or there is no room for it; -ENOMEM.
 */
int rates_add(struct rates *r, enum rate_kind kind, const char *text,
	const char *label);
/* The same for CALLS and BYTES, which have a number alone. */
int rates_add_total(
	struct rates *r, enum rate_kind kind, uint64_t most, const char *label);

/* A call that is to be made. */
struct rates_call {
	const char *tool; /* unescaped; NULL: a prompt or resource */
	size_t tool_len;
	uint64_t now_us;
	enum rate_kind only; /* what counts for it; RATE_NONE: all */
};

struct rates_verdict {
	/* What refuses it, owned by the struct rates, NULL-terminated; none:
	 * it may be made. */
	const char *fired[RATES_FIRED_MAX + 1];
	size_t n_fired; /* may be more than are named */
	/* Of the one that refuses it longest: */
	enum rate_kind kind;
	uint64_t most, window_us;
	uint64_t wait_us; /* 0: not a matter of waiting */
};

/* Looks; nothing is counted. */
void rates_decide(const struct rates *r, const struct rates_call *c,
	struct rates_verdict *ret);

/* Counts a call that was recorded. The bits of which concurrent limits it
 * takes part in: for rates_end(), when it is answered. */
uint64_t rates_begin(struct rates *r, const struct rates_call *c);
void rates_end(struct rates *r, uint64_t taken);
/* A result of so many bytes went to the client. */
void rates_bytes(struct rates *r, uint64_t bytes);

/* What the model is told; at most RATES_TEXT_MAX - 1 bytes. */
void rates_text(const struct rates_verdict *v, char dst[RATES_TEXT_MAX]);
