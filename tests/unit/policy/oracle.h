/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A second opinion on JSON: jansson. Apart, because its names and ours do not
 * go into one file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether jansson takes the text, any value, NUL in strings, no duplicates. */
bool oracle_accepts(const char *text, size_t len);

/* The two texts mean the same. */
bool oracle_same(const char *a, size_t a_len, const char *b, size_t b_len);

/* The whole number that @text is; false where jansson takes it for another. */
bool oracle_integer(const char *text, size_t len, int64_t *ret);

/*
 * What the string @text (with its quotes) means, as UTF-8; NULL if jansson
 * does not take it. To be freed.
 */
char *oracle_unescape(const char *text, size_t len, size_t *ret_len);
