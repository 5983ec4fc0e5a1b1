/* SPDX-License-Identifier: Apache-2.0 */
#include "oracle.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *oracle_load(const char *text, size_t len)
{
	return json_loadb(text, len,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
		NULL);
}

bool oracle_accepts(const char *text, size_t len)
{
	json_t *j = oracle_load(text, len);

	json_decref(j);
	return j != NULL;
}

bool oracle_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	json_t *x = oracle_load(a, a_len), *y = oracle_load(b, b_len);
	bool same = x != NULL && y != NULL && json_equal(x, y);

	json_decref(x);
	json_decref(y);
	return same;
}

bool oracle_integer(const char *text, size_t len, int64_t *ret)
{
	json_t *j = oracle_load(text, len);
	bool whole = json_is_integer(j);

	if (whole)
		*ret = json_integer_value(j);
	json_decref(j);
	return whole;
}

char *oracle_unescape(const char *text, size_t len, size_t *ret_len)
{
	json_t *j = oracle_load(text, len);
	char *copy = NULL;

	if (json_is_string(j)) {
		*ret_len = json_string_length(j);
		copy = malloc(*ret_len + 1);
		if (copy != NULL)
			memcpy(copy, json_string_value(j), *ret_len + 1);
	}
	json_decref(j);
	return copy;
}
