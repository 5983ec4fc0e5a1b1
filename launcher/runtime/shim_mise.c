/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mise: links to the mise binary in ROOT/shims; versions in
 * ROOT/installs/TOOL/VERSION, with links for shorter names ("20", "latest").
 * Chosen by MISE_TOOL_VERSION, or the nearest mise.toml or .tool-versions that
 * names the tool, or the user's configuration.
 */
#include <ctype.h>
#include <string.h>

#include "runtime/file.h"
#include "runtime/place.h"
#include "runtime/shim.h"

static const char *const local_files[] = {"mise.local.toml", "mise.toml",
	".mise.local.toml", ".mise.toml", "mise/config.toml",
	".mise/config.toml", ".config/mise.toml", ".config/mise/config.toml",
	".tool-versions"};

struct mise {
	struct scan *s;
	const struct shim *shim;
	const char *config; /* folder of the user's config.toml, or NULL */
	const char *found;
};

bool shim_is_mise(const struct shim *shim)
{
	const char *name = place_name(shim->real);

	return shim_in_shims(shim) && strcmp(shim->name, name) != 0 &&
	       (strcmp(name, "mise") == 0 || strcmp(name, "rtx") == 0);
}

/* "npm:@scope/pkg" → "npm-scope-pkg", as the folders are called. */
static void mise_folder_name(const char *tool, char *ret, size_t size)
{
	size_t n = 0;

	if (strcmp(tool, "nodejs") == 0)
		tool = "node";
	if (strncmp(tool, "core:", 5) == 0)
		tool += 5;
	for (; *tool && n + 2 < size; tool++) {
		if (isalnum((unsigned char)*tool) || *tool == '.' ||
			*tool == '_')
			ret[n++] = (char)tolower((unsigned char)*tool);
		else if (n && ret[n - 1] != '-')
			ret[n++] = '-';
	}
	ret[n] = '\0';
}

static bool mise_is_tool(char *key, const char *tool)
{
	size_t n = strlen(key);
	char name[256];

	while (n && (key[n - 1] == ' ' || key[n - 1] == '\t'))
		key[--n] = '\0';
	if (n > 1 && (key[0] == '"' || key[0] == '\'') &&
		key[n - 1] == key[0]) {
		key[n - 1] = '\0';
		key++;
	}
	mise_folder_name(key, name, sizeof(name));
	return strcmp(name, tool) == 0;
}

/* The first string of the value: "20", ["20", "18"], {version = "20"}. */
static const char *mise_value(struct scan *s, char *value)
{
	char *version = strstr(value, "version");
	char *p, *end;

	if (strchr(value, '{') && version)
		value = version;
	p = strpbrk(value, "\"'");
	end = p ? strchr(p + 1, *p) : NULL;
	if (!end)
		return NULL;
	return scan_fmt(s, "%.*s", (int)(end - p - 1), p + 1);
}

static const char *mise_read_toml(
	struct scan *s, const char *path, const char *tool)
{
	_free_ char *text = NULL;
	bool inside = false;
	char *p, *line;

	if (!path || file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	p = text;
	while ((line = file_next_trimmed(&p))) {
		char *value;

		if (line[0] == '[') {
			inside = strncmp(line, "[tools]", 7) == 0;
			continue;
		}
		value = strchr(line, '=');
		if (!inside || line[0] == '#' || !value)
			continue;
		*value = '\0';
		if (mise_is_tool(line, tool))
			return mise_value(s, value + 1);
	}
	return NULL;
}

static const char *mise_read_list(
	struct scan *s, const char *path, const char *tool)
{
	_free_ char *text = NULL;
	char *p, *line;

	if (!path || file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	p = text;
	while ((line = file_next_trimmed(&p))) {
		char *value = strpbrk(line, " \t");

		if (line[0] == '#' || !value)
			continue;
		*value++ = '\0';
		value += strspn(value, " \t");
		value[strcspn(value, " \t#")] = '\0';
		if (mise_is_tool(line, tool))
			return scan_keep(s, value);
	}
	return NULL;
}

static const char *mise_read_folder(
	struct scan *s, const char *folder, const char *tool)
{
	const char *found = NULL;

	for (size_t i = 0; !found && i < ELEMENTS(local_files); i++) {
		const char *path = scan_join(s, folder, local_files[i]);

		found = place_ends_with(local_files[i], ".toml")
				? mise_read_toml(s, path, tool)
				: mise_read_list(s, path, tool);
	}
	return found;
}

/* MISE_NODE_VERSION */
static const char *mise_variable(struct scan *s, const char *tool)
{
	char name[192];
	size_t n = 0;

	for (; *tool && n + 1 < sizeof(name); tool++)
		name[n++] = isalnum((unsigned char)*tool)
				    ? (char)toupper((unsigned char)*tool)
				    : '_';
	name[n] = '\0';
	return strv_env(s->q->env, scan_fmt(s, "MISE_%s_VERSION", name));
}

static const char *mise_wanted(struct mise *m, const char *tool)
{
	struct scan *s = m->s;
	const char *found = mise_variable(s, tool);
	const char *folder = scan_keep(s, s->q->cwd);

	for (int i = 0; !found && folder && i < SHIM_MAX_DEPTH; i++) {
		found = mise_read_folder(s, folder, tool);
		if (strcmp(folder, "/") == 0)
			break;
		folder = scan_parent(s, folder);
	}
	if (!found)
		found = mise_read_toml(
			s, scan_join(s, m->config, "config.toml"), tool);
	if (!found && s->q->home)
		found = mise_read_folder(s, s->q->home, tool);
	if (!found)
		found = mise_read_toml(s, "/etc/mise/config.toml", tool);
	return found;
}

/* One folder of installs/: whether the version set for it has the program. */
static bool mise_visit(
	struct scan *s, const char *folder, const char *name, void *data)
{
	struct mise *m = data;
	const char *versions = scan_join(s, folder, name);
	const char *wanted, *install, *direct;

	if (name[0] == '.' || !place_is_dir(versions))
		return false;
	wanted = mise_wanted(m, name);
	if (!wanted)
		return false;
	if (strncmp(wanted, "prefix:", 7) == 0)
		wanted += 7;
	install = shim_installed(s, versions, wanted);
	m->found = shim_program(s, install, m->shim->name);
	direct = scan_join(s, install, m->shim->name);
	if (!m->found && direct && scan_is_program(direct))
		m->found = direct;
	return m->found != NULL;
}

static const char *mise_config(struct scan *s)
{
	const char *own = strv_env(s->q->env, "MISE_CONFIG_DIR");
	const char *xdg = strv_env(s->q->env, "XDG_CONFIG_HOME");

	if (own && own[0] == '/')
		return own;
	if (xdg && xdg[0] == '/')
		return scan_join(s, xdg, "mise");
	return s->q->home ? scan_join(s, s->q->home, ".config/mise") : NULL;
}

int shim_resolve_mise(
	struct scan *s, const struct shim *shim, const char **ret_path)
{
	const char *root = strv_env(s->q->env, "MISE_DATA_DIR");
	struct mise m = {.s = s, .shim = shim, .config = mise_config(s)};

	if (!root || root[0] != '/')
		root = shim->above;
	scan_folder(s, scan_join(s, root, "installs"), mise_visit, &m);
	if (m.found) {
		*ret_path = m.found;
		return 1;
	}
	/* mise too goes on with the rest of PATH then. */
	return shim_system(s, shim, ret_path);
}
