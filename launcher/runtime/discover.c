/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the parts together: command → chain → folders → result. */
#include <assert.h>
#include <string.h>

#include "runtime/chain.h"
#include "runtime/fetchers.h"
#include "runtime/lookup.h"
#include "runtime/node.h"
#include "runtime/package.h"
#include "runtime/place.h"
#include "runtime/python.h"
#include "runtime/root.h"
#include "runtime/scan.h"
#include "runtime/uvrun.h"

/* What the kernel hands to the program at the end of the chain. */
static char **discover_effective(const struct chain *c, char *const *argv)
{
	_strv_ char **all = NULL;

	if (c->n_scripts == 0)
		return strv_copy(argv);
	all = strv_copy(c->before);
	if (!all || (strv_len(all) == 0 && strv_add(&all, "sh") < 0) ||
		strv_add(&all, c->scripts[0]) < 0)
		return NULL;
	for (size_t i = 1; argv[i]; i++)
		if (strv_add(&all, argv[i]) < 0)
			return NULL;
	return take_ptr(all);
}

static int discover_not_found(struct scan *s, const char *name, int r)
{
	char skipped[512] = "";
	size_t n = 0;

	if (r == -EACCES)
		return err_status(s->e, EXIT_CANNOT_RUN,
			"%s: is in PATH but not executable", name);
	for (size_t i = 0; s->skipped && s->skipped[i]; i++) {
		size_t m = strlen(s->skipped[i]);

		if (n + m + 3 >= sizeof(skipped))
			break;
		memcpy(skipped + n, i ? ", " : "", i ? 2 : 0);
		n += i ? 2 : 0;
		memcpy(skipped + n, s->skipped[i], m + 1);
		n += m;
	}
	if (!n)
		return err_status(
			s->e, EXIT_NOT_FOUND, "%s: not found in PATH", name);
	return err_status(s->e, EXIT_NOT_FOUND,
		"%s: not found in PATH, of which these folders are not used: %s",
		name, skipped);
}

static void discover_node(struct scan *s, const struct chain *c,
	const struct family_args *a, char *const *argv)
{
	const char *real = NULL;

	node_mount_path(s);
	/* The last is what node reads; those before it only lead there. */
	for (size_t i = 0; i + 1 < c->n_scripts; i++)
		(void)scan_mount_file(s, c->scripts[i], "script");
	if (c->n_scripts)
		real = node_mount_script(s, c->scripts[c->n_scripts - 1]);
	if (c->n_scripts == 0 && a->script)
		real = node_mount_script(s, scan_absolute(s, argv[a->script]));
	for (size_t i = 0; a->loaded && a->loaded[i]; i++)
		if (strchr("./", a->loaded[i][0]))
			(void)node_mount_script(
				s, scan_absolute(s, a->loaded[i]));
	if (real)
		package_from_node(s, real);
}

/* Shell, perl, java: the script alone, or the package it lies in. */
static void discover_script(struct scan *s, const char *path)
{
	const char *real = scan_walk(s, path);

	if (!real || !place_is_file(real) || scan_has_mount(s, real))
		return;
	if (place_has_part(real, "node_modules")) {
		(void)node_mount_script(s, real);
		package_from_node(s, real);
	} else {
		(void)scan_mount_file(s, real, "the script itself");
	}
}

static void discover_other(struct scan *s, const struct chain *c,
	const struct family_args *a, char *const *argv)
{
	for (size_t i = 0; i < c->n_scripts; i++)
		discover_script(s, c->scripts[i]);
	if (c->n_scripts == 0 && a->script)
		discover_script(s, scan_absolute(s, argv[a->script]));
}

