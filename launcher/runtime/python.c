/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/python.h"

#include <ctype.h>
#include <string.h>

#include "runtime/package.h"
#include "runtime/place.h"
#include "runtime/root.h"
#include "runtime/site.h"
#include "runtime/venv.h"

#define PYTHON_MAX_VENVS 8
#define PYTHON_MAX_DEPTH 64

struct python {
	struct scan *s;
	const char *base;    /* canonical path of the interpreter itself */
	const char *version; /* "3.11" or NULL */
	char **sites;
	bool is_system_seen; /* packages of the base and of the user count */
};

static void python_deinit(struct python *p)
{
	strv_free(p->sites);
}

/* lib/python3.11, lib/pypy3.10: a folder with a Python's packages. */
static bool python_is_lib(const char *name)
{
	return strncmp(name, "python", 6) == 0 || strncmp(name, "pypy", 4) == 0;
}

static bool python_visit_site(
	struct scan *s, const char *folder, const char *name, void *data)
{
	static const char *const packages[] = {
		"site-packages", "dist-packages"};
	struct python *p = data;

	for (size_t i = 0; python_is_lib(name) && i < ELEMENTS(packages); i++) {
		const char *site =
			scan_join(s, scan_join(s, folder, name), packages[i]);

		if (place_is_dir(site))
			scan_add(s, &p->sites, scan_real(s, site));
	}
	return false;
}

static void python_add_sites(struct python *p, const char *prefix)
{
	scan_folder(p->s, scan_join(p->s, prefix, "lib"), python_visit_site, p);
	scan_folder(
		p->s, scan_join(p->s, prefix, "lib64"), python_visit_site, p);
}

static bool python_visit_library(
	struct scan *s, const char *folder, const char *name, void *data)
{
	const char **found = data;
	const char *os = scan_join(s, scan_join(s, folder, name), "os.py");

	if (python_is_lib(name) && place_is_file(os))
		*found = scan_keep(s, name);
	return *found != NULL;
}

/* The name of the folder with the standard library in @prefix, or NULL. */
static const char *python_library(
	struct scan *s, const char *prefix, const char *lib)
{
	const char *found = NULL;

	scan_folder(s, scan_join(s, prefix, lib), python_visit_library, &found);
	return found ? scan_fmt(s, "%s/%s", lib, found) : NULL;
}

/* "python3.11" → "3.11" */
static const char *python_version(struct scan *s, const char *name)
{
	while (*name && !isdigit((unsigned char)*name))
		name++;
	return strchr(name, '.') && strspn(name, "0123456789.") == strlen(name)
		       ? scan_keep(s, name)
		       : NULL;
}

static int python_refuse_home(struct python *p, const struct venv *v)
{
	return err_status(p->s->e, EXIT_REFUSED,
		"%s/pyvenv.cfg: names %s as the folder of its Python, so the version root would be the root folder or HOME; make the environment again",
		v->root, v->home);
}

/* The interpreter that an environment with a copied python belongs to. */
static int python_from_home(
	struct python *p, const struct venv *v, const char **ret_program)
{
	struct scan *s = p->s;
	const char *home = scan_walk(s, v->home);
	const char *names[] = {NULL, "python3", "python"};

	if (home && (place_is_home_or_above(s->q, home) ||
			    place_is_home_or_above(s->q, scan_parent(s, home))))
		return python_refuse_home(p, v);
	names[0] = place_name(p->base);
	for (size_t i = 0; home && i < ELEMENTS(names); i++) {
		const char *path = scan_join(s, home, names[i]);

		if (path && scan_is_program(path)) {
			*ret_program = path;
			return 0;
		}
	}
	return err_status(s->e, EXIT_CANNOT_RUN,
		"%s/pyvenv.cfg: no Python is in %s; make the environment again",
		v->root, v->home);
}

/* One environment: mounts it and says what it is based on. */
static int python_enter_venv(
	struct python *p, const struct venv *v, const char **ret_program)
{
	struct scan *s = p->s;

	if (place_is_shared(s->q, v->root))
		return err_status(s->e, EXIT_REFUSED,
			"%s/pyvenv.cfg: this folder holds other things and is never mounted as a Python environment",
			v->root);
	(void)scan_mount(s, v->root, "Python environment");
	python_add_sites(p, v->root);
	p->is_system_seen = v->is_system_seen;
	/* Python itself follows `home`, by whatever links it is spelled. */
	if (v->home)
		(void)scan_walk(s, v->home);
	if (!place_is_inside(p->base, v->root) || !v->home) {
		*ret_program = p->base;
		return 0;
	}
	return python_from_home(p, v, ret_program);
}

static int python_follow_venvs(
	struct python *p, const char *program, struct venv *first)
{
	struct scan *s = p->s;

	for (int i = 0; i < PYTHON_MAX_VENVS; i++) {
		struct venv v = {0};
		int r;

		p->base = scan_walk(s, program);
		if (!p->base)
			return err_status(s->e, EXIT_CANNOT_RUN,
				"%s: leads nowhere", program);
		if (venv_find(s, program, &v) != 0)
			return 0;
		if (i == 0)
			*first = v;
		r = python_enter_venv(p, &v, &program);
		if (r < 0)
			return r;
		/* A relocated copy that names itself. */
		if (strcmp(program, p->base) == 0 &&
			place_is_inside(program, v.root))
			return 0;
	}
	return err_status(s->e, EXIT_CANNOT_RUN,
		"%s: one Python environment is based on the next without end",
		program);
}

