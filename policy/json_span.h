/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding the next byte that matters to JSON, 16 or 64 at a time. Inside
 * policy/json*.c and unseen_span.h only.
 *
 * Each search has a plain form, eight bytes at a time, and a form for SSE2,
 * which every x86-64 has; both give the same answer, and the tests compile the
 * scanner with either (JSON_SPAN_PLAIN). None reads outside [p, end).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(JSON_SPAN_PLAIN)
#define JSON_SPAN_SSE2 1
#include <emmintrin.h>
#else
#define JSON_SPAN_SSE2 0
#endif

static inline bool json_span_ends_text(unsigned char c)
{
	return c == '"' || c == '\\' || c < 0x20 || c >= 0x80;
}

static inline bool json_span_ends_string(unsigned char c)
{
	return c == '"' || c == '\\';
}

static inline bool json_span_is_structure(unsigned char c)
{
	return c == '"' || (c | 0x20) == '{' || (c | 0x20) == '}';
}

#if JSON_SPAN_SSE2

static inline __m128i json_span_load(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i json_span_is(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

/* The sign bit of each byte that ends a run of plain ASCII text. */
static inline __m128i json_span_text_block(__m128i v)
{
	__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);

	return _mm_or_si128(_mm_or_si128(v, low),
		_mm_or_si128(json_span_is(v, '"'), json_span_is(v, '\\')));
}

static inline __m128i json_span_string_block(__m128i v)
{
	return _mm_or_si128(json_span_is(v, '"'), json_span_is(v, '\\'));
}

static inline __m128i json_span_structure_block(__m128i v)
{
	__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));

	return _mm_or_si128(
		json_span_is(v, '"'), _mm_or_si128(json_span_is(folded, '{'),
					      json_span_is(folded, '}')));
}

#define JSON_SPAN_DEFINE(name, block, ends)                                    \
	static inline const char *name(const char *p, const char *end)         \
	{                                                                      \
		int m;                                                         \
                                                                               \
		for (; end - p >= 16; p += 16) {                               \
			m = _mm_movemask_epi8(block(json_span_load(p)));       \
			if (m != 0)                                            \
				return p + __builtin_ctz((unsigned)m);         \
			for (; end - p >= 80; p += 64) {                       \
				__m128i a = block(json_span_load(p + 16));     \
				__m128i b = block(json_span_load(p + 32));     \
				__m128i c = block(json_span_load(p + 48));     \
				__m128i d = block(json_span_load(p + 64));     \
                                                                               \
				if (_mm_movemask_epi8(                         \
					    _mm_or_si128(_mm_or_si128(a, b),   \
						    _mm_or_si128(c, d))) != 0) \
					break;                                 \
			}                                                      \
		}                                                              \
		while (p < end && !ends((unsigned char)*p))                    \
			p++;                                                   \
		return p;                                                      \
	}

#else

#define JSON_SPAN_ONES 0x0101010101010101ULL
#define JSON_SPAN_HIGH 0x8080808080808080ULL

/* Not zero if a byte of @v is @c; exact enough to stop, not to say where. */
static inline uint64_t json_span_is(uint64_t v, unsigned char c)
{
	uint64_t x = v ^ (JSON_SPAN_ONES * c);

	return (x - JSON_SPAN_ONES) & ~x & JSON_SPAN_HIGH;
}

static inline uint64_t json_span_text_block(uint64_t v)
{
	uint64_t low = (v - JSON_SPAN_ONES * 0x20) & ~v;

	return ((v | low) & JSON_SPAN_HIGH) | json_span_is(v, '"') |
	       json_span_is(v, '\\');
}

static inline uint64_t json_span_string_block(uint64_t v)
{
	return json_span_is(v, '"') | json_span_is(v, '\\');
}

static inline uint64_t json_span_structure_block(uint64_t v)
{
	uint64_t folded = v | (JSON_SPAN_ONES * 0x20);

	return json_span_is(v, '"') | json_span_is(folded, '{') |
	       json_span_is(folded, '}');
}

#define JSON_SPAN_DEFINE(name, block, ends)                            \
	static inline const char *name(const char *p, const char *end) \
	{                                                              \
		uint64_t v;                                            \
                                                                       \
		for (; end - p >= 8; p += 8) {                         \
			memcpy(&v, p, sizeof(v));                      \
			if (block(v) != 0)                             \
				break;                                 \
		}                                                      \
		while (p < end && !ends((unsigned char)*p))            \
			p++;                                           \
		return p;                                              \
	}

#endif

/* The first `"`, `\`, control character or byte from 0x80 on, or @end. */
JSON_SPAN_DEFINE(json_span_text, json_span_text_block, json_span_ends_text)

/* The first `"` or `\`, or @end. */
JSON_SPAN_DEFINE(
	json_span_string, json_span_string_block, json_span_ends_string)

/* The first `"`, bracket or brace, or @end. */
JSON_SPAN_DEFINE(
	json_span_structure, json_span_structure_block, json_span_is_structure)

#undef JSON_SPAN_DEFINE
