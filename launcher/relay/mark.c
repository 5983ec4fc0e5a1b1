/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/mark.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define SHORT 512 /* bytes that need no allocation */

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
	char few[SHORT + 1];
	_free_ char *many = NULL;
	char *bytes = few;
	size_t len = v->end - v->begin;

	if (v->type != JSON_STRING && v->type != JSON_NUMBER)
		return false;
	/* Unescaping never makes a string longer. */
	if (len > SHORT)
		many = malloc(len + 1);
	if (len > SHORT && !many)
		return false;
	if (many)
		bytes = many;
	bytes[0] = v->type == JSON_STRING ? 's' : 'n';
	if (v->type == JSON_STRING)
		len = json_string_copy(v, bytes + 1, len);
	else
		memcpy(bytes + 1, v->text + v->begin, len);
	(void)crypto_shorthash_siphashx24(
		ret->bytes, (const unsigned char *)bytes, 1 + len, key->bytes);
	return true;
}

void mark_join(const struct mark_key *key, const struct mark *parts, size_t n,
	struct mark *ret)
{
	(void)crypto_shorthash_siphashx24(
		ret->bytes, parts->bytes, n * sizeof(*parts), key->bytes);
}

bool mark_equal(const struct mark *a, const struct mark *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
