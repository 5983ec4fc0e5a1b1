/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The next place where a character of unseen.h may begin, 16 or 64 bytes at a
 * time: its first byte, or an escape that can be one. Inside policy/unseen.c
 * only; as json_span.h, with a plain form for want of SSE2 and for the tests.
 */
#pragma once

#include "policy/json_span.h"

/* The first bytes of all ranges above ASCII. */
#define UNSEEN_LEADS(X) \
	X(0xc2)         \
	X(0xcd)         \
	X(0xd8)         \
	X(0xe1)         \
	X(0xe2)         \
	X(0xe3)         \
	X(0xef)         \
	X(0xf0)         \
	X(0xf3)

static inline bool unseen_span_lead(unsigned char c)
{
#define X(lead) c == (lead) ||
	return UNSEEN_LEADS(X) c == 0x7f;
#undef X
}

/* `\b`, `\f` and `\u`. */
static inline bool unseen_span_stop(const char *p, const char *end)
{
	if (*p != '\\')
		return unseen_span_lead((unsigned char)*p);
	return end - p > 1 && (p[1] == 'u' || (p[1] & ~4) == 'b');
}

#if JSON_SPAN_SSE2

/* The sign bit of what is worth a second look. */
static inline __m128i unseen_span_block(__m128i v)
{
	return _mm_or_si128(
		v, _mm_or_si128(json_span_is(v, '\\'), json_span_is(v, 0x7f)));
}

/* That second look: @v, and @next the same one byte further. */
static inline unsigned unseen_span_mask(__m128i v, __m128i next)
{
	__m128i folded = _mm_andnot_si128(_mm_set1_epi8(4), next);
	__m128i hit = _mm_and_si128(
		json_span_is(v, '\\'), _mm_or_si128(json_span_is(next, 'u'),
					       json_span_is(folded, 'b')));

#define X(lead) hit = _mm_or_si128(hit, json_span_is(v, (char)(lead)));
	UNSEEN_LEADS(X)
#undef X
	hit = _mm_or_si128(hit, json_span_is(v, 0x7f));
	return (unsigned)_mm_movemask_epi8(hit);
}

/* Blocks of which none is worth it are passed four at a time. */
static inline const char *unseen_span_plain(const char *p, const char *end)
{
	for (; end - p >= 64; p += 64) {
		__m128i a = unseen_span_block(json_span_load(p));
		__m128i b = unseen_span_block(json_span_load(p + 16));
		__m128i c = unseen_span_block(json_span_load(p + 32));
		__m128i d = unseen_span_block(json_span_load(p + 48));

		if (_mm_movemask_epi8(_mm_or_si128(
			    _mm_or_si128(a, b), _mm_or_si128(c, d))) != 0)
			break;
	}
	return p;
}

static inline const char *unseen_span(const char *p, const char *end)
{
	unsigned m;

	while (end - p > 16) {
		p = unseen_span_plain(p, end);
		for (int i = 0; i < 4 && end - p > 16; i++, p += 16) {
			__m128i v = json_span_load(p);

			if (_mm_movemask_epi8(unseen_span_block(v)) == 0)
				continue;
			m = unseen_span_mask(v, json_span_load(p + 1));
			if (m != 0)
				return p + __builtin_ctz(m);
		}
	}
	while (p < end && !unseen_span_stop(p, end))
		p++;
	return p;
}

#else

static inline uint64_t unseen_span_block(uint64_t v)
{
	return (v & JSON_SPAN_HIGH) | json_span_is(v, '\\') |
	       json_span_is(v, 0x7f);
}

static inline const char *unseen_span(const char *p, const char *end)
{
	uint64_t v;

	while (p < end) {
		if (end - p >= 8) {
			memcpy(&v, p, sizeof(v));
			if (unseen_span_block(v) == 0) {
				p += 8;
				continue;
			}
		}
		for (int i = 0; i < 8 && p < end; i++, p++)
			if (unseen_span_stop(p, end))
				return p;
	}
	return p;
}

#endif
