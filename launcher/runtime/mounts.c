/* SPDX-License-Identifier: Apache-2.0 */
/* The mounts and links of the result: no duplicates, none inside another. */
#include <stdio.h>
#include <string.h>

#include "runtime/place.h"
#include "runtime/scan.h"

bool scan_has_mount(const struct scan *s, const char *real)
{
	if (place_is_given(real))
		return true;
	for (size_t i = 0; i < s->r->n_mounts; i++)
		if (place_is_inside(real, s->r->mounts[i].path))
			return true;
	return false;
}

static void mounts_drop_below(struct runtime_result *r, const char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n_mounts; i++) {
		struct runtime_mount m = r->mounts[i];

		if (place_is_inside(m.path, path)) {
			free(m.path);
			free(m.reason);
		} else {
			r->mounts[kept++] = m;
		}
	}
	r->n_mounts = kept;
}

static int mounts_append(struct scan *s, const char *real, const char *reason)
{
	struct runtime_result *r = s->r;
	struct runtime_mount m = {0}, *grown;

	mounts_drop_below(r, real);
	if (r->n_mounts >= SCAN_MAX_MOUNTS)
		return 1;
	m.path = strdup(real);
	m.reason = strdup(reason);
	grown = realloc(r->mounts, (r->n_mounts + 1) * sizeof(*grown));
	if (grown)
		r->mounts = grown;
	if (!m.path || !m.reason || !grown) {
		free(m.path);
		free(m.reason);
		s->oom = true;
		return 1;
	}
	grown[r->n_mounts++] = m;
	return 0;
}

int scan_mount(struct scan *s, const char *path, const char *reason)
{
	const char *real = scan_walk(s, path);

	if (!real)
		return 1;
	if (scan_has_mount(s, real))
		return 0;
	if (place_is_shared(s->q, real))
		return 1;
	return mounts_append(s, real, reason);
}

int scan_mount_file(struct scan *s, const char *path, const char *reason)
{
	const char *real = scan_walk(s, path);

	if (!real || !place_is_file(real))
		return 1;
	if (scan_has_mount(s, real))
		return 0;
	return mounts_append(s, real, reason);
}

void scan_finish(struct scan *s)
{
	for (size_t i = 0; s->links && s->links[i]; i++) {
		const char *tab = strchr(s->links[i], '\t');
		const char *link = scan_fmt(
			s, "%.*s", (int)(tab - s->links[i]), s->links[i]);

		if (link && !scan_has_mount(s, link))
			scan_add(s, &s->r->links, s->links[i]);
	}
}