/* The package of a program that npm installed, which may have neighbours. */
static void discover_binary(struct scan *s, const struct chain *c)
{
	const char *real = c->program_real;
	const char *manager = "";
	const char *root = root_whole(s, real, &manager);
	const char *reason = "the program itself";

	if (root) {
		(void)scan_mount(s, root, "store of the program");
		return;
	}
	if (c->family == FAMILY_NONE && place_has_part(real, "node_modules"))
		package_from_node(s, real);
	for (root = scan_parent(s, real);
		place_has_part(real, "node_modules") && root &&
		strcmp(root, "/") != 0;
		root = scan_parent(s, root)) {
		if (place_is_file(scan_join(s, root, "package.json")) &&
			scan_mount(s, root, "package of the program") == 0)
			return;
	}
	(void)scan_mount_file(s, real, reason);
}

static int discover_program_root(struct scan *s, const struct chain *c)
{
	static const char *const node_parts[] = {"lib/node_modules", NULL};
	static const char *const no_parts[] = {NULL};

	switch (c->family) {
	case FAMILY_NODE:
		return root_mount(s, c->program_real, "node", node_parts);
	case FAMILY_JAVA:
	case FAMILY_SCRIPT:
		return root_mount(s, c->program_real,
			place_name(c->program_real), no_parts);
	case FAMILY_NONE:
	case FAMILY_PYTHON:
	case FAMILY_BUN:
	case FAMILY_DENO:
	case FAMILY_SHELL:
	case _FAMILY_N:
		break;
	}
	if (c->family != FAMILY_PYTHON)
		discover_binary(s, c);
	return 0;
}

static int discover_mounts(
	struct scan *s, const struct chain *c, char *const *argv)
{
	_family_args_ struct family_args a = {0};
	int r = family_read_args(c->family, argv, &a);

	if (r == 0)
		r = discover_program_root(s, c);
	if (r < 0)
		return r;
	if (c->family == FAMILY_PYTHON)
		return python_mount(s, c, &a, argv);
	if (c->family == FAMILY_NODE || c->family == FAMILY_BUN ||
		c->family == FAMILY_DENO)
		discover_node(s, c, &a, argv);
	else
		discover_other(s, c, &a, argv);
	return 0;
}

static enum runtime_kind discover_kind(const struct chain *c)
{
	if (c->family == FAMILY_NONE)
		return c->n_scripts ? RUNTIME_OTHER : RUNTIME_STATIC;
	return family_kind(c->family);
}

/* argv for the executable: as written, or with the interpreter put first. */
static int discover_argv(
	struct scan *s, const struct chain *c, char *const *argv)
{
	struct runtime_result *r = s->r;
	_family_args_ struct family_args a = {0};
	bool by_interpreter = c->is_rewritten || c->is_bare_text;
	char **absolute;

	r->argv =
		by_interpreter ? discover_effective(c, argv) : strv_copy(argv);
	r->argv_absolute = strv_copy(r->argv);
	if (!r->argv || !r->argv[0] || !r->argv_absolute ||
		!r->argv_absolute[0] ||
		family_read_args(c->family, r->argv, &a) < 0)
		return -ENOMEM;
	absolute = r->argv_absolute;
	for (int i = 0; i < 2; i++) {
		size_t at = i && c->n_scripts == 0 ? a.script : 0;
		const char *path;

		if ((at == 0 && !strchr(absolute[0], '/')) ||
			absolute[at][0] == '/')
			continue;
		path = scan_absolute(s, absolute[at]);
		if (at && (!path || access(path, F_OK) < 0))
			continue;
		free(absolute[at]);
		absolute[at] = path ? strdup(path) : NULL;
		if (!absolute[at])
			return -ENOMEM;
	}
	return 0;
}

/* An interpreter without a script stands for itself, by the path that it has:
 * each virtual environment's own is a link to the same file. */
static int discover_program(
	struct scan *s, const struct chain *c, const struct runtime_result *r)
{
	_family_args_ struct family_args a = {0};
	const char *path = r->exe, *real = NULL;

