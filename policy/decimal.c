/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/decimal.h"

#include <string.h>

/* Exponents beyond what can be compared; far from what an int holds. */
#define FAR 1000000

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* One more digit of the mantissa; false if it is one too many. */
static bool take_digit(struct decimal *d, int *zeros, char digit)
{
	if (digit == '0') {
		/* Whether they count is known at the next other digit. */
		*zeros += d->n_digits > 0 && *zeros < FAR;
		return true;
	}
	if (*zeros > DECIMAL_DIGITS || d->n_digits + *zeros >= DECIMAL_DIGITS)
		return false;
	memset(d->digits + d->n_digits, 0, (size_t)*zeros);
	d->n_digits += *zeros;
	*zeros = 0;
	d->digits[d->n_digits++] = (char)(digit - '0');
	return true;
}

/* The digits, and in d->exponent where the point stands. */
static bool read_mantissa(const char **p, const char *end, struct decimal *d)
{
	bool point = false;
	int zeros = 0;

	for (; *p < end && (is_digit(**p) || **p == '.'); (*p)++) {
		if (**p == '.') {
			point = true;
			continue;
		}
		if (!take_digit(d, &zeros, **p))
			return false;
		/* Before the first digit those behind the point count down. */
		if (!point && d->n_digits > 0)
			d->exponent += d->exponent < FAR;
		else if (point && d->n_digits == 0)
			d->exponent -= d->exponent > -FAR;
	}
	return true;
}

static int read_exponent(const char *p, const char *end)
{
	bool negative = p < end && *p == '-';
	int value = 0;

	for (; p < end; p++)
		if (is_digit(*p) && value < FAR)
			value = 10 * value + (*p - '0');
	return negative ? -value : value;
}

bool decimal_read(const struct json_value *number, struct decimal *ret)
{
	const char *p = number->text + number->begin;
	const char *end = number->text + number->end;
	struct decimal d = {.negative = *p == '-'};

	p += d.negative;
	if (!read_mantissa(&p, end, &d))
		return false;
	if (d.n_digits == 0) {
		*ret = (struct decimal){0};
		return true;
	}
	if (p < end)
		d.exponent += read_exponent(p + 1, end);
	if (d.exponent > DECIMAL_EXPONENT || d.exponent < -DECIMAL_EXPONENT)
		return false;
	*ret = d;
	return true;
}

static int compare_digits(const struct decimal *a, const struct decimal *b)
{
	int n = a->n_digits < b->n_digits ? a->n_digits : b->n_digits;
	int r = memcmp(a->digits, b->digits, (size_t)n);

	return r != 0 ? r : a->n_digits - b->n_digits;
}

/* Of those without a sign. */
static int compare_sizes(const struct decimal *a, const struct decimal *b)
{
	if (a->n_digits == 0 || b->n_digits == 0)
		return a->n_digits - b->n_digits;
	if (a->exponent != b->exponent)
		return a->exponent - b->exponent;
	return compare_digits(a, b);
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
	int r;

	if (a->negative != b->negative)
		return a->negative ? -1 : 1;
	r = compare_sizes(a, b);
	return a->negative ? -r : r;
}

/* The digits as a whole number; at most 10^15 - 1. */
static uint64_t whole_of(const struct decimal *d)
{
	uint64_t n = 0;

	for (int i = 0; i < d->n_digits; i++)
		n = 10 * n + (uint64_t)d->digits[i];
	return n;
}

/* With a = x × 10^m, b = y × 10^n: whether y divides x × 10^(m - n). */
bool decimal_is_multiple(const struct decimal *a, const struct decimal *b)
{
	uint64_t x = whole_of(a), y = whole_of(b), rest;
	int power = (a->exponent - a->n_digits) - (b->exponent - b->n_digits);

	if (x == 0 || y == 0)
		return x == 0;
	/* x has no zero at its end that y could make up for: it is bigger. */
	for (; power < 0; power++) {
		if (y > x)
			return false;
		y *= 10;
	}
	for (rest = x % y; power > 0 && rest != 0; power--)
		rest = rest * 10 % y;
	return rest == 0;
}
