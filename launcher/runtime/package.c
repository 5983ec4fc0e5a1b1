/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/package.h"

#include <ctype.h>
#include <string.h>

#include "runtime/file.h"
#include "runtime/place.h"

#define PACKAGE_MAX_NAME 214 /* npm's own bound */
#define PACKAGE_MAX_DEPTH 64

static bool package_is_name(const char *name, const char *extra)
{
	size_t n = strlen(name);

	if (n == 0 || n > PACKAGE_MAX_NAME || name[0] == '.' || name[0] == '/')
		return false;
	if (strstr(name, ".."))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr(extra, *name))
			return false;
	return true;
}

void package_set(struct scan *s, const char *name, const char *version)
{
	if (s->r->package || !name || !package_is_name(name, "@/._~-"))
		return;
	s->r->package = strdup(name);
	s->oom |= !s->r->package;
	if (!version || !package_is_name(version, "._+!~-"))
		return;
	s->r->package_version = strdup(version);
	s->oom |= !s->r->package_version;
}

void package_from_node(struct scan *s, const char *real)
{
	const char *folder = scan_parent(s, real);

	for (int i = 0; folder && i < PACKAGE_MAX_DEPTH; i++) {
		_json_ json_t *j = NULL;

		if (strcmp(place_name(folder), "node_modules") == 0 ||
			place_is_home_or_above(s->q, folder))
			return;
		j = file_json(scan_join(s, folder, "package.json"));
		if (j && json_is_string(json_object_get(j, "name"))) {
			package_set(s,
				json_string_value(json_object_get(j, "name")),
				json_string_value(
					json_object_get(j, "version")));
			return;
		}
		folder = scan_parent(s, folder);
	}
}

/* Name and Version of a dist-info's METADATA (RFC 822 headers). */
static void package_from_metadata(struct scan *s, const char *folder)
{
	const char *path = scan_join(s, folder, "METADATA");
	char *name = NULL, *version = NULL, *p, *line;
	_free_ char *text = NULL;

	if (!path || file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return;
	p = text;
	while ((line = file_next_trimmed(&p)) && line[0]) {
		if (!name && strncmp(line, "Name: ", 6) == 0)
			name = line + 6;
		if (!version && strncmp(line, "Version: ", 9) == 0)
			version = line + 9;
	}
	package_set(s, name, version);
}

struct wanted {
	const char *script; /* console script, or NULL */
	const char *module; /* top-level module, or NULL */
	bool by_record;     /* look into RECORD, the slow way */
};

/* "NAME = module:function" below [console_scripts]. */
static bool has_script(char *text, const char *script)
{
	size_t n = strlen(script);
	bool inside = false;
	char *line;

	while ((line = file_next_trimmed(&text))) {
		if (line[0] == '[')
			inside = strcmp(line, "[console_scripts]") == 0;
		else if (inside && strncmp(line, script, n) == 0 &&
			 (line[n + strspn(line + n, " \t")] == '='))
			return true;
	}
	return false;
}

static bool has_line(char *text, const char *wanted, const char *enders)
{
	size_t n = strlen(wanted);
	char *line;

	while ((line = file_next_trimmed(&text)))
		if (strncmp(line, wanted, n) == 0 && strchr(enders, line[n]))
			return true;
	return false;
}

/* "mcp_server_time-1.2.dist-info" names the module mcp_server_time. */
static bool is_named_as(const char *dist, const char *module)
{
	size_t n = strlen(module);

	return strncasecmp(dist, module, n) == 0 && dist[n] == '-';
}

static bool package_fits(struct scan *s, const char *folder, const char *name,
	const struct wanted *w)
{
	const char *dist = scan_join(s, folder, name);
	const char *list = scan_join(s, dist,
		w->script      ? "entry_points.txt"
		: w->by_record ? "RECORD"
			       : "top_level.txt");
	const char *record =
		w->module ? scan_fmt(s, "%s.py,", w->module) : NULL;
	_free_ char *text = NULL, *copy = NULL;

	if (w->module && is_named_as(name, w->module))
		return true;
	if ((!w->script && !w->module) || !list ||
		file_read(list, FILE_MAX_BYTES, &text, NULL) < 0)
		return false;
	if (w->script)
		return has_script(text, w->script);
	if (!w->by_record)
		return has_line(text, w->module, "");
	copy = strdup(text);
	return has_line(text, w->module, "/") ||
	       (copy && record && strstr(copy, record) == copy);
}

static bool package_visit(
	struct scan *s, const char *folder, const char *name, void *data)
{
	const struct wanted *w = data;

	if (!place_ends_with(name, ".dist-info") ||
		!package_fits(s, folder, name, w))
		return false;
	package_from_metadata(s, scan_join(s, folder, name));
	return s->r->package != NULL;
}

static void package_search(struct scan *s, char *const *sites, struct wanted w)
{
	for (; sites && *sites && !s->r->package; sites++)
		scan_folder(s, *sites, package_visit, &w);
}

void package_from_script(struct scan *s, char *const *sites, const char *script)
{
	package_search(s, sites, (struct wanted){.script = script});
}

void package_from_module(struct scan *s, char *const *sites, const char *module)
{
	package_search(s, sites, (struct wanted){.module = module});
	package_search(
		s, sites, (struct wanted){.module = module, .by_record = true});
}

/* name = "x": what is between the quotes, cut in place; or NULL. */
static char *toml_string(char *line, const char *key)
{
	size_t n = strlen(key);
	char *p, *end;

	if (strncmp(line, key, n) != 0)
		return NULL;
	p = line + n + strspn(line + n, " \t");
	if (*p++ != '=')
		return NULL;
	p += strspn(p, " \t");
	if (*p != '"' && *p != '\'')
		return NULL;
	end = strchr(p + 1, *p);
	if (!end)
		return NULL;
	*end = '\0';
	return p + 1;
}

void package_from_project(struct scan *s, const char *folder)
{
	const char *path = scan_join(s, folder, "pyproject.toml");
	char *name = NULL, *version = NULL, *p, *line;
	_free_ char *text = NULL;
	bool inside = false;

	if (!path || file_read(path, FILE_MAX_BYTES, &text, NULL) < 0)
		return;
	p = text;
	while ((line = file_next_trimmed(&p))) {
		if (line[0] == '[') {
			inside = strcmp(line, "[project]") == 0;
			continue;
		}
		if (inside && !name)
			name = toml_string(line, "name");
		if (inside && !version)
			version = toml_string(line, "version");
	}
	package_set(s, name, version);
}
