/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What can be said of patterns without a name to try: for the linter and the
 * comparison of profiles. Nothing here decides about a call.
 *
 * Pure. Stars and question marks as in policy/tools.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define GLOB_SAMPLE_MAX                                      \
	1000 /* bytes, below the length that a name may have \
	      */

/*
 * A name that @pattern matches and that as few other patterns as possible do:
 * what stands for `*` and `?` is a control character. Patterns of up to 256
 * bytes always fit.
 */
void glob_sample(const char *pattern, char ret[GLOB_SAMPLE_MAX + 1]);

/*
 * A name, as above, that both match. False if there is none, or none so short,
 * or memory is out.
 */
bool glob_meet(const char *a, const char *b, char ret[GLOB_SAMPLE_MAX + 1]);

/* Whether every name that @narrow matches is matched by @wide. */
bool glob_covers(const char *wide, const char *narrow);

/* Whether each name of at least one character is matched. */
bool glob_matches_all(const char *pattern);

/* Has a `*` or a `?`. */
bool glob_is_pattern(const char *pattern);
