/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/fold.h"

#include <string.h>

/* Beside A to Z two characters have a lower form in ASCII (U+017F, U+212A). */
static size_t fold(const char *p, size_t left, char *ret)
{
	if (left >= 2 && memcmp(p, "\xc5\xbf", 2) == 0) {
		*ret = 's';
		return 2;
	}
	if (left >= 3 && memcmp(p, "\xe2\x84\xaa", 3) == 0) {
		*ret = 'k';
		return 3;
	}
	*ret = *p;
	if (*p >= 'A' && *p <= 'Z')
		*ret |= 0x20;
	return 1;
}

bool fold_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	while (a_len > 0 && b_len > 0) {
		char x, y;
		size_t m = fold(a, a_len, &x), n = fold(b, b_len, &y);

		if (x != y)
			return false;
		a += m;
		a_len -= m;
		b += n;
		b_len -= n;
	}
	return a_len == 0 && b_len == 0;
}

size_t fold_name(char *name, size_t len)
{
	size_t to = 0;

	for (size_t from = 0; from < len; to++) {
		char c;

		from += fold(name + from, len - from, &c);
		name[to] = c;
	}
	return to;
}
