/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/node.h"

#include <string.h>
#include <sys/stat.h>

#include "runtime/file.h"
#include "runtime/place.h"

#define NODE_MAX_DEPTH 64

static void node_mount_modules(struct scan *s, const char *real);

/* The file that node would load for @path. */
static const char *node_main_file(struct scan *s, const char *path)
{
	static const char *const suffixes[] = {"", ".js", ".mjs", ".cjs",
		".json", ".node", ".ts", "/index.js", "/index.mjs"};
	const char *manifest = scan_join(s, path, "package.json");
	_json_ json_t *j = NULL;

	if (manifest && place_is_dir(path))
		j = file_json(manifest);
	if (j && json_is_string(json_object_get(j, "main")))
		path = scan_join(
			s, path, json_string_value(json_object_get(j, "main")));
	for (size_t i = 0; path && i < ELEMENTS(suffixes); i++) {
		const char *file = scan_fmt(s, "%s%s", path, suffixes[i]);

		if (file && place_is_file(file))
			return file;
	}
	return NULL;
}

/* The first folder of @real that is called node_modules, or NULL. */
static const char *node_outer_modules(struct scan *s, const char *real)
{
	const char *at = strstr(real, "/node_modules/");

	return at ? scan_fmt(s, "%.*s/node_modules", (int)(at - real), real)
		  : NULL;
}

/*
 * A package.json makes a project if it has a name or brings node_modules: the
 * {"type": "module"} that compilers put into dist/ does not.
 */
static bool node_is_project(struct scan *s, const char *folder)
{
	const char *manifest = scan_join(s, folder, "package.json");
	const char *modules = scan_join(s, folder, "node_modules");
	_json_ json_t *j = NULL;

	if (!manifest || !modules || !place_is_file(manifest))
		return false;
	j = file_json(manifest);
	return place_is_dir(modules) ||
	       (j && json_is_string(json_object_get(j, "name")));
}

/* The project that @real belongs to, below HOME and other shared folders. */
static const char *node_project(struct scan *s, const char *real)
{
	const char *folder = scan_parent(s, real);

	for (int i = 0; folder && i < NODE_MAX_DEPTH; i++) {
		if (place_is_shared(s->q, folder))
			return NULL;
		if (node_is_project(s, folder))
			return folder;
		folder = scan_parent(s, folder);
	}
	return NULL;
}

/*
 * A linked package: pnpm's store is taken whole, since the packages in it link
 * to each other; anything else only if it is a package, so that a link in a
 * planted node_modules opens no other folder.
 */
static void node_mount_linked(struct scan *s, const char *link)
{
	static const char *const stores[] = {"/.pnpm/", "/links/"};
	bool is_pnpm;
	const char *real = scan_walk(s, link);
	const char *root = NULL;

	if (!real || scan_has_mount(s, real) || !place_is_dir(real) ||
		s->n_packages >= SCAN_MAX_PACKAGES)
		return;
	s->n_packages++;
	is_pnpm = strstr(real, "pnpm/") && strstr(real, "/node_modules/");
	for (size_t i = 0; is_pnpm && !root && i < ELEMENTS(stores); i++) {
		const char *at = strstr(real, stores[i]);

		if (at)
			root = scan_fmt(s, "%.*s",
				(int)(at - real + (long)strlen(stores[i]) - 1),
				real);
	}
	if (root && scan_mount(s, root, "store of linked packages") == 0)
		return;
	root = scan_join(s, real, "package.json");
	if (!root || !place_is_file(root) ||
		scan_mount(s, real, "linked package") != 0) {
		scan_note(
			s, "%s links to %s, which is not mounted", link, real);
		return;
	}
	node_mount_modules(s, root);
}

static bool node_is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static bool node_visit(
	struct scan *s, const char *folder, const char *name, void *data)
{
	bool *is_scope = data;
	const char *path = scan_join(s, folder, name);

	if (!path || (name[0] == '.' && strcmp(name, ".pnpm") != 0))
		return false;
	if (node_is_link(path)) {
		node_mount_linked(s, path);
	} else if (name[0] == '@' && !*is_scope) {
		bool inner = true;

		scan_folder(s, path, node_visit, &inner);
	}
	return false;
}

/* Every node_modules that require() would look into from @real. */
static void node_mount_modules(struct scan *s, const char *real)
{
	const char *folder = scan_parent(s, real);

	for (int i = 0; folder && i < NODE_MAX_DEPTH; i++) {
		const char *modules = scan_join(s, folder, "node_modules");
		bool is_scope = false;

		if (strcmp(place_name(folder), "node_modules") != 0 &&
			modules && place_is_dir(modules) &&
			!place_is_given(modules)) {
			(void)scan_mount(s, modules, "node_modules");
			scan_folder(s, modules, node_visit, &is_scope);
		}
		if (strcmp(folder, "/") == 0)
			break;
		folder = scan_parent(s, folder);
	}
}

static void node_mount_file(struct scan *s, const char *real)
{
	const char *root = node_outer_modules(s, real);
	const char *folder = scan_parent(s, real);
	const char *why = "package root of the script";

	if (!root)
		root = node_project(s, real);
	if (!root) {
		root = folder;
		why = "folder of the script";
	}
	if (scan_mount(s, root, why) != 0)
		(void)scan_mount_file(s, real, "the script itself");
	node_mount_modules(s, real);
}

const char *node_mount_script(struct scan *s, const char *path)
{
	const char *file = node_main_file(s, path);
	const char *real = file ? scan_walk(s, file) : NULL;

	if (!real || place_is_given(real))
		return real;
	node_mount_file(s, real);
	return real;
}

void node_mount_path(struct scan *s)
{
	const char *p = scan_granted(s, "NODE_PATH");

	for (size_t i = 0; p && *p && i < NODE_MAX_DEPTH; i++) {
		size_t n = strcspn(p, ":");
		const char *folder = scan_fmt(s, "%.*s", (int)n, p);

		if (n && folder)
			(void)scan_mount(s, scan_absolute(s, folder),
				"folder of NODE_PATH");
		p += n + (p[n] == ':');
	}
}
