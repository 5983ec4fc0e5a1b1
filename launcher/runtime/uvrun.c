/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/uvrun.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/file.h"
#include "runtime/installed.h"
#include "runtime/place.h"

#define UVRUN_MAX_DEPTH 64
#define UVRUN_MAX_SCRIPT ((size_t)1024 * 1024)

static const char *const values[] = {"-p", "--python", "--extra", "--no-extra",
	"--group", "--no-group", "--only-group", "--package", "--env-file",
	"--index", "--default-index", "-i", "--index-url", "--extra-index-url",
	"-f", "--find-links", "--cache-dir", "--config-file", "--color",
	"--link-mode", "--resolution", "--prerelease", "--exclude-newer", "-P",
	"--upgrade-package", "--refresh-package", "--reinstall-package",
	"--no-binary-package", "--no-build-package", "--index-strategy",
	"--keyring-provider", "--allow-insecure-host", "-C", "--config-setting",
	"--python-preference", "--python-platform", NULL};

/* They make an environment anew at each start. */
static const char *const fetching[] = {"--with", "-w", "--with-editable",
	"--with-requirements", "--isolated", NULL};

struct options {
	const char *directory; /* --directory */
	const char *project;   /* --project */
	bool is_module, is_script, is_fetching, is_without_project;
	size_t at; /* the command */
};

void uvrun_deinit(struct uvrun *u)
{
	strv_free(u->argv);
	*u = (struct uvrun){0};
}

static bool is_one_of(const char *const *list, const char *word, size_t n)
{
	for (; *list; list++)
		if (strlen(*list) == n && strncmp(*list, word, n) == 0)
			return true;
	return false;
}

/* One option at argv[at]; returns how many further words it takes. */
static size_t uvrun_option(
	struct options *o, char *const *argv, size_t at, bool is_after_run)
{
	const char *word = argv[at], *equals = strchr(word, '=');
	size_t n = equals ? (size_t)(equals - word) : strlen(word);
	const char *value = equals ? equals + 1 : argv[at + 1];
	size_t taken = equals || !argv[at + 1] ? 0 : 1;

	if (n == 11 && strncmp(word, "--directory", n) == 0)
		o->directory = value;
	else if (n == 9 && strncmp(word, "--project", n) == 0)
		o->project = value;
	else if (is_one_of(fetching, word, n)) {
		o->is_fetching = true;
		taken = strcmp(word, "--isolated") == 0 ? 0 : taken;
	} else if (is_after_run &&
		   (strcmp(word, "-m") == 0 || strcmp(word, "--module") == 0)) {
		o->is_module = true;
		return 0;
	} else if (is_after_run &&
		   (strcmp(word, "-s") == 0 || strcmp(word, "--script") == 0)) {
		o->is_script = true;
		return 0;
	} else if (strcmp(word, "--no-project") == 0) {
		o->is_without_project = true;
		return 0;
	} else if (!is_one_of(values, word, n))
		return 0;
	return taken;
}

/* 0; 1 if it is not `uv run` with a command. */
static int uvrun_options(char *const *argv, struct options *ret)
{
	struct options o = {.at = 1};
	bool is_after_run = false;

	for (; argv[o.at]; o.at++) {
		if (strcmp(argv[o.at], "--") == 0 && is_after_run) {
			o.at++;
			break;
		}
		if (argv[o.at][0] == '-' && argv[o.at][1]) {
			o.at += uvrun_option(&o, argv, o.at, is_after_run);
			continue;
		}
		if (is_after_run)
			break;
		if (strcmp(argv[o.at], "run") != 0)
			return 1;
		is_after_run = true;
	}
	if (!argv[o.at] || !is_after_run)
		return 1;
	*ret = o;
	return 0;
}

static const char *uvrun_against(
	struct scan *s, const char *folder, const char *path)
{
	return path[0] == '/' ? path : scan_join(s, folder, path);
}

static bool uvrun_is_environment(struct scan *s, const char *folder)
{
	return place_is_file(scan_join(s, folder, "pyvenv.cfg"));
}

