/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "policy/tools.h"
#include "policy/utf8.h"

/* Bytes of @text that one element of a pattern other than `*` takes; 0: it
 * does not match. */
static size_t match_one(char element, const char *text, size_t left)
{
	if (left == 0)
		return 0;
	if (element == '?')
		return utf8_sequence(text, left);
	return element != '\0' && element == *text ? 1 : 0;
}

/*
 * Only the last `*` is ever given more: whatever an earlier one could take in
 * its place, the last can take as well. So there is one point to return to,
 * and no run of stars costs more than text times pattern.
 */
bool glob_match(const char *pattern, const char *text, size_t len)
{
	const char *end = text + len, *star_text = NULL, *star = NULL;

	for (;;) {
		size_t n;

		if (*pattern == '*') {
			star = ++pattern;
			star_text = text;
			continue;
		}
		n = match_one(*pattern, text, (size_t)(end - text));
		if (n > 0) {
			pattern++;
			text += n;
			continue;
		}
		if (*pattern == '\0' && text == end)
			return true;
		if (star == NULL || star_text == end)
			return false;
		text = ++star_text;
		pattern = star;
	}
}
