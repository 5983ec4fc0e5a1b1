/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/installed.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/file.h"
#include "runtime/place.h"

/* "bin": "x.js", or {"name": "x.js"}: @command's, else the first. */
static const char *installed_bin(struct scan *s, const char *folder,
	const char *version, const char *command)
{
	_json_ json_t *j = file_json(scan_join(s, folder, "package.json"));
	json_t *bin = j ? json_object_get(j, "bin") : NULL;
	const char *has =
		j ? json_string_value(json_object_get(j, "version")) : NULL;
	const json_t *one = bin;
	const char *path;

	if (version && (!has || strcmp(has, version) != 0))
		return NULL;
	if (json_is_object(bin)) {
		one = json_object_get(bin, command);
		if (!one && json_object_iter(bin))
			one = json_object_iter_value(json_object_iter(bin));
	}
	if (!json_is_string(one))
		return NULL;
	path = scan_real(s, scan_join(s, folder, json_string_value(one)));
	return path && place_is_inside(path, folder) && place_is_file(path)
		       ? path
		       : NULL;
}

struct wanted {
	const char *package;
	const char *version; /* NULL: any */
	const char *command;
	const char *found;
	struct timespec made; /* of what npx has */
};

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec > b->tv_sec ||
	       (a->tv_sec == b->tv_sec && a->tv_nsec > b->tv_nsec);
}

static const char *installed_look(
	struct scan *s, const char *modules, const struct wanted *w)
{
	const char *folder = scan_real(s, scan_join(s, modules, w->package));

	return folder ? installed_bin(s, folder, w->version, w->command) : NULL;
}

/* What npx made of a package of its own: what another one has brought along
 * may be of any age. */
static bool is_asked_for(const char *made, const char *package)
{
	_json_ json_t *j = file_json(made);

	return j &&
	       json_object_get(json_object_get(j, "dependencies"), package);
}

/* The last one that npx made. */
static bool installed_visit_npx(
	struct scan *s, const char *folder, const char *name, void *data)
{
	const char *own = scan_join(s, folder, name);
	const char *made = own ? scan_join(s, own, "package.json") : NULL;
	struct wanted *w = data;
	const char *found;
	struct stat st;

	if (!made || stat(made, &st) < 0 ||
		(w->found && !is_newer(&st.st_mtim, &w->made)) ||
		!is_asked_for(made, w->package))
		return false;
	found = installed_look(s, scan_join(s, own, "node_modules"), w);
	if (found) {
		w->found = found;
		w->made = st.st_mtim;
	}
	return false;
}

const char *installed_node(struct scan *s, const char *program,
	const char *package, const char *version, const char *command)
{
	struct wanted w = {
		.package = package, .version = version, .command = command};
	const char *cache = strv_env(s->q->env, "npm_config_cache");
	const char *prefix = scan_parent(s, scan_parent(s, program));

	if ((!cache || cache[0] != '/') && s->q->home)
		cache = scan_join(s, s->q->home, ".npm");
	if (cache)
		scan_folder(s, scan_join(s, cache, "_npx"), installed_visit_npx,
			&w);
	if (!w.found && prefix)
		w.found = installed_look(
			s, scan_join(s, prefix, "lib/node_modules"), &w);
	if (!w.found)
		w.found = installed_look(s, "/usr/local/lib/node_modules", &w);
	return w.found;
}

static const char *installed_program(struct scan *s, const char *environments,
	const char *package, const char *command)
{
	const char *path =
		scan_fmt(s, "%s/%s/bin/%s", environments, package, command);

	return path && scan_is_program(path) ? path : NULL;
}

/* @variable or ~/.local/share, with @below behind it. */
static const char *installed_folder(struct scan *s, const char *below)
{
	const char *data = strv_env(s->q->env, "XDG_DATA_HOME");

	if (data && data[0] == '/')
		return scan_join(s, data, below);
	return s->q->home ? scan_fmt(s, "%s/.local/share/%s", s->q->home, below)
			  : NULL;
}