/*
 * The project's environment: .venv (or UV_PROJECT_ENVIRONMENT) beside the
 * nearest pyproject.toml, or, for a member of a workspace, beside one above.
 */
static const char *uvrun_project_environment(
	struct scan *s, const char *folder, const char **ret_project)
{
	const char *set = strv_env(s->q->env, "UV_PROJECT_ENVIRONMENT");
	const char *name = set && set[0] ? set : ".venv";

	*ret_project = NULL;
	for (int i = 0; folder && i < UVRUN_MAX_DEPTH; i++) {
		const char *file = scan_join(s, folder, "pyproject.toml");
		const char *environment = uvrun_against(s, folder, name);

		if (place_is_shared(s->q, folder))
			break;
		if (place_is_file(file)) {
			if (!*ret_project)
				*ret_project = folder;
			if (uvrun_is_environment(s, environment)) {
				*ret_project = folder;
				return environment;
			}
		}
		folder = scan_parent(s, folder);
	}
	return NULL;
}

/* Without a project: the active environment, or .venv here or above. */
static const char *uvrun_loose_environment(struct scan *s, const char *folder)
{
	const char *active = strv_env(s->q->env, "VIRTUAL_ENV");

	if (active && active[0] == '/' && uvrun_is_environment(s, active))
		return active;
	for (int i = 0; folder && i < UVRUN_MAX_DEPTH; i++) {
		const char *environment = scan_join(s, folder, ".venv");

		if (place_is_shared(s->q, folder))
			break;
		if (uvrun_is_environment(s, environment))
			return environment;
		folder = scan_parent(s, folder);
	}
	return NULL;
}

static bool uvrun_has_metadata(const char *script)
{
	_free_ char *text = NULL;
	const char *at;

	if (file_read(script, UVRUN_MAX_SCRIPT, &text, NULL) < 0)
		return false;
	at = strstr(text, "# /// script");
	return at && (at == text || at[-1] == '\n');
}

struct cached {
	const char *stem;
	const char *found;
	size_t n;
};

static bool uvrun_visit_cached(
	struct scan *s, const char *folder, const char *name, void *data)
{
	struct cached *c = data;
	size_t n = strlen(c->stem);
	const char *path = scan_join(s, folder, name);

	if (strncmp(name, c->stem, n) == 0 && name[n] == '-' &&
		strspn(name + n + 1, "0123456789abcdef") ==
			strlen(name + n + 1) &&
		uvrun_is_environment(s, path)) {
		c->found = path;
		c->n++;
	}
	return false;
}

/*
 * The environment that uv has made for a script with metadata (PEP 723). The
 * hash in its name is uv's own, so it counts only if it is the only one.
 */
static const char *uvrun_script_environment(struct scan *s, const char *script)
{
	const char *name = place_name(script), *dot = strrchr(name, '.');
	struct cached c = {
		.stem = scan_fmt(s, "%.*s",
			dot ? (int)(dot - name) : (int)strlen(name), name)};
	const char *cache = installed_uv_cache(s);

	if (cache && c.stem)
		scan_folder(s, scan_join(s, cache, "environments-v2"),
			uvrun_visit_cached, &c);
	return c.n == 1 ? c.found : NULL;
}

static bool is_python_name(const char *word)
{
	return strncmp(word, "python", 6) == 0 &&
	       strspn(word + 6, "0123456789.") == strlen(word + 6);
}

static bool is_script_name(const char *word)
{
	return place_ends_with(word, ".py") || place_ends_with(word, ".pyc");
}

