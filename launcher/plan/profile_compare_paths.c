/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grants of paths, as they are spelled: what a variable stands for is known
 * only when a server is started.
 */
#include <string.h>

#include "plan/profile_compare.h"
#include "plan/profile_layer.h"
#include "plan/profile_lint.h"

enum level { LEVEL_NONE = 0, LEVEL_READ, LEVEL_WRITE };

static const char *covering(char *const *list, const char *path)
{
	for (; list && *list; list++)
		if (path_covers(*list, path))
			return *list;
	return NULL;
}

static bool named(char *const *list, const char *path)
{
	for (; list && *list; list++)
		if (path_covers(*list, path) && path_covers(path, *list))
			return true;
	return false;
}

/* In a writable folder what others trust stays read-only, unless it is a grant
 * of its own. */
static enum level level_of(const struct profile *p, const char *path)
{
	if (named(p->sandbox.write, path) ||
		(covering(p->sandbox.write, path) && !path_is_trusted(path)))
		return LEVEL_WRITE;
	return covering(p->sandbox.read, path) ||
			       covering(p->sandbox.write, path)
		       ? LEVEL_READ
		       : LEVEL_NONE;
}

static int add_path(
	struct profile_changes *c, const char *path, enum level a, enum level b)
{
	static const char *const words[3][3] = {
		[LEVEL_NONE] = {[LEVEL_READ] = "may now read %s",
			[LEVEL_WRITE] = "may now write to %s"},
		[LEVEL_READ] = {[LEVEL_NONE] = "may no longer read %s",
			[LEVEL_WRITE] =
				"may now write to %s, which it could read"},
		[LEVEL_WRITE] = {[LEVEL_NONE] =
					 "may no longer read or write %s",
			[LEVEL_READ] =
				"may no longer write to %s, only read it"},
	};
	const char *text = words[a][b], *at = text ? strstr(text, "%s") : NULL;
	const char *key = a == LEVEL_WRITE || b == LEVEL_WRITE ? "sandbox.write"
							       : "sandbox.read";

	if (!at)
		return 0;
	return changes_addf(c, b > a ? CHANGE_WIDER : CHANGE_NARROWER, key,
		"%.*s%s%s", (int)(at - text), text, path, at + 2);
}

static bool seen_before(char *const *list, char *const *at)
{
	for (; list != at; list++)
		if (path_covers(*list, *at) && path_covers(*at, *list))
			return true;
	return false;
}

/* What holds it has become the same: one line says both. */
static bool told_above(const struct profile *a, const struct profile *b,
	char *const *list, const char *path)
{
	for (; *list; list++)
		if (path_covers(*list, path) && !path_covers(path, *list) &&
			!path_is_trusted(path) &&
			level_of(a, *list) == level_of(a, path) &&
			level_of(b, *list) == level_of(b, path))
			return true;
	return false;
}

/* An entry more or less that another one covers. */
static int add_covered(struct profile_changes *c, const struct profile *a,
	const struct profile *b, const char *path)
{
	bool in_a =
		named(a->sandbox.read, path) || named(a->sandbox.write, path);
	bool in_b =
		named(b->sandbox.read, path) || named(b->sandbox.write, path);

	if (in_a == in_b)
		return 0;
	return changes_addf(c, CHANGE_OTHER, "sandbox.read",
		"%s is %s, which another entry covers", path,
		in_b ? "new" : "gone");
}

int changes_add_paths(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	char *const *const lists[] = {a->sandbox.write, b->sandbox.write,
		a->sandbox.read, b->sandbox.read};
	_strv_ char **all = strv_copy(NULL);
	int r = all ? 0 : -ENOMEM;

	for (size_t i = 0; i < ELEMENTS(lists); i++)
		for (char *const *v = lists[i]; r == 0 && v && *v; v++)
			r = strv_add(&all, *v);
	for (char **v = all; r == 0 && *v; v++) {
		enum level x = level_of(a, *v), y = level_of(b, *v);

		if (seen_before(all, v) ||
			(x != y && told_above(a, b, all, *v)))
			continue;
		r = x != y ? add_path(c, *v, x, y) : add_covered(c, a, b, *v);
	}
	return r;
}
