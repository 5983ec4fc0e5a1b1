/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/mark.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof(struct mark_key) == crypto_shorthash_siphashx24_KEYBYTES,
	"the key of a mark");
static_assert(sizeof(struct mark) == crypto_shorthash_siphashx24_BYTES,
	"the bytes of a mark");

void mark_key_make(struct mark_key *ret)
{
	randombytes_buf(ret->bytes, sizeof(ret->bytes));
}

bool mark_make(const struct mark_key *key, const struct json_value *v,
	struct mark *ret)
{
	char bytes[1 + MARK_MAX];
	size_t len = v->end - v->begin;

	if (v->type == JSON_STRING)
		len = json_string_copy(v, bytes + 1, MARK_MAX);
	else if (v->type != JSON_NUMBER)
		return false;
	if (len > MARK_MAX)
		return false;
	if (v->type == JSON_NUMBER)
		memcpy(bytes + 1, v->text + v->begin, len);
	bytes[0] = v->type == JSON_STRING ? 's' : 'n';
	(void)crypto_shorthash_siphashx24(
		ret->bytes, (const unsigned char *)bytes, 1 + len, key->bytes);
	return true;
}

bool mark_equal(const struct mark *a, const struct mark *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
