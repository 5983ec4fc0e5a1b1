/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON numbers compared as what every reader makes of them.
 *
 * Readers keep numbers as binary64 (RFC 8259 section 6), some keep integers
 * whole: two spellings that one of them takes for the same are not told apart
 * by another. Decimals of up to 15 digits are the same to all, so only those
 * are compared, exactly; about others nothing can be said. Pure; no state.
 */
#pragma once

#include <stdbool.h>

#include "policy/json.h"

#define DECIMAL_DIGITS 15    /* IEEE 754: these survive binary64 */
#define DECIMAL_EXPONENT 300 /* below this power of ten; so does the range */

/* 0.DIGITS × 10^exponent; zero has no digits and no sign. */
struct decimal {
	bool negative;
	int n_digits;
	char digits[DECIMAL_DIGITS]; /* 0 to 9, neither first nor last 0 */
	int exponent;
};

/* False: more digits, or bigger or smaller, than can be compared. */
bool decimal_read(const struct json_value *number, struct decimal *ret);

/* Below, at or above 0. */
int decimal_compare(const struct decimal *a, const struct decimal *b);

/* Whether @a is @b, which is above 0, times a whole number. */
bool decimal_is_multiple(const struct decimal *a, const struct decimal *b);
