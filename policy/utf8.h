/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above
 * U+10FFFF. Pure; no state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_MAX 4 /* bytes of one character */

static inline bool utf8_is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * Length of the well-formed sequence at @p (1 to 4 bytes), 0 if there is none
 * in the @left bytes (RFC 3629 section 4). Inline: the JSON scanner lives in
 * it for texts that are not ASCII.
 */
static inline size_t utf8_sequence(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	unsigned char low = 0x80, high = 0xbf;

	if (left == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < 2)
		return 0;
	if (p[0] < 0xe0)
		return utf8_is_tail(p[1]) ? 2 : 0;

	/* The second byte rules out overlong forms, surrogates, the rest. */
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (left < 3 || p[1] < low || p[1] > high || !utf8_is_tail(p[2]))
		return 0;
	if (p[0] < 0xf0)
		return 3;
	return left >= 4 && utf8_is_tail(p[3]) ? 4 : 0;
}

/* Whether all @len bytes are well-formed. */
bool utf8_valid(const char *text, size_t len);

/*
 * The longest prefix of at most @max bytes that does not cut a character of
 * @text, which is well-formed.
 */
size_t utf8_cut(const char *text, size_t len, size_t max);

/* Writes @cp; what is no character gives U+FFFD. Returns the length. */
size_t utf8_put(uint32_t cp, char ret[static UTF8_MAX]);
