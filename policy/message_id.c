/* SPDX-License-Identifier: Apache-2.0 */
/* What an id may be, and which names some reader confuses. */
#include "policy/message_id.h"

#include <string.h>

#define INTEGER_MAX ((INT64_C(1) << 53) - 1)

/* JavaScript rounds beyond 53 bits and writes -0 as 0. */
static bool integer_valid(const struct json_value *v)
{
	int64_t n;

	if (!json_to_int64(v, &n) || n > INTEGER_MAX || n < -INTEGER_MAX)
		return false;
	return n != 0 || v->text[v->begin] != '-';
}

/* Half a surrogate pair would be mended on its way, a NUL cut off. */
static bool string_valid(const struct json_value *v)
{
	char raw[MESSAGE_ID_MAX], bytes[MESSAGE_ID_MAX];
	size_t len = v->end - v->begin, n;

	if (len > sizeof(raw))
		return false;
	memcpy(raw, v->text + v->begin, len);
	if (json_mend_surrogates(raw, len) > 0)
		return false;
	n = json_string_copy(v, bytes, sizeof(bytes));
	return memchr(bytes, '\0', n) == NULL;
}

bool message_id_valid(const struct json_value *v)
{
	if (v->type == JSON_NUMBER)
		return integer_valid(v);
	return v->type == JSON_STRING && string_valid(v);
}

/*
 * Folds in place as encoding/json of Go does when it looks for a field: ASCII
 * case, the long s (U+017F) and the Kelvin sign (U+212A). Returns the length.
 */
static size_t name_fold(char *s, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] >= 'A' && s[i] <= 'Z') {
			s[n++] = (char)(s[i] | 0x20);
		} else if (len - i >= 2 && memcmp(s + i, "\xc5\xbf", 2) == 0) {
			s[n++] = 's';
			i += 1;
		} else if (len - i >= 3 &&
			   memcmp(s + i, "\xe2\x84\xaa", 3) == 0) {
			s[n++] = 'k';
			i += 2;
		} else {
			s[n++] = s[i];
		}
	}
	return n;
}

/* A name that needs folding, or is none of the known. */
static enum name_match match_folded(char *bytes, size_t len,
	const struct name_known *known, unsigned n_known, unsigned *ret)
{
	char folded[NAME_KNOWN_MAX];

	len = name_fold(bytes, len);
	for (unsigned i = 0; i < n_known; i++) {
		if (known[i].len != len)
			continue;
		memcpy(folded, known[i].name, len);
		if (memcmp(folded, bytes, name_fold(folded, len)) == 0) {
			*ret = i;
			return NAME_CONFUSED;
		}
	}
	return NAME_OTHER;
}

enum name_match message_name_match(const struct json_value *name,
	const struct name_known *known, unsigned n_known, unsigned *ret)
{
	char bytes[3 * NAME_KNOWN_MAX];
	size_t len = json_string_copy(name, bytes, sizeof(bytes));

	if (len > sizeof(bytes))
		return NAME_OTHER;
	for (unsigned i = 0; i < n_known; i++) {
		if (known[i].len == len &&
			memcmp(known[i].name, bytes, len) == 0) {
			*ret = i;
			return NAME_EXACT;
		}
	}
	return match_folded(bytes, len, known, n_known, ret);
}
