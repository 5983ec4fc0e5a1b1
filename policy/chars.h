/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The characters of JSON strings: escapes for writing them, the order of what
 * they unescape to, where they can be cut. Inside policy/ only.
 *
 * Pure; no state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/json.h"

#define CHARS_ESCAPE_MAX 12 /* two halves of a surrogate pair */

/* The code point of the well-formed sequence of @n bytes (utf8_sequence()). */
uint32_t chars_decode(const char *p, size_t n);

/* The shortest escape of @cp. Returns its length. */
size_t chars_escape(uint32_t cp, char ret[static CHARS_ESCAPE_MAX]);

/*
 * How two insides of strings (between the quotes) compare as the bytes that
 * they unescape to: below, at or above 0 as memcmp() has it, a prefix first.
 */
int chars_compare(const char *a, size_t a_len, const char *b, size_t b_len);

/* Characters (code points) of a string value. */
uint64_t chars_points(const struct json_value *string);

/* Whether a string value has a NUL, at which some readers end. */
bool chars_have_nul(const struct json_value *string);

/* Bytes of a string value after unescaping. */
size_t chars_count(const struct json_value *string);

/*
 * The longest beginning of the string whose unescaped bytes are at most @max,
 * cut between characters and between escapes. Returns these bytes, and in
 * *ret_end the offset in the text where they end.
 */
size_t chars_cut(const struct json_value *string, size_t max, size_t *ret_end);
