/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_key.h"

#include <string.h>

#include "base/cleanup.h"
#include "policy/utf8.h"

/* What stands behind ESC [ or ESC O. */
static const struct {
	const char *text;
	enum key_type type;
} sequences[] = {
	{"A", KEY_UP},
	{"B", KEY_DOWN},
	{"H", KEY_HOME},
	{"F", KEY_END},
	{"1~", KEY_HOME},
	{"4~", KEY_END},
	{"5~", KEY_PAGE_UP},
	{"6~", KEY_PAGE_DOWN},
	{"200~", KEY_PASTE_BEGIN},
	{"201~", KEY_PASTE_END},
};

/* Behind the introducer: parameters, then one final byte (ECMA-48, 5.4). */
static size_t sequence_length(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && (unsigned char)p[n] >= 0x20 &&
		(unsigned char)p[n] < 0x40)
		n++;
	return n < len ? n + 1 : n;
}

static size_t take_sequence(const char *p, size_t len, struct key *ret)
{
	size_t n = sequence_length(p + 2, len - 2);

	for (size_t i = 0; i < ELEMENTS(sequences); i++)
		if (strlen(sequences[i].text) == n &&
			memcmp(sequences[i].text, p + 2, n) == 0)
			ret->type = sequences[i].type;
	return n + 2;
}

char key_byte(const struct key *k)
{
	if (k->type != KEY_CHARACTER || k->n != 1)
		return '\0';
	return k->bytes[0];
}

size_t key_take(const char *bytes, size_t len, struct key *ret)
{
	size_t n = utf8_sequence(bytes, len);

	*ret = (struct key){.type = KEY_NONE};
	if (bytes[0] == '\033') {
		if (len > 1 && (bytes[1] == '[' || bytes[1] == 'O'))
			return take_sequence(bytes, len, ret);
		if (len == 1)
			ret->type = KEY_ESCAPE;
		/* With Alt: another key, which is none of ours. */
		return len > 1 ? 2 : 1;
	}
	if (bytes[0] == '\r' || bytes[0] == '\n') {
		ret->type = KEY_ENTER;
		return 1;
	}
	if (bytes[0] == 0x7f || bytes[0] == '\b') {
		ret->type = KEY_BACKSPACE;
		return 1;
	}
	if (n == 0)
		return 1;
	ret->type = KEY_CHARACTER;
	memcpy(ret->bytes, bytes, n);
	ret->n = n;
	return n;
}
