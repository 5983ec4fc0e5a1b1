/* SPDX-License-Identifier: Apache-2.0 */
/* Paths, variables and hosts. */
#include <string.h>

#include "plan/profile_lint.h"

static int lint_write(struct lint *l)
{
	const struct profile *p = l->p;
	int r = 0;

	for (char **w = p->sandbox.write; w && *w && r == 0; w++)
		if (lint_is_own(l, LIST_WRITE, *w) && path_is_trusted(*w))
			r = lint_add(l, LINT_PROTECTED_WRITE,
				"sandbox.write: %s holds what others execute or "
				"trust; as a grant of its own nothing in it is "
				"kept read-only",
				*w);
	if (r == 0 && p->sandbox.git_write && !strv_len(p->sandbox.write))
		r = lint_add(l, LINT_GIT_UNUSED,
			"sandbox.git: \"write\" has no effect without a folder "
			"in sandbox.write");
	return r;
}

/* All that a person has: keys, tokens, histories. */
static int lint_home(struct lint *l)
{
	int r = 0;

	for (char **v = l->p->sandbox.read; v && *v && r == 0; v++)
		if (lint_is_own(l, LIST_READ, *v) && path_covers(*v, "${home}"))
			r = lint_add(l, LINT_HOME_READ,
				"sandbox.read: %s is the whole home folder, "
				"with the keys and tokens in it",
				*v);
	return r;
}

/* A grant to read inside one to write is no repetition, nor is one to write
 * what would be kept read-only there. */
static int lint_covered_paths(struct lint *l, size_t list)
{
	char *const *all =
		*profile_list_at((struct profile *)(uintptr_t)l->p, list);
	int r = 0;

	for (char *const *v = all; v && *v && r == 0; v++)
		for (char *const *w = all; *w && r == 0; w++) {
			if (w == v || !lint_is_own(l, list, *v) ||
				!path_covers(*w, *v) ||
				(v < w && path_covers(*v, *w)) ||
				(list == LIST_WRITE && path_is_trusted(*v)))
				continue;
			r = lint_add(l, LINT_PATH_COVERED,
				"%s: %s lies in %s, which is granted already",
				profile_lists[list].name, *v, *w);
			break;
		}
	return r;
}

static bool uses_state(const struct profile *p)
{
	char *const *const lists[] = {
		p->sandbox.read, p->sandbox.write, p->sandbox.env_set};

	for (size_t i = 0; i < ELEMENTS(lists); i++)
		for (char *const *v = lists[i]; v && *v; v++)
			if (strstr(*v, "${state}"))
				return true;
	return false;
}

int lint_paths(struct lint *l)
{
	int r = lint_write(l);

	if (r == 0)
		r = lint_home(l);
	if (r == 0)
		r = lint_covered_paths(l, LIST_READ);
	if (r == 0)
		r = lint_covered_paths(l, LIST_WRITE);
	if (r == 0 && uses_state(l->p) && !l->p->sandbox.state)
		r = lint_add(l, LINT_STATE_MISSING,
			"sandbox: ${state} is used, but \"state\" is not true");
	return r;
}

static int lint_secret(struct lint *l, const char *setting)
{
	size_t n = strcspn(setting, "=");
	const char *kind = secret_kind(setting + n + 1);

	if (!secret_in_setting(setting))
		return 0;
	return lint_add(l, LINT_SECRET,
		"sandbox.env.set: %.*s looks like %s, and a profile is no place "
		"for one; pass it by name",
		(int)n, setting, kind ? kind : "a secret");
}

static int lint_network(struct lint *l)
{
	int r = 0;

	if (strv_len(l->p->sandbox.network))
		r = lint_add(l, LINT_NETWORK_UNOPENED,
			"sandbox.network: this version opens no network; the "
			"grant has no effect yet");
	for (char **v = l->p->sandbox.network; v && *v && r == 0; v++)
		if (strncmp(*v, "*.", 2) == 0 && !strchr(*v + 2, '.'))
			r = lint_add(l, LINT_NETWORK_WIDE,
				"sandbox.network: %s is every name below a top "
				"level domain",
				*v);
	return r;
}

int lint_environment(struct lint *l)
{
	const struct profile *p = l->p;
	int r = 0;

	for (char **v = p->sandbox.env_pass; v && *v && r == 0; v++)
		if (strv_env(p->sandbox.env_set, *v))
			r = lint_add(l, LINT_PASSED_AND_SET,
				"sandbox.env: %s is passed and set; set wins",
				*v);
	for (char **v = p->sandbox.env_set; v && *v && r == 0; v++)
		if (lint_is_own(l, LIST_SET, *v))
			r = lint_secret(l, *v);
	return r == 0 ? lint_network(l) : r;
}
