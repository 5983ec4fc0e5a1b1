/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digits.h"

bool digits_take(const char **p, unsigned max, uint64_t *ret)
{
	uint64_t value = 0;
	unsigned n = 0;

	while (n < max && (*p)[n] >= '0' && (*p)[n] <= '9')
		value = 10 * value + (uint64_t)((*p)[n++] - '0');
	if (n == 0)
		return false;
	*p += n;
	*ret = value;
	return true;
}

bool digits_take_until(const char **p, unsigned max, char after, uint64_t *ret)
{
	const char *at = *p;
	uint64_t value;

	if (!digits_take(&at, max, &value) || *at != after)
		return false;
	*p = after ? at + 1 : at;
	*ret = value;
	return true;
}

bool digits_take_row(const char *text, uint64_t *ret, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		while (*text == ' ' || *text == '\t')
			text++;
		if (!digits_take(&text, 19, &ret[i]))
			return false;
	}
	return true;
}
