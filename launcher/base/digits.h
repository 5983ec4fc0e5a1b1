/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decimal digits in a text, a bounded number of them: no sign, no space, no
 * overflow. Pure, any process.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Reads one to @max (at most 19) digits at *p and moves *p behind them. False,
 * with *p where it was, if there is none.
 */
bool digits_take(const char **p, unsigned max, uint64_t *ret);

/* @n numbers with blanks between them, as rows of /proc have; what follows the
 * last one does not matter. */
bool digits_take_row(const char *text, uint64_t *ret, unsigned n);

/* As digits_take(), and @after behind them, which is skipped too ('\0' is not).
 */
bool digits_take_until(const char **p, unsigned max, char after, uint64_t *ret);