/* What uv would execute in the environment, and with which words. */
static int uvrun_command(struct scan *s, const struct options *o,
	const char *environment, const char *cwd, char *const *argv,
	char ***ret_argv)
{
	_strv_ char **words = NULL;
	const char *word = argv[o->at];
	const char *python = scan_join(s, environment, "bin/python");
	const char *script = uvrun_against(s, cwd, word);
	const char *program =
		scan_join(s, scan_join(s, environment, "bin"), word);
	bool is_script = o->is_script ||
			 (is_script_name(word) && place_is_file(script)) ||
			 place_is_dir(script);
	int r;

	if (!python || !script || !program)
		return -ENOMEM;
	if (o->is_module || is_script || strcmp(word, "-") == 0)
		r = strv_add(&words, python);
	else if (scan_is_program(program) && !strchr(word, '/'))
		r = strv_add(&words, program);
	else
		r = strv_add(&words, is_python_name(word) ? python : word);
	if (r == 0 && o->is_module)
		r = strv_add(&words, "-m");
	if (r == 0 && (o->is_module || is_script || strcmp(word, "-") == 0))
		r = strv_add(
			&words, is_script && !o->is_module ? script : word);
	for (size_t i = o->at + 1; r == 0 && argv[i]; i++)
		r = strv_add(&words, argv[i]);
	if (r < 0)
		return r;
	*ret_argv = take_ptr(words);
	return 0;
}

static void uvrun_advise(
	struct scan *s, const struct options *o, const char *project)
{
	/* It ends at once, and not after ten seconds of tries. */
	scan_env(s, "UV_OFFLINE", "1");
	if (o->is_fetching)
		scan_note(s,
			"uv run --with makes an environment at each start, and there is no network in here; put the packages into an environment (uv venv, uv pip install) and start its program");
	else
		scan_note(s,
			"uv run finds no environment that is ready, and cannot make one in here without network; once outside: `uv sync --project %s`",
			project ? project : ".");
}

/* uv would look for changes first; stockade starts what is there. */
static void uvrun_check_age(
	struct scan *s, const char *project, const char *environment)
{
	const char *lock = scan_join(s, project, "uv.lock");
	const char *record = scan_join(s, environment, "lib");
	struct stat a, b, c;
	const char *cfg = scan_join(s, environment, "pyvenv.cfg");

	if (!project || !lock || !record || !cfg || stat(lock, &a) < 0 ||
		stat(record, &b) < 0 || stat(cfg, &c) < 0)
		return;
	if (a.st_mtime > b.st_mtime + 60 && a.st_mtime > c.st_mtime + 60)
		scan_note(s,
			"%s is newer than %s; if the dependencies have changed: `uv sync --project %s`",
			lock, environment, project);
}

static const char *uvrun_environment(struct scan *s, const struct options *o,
	char *const *argv, const char *cwd, const char **ret_project)
{
	const char *project = o->project ? scan_absolute(s, o->project) : cwd;
	const char *script = uvrun_against(s, cwd, argv[o->at]);
	const char *environment;

	*ret_project = NULL;
	if (o->is_fetching || !script)
		return NULL;
	if ((o->is_script || is_script_name(script)) &&
		uvrun_has_metadata(script))
		return uvrun_script_environment(s, script);
	if (o->is_without_project)
		return uvrun_loose_environment(s, cwd);
	environment = uvrun_project_environment(
		s, scan_real(s, project), ret_project);
	if (!environment && !*ret_project)
		environment = uvrun_loose_environment(s, cwd);
	return environment;
}

int uvrun_read(struct scan *s, const struct chain *c, char *const *argv,
	struct uvrun *ret)
{
	_uvrun_ struct uvrun u = {0};
	const char *environment, *folder;
	struct options o = {0};
	int r;

	if (strcmp(place_name(c->program_real), "uv") != 0 ||
		uvrun_options(argv, &o) != 0)
		return 1;
	u.cwd = o.directory ? scan_real(s, scan_absolute(s, o.directory))
			    : NULL;
	environment = uvrun_environment(
		s, &o, argv, u.cwd ? u.cwd : s->q->cwd, &u.project);
	if (!environment) {
		uvrun_advise(s, &o, u.project);
		return 1;
	}
	uvrun_check_age(s, u.project, environment);
	r = uvrun_command(
		s, &o, environment, u.cwd ? u.cwd : s->q->cwd, argv, &u.argv);
	if (r < 0)
		return r;
	folder = scan_join(s, environment, "bin");
	if (place_is_dir(folder)) {
		scan_add(s, &s->r->path_first, folder);
		scan_add(s, &s->first, folder);
	}
	scan_env(s, "VIRTUAL_ENV", environment);
	*ret = u;
	u.argv = NULL;
	return 0;
}
