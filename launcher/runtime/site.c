/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/site.h"

#include <string.h>

#include "runtime/file.h"
#include "runtime/place.h"

static bool site_is_code_name(
	struct scan *s, const char *folder, const char *name, void *data)
{
	static const char *const names[] = {
		"pyproject.toml", "setup.py", "setup.cfg", "__init__.py"};
	static const char *const suffixes[] = {
		".py", ".dist-info", ".egg-info", ".so"};
	const char *inner =
		scan_join(s, scan_join(s, folder, name), "__init__.py");
	bool *found = data;

	for (size_t i = 0; i < ELEMENTS(names); i++)
		*found |= strcmp(name, names[i]) == 0;
	for (size_t i = 0; i < ELEMENTS(suffixes); i++)
		*found |= place_ends_with(name, suffixes[i]);
	*found |= name[0] != '.' && place_is_file(inner);
	return *found;
}

/* A folder of Python code, or one beside a project file (src/). */
static bool site_is_code(struct scan *s, const char *folder)
{
	const char *above = scan_parent(s, folder);
	const char *project = scan_join(s, above, "pyproject.toml");
	const char *setup = scan_join(s, above, "setup.py");
	bool found = false;

	if (place_is_file(project) || place_is_file(setup))
		return true;
	scan_folder(s, folder, site_is_code_name, &found);
	return found;
}

static void site_mount(struct scan *s, const char *site, const char *path)
{
	const char *real = scan_walk(s, path);
	int r;

	/* Each look into a folder is bounded, and so is their number. */
	if (!real || scan_has_mount(s, real) ||
		s->n_packages++ >= SCAN_MAX_PACKAGES)
		return;
	if (place_is_dir(real))
		r = site_is_code(s, real)
			    ? scan_mount(s, real, "linked into site-packages")
			    : 1;
	else
		r = place_ends_with(real, ".py") ||
				    place_ends_with(real, ".egg") ||
				    place_ends_with(real, ".zip")
			    ? scan_mount_file(
				      s, real, "linked into site-packages")
			    : 1;
	if (r != 0)
		scan_note(s, "%s names %s, which is not mounted", site, real);
}

static void site_read_pth(struct scan *s, const char *site, const char *path)
{
	_free_ char *text = NULL;
	char *p, *line;

	if (file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return;
	p = text;
	while ((line = file_next_trimmed(&p)) && s->n_pth++ < SCAN_MAX_PTH) {
		if (!line[0] || line[0] == '#' ||
			strncmp(line, "import ", 7) == 0 ||
			strncmp(line, "import\t", 7) == 0)
			continue;
		site_mount(s, site,
			line[0] == '/' ? line : scan_join(s, site, line));
	}
}

/*
 * __editable___NAME_finder.py: setuptools writes two dictionaries of string
 * literals, MAPPING and NAMESPACES. Every literal in them that is an absolute
 * path counts.
 */
static void site_read_finder(struct scan *s, const char *site, const char *path)
{
	static const char *const names[] = {"\nMAPPING", "\nNAMESPACES"};
	_free_ char *text = NULL;

	if (file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return;
	for (size_t i = 0; i < ELEMENTS(names); i++) {
		char *p = strstr(text, names[i]);
		char *end = p ? strchr(p + 1, '\n') : NULL;

		while (p && end && s->n_pth++ < SCAN_MAX_PTH) {
			char *close;

			p = strpbrk(p, "'\"");
			if (!p || p > end)
				break;
			close = strchr(p + 1, *p);
			if (!close || close > end)
				break;
			*close = '\0';
			if (p[1] == '/')
				site_mount(s, site, p + 1);
			p = close + 1;
		}
	}
}

/* direct_url.json (PEP 610) of an editable install. */
static void site_read_direct(struct scan *s, const char *site, const char *path)
{
	_json_ json_t *j = file_json(path);
	const json_t *dir = j ? json_object_get(j, "dir_info") : NULL;
	const char *url =
		j ? json_string_value(json_object_get(j, "url")) : NULL;

	if (!url || !json_is_true(json_object_get(dir, "editable")))
		return;
	if (strncmp(url, "file:///", 8) == 0 && !strchr(url, '%'))
		site_mount(s, site, url + 7);
}

static void site_read_egg_link(
	struct scan *s, const char *site, const char *path)
{
	_free_ char *text = NULL;
	char *p, *line;

	if (file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return;
	p = text;
	line = file_next_trimmed(&p);
	if (line && line[0] == '/')
		site_mount(s, site, line);
}

static bool site_visit(
	struct scan *s, const char *folder, const char *name, void *data)
{
	const char *path = scan_join(s, folder, name);

	(void)data;
	if (!path || s->n_pth >= SCAN_MAX_PTH)
		return true;
	if (place_ends_with(name, ".pth"))
		site_read_pth(s, folder, path);
	else if (strncmp(name, "__editable__", 12) == 0 &&
		 place_ends_with(name, "finder.py"))
		site_read_finder(s, folder, path);
	else if (place_ends_with(name, ".egg-link"))
		site_read_egg_link(s, folder, path);
	else if (place_ends_with(name, ".dist-info"))
		site_read_direct(
			s, folder, scan_join(s, path, "direct_url.json"));
	return false;
}

void site_mount_linked(struct scan *s, const char *site)
{
	const char *real = scan_real(s, site);

	if (real)
		scan_folder(s, real, site_visit, NULL);
}
