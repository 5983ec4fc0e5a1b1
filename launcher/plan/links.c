/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/build.h"

#define LINKS_MAX 40 /* as the kernel's own bound on a path's links */

/* Whether the path lies in a bind, where a link is there already. */
static bool in_bind(const struct plan *p, const char *path)
{
	const struct plan_mount *m = plan_mount_over(p, path);

	return m && m->kind == MOUNT_BIND && strcmp(m->target, path) != 0;
}

static int add_link(
	struct plan *p, const char *path, const char *content, struct err *e)
{
	struct plan_mount *m;

	if (plan_mount_find(p, path))
		return 0;
	m = plan_mount_add(
		p, MOUNT_LINK, path, NULL, "the spelling that was used");
	if (m)
		m->content = strdup(content);
	if (!m || !m->content)
		return err_set(e, -ENOMEM, "planning links");
	return 0;
}

/* Puts the link's content in place of the path up to @rest. */
static int follow(char *path, size_t at, const char *content, const char *rest)
{
	char next[PATH_MAX];
	int n;

	path[at] = '\0'; /* the folder that the link lies in */
	if (content[0] == '/')
		n = snprintf(next, sizeof(next), "%s%s", content, rest);
	else
		n = snprintf(
			next, sizeof(next), "%s/%s%s", path, content, rest);
	if (n < 0 || (size_t)n >= sizeof(next))
		return -ENAMETOOLONG;
	memcpy(path, next, (size_t)n + 1);
	return 0;
}

/*
 * Finds the first link in @path, which holds PATH_MAX bytes. 1 found: it was
 * added and followed; 0 none.
 */
static int first_link(struct plan *p, char *path, struct err *e)
{
	for (char *s = path + 1; *s;) {
		char content[PATH_MAX], rest[PATH_MAX];
		char *end = strchrnul(s, '/');
		char saved = *end;
		ssize_t n;
		int r;

		*end = '\0';
		n = readlink(path, content, sizeof(content) - 1);
		if (n > 0) {
			content[n] = '\0';
			r = in_bind(p, path) ? 0
					     : add_link(p, path, content, e);
			*end = saved;
			if (r < 0)
				return r;
			memcpy(rest, end, strlen(end) + 1);
			r = follow(path, (size_t)(s - 1 - path), content, rest);
			return r < 0 ? r : 1;
		}
		*end = saved;
		s = saved ? end + 1 : end;
	}
	return 0;
}

int plan_links(struct plan *p, const char *spelled, struct err *e)
{
	char path[PATH_MAX];

	if (spelled[0] != '/' || strlen(spelled) >= sizeof(path))
		return err_say(e, -ENAMETOOLONG, "%s: path too long", spelled);
	memcpy(path, spelled, strlen(spelled) + 1);
	for (int i = 0; i < LINKS_MAX; i++) {
		int r = first_link(p, path, e);

		if (r < 0)
			return err_set(e, r, "%s", spelled);
		if (r == 0)
			return 0;
	}
	return err_set(e, -ELOOP, "%s", spelled);
}
