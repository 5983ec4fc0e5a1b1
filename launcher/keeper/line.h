/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record turned into a line of the log: pure ASCII JSON, without its seal.
 *
 * What comes from a writer is data only: it can end up in a string of the
 * field that it belongs to, nowhere else. Keeper only.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/record.h"

struct audit_key;

#define SECOND_TEXT_SIZE 24 /* "2026-01-31T23:59:59" */

struct line_context {
	const char *session;     /* 32 hex digits */
	const char *tenant;      /* a plain name, or NULL */
	const char *server_name; /* part of every args_hash */
	const struct audit_key *key;
	uint64_t start_us; /* CLOCK_MONOTONIC of the session's start */
	/* The last record's second and its text, empty before the first. */
	uint64_t second;
	char second_text[SECOND_TEXT_SIZE];
};

/* Names of record types in the log, NULL for none. */
const char *record_type_name(enum record_type type);

/* "2026-01-31T23:59:59.000001Z" of microseconds since 1970. */
#define TIME_TEXT_SIZE 32
void time_text(char dst[TIME_TEXT_SIZE], uint64_t real_us);

/*
 * Appends the text of record number @seq, an object without closing brace. At
 * most v->cost less the seal, and no field twice: else -EPROTO. On failure
 * @out is as it was.
 */
int line_append(struct buf *out, struct line_context *c, uint64_t seq,
	const struct record_view *v) _must_use_;
