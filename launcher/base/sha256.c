/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sha256.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

#define BLOCK ((size_t)64)
#define LANES_MAX 2
#define NI __attribute__((target("sha,sse4.1,ssse3")))
#define INLINE NI __attribute__((always_inline)) static inline

/* clang-format off */
static const uint32_t k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};
/* clang-format on */

/* CPUID leaf 7, EBX bit 29: SHA; leaf 1, ECX bits 9 and 19: SSSE3, SSE4.1. */
static bool cpu_has(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1U << 9)) ||
		!(c & (1U << 19)))
		return false;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1U << 29));
}

/* Asked once: CPUID leaves a virtual machine, which takes some 10 us. A fact
 * of the processor, so the one thing here that may be global. */
static bool has_instructions(void)
{
	static _Atomic int known; /* 0 not asked, 1 no, 2 yes */

	if (known == 0)
		known = cpu_has() ? 2 : 1;
	return known == 2;
}

/* Four rounds with the words @w. */
INLINE void four_rounds(__m128i *abef, __m128i *cdgh, __m128i w, unsigned round)
{
	__m128i wk = _mm_add_epi32(w, _mm_loadu_si128((const void *)&k[round]));

	*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, wk);
	*abef = _mm_sha256rnds2_epu32(
		*abef, *cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/* The four words after those in w[0..4), by FIPS 180-4, 6.2.2; they take the
 * place of the first. */
INLINE __m128i next_words(__m128i w[4])
{
	__m128i x = _mm_sha256msg1_epu32(w[0], w[1]);

	x = _mm_add_epi32(x, _mm_alignr_epi8(w[3], w[2], 4));
	x = _mm_sha256msg2_epu32(x, w[3]);
	w[0] = w[1];
	w[1] = w[2];
	w[2] = w[3];
	w[3] = x;
	return x;
}

INLINE __m128i load_words(const uint8_t *p)
{
	const __m128i swap =
		_mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);

	return _mm_shuffle_epi8(_mm_loadu_si128((const void *)p), swap);
}

struct state {
	__m128i abef, cdgh; /* as the instructions want it */
};

/*
 * @n blocks of each of @lanes texts. An instruction waits for the one before
 * it in its own lane: two lanes take little longer than one.
 */
INLINE void compress(
	struct state *s, const uint8_t *const *p, size_t n, unsigned lanes)
{
	__m128i w[LANES_MAX][4];
	struct state was[LANES_MAX];

	for (size_t at = 0; at < n * BLOCK; at += BLOCK) {
#pragma GCC unroll 2
		for (unsigned l = 0; l < lanes; l++)
			was[l] = s[l];
#pragma GCC unroll 4
		for (unsigned i = 0; i < 4; i++)
#pragma GCC unroll 2
			for (unsigned l = 0; l < lanes; l++) {
				w[l][i] =
					load_words(p[l] + at + (size_t)16 * i);
				four_rounds(
					&s[l].abef, &s[l].cdgh, w[l][i], 4 * i);
			}
#pragma GCC unroll 12
		for (unsigned i = 16; i < 64; i += 4)
#pragma GCC unroll 2
			for (unsigned l = 0; l < lanes; l++)
				four_rounds(&s[l].abef, &s[l].cdgh,
					next_words(w[l]), i);
#pragma GCC unroll 2
		for (unsigned l = 0; l < lanes; l++) {
			s[l].abef = _mm_add_epi32(s[l].abef, was[l].abef);
			s[l].cdgh = _mm_add_epi32(s[l].cdgh, was[l].cdgh);
		}
	}
}

NI static void compress_one(struct state *s, const uint8_t *p, size_t n)
{
	struct state x = *s;

	compress(&x, &p, n, 1);
	*s = x;
}

NI static void compress_two(
	struct state s[2], const uint8_t *p, const uint8_t *q, size_t n)
{
	struct state x[2] = {s[0], s[1]};

	compress(x, (const uint8_t *const[]){p, q}, n, 2);
	s[0] = x[0];
	s[1] = x[1];
}

