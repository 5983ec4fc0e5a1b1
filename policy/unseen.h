/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Characters that a person does not see and a model or a terminal reads: which
 * there are, and the search for them in JSON text.
 *
 * Pure; no state. The kinds follow Unicode's Default_Ignorable_Code_Point, with
 * controls and the marks of interlinear annotation beside it. Not among them:
 * white space of any width, U+2028 and U+2029, the blank of Braille, private
 * use, what is not assigned, letters that look like others.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum unseen {
	UNSEEN_NONE = 0,
	UNSEEN_CONTROL, /* C0 but tab, newline, return; DEL; C1 */
	UNSEEN_ANSI,    /* what begins an escape sequence: ESC, and of C1 those
			   with arguments */
	UNSEEN_BIDI,
	UNSEEN_ZERO_WIDTH,
	UNSEEN_TAG, /* tags, variation selectors */
	UNSEEN_OTHER,
	_UNSEEN_N
};

/* As profiles and the log have them; NULL for none. */
extern const char *const unseen_words[_UNSEEN_N];

enum unseen unseen_kind(uint32_t cp);

/*
 * The character at @p, inside of a string of an accepted text, as itself or as
 * an escape (a pair of surrogates is one). Returns what follows it.
 */
const char *unseen_step(const char *p, const char *end, uint32_t *ret);

/*
 * The first character of [p, end) of any kind, or @end. @p is on a character,
 * not in one; what is outside of strings does no harm.
 */
const char *unseen_find(const char *p, const char *end);