static int python_mount_base(struct python *p)
{
	struct scan *s = p->s;
	const char *prefix = scan_parent(s, scan_parent(s, p->base));
	const char *parts[] = {NULL, NULL};

	p->version = python_version(s, place_name(p->base));
	if (!prefix)
		return -ENOMEM;
	parts[0] = python_library(s, prefix, "lib");
	if (!parts[0])
		parts[0] = python_library(s, prefix, "lib64");
	if (!p->version && parts[0])
		p->version = python_version(s, place_name(parts[0]));
	if (p->is_system_seen)
		python_add_sites(p, place_is_inside(prefix, "/usr")
					    ? "/usr/local"
					    : prefix);
	if (place_is_given(p->base) || parts[0] ||
		place_is_home_or_above(s->q, prefix))
		return root_mount(s, p->base, "python", parts);
	/* Some other program's folder: nothing says that it is a Python's. */
	scan_note(s, "%s: no standard library is beside it", p->base);
	(void)scan_mount_file(s, p->base, "python itself");
	return 0;
}

static void python_user_site(struct python *p, const struct family_args *args)
{
	struct scan *s = p->s;
	const char *site;

	if (!p->is_system_seen || !p->version || !s->q->home ||
		args->isolated || scan_granted(s, "PYTHONNOUSERSITE"))
		return;
	site = scan_fmt(s, "%s/.local/lib/python%s/site-packages", s->q->home,
		p->version);
	if (!place_is_dir(site))
		return;
	(void)scan_mount(s, site, "packages of pip install --user");
	scan_add(s, &p->sites, scan_real(s, site));
}

static void python_mount_path(struct python *p, const struct family_args *args)
{
	struct scan *s = p->s;
	const char *list = scan_granted(s, "PYTHONPATH");

	for (size_t i = 0; list && *list && !args->no_variables && i < 64;
		i++) {
		size_t n = strcspn(list, ":");
		const char *folder = scan_fmt(s, "%.*s", (int)n, list);

		if (n && folder)
			(void)scan_mount(s, scan_absolute(s, folder),
				"folder of PYTHONPATH");
		list += n + (list[n] == ':');
	}
}

/* The project that a script belongs to, below HOME and other shared folders. */
static const char *python_project(struct scan *s, const char *folder)
{
	static const char *const names[] = {"pyproject.toml", "setup.py"};

	for (int i = 0; folder && i < PYTHON_MAX_DEPTH; i++) {
		if (place_is_shared(s->q, folder))
			return NULL;
		for (size_t k = 0; k < ELEMENTS(names); k++)
			if (place_is_file(scan_join(s, folder, names[k])))
				return folder;
		folder = scan_parent(s, folder);
	}
	return NULL;
}

static void python_mount_script(struct python *p, const char *path)
{
	struct scan *s = p->s;
	const char *real = scan_walk(s, path);
	const char *folder, *project;

	if (!real || place_is_given(real))
		return;
	if (place_is_file(real))
		package_from_script(s, p->sites, place_name(path));
	folder = place_is_dir(real) ? real : scan_parent(s, real);
	if (scan_has_mount(s, real))
		return;
	project = python_project(s, folder);
	if (project)
		package_from_project(s, project);
	if (project && scan_mount(s, project, "project of the script") == 0)
		return;
	if (scan_mount(s, folder, "folder of the script") != 0)
		(void)scan_mount_file(s, real, "the script itself");
}

/* `python -m M` finds M in the working directory first. */
static void python_mount_module(struct python *p, const char *module)
{
	struct scan *s = p->s;
	const char *top =
		scan_fmt(s, "%.*s", (int)strcspn(module, "."), module);
	const char *folder = scan_join(s, s->q->cwd, top);
	const char *file = folder ? scan_fmt(s, "%s.py", folder) : NULL;
	const char *project;

	if (!top || !place_is_plain_name(top))
		return;
	package_from_module(s, p->sites, top);
	if (!place_is_dir(folder) && !place_is_file(file))
		return;
	project = python_project(s, s->q->cwd);
	if (project)
		package_from_project(s, project);
	(void)scan_mount(
		s, project ? project : s->q->cwd, "folder of the module");
}

static void python_mount_program(struct python *p, const struct chain *c,
	const struct family_args *args, char *const *argv)
{
	for (size_t i = 0; i < c->n_scripts; i++)
		python_mount_script(p, c->scripts[i]);
	if (args->module)
		python_mount_module(p, args->module);
	else if (args->script && c->n_scripts == 0)
		python_mount_script(p, scan_absolute(p->s, argv[args->script]));
}

/* A caller's VIRTUAL_ENV goes in only if it is the one that runs. */
static void python_variable(struct python *p, const struct venv *v)
{
	const char *set = strv_env(p->s->q->env, "VIRTUAL_ENV");
	const char *real = set ? scan_real(p->s, set) : NULL;

	if (real && v->root && strcmp(real, v->root) == 0) {
		(void)scan_walk(p->s, set);
		scan_env(p->s, "VIRTUAL_ENV", set);
	}
}

int python_mount(struct scan *s, const struct chain *c,
	const struct family_args *args, char *const *argv)
{
	_cleanup_(python_deinit) struct python p = {
		.s = s, .is_system_seen = true};
	struct venv first = {0};
	int r = python_follow_venvs(&p, c->program, &first);

	if (r == 0)
		r = python_mount_base(&p);
	if (r < 0)
		return r;
	python_user_site(&p, args);
	for (size_t i = 0; p.sites && p.sites[i]; i++)
		site_mount_linked(s, p.sites[i]);
	python_mount_path(&p, args);
	python_mount_program(&p, c, args, argv);
	python_variable(&p, &first);
	return 0;
}
