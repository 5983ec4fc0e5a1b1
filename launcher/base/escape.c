/* SPDX-License-Identifier: Apache-2.0 */
#include "base/escape.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static const struct {
	unsigned char c;
	char letter;
} short_escapes[] = {{'\n', 'n'}, {'\r', 'r'}, {'\t', 't'}, {'\\', '\\'}};

static size_t escape_one(char out[5], unsigned char c)
{
	if (c >= 0x20 && c < 0x7f && c != '\\') {
		out[0] = (char)c;
		return 1;
	}
	for (size_t i = 0; i < ELEMENTS(short_escapes); i++)
		if (short_escapes[i].c == c) {
			out[0] = '\\';
			out[1] = short_escapes[i].letter;
			return 2;
		}
	(void)snprintf(out, 5, "\\x%02x", c);
	return 4;
}

size_t escape_text(char *dst, size_t size, const char *src, size_t len)
{
	size_t used = 0, i;

	for (i = 0; i < len; i++) {
		char one[5];
		size_t n = escape_one(one, (unsigned char)src[i]);

		if (used + n + 1 > size)
			break;
		memcpy(dst + used, one, n);
		used += n;
	}
	if (size)
		dst[used] = '\0';
	return i;
}

static bool is_plain(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_@%+=:,./-";

	return word[0] && word[strspn(word, plain)] == '\0';
}

/* Whether escape_text() will write something with a backslash for it. */
static bool is_escaped(const char *word)
{
	for (; *word; word++) {
		unsigned char c = (unsigned char)*word;

		if (c < 0x20 || c >= 0x7f || c == '\\')
			return true;
	}
	return false;
}

char *escape_shell_word(const char *word)
{
	const char *open = "'", *close = "'";
	char *quoted = NULL;

	if (is_plain(word))
		return strdup(word);
	if (strchr(word, '\'') && !strpbrk(word, "\"$`\\!"))
		open = close = "\"";
	else if (is_escaped(word))
		open = "$'";
	return asprintf(&quoted, "%s%s%s", open, word, close) < 0 ? NULL
								  : quoted;
}
