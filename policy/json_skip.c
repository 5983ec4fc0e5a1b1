/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_skip.h"

#include "policy/json_span.h"

/* Between tokens or inside a string, @depth containers deep. */
struct skip {
	const char *p, *end;
	size_t depth;
	bool in_string;
};

/* @p is behind the opening quote; returns what is behind the closing one. */
static const char *skip_string(const char *p, const char *end)
{
	for (;;) {
		p = json_span_string(p, end);
		if (p >= end)
			return end;
		if (*p == '"')
			return p + 1;
		p = end - p > 2 ? p + 2 : end;
	}
}

static void skip_tokens(struct skip *s)
{
	while (s->p < s->end && s->depth > 0) {
		if (s->in_string) {
			s->p = skip_string(s->p, s->end);
			s->in_string = false;
			continue;
		}
		s->p = json_span_structure(s->p, s->end);
		if (s->p == s->end)
			return;
		if (*s->p == '"')
			s->in_string = true;
		else
			s->depth += (*s->p | 0x20) == '{' ? 1 : (size_t)-1;
		s->p++;
	}
}

#if JSON_SPAN_SSE2

/* 64 bytes as bits, the first byte lowest. */
struct block {
	uint64_t quotes, backslashes, opening, closing;
};

static inline uint64_t block_bits(__m128i v, unsigned shift)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(v) << shift;
}

static inline struct block block_load(const char *p)
{
	struct block b = {0};

	for (unsigned i = 0; i < 64; i += 16) {
		__m128i v = json_span_load(p + i);
		__m128i folded = _mm_or_si128(v, _mm_set1_epi8(0x20));

		b.quotes |= block_bits(json_span_is(v, '"'), i);
		b.backslashes |= block_bits(json_span_is(v, '\\'), i);
		b.opening |= block_bits(json_span_is(folded, '{'), i);
		b.closing |= block_bits(json_span_is(folded, '}'), i);
	}
	return b;
}

/*
 * The bytes that a backslash escapes. @carry: whether the one before the block
 * does so to the first, then the same for the next block. Adding the odd
 * starts of runs of backslashes to the runs carries to where each ends.
 */
static inline uint64_t block_escaped(uint64_t backslashes, uint64_t *carry)
{
	const uint64_t even = 0x5555555555555555ULL;
	uint64_t follows, odd_starts, sum, escaped = *carry;

	if (backslashes == 0) {
		*carry = 0;
		return escaped;
	}
	backslashes &= ~escaped;
	follows = backslashes << 1 | escaped;
	odd_starts = backslashes & ~even & ~follows;
	*carry = __builtin_add_overflow(odd_starts, backslashes, &sum);
	return (even ^ (sum << 1)) & follows;
}

/* Bits set from each odd quote up to the next: the insides of strings. */
static inline uint64_t block_strings(uint64_t quotes)
{
	for (unsigned shift = 1; shift < 64; shift *= 2)
		quotes ^= quotes << shift;
	return quotes;
}

static inline size_t block_count(uint64_t bits)
{
	return (size_t)__builtin_popcountll(bits);
}

/* The bracket that brings @depth to 0 is in these bits: which. */
static unsigned block_end(uint64_t opening, uint64_t closing, size_t *depth)
{
	uint64_t both = opening | closing;
	unsigned i = 64;

	while (both != 0) {
		i = (unsigned)__builtin_ctzll(both);
		if ((opening >> i & 1) != 0)
			++*depth;
		else if (--*depth == 0)
			return i;
		both &= both - 1;
	}
	return 64;
}

/* As long as there are whole blocks. */
static void skip_blocks(struct skip *s)
{
	uint64_t carry = 0, before = 0; /* before: all ones in a string */

	for (; s->end - s->p >= 64; s->p += 64) {
		struct block b = block_load(s->p);
		uint64_t escaped = block_escaped(b.backslashes, &carry);
		uint64_t inside = block_strings(b.quotes & ~escaped) ^ before;
		size_t closing;
		unsigned end;

		before = 0 - (inside >> 63);
		if (inside == UINT64_MAX && carry == 0) {
			/* A long string: on to what may end it. */
			s->p = json_span_string(s->p + 64, s->end) - 64;
			continue;
		}
		b.opening &= ~inside;
		b.closing &= ~inside;
		/* Text, mostly: and counting bits may be a call. */
		if ((b.opening | b.closing) == 0)
			continue;
		closing = block_count(b.closing);
		if (closing < s->depth) {
			s->depth += block_count(b.opening) - closing;
			continue;
		}
		end = block_end(b.opening, b.closing, &s->depth);
		if (s->depth == 0) {
			s->p += end + 1;
			return;
		}
	}
	if (carry != 0 && s->p < s->end)
		s->p++;
	s->in_string = before != 0;
}

#else

static void skip_blocks(struct skip *s)
{
	(void)s;
}

#endif

static const char *skip_container(const char *p, const char *end)
{
	struct skip s = {.p = p + 1, .end = end, .depth = 1};

	skip_blocks(&s);
	skip_tokens(&s);
	return s.p;
}

static const char *skip_scalar(const char *p, const char *end)
{
	while (p < end && *p != ',' && *p != '}' && *p != ']' && *p != ' ' &&
		*p != '\n' && *p != '\r' && *p != '\t')
		p++;
	return p;
}

const char *json_skip(const char *p, const char *end)
{
	if (*p == '"')
		return skip_string(p + 1, end);
	if (*p == '{' || *p == '[')
		return skip_container(p, end);
	return skip_scalar(p, end);
}
