/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SipHash-1-3, fed in pieces: a keyed hash for tables that strangers fill.
 * Not for anything that must last. Inside policy/json*.c only.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Eight bytes, the first lowest. */
static inline uint64_t json_word(const char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

struct json_hash {
	uint64_t v[4];
	uint64_t word; /* bytes that are no whole word yet, low ones first */
	size_t len;
};

void json_hash_init(struct json_hash *h, uint64_t k0, uint64_t k1);
void json_hash_update(struct json_hash *h, const char *bytes, size_t len);
uint64_t json_hash_final(struct json_hash *h);