	if (family_read_args(c->family, r->argv, &a) < 0)
		return -ENOMEM;
	if (c->n_scripts)
		path = c->scripts[0];
	else if (a.script)
		path = r->argv_absolute[a.script];
	if (path != r->exe || c->family == FAMILY_NONE)
		real = scan_real(s, path);
	s->r->program = strdup(real ? real : path);
	return s->r->program ? 0 : -ENOMEM;
}

static int discover_command(
	struct scan *s, char *const *argv, bool is_first, struct chain *c);

static int discover_uv(struct scan *s, const struct chain *c, char *const *argv)
{
	_uvrun_ struct uvrun u = {0};
	_chain_ struct chain inner = {0};
	int r = uvrun_read(s, c, argv, &u);

	if (r != 0)
		return r;
	if (u.project && scan_mount(s, u.project, "project of uv run") != 0)
		scan_note(s, "%s is not mounted", u.project);
	if (u.cwd) {
		s->r->cwd = strdup(u.cwd);
		if (!s->r->cwd)
			return -ENOMEM;
	}
	return discover_command(s, u.argv, false, &inner);
}

/* 1 if the fetcher itself is to be run, or it is none. */
static int discover_fetched(
	struct scan *s, const struct chain *c, char *const *argv)
{
	_strv_ char **instead = NULL;
	_chain_ struct chain inner = {0};
	int r = fetcher_read(s, c, argv, &instead);

	return r != 0 ? r : discover_command(s, instead, false, &inner);
}

/*
 * What starts the interpreter by its name inside must get this one. Never a
 * node_modules/.bin, though the user may have named the program in it: other
 * names would be taken from there too.
 */
static void discover_path_first(struct scan *s, const struct chain *c)
{
	const char *of = c->n_scripts ? c->program : c->exe;
	const char *folder = scan_real(s, scan_parent(s, of));

	if (c->family == FAMILY_NONE || !folder ||
		place_ends_with(folder, "/node_modules/.bin") ||
		place_is_shared(s->q, folder))
		return;
	scan_add(s, &s->r->path_first, folder);
}

static int discover_command(
	struct scan *s, char *const *argv, bool is_first, struct chain *c)
{
	_strv_ char **effective = NULL;
	const char *path = NULL;
	int r = lookup_program(s, argv[0], NULL, &path);

	if (r == -ENOENT || r == -EACCES)
		return discover_not_found(s, argv[0], r);
	if (r == 0)
		r = chain_follow(s, path, c);
	if (r == 0 && is_first) {
		r = discover_uv(s, c, argv);
		if (r == 1)
			r = discover_fetched(s, c, argv);
		if (r <= 0)
			return r;
		r = 0;
	}
	if (r < 0)
		return r;
	effective = discover_effective(c, argv);
	if (!effective || !c->exe)
		return -ENOMEM;
	s->r->kind = discover_kind(c);
	s->r->exe = strdup(c->exe);
	discover_path_first(s, c);
	r = s->r->exe ? discover_argv(s, c, argv) : -ENOMEM;
	if (r == 0)
		r = discover_program(s, c, s->r);
	if (r == 0)
		r = discover_mounts(s, c, effective);
	return r;
}

int runtime_discover(const struct runtime_request *q,
	struct runtime_result **ret, struct err *e)
{
	struct runtime_result *result = calloc(1, sizeof(*result));
	_runtime_ struct runtime_result *owned = result;
	_scan_ struct scan s = {.q = q, .r = result, .e = e};
	_chain_ struct chain c = {0};
	int r;

	if (!result)
		return err_set(e, -ENOMEM, "runtime");
	if (!q->argv || !q->argv[0])
		return err_say(e, -EINVAL, "no command is given");
	r = discover_command(&s, q->argv, true, &c);
	if (r == 0)
		scan_finish(&s);
	if (r == 0 && s.oom)
		r = -ENOMEM;
	if (r < 0)
		return err_set(e, r, "%s", q->argv[0]);
	*ret = take_ptr(owned);
	return 0;
}
