/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/managers.h"

#include <limits.h>
#include <string.h>

#include "runtime/file.h"
#include "runtime/lookup.h"
#include "runtime/place.h"
#include "runtime/shim.h"

#define MANAGER_MAX_HOPS 16

static const struct {
	bool (*is_mine)(const struct shim *shim);
	shim_resolve_fn resolve;
} managers[] = {
	{shim_is_xenv, shim_resolve_xenv},
	{shim_is_asdf, shim_resolve_asdf},
	{shim_is_mise, shim_resolve_mise},
	{shim_is_volta, shim_resolve_volta},
	{shim_is_snap, shim_resolve_snap},
};

bool shim_in_shims(const struct shim *shim)
{
	return strcmp(place_name(shim->folder), "shims") == 0;
}

struct pick {
	const char *wanted;
	const char *best;
};

static bool pick_visit(
	struct scan *s, const char *folder, const char *name, void *data)
{
	struct pick *p = data;
	size_t n = strlen(p->wanted);

	(void)folder;
	if (strncmp(name, p->wanted, n) != 0 || name[n] != '.' ||
		strspn(name + n, "0123456789.") != strlen(name + n))
		return false;
	if (!p->best || strverscmp(name, p->best) > 0)
		p->best = scan_keep(s, name);
	return false;
}

const char *shim_installed(
	struct scan *s, const char *folder, const char *wanted)
{
	struct pick p = {.wanted = wanted};
	const char *path;

	if (!place_is_plain_name(wanted))
		return NULL;
	path = scan_join(s, folder, wanted);
	if (place_is_dir(path))
		return path;
	scan_folder(s, folder, pick_visit, &p);
	path = scan_join(s, folder, p.best);
	return place_is_dir(path) ? path : NULL;
}

const char *shim_program(struct scan *s, const char *folder, const char *name)
{
	const char *path = scan_join(s, scan_join(s, folder, "bin"), name);

	return path && scan_is_program(path) ? path : NULL;
}

int shim_system(struct scan *s, const struct shim *shim, const char **ret_path)
{
	int r = lookup_program(s, shim->name, shim->folder, ret_path);

	if (r == 0)
		return 1;
	return err_status(s->e, EXIT_NOT_FOUND,
		"%s: the version manager leaves it to the system, and it is not found elsewhere in PATH",
		shim->name);
}

int shim_fail(struct scan *s, const struct shim *shim, const char *manager,
	const char *why)
{
	return err_status(s->e, EXIT_CANNOT_RUN,
		"%s: is a shim of %s, which %s; write the path of the real program to be independent of it",
		shim->path, manager, why);
}

bool shim_is_snap(const struct shim *shim)
{
	return strcmp(place_name(shim->real), "snap") == 0 &&
	       strcmp(shim->name, "snap") != 0 &&
	       place_ends_with(shim->folder, "/snap/bin");
}

/* snap-confine is set-uid, so the program inside the snap is run instead. */
int shim_resolve_snap(
	struct scan *s, const struct shim *shim, const char **ret_path)
{
	const char *dot = strchr(shim->name, '.');
	size_t n = dot ? (size_t)(dot - shim->name) : strlen(shim->name);
	const char *snap =
		scan_fmt(s, "%s/%.*s/current", shim->above, (int)n, shim->name);
	const char *path = shim_program(s, snap, dot ? dot + 1 : shim->name);

	if (!path)
		return shim_fail(s, shim, "snap",
			"starts it by a set-uid program that cannot work in a sandbox");
	*ret_path = path;
	return 1;
}

/* The shim's own text, if it is a small script. */
static const char *manager_text(struct scan *s, const char *real)
{
	char head[SHIM_MAX_BYTES + 1];
	int n = file_head(real, head, SHIM_MAX_BYTES);

	if (n < 2 || head[0] != '#' || head[1] != '!')
		return "";
	head[n] = '\0';
	return scan_keep(s, head);
}

/* One symlink further, by the last component; NULL if it is none. */
static const char *manager_hop(
	struct scan *s, const char *folder, const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof(text) - 1);

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	return text[0] == '/' ? scan_keep(s, text) : scan_join(s, folder, text);
}

int manager_resolve(struct scan *s, const char *path, const char *real,
	const char **ret_path)
{
	struct shim shim = {
		.path = path, .real = real, .name = place_name(path)};

	/* What the distribution installs is no shim, but for snap's links. */
	if (place_is_given(path) && place_is_given(real))
		return 0;
	shim.text = manager_text(s, real);
	/* A link to a shim is one too: each folder on the way may tell. */
	for (int i = 0; path && shim.text && i < MANAGER_MAX_HOPS; i++) {
		shim.folder = scan_real(s, scan_parent(s, path));
		shim.above = scan_parent(s, shim.folder);
		if (!shim.folder || !shim.above)
			return 0;
		for (size_t k = 0; k < ELEMENTS(managers); k++)
			if (managers[k].is_mine(&shim))
				return managers[k].resolve(s, &shim, ret_path);
		path = manager_hop(s, shim.folder, path);
	}
	return 0;
}
