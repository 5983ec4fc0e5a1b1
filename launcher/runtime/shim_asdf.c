/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asdf: bash scripts in ROOT/shims with a line `# asdf-plugin: NAME VERSION`
 * for each installed version that has the program; versions in
 * ROOT/installs/NAME/VERSION; chosen by a variable or by .tool-versions.
 */
#include <ctype.h>
#include <string.h>

#include "runtime/file.h"
#include "runtime/place.h"
#include "runtime/shim.h"

#define PLUGIN_LINE "# asdf-plugin: "

bool shim_is_asdf(const struct shim *shim)
{
	return shim_in_shims(shim) && strstr(shim->text, "asdf exec ") &&
	       strstr(shim->text, PLUGIN_LINE);
}

/* ASDF_NODEJS_VERSION */
static const char *asdf_variable(struct scan *s, const char *plugin)
{
	char name[192];
	size_t n = 0;

	for (const char *p = plugin; *p && n + 1 < sizeof(name); p++)
		name[n++] = isalnum((unsigned char)*p)
				    ? (char)toupper((unsigned char)*p)
				    : '_';
	name[n] = '\0';
	return strv_env(s->q->env, scan_fmt(s, "ASDF_%s_VERSION", name));
}

/* The words behind the plugin's name in one .tool-versions, or NULL. */
static const char *asdf_read(
	struct scan *s, const char *folder, const char *plugin)
{
	const char *path = scan_join(s, folder, ".tool-versions");
	size_t n = strlen(plugin);
	_free_ char *text = NULL;
	char *p, *line;

	if (!path || file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return NULL;
	p = text;
	while ((line = file_next_trimmed(&p))) {
		line[strcspn(line, "#")] = '\0';
		if (strncmp(line, plugin, n) == 0 &&
			(line[n] == ' ' || line[n] == '\t'))
			return scan_keep(s, line + n);
	}
	return NULL;
}

static const char *asdf_wanted(struct scan *s, const char *plugin)
{
	const char *words = asdf_variable(s, plugin);
	const char *folder = scan_keep(s, s->q->cwd);

	for (int i = 0; !words && folder && i < SHIM_MAX_DEPTH; i++) {
		words = asdf_read(s, folder, plugin);
		if (strcmp(folder, "/") == 0)
			break;
		folder = scan_parent(s, folder);
	}
	if (!words && s->q->home)
		words = asdf_read(s, s->q->home, plugin);
	return words;
}

static const char *asdf_program(
	struct scan *s, const char *install, const char *name)
{
	static const char *const npm[] = {".npm", "npm"};
	const char *path = shim_program(s, install, name);

	for (size_t i = 0; !path && i < ELEMENTS(npm); i++)
		path = shim_program(s, scan_join(s, install, npm[i]), name);
	return path;
}

/* One plugin: 1 found, 0 it says nothing, <0. */
static int asdf_plugin(struct scan *s, const struct shim *shim,
	const char *plugin, const char **ret_path)
{
	const char *root = strv_env(s->q->env, "ASDF_DATA_DIR");
	const char *words = asdf_wanted(s, plugin);
	const char *installs;

	if (!root || root[0] != '/')
		root = shim->above;
	installs = scan_fmt(s, "%s/installs/%s", root, plugin);
	while (words && *(words += strspn(words, " \t"))) {
		size_t n = strcspn(words, " \t");
		const char *word = scan_fmt(s, "%.*s", (int)n, words);
		const char *install;

		words += n;
		if (!word || !installs)
			return -ENOMEM;
		if (strcmp(word, "system") == 0)
			return shim_system(s, shim, ret_path);
		/* asdf wants the exact name. */
		install = scan_join(s, installs, word);
		if (!place_is_plain_name(word) || !place_is_dir(install))
			continue;
		*ret_path = asdf_program(s, install, shim->name);
		if (*ret_path)
			return 1;
	}
	return 0;
}

int shim_resolve_asdf(
	struct scan *s, const struct shim *shim, const char **ret_path)
{
	const char *plugin = NULL;

	for (const char *p = strstr(shim->text, PLUGIN_LINE); p;
		p = strstr(p, PLUGIN_LINE)) {
		int r;

		p += sizeof(PLUGIN_LINE) - 1;
		plugin = scan_fmt(s, "%.*s", (int)strcspn(p, " \t\r\n"), p);
		if (!plugin || !place_is_plain_name(plugin))
			continue;
		r = asdf_plugin(s, shim, plugin, ret_path);
		if (r != 0)
			return r;
	}
	return shim_fail(s, shim, "asdf",
		scan_fmt(s,
			"has no installed version of %s set for it (.tool-versions)",
			plugin ? plugin : shim->name));
}