/* The last block or two: what is left, a bit, zeros, the length in bits. */
static size_t last_blocks(
	uint8_t out[2 * BLOCK], const uint8_t *rest, size_t n, uint64_t bits)
{
	size_t len = n + 9 <= BLOCK ? BLOCK : 2 * BLOCK;

	memset(out, 0, 2 * BLOCK);
	memcpy(out, rest, n);
	out[n] = 0x80;
	for (unsigned i = 0; i < 8; i++)
		out[len - 1 - i] = (uint8_t)(bits >> (8 * i));
	return len / BLOCK;
}

/* H0..H7. */
NI static struct state state_new(void)
{
	return (struct state){
		_mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f,
			(int)0x9b05688c),
		_mm_set_epi32(
			0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
	};
}

/* What is left after the whole blocks of @len bytes, and the digest. */
NI static void state_end(
	struct state *state, const uint8_t *rest, size_t len, uint8_t ret[32])
{
	static const unsigned place[8] = {3, 2, 7, 6, 1, 0, 5, 4};
	uint8_t last[2 * BLOCK];
	uint32_t s[8];

	compress_one(state, last,
		last_blocks(last, rest, len % BLOCK, (uint64_t)len * 8));
	memcpy(s, state, sizeof(s));
	for (unsigned i = 0; i < 8; i++)
		for (unsigned b = 0; b < 4; b++)
			ret[(size_t)4 * i + b] =
				(uint8_t)(s[place[i]] >> (24 - 8 * b));
}

NI static void sha256_ni(const uint8_t *p, size_t len, uint8_t ret[32])
{
	struct state s = state_new();
	size_t whole = len / BLOCK;

	compress_one(&s, p, whole);
	state_end(&s, p + whole * BLOCK, len, ret);
}

/* Two whole pieces. */
NI static void two_pieces_ni(const uint8_t *p, uint8_t ret[64])
{
	struct state s[2] = {state_new(), state_new()};

	compress_two(s, p, p + SHA256_PIECE, SHA256_PIECE / BLOCK);
	state_end(&s[0], p, SHA256_PIECE, ret);
	state_end(&s[1], p, SHA256_PIECE, ret + 32);
}

#else

static bool has_instructions(void)
{
	return false;
}

static void sha256_ni(const uint8_t *p, size_t len, uint8_t ret[32])
{
	(void)crypto_hash_sha256(ret, p, len);
}

static void two_pieces_ni(const uint8_t *p, uint8_t ret[64])
{
	sha256_ni(p, SHA256_PIECE, ret);
	sha256_ni(p + SHA256_PIECE, SHA256_PIECE, ret + 32);
}

#endif

void sha256(const void *bytes, size_t len, uint8_t ret_hash[32])
{
	/* An empty result may come as NULL. */
	static const uint8_t nothing[1];

	if (!bytes)
		bytes = nothing;
	if (has_instructions())
		sha256_ni(bytes, len, ret_hash);
	else
		(void)crypto_hash_sha256(ret_hash, bytes, len);
}

int sha256_pieces(const void *bytes, size_t len, uint8_t ret_hash[32])
{
	size_t n = len / SHA256_PIECE + (len % SHA256_PIECE ? 1 : 0), i = 0;
	const uint8_t *p = bytes;
	_free_ uint8_t *digests = NULL;

	if (len <= SHA256_PIECE) {
		sha256(bytes, len, ret_hash);
		return 0;
	}
	digests = calloc(n + 1, 32);
	if (!digests)
		return -ENOMEM;
	for (; has_instructions() && len >= 2 * (size_t)SHA256_PIECE; i += 2) {
		two_pieces_ni(p, digests + 1 + 32 * i);
		p += 2 * (size_t)SHA256_PIECE;
		len -= 2 * (size_t)SHA256_PIECE;
	}
	for (; i < n; i++) {
		size_t part = len < SHA256_PIECE ? len : SHA256_PIECE;

		sha256(p, part, digests + 1 + 32 * i);
		p += part;
		len -= part;
	}
	sha256(digests, 1 + 32 * n, ret_hash);
	return 0;
}
