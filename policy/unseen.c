/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/unseen.h"

#include <stddef.h>

#include "policy/chars.h"
#include "policy/json_string.h"
#include "policy/unseen_span.h"
#include "policy/utf8.h"

const char *const unseen_words[_UNSEEN_N] = {
	[UNSEEN_CONTROL] = "control",
	[UNSEEN_ANSI] = "ansi",
	[UNSEEN_BIDI] = "bidi",
	[UNSEEN_ZERO_WIDTH] = "zero_width",
	[UNSEEN_TAG] = "tag",
	[UNSEEN_OTHER] = "other",
};

/* In order. unseen_span.h knows their first bytes: change both. */
static const struct {
	uint32_t first, last;
	enum unseen kind;
} ranges[] = {
	{0x00, 0x08, UNSEEN_CONTROL},
	{0x0b, 0x0c, UNSEEN_CONTROL},
	{0x0e, 0x1a, UNSEEN_CONTROL},
	{0x1b, 0x1b, UNSEEN_ANSI},
	{0x1c, 0x1f, UNSEEN_CONTROL},
	{0x7f, 0x8f, UNSEEN_CONTROL},
	{0x90, 0x90, UNSEEN_ANSI}, /* DCS */
	{0x91, 0x97, UNSEEN_CONTROL},
	{0x98, 0x98, UNSEEN_ANSI}, /* SOS */
	{0x99, 0x9a, UNSEEN_CONTROL},
	{0x9b, 0x9b, UNSEEN_ANSI}, /* CSI */
	{0x9c, 0x9c, UNSEEN_CONTROL},
	{0x9d, 0x9f, UNSEEN_ANSI},         /* OSC, PM, APC */
	{0xad, 0xad, UNSEEN_ZERO_WIDTH},   /* soft hyphen */
	{0x34f, 0x34f, UNSEEN_ZERO_WIDTH}, /* grapheme joiner */
	{0x61c, 0x61c, UNSEEN_BIDI},
	{0x115f, 0x1160, UNSEEN_OTHER}, /* Hangul fillers */
	{0x17b4, 0x17b5, UNSEEN_OTHER}, /* Khmer inherent vowels */
	{0x180b, 0x180f, UNSEEN_ZERO_WIDTH},
	{0x200b, 0x200d, UNSEEN_ZERO_WIDTH},
	{0x200e, 0x200f, UNSEEN_BIDI},
	{0x202a, 0x202e, UNSEEN_BIDI},
	{0x2060, 0x2064, UNSEEN_ZERO_WIDTH},
	{0x2065, 0x2065, UNSEEN_OTHER},
	{0x2066, 0x2069, UNSEEN_BIDI},
	{0x206a, 0x206f, UNSEEN_OTHER},
	{0x3164, 0x3164, UNSEEN_OTHER},
	{0xfe00, 0xfe0f, UNSEEN_TAG},
	{0xfeff, 0xfeff, UNSEEN_ZERO_WIDTH},
	{0xffa0, 0xffa0, UNSEEN_OTHER},
	{0xfff0, 0xfffb, UNSEEN_OTHER},
	{0x1bca0, 0x1bca3, UNSEEN_OTHER}, /* shorthand */
	{0x1d173, 0x1d17a, UNSEEN_OTHER}, /* musical notation */
	{0xe0000, 0xe0fff, UNSEEN_TAG},
};

/* Most letters are in a row of 256 that has none. */
static bool row_has_any(uint32_t cp)
{
	switch (cp >> 8) {
	case 0x00:
	case 0x03:
	case 0x06:
	case 0x11:
	case 0x17:
	case 0x18:
	case 0x20:
	case 0x31:
	case 0xfe:
	case 0xff:
	case 0x1bc:
	case 0x1d1:
		return true;
	default:
		return cp >= 0xe0000 && cp <= 0xe0fff;
	}
}

enum unseen unseen_kind(uint32_t cp)
{
	if ((cp >= 0x20 && cp < 0x7f) || !row_has_any(cp))
		return UNSEEN_NONE;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp <= ranges[i].last)
			return cp >= ranges[i].first ? ranges[i].kind
						     : UNSEEN_NONE;
	return UNSEEN_NONE;
}

/* `\uXXXX` and its partner, if it has one. */
static const char *step_unicode(const char *p, const char *end, uint32_t *ret)
{
	int32_t u = json_hex4(p + 2, end), low;

	*ret = u < 0 ? 0xfffd : (uint32_t)u;
	if (u < 0)
		return p + 2;
	if (u < 0xd800 || u > 0xdbff || end - p < 12 || p[6] != '\\' ||
		p[7] != 'u')
		return p + 6;
	low = json_hex4(p + 8, end);
	if (low < 0xdc00 || low > 0xdfff)
		return p + 6;
	*ret = 0x10000 + (((uint32_t)u - 0xd800) << 10) +
	       ((uint32_t)low - 0xdc00);
	return p + 12;
}

static const char *step_escape(const char *p, const char *end, uint32_t *ret)
{
	static const char short_escapes[0x80] = {
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t',
	};
	unsigned char c;

	*ret = '\\';
	if (end - p < 2)
		return end;
	c = (unsigned char)p[1];
	if (c == 'u')
		return step_unicode(p, end, ret);
	*ret = c < 0x80 && short_escapes[c] ? (uint32_t)short_escapes[c] : c;
	return p + 2;
}

const char *unseen_step(const char *p, const char *end, uint32_t *ret)
{
	size_t n;

	if (*p == '\\')
		return step_escape(p, end, ret);
	n = utf8_sequence(p, (size_t)(end - p));
	*ret = n ? chars_decode(p, n) : 0xfffd;
	return p + (n ? n : 1);
}

/* The second of two backslashes begins nothing. */
static bool is_escaped(const char *begin, const char *p)
{
	const char *q = p;

	while (q > begin && q[-1] == '\\')
		q--;
	return (p - q) % 2 != 0;
}

const char *unseen_find(const char *p, const char *end)
{
	const char *begin = p;
	uint32_t cp;

	for (; (p = unseen_span(p, end)) < end; p++) {
		if (*p == '\\' && is_escaped(begin, p))
			continue;
		(void)unseen_step(p, end, &cp);
		if (unseen_kind(cp) != UNSEEN_NONE)
			return p;
	}
	return end;
}
