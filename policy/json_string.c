/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_string.h"

#include <assert.h>
#include <string.h>

#include "policy/json.h"

/* One more than the digit's value, so that 0 says: none. */
static const uint8_t hex_digit[256] = {
	['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16,
};

int32_t json_hex4(const char *p, const char *end)
{
	int32_t r = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		uint8_t d = hex_digit[(unsigned char)p[i]];

		if (d == 0)
			return -1;
		r = r * 16 + (d - 1);
	}
	return r;
}

struct json_runs json_runs(const char *text, size_t len)
{
	return (struct json_runs){.p = text, .end = text + len};
}

struct json_runs json_runs_of(const struct json_value *string)
{
	assert(string->type == JSON_STRING);
	return json_runs(string->text + string->begin + 1,
		string->end - string->begin - 2);
}

/* The low half that would follow a high one; 0 if there is none. */
static uint32_t low_half(const char *p, const char *end)
{
	int32_t u;

	if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return 0;
	u = json_hex4(p + 2, end);
	return u >= 0xdc00 && u <= 0xdfff ? (uint32_t)u : 0;
}

/* @r->p is behind `\u`. */
static size_t run_unicode(struct json_runs *r)
{
	int32_t u = json_hex4(r->p, r->end);
	uint32_t cp = u < 0 ? 0xfffd : (uint32_t)u;
	uint32_t low;

	r->p += r->end - r->p < 4 ? r->end - r->p : 4;
	if (cp >= 0xd800 && cp <= 0xdbff) {
		low = low_half(r->p, r->end);
		if (low != 0) {
			cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00);
			r->p += 6;
		}
	}
	return utf8_put(cp, r->escape);
}

/* @r->p is on a backslash. */
static size_t run_escape(struct json_runs *r)
{
	static const char plain[256] = {
		['"'] = '"',
		['\\'] = '\\',
		['/'] = '/',
		['b'] = '\b',
		['f'] = '\f',
		['n'] = '\n',
		['r'] = '\r',
		['t'] = '\t',
	};
	char c;

	r->p++;
	if (r->p == r->end)
		return 0;
	c = *r->p++;
	if (c == 'u')
		return run_unicode(r);
	r->escape[0] = plain[(unsigned char)c];
	return 1;
}

bool json_runs_next(struct json_runs *r, const char **ret, size_t *ret_len)
{
	const char *stop;

	if (r->p == r->end)
		return false;
	if (*r->p == '\\') {
		*ret_len = run_escape(r);
		*ret = r->escape;
		return *ret_len > 0;
	}
	stop = memchr(r->p, '\\', (size_t)(r->end - r->p));
	if (stop == NULL)
		stop = r->end;
	*ret = r->p;
	*ret_len = (size_t)(stop - r->p);
	r->p = stop;
	return true;
}

bool json_runs_equal(struct json_runs *a, struct json_runs *b)
{
	const char *pa = NULL, *pb = NULL;
	size_t na = 0, nb = 0;

	for (;;) {
		bool more_a = na > 0 || json_runs_next(a, &pa, &na);
		bool more_b = nb > 0 || json_runs_next(b, &pb, &nb);
		size_t n = na < nb ? na : nb;

		if (!more_a || !more_b)
			return more_a == more_b;
		if (memcmp(pa, pb, n) != 0)
			return false;
		pa += n;
		pb += n;
		na -= n;
		nb -= n;
	}
}

bool json_string_is(const struct json_value *v, const char *bytes, size_t len)
{
	struct json_runs r;
	const char *p;
	size_t n;

	/* An escape is never shorter than what it stands for. */
	if (v->type != JSON_STRING || v->end - v->begin - 2 < len)
		return false;
	r = json_runs_of(v);
	while (json_runs_next(&r, &p, &n)) {
		if (n > len || memcmp(p, bytes, n) != 0)
			return false;
		bytes += n;
		len -= n;
	}
	return len == 0;
}

bool json_string_eq(const struct json_value *v, const char *s)
{
	return json_string_is(v, s, strlen(s));
}

size_t json_string_copy(const struct json_value *v, char *dst, size_t size)
{
	struct json_runs r;
	const char *p;
	size_t n, total = 0;

	if (v->type != JSON_STRING)
		return 0;
	r = json_runs_of(v);
	while (json_runs_next(&r, &p, &n)) {
		if (total < size)
			memcpy(dst + total, p,
				n < size - total ? n : size - total);
		total += n;
	}
	return total;
}

/*
 * In an accepted text a backslash stands only inside strings, and halves only
 * inside values: the scanner refuses them in names.
 */
size_t json_mend_surrogates(char *text, size_t len)
{
	char *p = text, *end = text + len;
	size_t n = 0;

	while ((p = memchr(p, '\\', (size_t)(end - p))) != NULL) {
		int32_t u = -1;

		if (end - p >= 6 && p[1] == 'u')
			u = json_hex4(p + 2, end);
		if (u >= 0xd800 && u <= 0xdbff && low_half(p + 6, end) != 0) {
			p += 12;
			continue;
		}
		if (u >= 0xd800 && u <= 0xdfff) {
			memcpy(p, "\\ufffd", 6);
			n++;
		}
		p += u >= 0 ? 6 : 2;
	}
	return n;
}
