/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hash chain of a log: each line ends with the SHA-256 over the hash of the
 * line before it and its own text, so that nothing has to be canonicalised.
 *
 * Used by the keeper, which writes, and by `log` and `verify`, which read.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define CHAIN_HASH 32
/* What a sealed line has more than its text: ,"hash":"<64 hex>"} newline. */
#define CHAIN_SEAL_MAX 76

/* Hex digits of a session's name. */
#define SESSION_HEX 32

struct chain {
	uint8_t head[CHAIN_HASH]; /* hash of the last line */
	uint64_t count;           /* lines so far */
};

/* Starts the chain of session @name; the ledger's name is "ledger". */
void chain_init(struct chain *c, const char *name);

/* The hash of a line with @text that follows one with the hash @previous. */
void chain_hash(const uint8_t previous[CHAIN_HASH], const void *text,
	size_t len, uint8_t ret_hash[CHAIN_HASH]);

/*
 * Ends the line whose text (an object without its closing brace) lies in @out
 * from @start on, and steps. -ENOBUFS or -ENOMEM leave both as they were.
 */
int chain_seal(struct chain *c, struct buf *out, size_t start) _must_use_;

/*
 * Splits a line (without its newline) into text and hash, strictly. False if
 * it has not the form of a sealed line.
 */
bool chain_split(const char *line, size_t len, size_t *ret_text_len,
	uint8_t ret_hash[CHAIN_HASH]);

/* Lower-case hex of @n bytes, terminated: 2 n + 1 bytes at @dst. */
void hex_text(char *dst, const uint8_t *bytes, size_t n);

/* The other way; false unless @hex begins with 2 n lower-case hex digits. */
bool hex_bytes(const char *hex, uint8_t *ret_bytes, size_t n);

/* Whether @s is @n lower-case hex digits and nothing else. */
bool hex_valid(const char *s, size_t n);
