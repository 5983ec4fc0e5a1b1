/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/chain.h"

#include <sodium.h>
#include <string.h>

#include "base/sha256.h"

static const char genesis[] = "stockade audit 1\n";
static const char seal_open[] = ",\"hash\":\"";
static const char seal_close[] = "\"}";

#define OPEN_LEN (sizeof(seal_open) - 1)
#define CLOSE_LEN (sizeof(seal_close) - 1)
#define HEX_LEN (2 * (size_t)CHAIN_HASH)

_Static_assert(OPEN_LEN + HEX_LEN + CLOSE_LEN + 1 == CHAIN_SEAL_MAX,
	"a seal has a fixed length");

void hex_text(char *dst, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	/* Nothing of it is secret: no need for constant time. */
	for (size_t i = 0; i < n; i++) {
		dst[2 * i] = digits[bytes[i] >> 4];
		dst[2 * i + 1] = digits[bytes[i] & 15];
	}
	dst[2 * n] = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool hex_bytes(const char *hex, uint8_t *ret_bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);

		if (low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool hex_valid(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hex_digit(s[i]) < 0)
			return false;
	return s[n] == '\0';
}

void chain_init(struct chain *c, const char *name)
{
	crypto_hash_sha256_state state;

	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(
		&state, (const uint8_t *)genesis, sizeof(genesis) - 1);
	(void)crypto_hash_sha256_update(
		&state, (const uint8_t *)name, strlen(name));
	(void)crypto_hash_sha256_final(&state, c->head);
	c->count = 0;
}

/* Lines up to this are hashed in one go, with the processor's instructions. */
#define SHORT 2048

void chain_hash(const uint8_t previous[CHAIN_HASH], const void *text,
	size_t len, uint8_t ret_hash[CHAIN_HASH])
{
	crypto_hash_sha256_state state;
	uint8_t joined[CHAIN_HASH + SHORT];

	if (len <= SHORT) {
		memcpy(joined, previous, CHAIN_HASH);
		memcpy(joined + CHAIN_HASH, text, len);
		sha256(joined, CHAIN_HASH + len, ret_hash);
		return;
	}
	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, previous, CHAIN_HASH);
	(void)crypto_hash_sha256_update(&state, text, len);
	(void)crypto_hash_sha256_final(&state, ret_hash);
}

int chain_seal(struct chain *c, struct buf *out, size_t start)
{
	char seal[CHAIN_SEAL_MAX + 1];
	uint8_t hash[CHAIN_HASH];
	const uint8_t *text;
	int r = buf_reserve(out, CHAIN_SEAL_MAX);

	if (r < 0)
		return r;
	text = buf_head(out) + start;
	chain_hash(c->head, text, buf_len(out) - start, hash);
	memcpy(seal, seal_open, OPEN_LEN);
	hex_text(seal + OPEN_LEN, hash, CHAIN_HASH);
	memcpy(seal + OPEN_LEN + HEX_LEN, "\"}\n", CLOSE_LEN + 1);
	r = buf_append(out, seal, CHAIN_SEAL_MAX);
	if (r < 0)
		return r;
	memcpy(c->head, hash, CHAIN_HASH);
	c->count++;
	return 0;
}

bool chain_split(const char *line, size_t len, size_t *ret_text_len,
	uint8_t ret_hash[CHAIN_HASH])
{
	size_t seal = CHAIN_SEAL_MAX - 1, text_len;
	uint8_t hash[CHAIN_HASH];
	const char *p;

	if (len <= seal)
		return false;
	text_len = len - seal;
	p = line + text_len;
	if (line[0] != '{' || memcmp(p, seal_open, OPEN_LEN) != 0 ||
		memcmp(line + len - CLOSE_LEN, seal_close, CLOSE_LEN) != 0)
		return false;
	if (!hex_bytes(p + OPEN_LEN, hash, CHAIN_HASH))
		return false;
	*ret_text_len = text_len;
	memcpy(ret_hash, hash, CHAIN_HASH);
	return true;
}
