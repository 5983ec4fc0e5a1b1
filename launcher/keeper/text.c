/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/text.h"

#include <stdio.h>

#define REPLACEMENT 0xfffdU

/* Smallest code point for each length: what is shorter is not UTF-8. */
static const uint32_t shortest[5] = {0, 0, 0x80, 0x800, 0x10000};

static size_t utf8_length(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* One code point; bytes taken, which is 1 for a byte that is no UTF-8. */
static size_t utf8_decode(const uint8_t *p, size_t len, uint32_t *ret)
{
	size_t n = utf8_length(p[0]);
	uint32_t c;

	*ret = REPLACEMENT;
	if (n == 0 || n > len)
		return 1;
	c = n == 1 ? p[0] : p[0] & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		c = c << 6 | (p[i] & 0x3fU);
	}
	if (c < shortest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 1;
	*ret = c;
	return n;
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t char_text(char dst[13], uint32_t c)
{
	int n;

	if (c == '"' || c == '\\') {
		dst[0] = '\\';
		dst[1] = (char)c;
		return 2;
	}
	if (c < 0x10000) {
		n = snprintf(dst, 13, "\\u%04x", c);
	} else {
		c -= 0x10000;
		n = snprintf(dst, 13, "\\u%04x\\u%04x", 0xd800 + (c >> 10),
			0xdc00 + (c & 0x3ff));
	}
	return (size_t)n;
}

int text_append_json(struct buf *out, const uint8_t *bytes, size_t len)
{
	size_t need, used = 0;
	char *dst;
	int r;

	if (__builtin_mul_overflow(len, (size_t)6, &need) ||
		__builtin_add_overflow(need, (size_t)16, &need))
		return -ENOBUFS;
	r = buf_reserve(out, need);
	if (r < 0)
		return r;
	dst = (char *)out->data + out->end;
	dst[used++] = '"';
	for (size_t i = 0; i < len;) {
		uint32_t c;

		if (is_plain(bytes[i])) {
			dst[used++] = (char)bytes[i++];
			continue;
		}

		i += utf8_decode(bytes + i, len - i, &c);
		used += char_text(dst + used, c);
	}
	dst[used++] = '"';
	out->end += used;
	return 0;
}
