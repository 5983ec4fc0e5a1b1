/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_hash.h"

static inline uint64_t rotate(uint64_t x, unsigned by)
{
	return (x << by) | (x >> (64 - by));
}

static inline void hash_round(uint64_t v[static 4])
{
	v[0] += v[1];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[0] = rotate(v[0], 32);
	v[2] += v[3];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

static inline void hash_word(struct json_hash *h, uint64_t word)
{
	h->v[3] ^= word;
	hash_round(h->v);
	h->v[0] ^= word;
}

void json_hash_init(struct json_hash *h, uint64_t k0, uint64_t k1)
{
	*h = (struct json_hash){
		.v = {k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL,
			k0 ^ 0x6c7967656e657261ULL, k1 ^ 0x7465646279746573ULL},
	};
}

static void hash_byte(struct json_hash *h, unsigned char c)
{
	h->word |= (uint64_t)c << (8 * (h->len & 7));
	h->len++;
	if ((h->len & 7) == 0) {
		hash_word(h, h->word);
		h->word = 0;
	}
}

void json_hash_update(struct json_hash *h, const char *bytes, size_t len)
{
	while (len > 0 && (h->len & 7) != 0) {
		hash_byte(h, (unsigned char)*bytes++);
		len--;
	}
	for (; len >= 8; len -= 8, bytes += 8) {
		hash_word(h, json_word(bytes));
		h->len += 8;
	}
	for (; len > 0; len--)
		hash_byte(h, (unsigned char)*bytes++);
}

uint64_t json_hash_final(struct json_hash *h)
{
	hash_word(h, h->word | ((uint64_t)h->len << 56));
	h->v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		hash_round(h->v);
	return h->v[0] ^ h->v[1] ^ h->v[2] ^ h->v[3];
}
