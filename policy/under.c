/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/under.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct component {
	const char *name;
	size_t len;
};

static bool is_dots(const struct component *c, size_t n)
{
	return c->len == n && memcmp(c->name, "..", n) == 0;
}

/* The next one; false at the end. */
static bool next_component(
	const char **p, const char *end, struct component *ret)
{
	const char *slash;

	while (*p < end && **p == '/')
		(*p)++;
	if (*p == end)
		return false;
	slash = memchr(*p, '/', (size_t)(end - *p));
	ret->name = *p;
	ret->len = (size_t)((slash != NULL ? slash : end) - *p);
	*p += ret->len;
	return true;
}

/* What is left of a path once its dots are resolved; SIZE_MAX: too deep. */
static size_t resolve(
	const char *path, size_t len, struct component all[UNDER_DEPTH_MAX])
{
	const char *p = path, *end = path + len;
	struct component c;
	size_t n = 0;

	while (next_component(&p, end, &c)) {
		if (is_dots(&c, 1))
			continue;
		if (is_dots(&c, 2)) {
			n -= n > 0;
			continue;
		}
		if (n == UNDER_DEPTH_MAX)
			return SIZE_MAX;
		all[n++] = c;
	}
	return n;
}

static enum under lies_in(const char *path, size_t len, const char *folder)
{
	struct component all[UNDER_DEPTH_MAX], wanted;
	const char *p = folder, *end = folder + strlen(folder);
	size_t n, i = 0;

	if (len == 0 || path[0] != '/' || memchr(path, '\0', len) != NULL)
		return UNDER_UNKNOWN;
	n = resolve(path, len, all);
	if (n == SIZE_MAX)
		return UNDER_UNKNOWN;
	for (; next_component(&p, end, &wanted); i++)
		if (i == n || all[i].len != wanted.len ||
			memcmp(all[i].name, wanted.name, wanted.len) != 0)
			return UNDER_NO;
	return UNDER_YES;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char slashed(char c)
{
	if (c == '\\')
		c = '/';
	return c;
}

/* One character as a server reads it that undoes `%XX`, as often as it was
 * done (`%252e`), and takes a backslash for a slash. */
static char read_loosely(const char **p, const char *end)
{
	const char *c = *p + 1;
	int high, low;

	if (**p != '%') {
		*p += 1;
		return slashed(c[-1]);
	}
	while (end - c >= 4 && c[0] == '2' && c[1] == '5')
		c += 2;
	high = end - c >= 2 ? hex_digit(c[0]) : -1;
	low = end - c >= 2 ? hex_digit(c[1]) : -1;
	*p = high < 0 || low < 0 ? *p + 1 : c + 2;
	if (high < 0 || low < 0)
		return '%';
	return slashed((char)(16 * high + low));
}

enum under path_under(const char *path, size_t len, const char *folder)
{
	enum under found = lies_in(path, len, folder);
	const char *p = path, *end = path + len;
	size_t n = 0;
	char *loose;

	if (found == UNDER_UNKNOWN || (memchr(path, '%', len) == NULL &&
					      memchr(path, '\\', len) == NULL))
		return found;
	loose = malloc(len);
	if (loose == NULL)
		return UNDER_UNKNOWN;
	while (p < end)
		loose[n++] = read_loosely(&p, end);
	if (lies_in(loose, n, folder) != found)
		found = UNDER_UNKNOWN;
	free(loose);
	return found;
}

bool under_folder_valid(const char *folder)
{
	const char *p = folder, *end = folder + strlen(folder);
	struct component c;

	if (*p != '/' || strstr(folder, "//") != NULL)
		return false;
	while (next_component(&p, end, &c))
		if (is_dots(&c, 1) || is_dots(&c, 2))
			return false;
	return end - folder == 1 || end[-1] != '/';
}