const char *installed_uv_cache(struct scan *s)
{
	const char *own = strv_env(s->q->env, "UV_CACHE_DIR");
	const char *xdg = strv_env(s->q->env, "XDG_CACHE_HOME");

	if (own && own[0] == '/')
		return own;
	if (xdg && xdg[0] == '/')
		return scan_join(s, xdg, "uv");
	return s->q->home ? scan_join(s, s->q->home, ".cache/uv") : NULL;
}

static int normal(char c)
{
	return c == '-' || c == '.' ? '_' : tolower((unsigned char)c);
}

/* "My.Pkg" and "my_pkg-1.0.dist-info" are of one package. */
static bool is_metadata_of(const char *name, const char *package)
{
	for (; *package; package++, name++)
		if (*name == '-' || normal(*name) != normal(*package))
			return false;
	return name[0] == '-' && place_ends_with(name, ".dist-info");
}

struct cached {
	const char *package, *command;
	const char *found;
	struct timespec made; /* of what was found */
	bool has_package;
};

static bool installed_visit_metadata(
	struct scan *s, const char *folder, const char *name, void *data)
{
	struct cached *c = data;

	(void)s;
	(void)folder;
	c->has_package = is_metadata_of(name, c->package);
	return c->has_package;
}

static bool installed_visit_version(
	struct scan *s, const char *folder, const char *name, void *data)
{
	scan_folder(s, scan_fmt(s, "%s/%s/site-packages", folder, name),
		installed_visit_metadata, data);
	return ((struct cached *)data)->has_package;
}

/* An environment that uvx made: the last one that has the package. */
static bool installed_visit_cached(
	struct scan *s, const char *folder, const char *name, void *data)
{
	struct cached *c = data;
	const char *real = scan_real(s, scan_join(s, folder, name));
	const char *program =
		real ? scan_fmt(s, "%s/bin/%s", real, c->command) : NULL;
	const char *mark = real ? scan_join(s, real, "pyvenv.cfg") : NULL;
	struct stat st;

	if (!program || !mark || stat(mark, &st) < 0 ||
		!scan_is_program(program) ||
		(c->found && !is_newer(&st.st_mtim, &c->made)))
		return false;
	c->has_package = false;
	scan_folder(s, scan_join(s, real, "lib"), installed_visit_version, c);
	if (c->has_package) {
		c->found = program;
		c->made = st.st_mtim;
	}
	return false;
}

static bool installed_visit_python(
	struct scan *s, const char *folder, const char *name, void *data)
{
	scan_folder(
		s, scan_join(s, folder, name), installed_visit_cached, data);
	return false;
}

const char *installed_uv(
	struct scan *s, const char *package, const char *command)
{
	const char *folder = strv_env(s->q->env, "UV_TOOL_DIR");
	const char *cache = installed_uv_cache(s), *tool = NULL;
	struct cached c = {.package = package, .command = command};

	if (!folder || folder[0] != '/')
		folder = installed_folder(s, "uv/tools");
	if (folder)
		tool = installed_program(s, folder, package, command);
	if (tool || !cache)
		return tool;
	scan_folder(s, scan_join(s, cache, "environments-v2"),
		installed_visit_python, &c);
	return c.found;
}

const char *installed_pipx(
	struct scan *s, const char *package, const char *command)
{
	const char *home = strv_env(s->q->env, "PIPX_HOME");
	const char *folders[] = {
		home && home[0] == '/' ? scan_join(s, home, "venvs") : NULL,
		installed_folder(s, "pipx/venvs"),
		s->q->home ? scan_join(s, s->q->home, ".local/pipx/venvs")
			   : NULL};
	const char *found = NULL;

	for (size_t i = 0; !found && i < ELEMENTS(folders); i++)
		if (folders[i])
			found = installed_program(
				s, folders[i], package, command);
	return found;
}
