/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions (PCRE2) over texts of strangers: a subset of the syntax
 * whose time and memory are bounded whatever the text is.
 *
 * Pure: the library calls no system but for memory. Patterns are made before a
 * session and frozen; the relay matches, with one work area.
 *
 * A text and a pattern are characters (UTF-8), their case counts. There are no
 * references back, no look behind, no possessive or atomic parts, no recursion,
 * no conditions, no verbs, no \C: what the steps of a match are counted by
 * would not see what they cost. A pattern that needs more steps than 256 and
 * 16 for each byte of the text (fewer where one step is long: where it looks
 * ahead, or has many parts) is undecided. So is one whose `.` would have to
 * know whether it takes the end of a line: some programs say yes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "policy/truth.h"

#define PATTERN_BYTES_MAX 4096 /* of a pattern */
#define PATTERN_NESTING_MAX 32 /* groups inside each other */
#define PATTERN_REPEAT_MAX 1000
#define PATTERN_TEXT_MAX                                    \
	65536 /* bytes of a text; a longer one is undecided \
	       */

enum pattern_kind {
	PATTERN_WHOLE = 0, /* all of the text */
	PATTERN_PART,      /* some part of it, as JSON Schema has it */
};

struct pattern;
struct pattern_work; /* the work area */

struct pattern_fault {
	size_t offset; /* byte of the pattern */
	char text[120];
};

/* 0; 1 and *ret_fault if it is no pattern; -ENOMEM. */
int pattern_new(const char *text, size_t len, enum pattern_kind kind,
	struct pattern **ret, struct pattern_fault *ret_fault);
void pattern_free(struct pattern *p);

/*
 * Whether a repeated group can take the same characters in many ways, such as
 * (a+)+: what does not match is undecided soon.
 */
bool pattern_is_slow(const struct pattern *p);

struct pattern_work *pattern_work_new(void); /* NULL: out of memory */
void pattern_work_free(struct pattern_work *w);

/*
 * All matches between two of these share 128 million steps; later ones are
 * undecided.
 */
void pattern_work_begin(struct pattern_work *w);

enum truth pattern_match(const struct pattern *p, struct pattern_work *w,
	const char *text, size_t len);
