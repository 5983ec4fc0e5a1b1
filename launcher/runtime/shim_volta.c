/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Volta: links in ROOT/bin to one program, volta-shim. node, npm, yarn and
 * pnpm come from ROOT/tools/image/TOOL/VERSION, chosen by "volta" in the
 * nearest package.json, else by ROOT/tools/user/platform.json; any other name
 * is a package's, described in ROOT/tools/user/bins/NAME.json. A project's own
 * node_modules/.bin, which Volta prefers for packages, is left out: anything
 * may be planted there.
 */
#include <string.h>

#include "runtime/file.h"
#include "runtime/place.h"
#include "runtime/shim.h"

struct platform {
	const char *node, *npm, *pnpm, *yarn;
};

bool shim_is_volta(const struct shim *shim)
{
	const char *name = place_name(shim->real);

	return strcmp(name, "volta-shim") == 0 ||
	       (strcmp(name, "volta") == 0 && strcmp(shim->name, "volta") != 0);
}

static const char *volta_text(
	struct scan *s, const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text && place_is_plain_name(text) ? scan_keep(s, text) : NULL;
}

/* {"node": {"runtime": "20.1.0", "npm": null}, "yarn": null} */
static void volta_read_default(
	struct scan *s, const json_t *j, struct platform *ret)
{
	const json_t *node = json_object_get(j, "node");

	ret->node = json_is_string(node) ? volta_text(s, j, "node")
					 : volta_text(s, node, "runtime");
	ret->npm = json_is_object(node) ? volta_text(s, node, "npm")
					: volta_text(s, j, "npm");
	ret->pnpm = volta_text(s, j, "pnpm");
	ret->yarn = volta_text(s, j, "yarn");
}

static void volta_default(
	struct scan *s, const char *root, struct platform *ret)
{
	_json_ json_t *j =
		file_json(scan_join(s, root, "tools/user/platform.json"));

	if (j)
		volta_read_default(s, j, ret);
}

/* What the project that the working directory belongs to pins. */
static void volta_project(struct scan *s, struct platform *ret)
{
	const char *folder = scan_keep(s, s->q->cwd);

	for (int i = 0; folder && i < SHIM_MAX_DEPTH; i++) {
		_json_ json_t *j =
			file_json(scan_join(s, folder, "package.json"));
		const json_t *pins = j ? json_object_get(j, "volta") : NULL;

		if (json_is_object(pins)) {
			struct platform p = {
				.node = volta_text(s, pins, "node"),
				.npm = volta_text(s, pins, "npm"),
				.pnpm = volta_text(s, pins, "pnpm"),
				.yarn = volta_text(s, pins, "yarn")};

			if (p.node)
				*ret = p;
			return;
		}
		if (j || strcmp(folder, "/") == 0)
			return;
		folder = scan_parent(s, folder);
	}
}

static const char *volta_image(
	struct scan *s, const char *root, const char *tool, const char *version)
{
	const char *folder = version ? scan_fmt(s, "%s/tools/image/%s/%s", root,
					       tool, version)
				     : NULL;

	return place_is_dir(folder) ? folder : NULL;
}

/* The image of a tool of the platform, or NULL. */
static const char *volta_tool(struct scan *s, const char *root,
	const char *name, const struct platform *p)
{
	const struct {
		const char *name, *tool, *version;
	} rows[] = {
		{"node", "node", p->node},
		{"npm", "npm", p->npm},
		{"npx", "npm", p->npm},
		{"npm", "node", p->node},
		{"npx", "node", p->node},
		{"pnpm", "pnpm", p->pnpm},
		{"yarn", "yarn", p->yarn},
		{"yarnpkg", "yarn", p->yarn},
	};

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		const char *image = strcmp(rows[i].name, name) == 0
					    ? volta_image(s, root, rows[i].tool,
						      rows[i].version)
					    : NULL;

		if (image)
			return shim_program(s, image, name);
	}
	return NULL;
}

static bool volta_is_package(const char *name)
{
	const char *slash = strchr(name, '/');

	return !strstr(name, "..") && name[0] != '/' &&
	       (!slash || (name[0] == '@' && !strchr(slash + 1, '/')));
}

/* A program of an installed package, and the platform it is pinned to. */
static const char *volta_package(struct scan *s, const char *root,
	const char *name, struct platform *ret)
{
	_json_ json_t *j = file_json(scan_join(
		s, root, scan_fmt(s, "tools/user/bins/%s.json", name)));
	const char *package =
		j ? json_string_value(json_object_get(j, "package")) : NULL;

	if (!package || !volta_is_package(package))
		return NULL;
	volta_read_default(s, json_object_get(j, "platform"), ret);
	return shim_program(s,
		scan_fmt(s, "%s/tools/image/packages/%s", root, package), name);
}

int shim_resolve_volta(
	struct scan *s, const struct shim *shim, const char **ret_path)
{
	const char *root = strv_env(s->q->env, "VOLTA_HOME");
	struct platform p = {0};
	const char *node;

	if (!root || root[0] != '/')
		root = shim->above;
	volta_default(s, root, &p);
	volta_project(s, &p);
	*ret_path = volta_tool(s, root, shim->name, &p);
	if (!*ret_path)
		*ret_path = volta_package(s, root, shim->name, &p);
	if (!*ret_path)
		return shim_fail(
			s, shim, "volta", "has no installed version of it set");
	/* What runs under it finds this node, not the shim. */
	node = scan_join(s, volta_image(s, root, "node", p.node), "bin");
	if (place_is_dir(node))
		scan_add(s, &s->first, node);
	return 1;
}
