/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/uri.h"

#include <stdint.h>
#include <string.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_unreserved(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

static bool is_odd(int c)
{
	return c < 0x20 || c == 0x7f || c == '\\';
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What `%XX` at @p stands for, or -1. */
static int escaped(const char *p, const char *end)
{
	int high, low;

	if (end - p < 3 || *p != '%')
		return -1;
	high = digit(p[1]);
	low = digit(p[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Bytes of the scheme with its colon, 0 where there is none. */
static size_t scheme_of(const char *uri, size_t len)
{
	size_t i = 0;

	while (i < len &&
		(is_letter(uri[i]) || (i > 0 && is_unreserved(uri[i])) ||
			(i > 0 && uri[i] == '+')))
		i++;
	return i > 0 && i < len && uri[i] == ':' ? i + 1 : 0;
}

static bool has_capitals(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] >= 'A' && p[i] <= 'Z')
			return true;
	return false;
}

static bool is_dots(const char *p, size_t len)
{
	return (len == 1 || len == 2) && memcmp(p, "..", len) == 0;
}

/* Bytes of a slash in either spelling, or 0. */
static size_t slash(const char *p, const char *end)
{
	if (p < end && *p == '/')
		return 1;
	return escaped(p, end) == '/' ? 3 : 0;
}

/* Neither in it nor behind it anything that goes up or stays. */
static bool segments_are_plain(const char *p, const char *end, bool no_empty)
{
	const char *begin = p;
	bool first = true;

	for (;; p++) {
		size_t n = slash(p, end);

		if (p < end && n == 0)
			continue;
		if (is_dots(begin, (size_t)(p - begin)))
			return false;
		if (p == end)
			return true;
		if (no_empty && !first && p == begin)
			return false;
		first = false;
		begin = p + n;
		p += n - 1;
	}
}

static bool characters_are_plain(const char *p, const char *end)
{
	for (; p < end; p++) {
		int c = escaped(p, end);

		if (is_odd((unsigned char)*p) ||
			(c >= 0 && (is_odd(c) || is_unreserved(c))))
			return false;
	}
	return true;
}

static const char *path_end(const char *p, const char *end)
{
	while (p < end && *p != '?' && *p != '#')
		p++;
	return p;
}

bool uri_is_plain(const char *uri, size_t len)
{
	static const char file[] = "file:", root[] = "///";
	const char *end = uri + len;
	size_t n = scheme_of(uri, len);
	const char *path = uri + n;
	bool is_file = n == sizeof(file) - 1 && memcmp(uri, file, n) == 0;

	if (len == 0 || uri[0] == ' ' || end[-1] == ' ' ||
		has_capitals(uri, n) || !characters_are_plain(uri, end))
		return false;
	if (is_file) {
		if (len - n < sizeof(root) - 1 ||
			memcmp(path, root, sizeof(root) - 1) != 0)
			return false;
		path += sizeof(root) - 2;
	}
	return segments_are_plain(path, path_end(path, end), is_file);
}
