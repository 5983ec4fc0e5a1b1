/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/chars.h"

#include <string.h>

#include "policy/json_string.h"
#include "policy/utf8.h"

uint32_t chars_decode(const char *p, size_t n)
{
	static const unsigned char lead_mask[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t cp = (unsigned char)p[0] & lead_mask[n];

	for (size_t i = 1; i < n; i++)
		cp = cp << 6 | ((unsigned char)p[i] & 0x3f);
	return cp;
}

static size_t escape_unit(uint32_t unit, char *ret)
{
	static const char hex[] = "0123456789abcdef";

	ret[0] = '\\';
	ret[1] = 'u';
	for (unsigned i = 0; i < 4; i++)
		ret[2 + i] = hex[unit >> (12 - 4 * i) & 0xf];
	return 6;
}

size_t chars_escape(uint32_t cp, char ret[static CHARS_ESCAPE_MAX])
{
	static const char short_escapes[0x80] = {
		['\b'] = 'b',
		['\f'] = 'f',
		['\n'] = 'n',
		['\r'] = 'r',
		['\t'] = 't',
		['"'] = '"',
		['\\'] = '\\',
	};

	if (cp < sizeof(short_escapes) && short_escapes[cp] != 0) {
		ret[0] = '\\';
		ret[1] = short_escapes[cp];
		return 2;
	}
	if (cp < 0x10000)
		return escape_unit(cp, ret);
	cp -= 0x10000;
	(void)escape_unit(0xd800 + (cp >> 10), ret);
	(void)escape_unit(0xdc00 + (cp & 0x3ff), ret + 6);
	return 12;
}

int chars_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct json_runs runs_a = json_runs(a, a_len);
	struct json_runs runs_b = json_runs(b, b_len);
	const char *pa = NULL, *pb = NULL;
	size_t na = 0, nb = 0;

	for (;;) {
		bool more_a = na > 0 || json_runs_next(&runs_a, &pa, &na);
		bool more_b = nb > 0 || json_runs_next(&runs_b, &pb, &nb);
		size_t n = na < nb ? na : nb;
		int r;

		if (!more_a || !more_b)
			return (int)more_a - (int)more_b;
		r = memcmp(pa, pb, n);
		if (r != 0)
			return r;
		pa += n;
		pb += n;
		na -= n;
		nb -= n;
	}
}

size_t chars_count(const struct json_value *string)
{
	return json_string_copy(string, NULL, 0);
}

size_t chars_cut(const struct json_value *string, size_t max, size_t *ret_end)
{
	struct json_runs r = json_runs_of(string);
	const char *end = r.p, *run;
	size_t n, total = 0;

	while (json_runs_next(&r, &run, &n) && n <= max - total) {
		total += n;
		end = r.p;
	}
	/* An escape is cut whole, a run of plain text between characters. */
	if (end != r.p && *end != '\\') {
		n = utf8_cut(run, n, max - total);
		total += n;
		end += n;
	}
	*ret_end = (size_t)(end - string->text);
	return total;
}

uint64_t chars_points(const struct json_value *string)
{
	struct json_runs runs = json_runs_of(string);
	const char *p;
	uint64_t count = 0;
	size_t n;

	while (json_runs_next(&runs, &p, &n))
		for (size_t i = 0; i < n; i++)
			count += !utf8_is_tail((unsigned char)p[i]);
	return count;
}

bool chars_have_nul(const struct json_value *string)
{
	struct json_runs runs = json_runs_of(string);
	const char *p;
	size_t n;

	while (json_runs_next(&runs, &p, &n))
		if (memchr(p, '\0', n) != NULL)
			return true;
	return false;
}
