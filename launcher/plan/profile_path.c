/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of grants as they are spelled, without a look at any file. */
#include <string.h>

#include "plan/profile_lint.h"

bool path_is_trusted(const char *path)
{
	static const char *const names[] = {".git", ".vscode", ".idea",
		".claude", ".envrc", ".mcp.json", ".bashrc", ".profile"};
	size_t len = strlen(path), begin;

	while (len > 0 && path[len - 1] == '/')
		len--;
	for (begin = len; begin > 0 && path[begin - 1] != '/';)
		begin--;
	for (size_t i = 0; begin > 0 && i < ELEMENTS(names); i++)
		if (strlen(names[i]) == len - begin &&
			memcmp(names[i], path + begin, len - begin) == 0)
			return true;
	return false;
}

/* "~/x" is "${home}/x"; what follows is compared part by part. */
static const char *path_root(const char *path, const char **ret_rest)
{
	static const char home[] = "${home}";
	const char *end = strchr(path, '}');

	*ret_rest = path;
	if (path[0] == '~') {
		*ret_rest = path + 1;
		return home;
	}
	if (path[0] != '$' || !end)
		return "";
	*ret_rest = end + 1;
	return path;
}

/* The next part that is not empty and no "."; NULL at the end. */
static const char *part_next(const char **path, size_t *ret_len)
{
	for (;;) {
		const char *part = *path + strspn(*path, "/");
		size_t n = strcspn(part, "/");

		*path = part + n;
		if (n == 0)
			return NULL;
		*ret_len = n;
		if (n != 1 || part[0] != '.')
			return part;
	}
}

bool path_covers(const char *folder, const char *path)
{
	const char *a, *b;
	const char *root = path_root(folder, &a), *root2 = path_root(path, &b);
	size_t n = strcspn(root, "}");

	if (strcspn(root2, "}") != n || strncmp(root, root2, n) != 0)
		return false;
	for (;;) {
		size_t len = 0, len2 = 0;
		const char *part = part_next(&a, &len);
		const char *part2 = part ? part_next(&b, &len2) : NULL;

		if (!part)
			return true;
		if (!part2 || len != len2 || memcmp(part, part2, len) != 0)
			return false;
	}
}
