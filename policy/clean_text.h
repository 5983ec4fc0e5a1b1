/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What in one string has to go: the characters of unseen.h but those that do
 * their work, and escape sequences whole.
 *
 * Pure; lives for one string.
 *
 * What stays
 *   joiners     U+200D between two pictures of an emoji sequence; U+200C or
 *               U+200D, one, behind a letter of a script that joins (Arabic
 *               and its neighbours, those of India and of South-East Asia,
 *               Mongolian), where the next character is none of unseen.h
 *   variation   U+FE00 to U+FE0F, one, behind a visible character that is
 *               not ASCII, or a digit, `#` or `*`; U+180B to U+180F, one,
 *               behind a Mongolian letter
 *   U+FEFF      as the first character: a mark of the byte order
 * Nothing else does, so that no more than one of few can be behind a letter,
 * and none behind an ASCII one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/unseen.h"

/* What went before on the way through a string. */
enum clean_mark { MARK_NONE = 0, MARK_JOINER, MARK_VARIATION };

struct clean_walk {
	const char *begin, *p, *end;
	const char *gap, *gap_end; /* kept and not looked at yet */
	uint32_t last;             /* the visible character before, or 0 */
	enum clean_mark mark;      /* and what was kept behind it */
	bool whole; /* what goes is taken out, sequences as a whole; else each
		       character is shown */
};

/* [begin, end): the inside of a string of an accepted text. */
struct clean_walk clean_walk(const char *begin, const char *end, bool whole);

struct clean_hit {
	const char *begin, *end; /* what has to go */
	uint32_t cp;             /* its first character */
	enum unseen kind;
};

/*
 * The next, false at the end. A sequence ends with its final byte, or before
 * what cannot be in it; a string of one (OSC, DCS, …) without an end in
 * CLEAN_STRING_MAX characters loses its beginning only. Linear.
 */
bool clean_next(struct clean_walk *w, struct clean_hit *ret);

#define CLEAN_SEQUENCE_MAX 256
#define CLEAN_STRING_MAX 65536

/* Whether nothing has to go, not even a mark of the byte order. */
bool clean_is_plain(const char *begin, const char *end);
