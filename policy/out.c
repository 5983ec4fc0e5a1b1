/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/out.h"

#include <stdlib.h>
#include <string.h>

#include "policy/chars.h"
#include "policy/utf8.h"

#define OUT_FIRST_SIZE 256

void out_deinit(struct out *o)
{
	free(o->data);
	o->data = NULL;
	o->len = o->size = 0;
}

void out_reset(struct out *o)
{
	o->len = 0;
	o->failed = false;
}

static bool out_reserve(struct out *o, size_t len)
{
	size_t need, size;
	char *data;

	if (o->failed || __builtin_add_overflow(o->len, len, &need) ||
		need > o->max)
		return false;
	if (need <= o->size)
		return true;

	size = o->size > o->max / 2 ? o->max : o->size * 2;
	if (size < OUT_FIRST_SIZE)
		size = OUT_FIRST_SIZE < o->max ? OUT_FIRST_SIZE : o->max;
	if (size < need)
		size = need;
	data = realloc(o->data, size);
	if (data == NULL)
		return false;
	o->data = data;
	o->size = size;
	return true;
}

void out_bytes(struct out *o, const char *bytes, size_t len)
{
	if (len == 0)
		return;
	if (!out_reserve(o, len)) {
		o->failed = true;
		return;
	}
	memcpy(o->data + o->len, bytes, len);
	o->len += len;
}

void out_str(struct out *o, const char *s)
{
	out_bytes(o, s, strlen(s));
}

void out_u64(struct out *o, uint64_t n)
{
	char digits[20]; /* UINT64_MAX has twenty */
	size_t i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	out_bytes(o, digits + i, sizeof(digits) - i);
}

/*
 * What a terminal or a reader would not show as itself: C1 controls, soft
 * hyphen, marks of direction, zero width, separators that some take for the
 * end of a line, variation selectors of the supplement, tags.
 */
static const struct {
	uint32_t first, last;
} unseen[] = {
	{0x7f, 0x9f},
	{0xad, 0xad},
	{0x61c, 0x61c},
	{0x180e, 0x180e},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xfeff, 0xfeff},
	{0xfff9, 0xfffb},
	{0xe0000, 0xe01ef},
};

static bool is_unseen(uint32_t cp)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++) {
		if (cp >= unseen[i].first && cp <= unseen[i].last)
			return true;
	}
	return false;
}

static bool is_plain(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f &&
	       c != '"' && c != '\\';
}

/* One character that may need an escape; returns its bytes in @text. */
static size_t out_json_char(struct out *o, const char *text, size_t left)
{
	size_t n = utf8_sequence(text, left);
	char escape[CHARS_ESCAPE_MAX];
	uint32_t cp;

	if (n == 0) {
		out_str(o, "\xef\xbf\xbd");
		return 1;
	}
	cp = chars_decode(text, n);
	if (n > 1 && !is_unseen(cp))
		out_bytes(o, text, n);
	else
		out_bytes(o, escape, chars_escape(cp, escape));
	return n;
}

void out_json_text(struct out *o, const char *text, size_t len)
{
	size_t i = 0, run;

	while (i < len) {
		for (run = i; run < len && is_plain(text[run]); run++)
			;
		out_bytes(o, text + i, run - i);
		i = run;
		if (i < len)
			i += out_json_char(o, text + i, len - i);
	}
}

void out_json_string(struct out *o, const char *text, size_t len)
{
	out_str(o, "\"");
	out_json_text(o, text, len);
	out_str(o, "\"");
}
