/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/lookup.h"

#include <string.h>

#include "runtime/place.h"

#define LOOKUP_MAX_FOLDERS 1024

static void lookup_skip(
	struct scan *s, const char *folder, const char *name, const char *why)
{
	const char *shown = folder[0] ? folder : "(empty)";

	scan_add(s, &s->skipped, shown);
	scan_note(s, "%s in %s of PATH is not used: %s", name, shown, why);
}

/* 0 found, 1 not here, -EACCES here but not executable. */
static int lookup_in(struct scan *s, const char *folder, const char *name,
	const char *not_in, const char **ret_path)
{
	const char *spelled = scan_absolute(s, folder);
	const char *real = scan_real(s, spelled);
	const char *path = scan_join(s, real, name);

	if (!path || !place_is_file(path))
		return 1;
	if (not_in && strcmp(real, not_in) == 0)
		return 1;
	if (!scan_is_program(path))
		return -EACCES;
	if (folder[0] != '/') {
		lookup_skip(s, folder, name, "the folder is relative");
		return 1;
	}
	if (place_is_planted(s->q, real) || place_is_planted(s->q, spelled)) {
		lookup_skip(s, folder, name,
			place_ends_with(real, "/node_modules/.bin") ||
					place_ends_with(
						spelled, "/node_modules/.bin")
				? "anything may be planted there; write its path to use it"
				: "the folder is in the workspace; write its path to use it");
		return 1;
	}
	*ret_path = path;
	return 0;
}

static const char *without_slashes(struct scan *s, const char *p, size_t n)
{
	while (n > 1 && p[n - 1] == '/')
		n--;
	return scan_fmt(s, "%.*s", (int)n, p);
}

static int lookup_in_path(struct scan *s, const char *name, const char *not_in,
	const char **ret_path)
{
	const char *p = strv_env(s->q->env, "PATH");
	int found = -ENOENT;

	for (size_t i = 0; s->first && s->first[i]; i++) {
		const char *path = scan_join(s, s->first[i], name);

		if (path && scan_is_program(path)) {
			*ret_path = path;
			return 0;
		}
	}
	if (!p)
		p = "/usr/local/bin:/usr/bin:/bin";
	for (size_t i = 0; i < LOOKUP_MAX_FOLDERS; i++) {
		size_t n = strcspn(p, ":");
		const char *folder = without_slashes(s, p, n);
		int r = folder ? lookup_in(s, folder, name, not_in, ret_path)
			       : 1;

		if (r == 0)
			return 0;
		if (r < 0)
			found = r;
		if (!p[n])
			break;
		p += n + 1;
	}
	return found;
}

int lookup_program(struct scan *s, const char *name, const char *not_in,
	const char **ret_path)
{
	if (!name[0])
		return -ENOENT;
	if (!strchr(name, '/'))
		return lookup_in_path(s, name, not_in, ret_path);
	*ret_path = scan_absolute(s, name);
	return *ret_path ? 0 : -ENOMEM;
}
