/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/utf8.h"

bool utf8_valid(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len) {
		size_t n = utf8_sequence(text + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

size_t utf8_cut(const char *text, size_t len, size_t max)
{
	size_t n = max;

	if (len <= max)
		return len;
	while (n > 0 && utf8_is_tail((unsigned char)text[n]))
		n--;
	return n;
}

size_t utf8_put(uint32_t cp, char ret[static UTF8_MAX])
{
	if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		cp = 0xfffd;
	if (cp < 0x80) {
		ret[0] = (char)cp;
		return 1;
	}
	if (cp < 0x800) {
		ret[0] = (char)(0xc0 | (cp >> 6));
		ret[1] = (char)(0x80 | (cp & 0x3f));
		return 2;
	}
	if (cp < 0x10000) {
		ret[0] = (char)(0xe0 | (cp >> 12));
		ret[1] = (char)(0x80 | ((cp >> 6) & 0x3f));
		ret[2] = (char)(0x80 | (cp & 0x3f));
		return 3;
	}
	ret[0] = (char)(0xf0 | (cp >> 18));
	ret[1] = (char)(0x80 | ((cp >> 12) & 0x3f));
	ret[2] = (char)(0x80 | ((cp >> 6) & 0x3f));
	ret[3] = (char)(0x80 | (cp & 0x3f));
	return 4;
}
