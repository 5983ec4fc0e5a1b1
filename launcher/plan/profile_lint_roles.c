/* SPDX-License-Identifier: Apache-2.0 */
/* Roles and tasks that leave nothing, and names that are not known. */
#include <stdio.h>
#include <string.h>

#include "plan/profile_lint.h"
#include "plan/profile_roles.h"

static bool has_class(const struct profile *p, const char *class)
{
	size_t n = strlen(class);

	for (char **c = p->protocol.classes; c && *c; c++)
		if (strncmp(*c, class, n) == 0 && (*c)[n] == '=')
			return true;
	/* What is in none is one of these. */
	return strcmp(class, "execute") == 0;
}

static int lint_role(struct lint *l, const char *entry)
{
	const char *text = strchr(entry, '=') + 1;
	_strv_ char **classes = NULL;
	int r = profile_named_list(text, "classes", &classes);

	for (char **c = classes; r == 0 && c && *c; c++)
		if (!has_class(l->p, *c))
			r = lint_add(l, LINT_CLASS_EMPTY,
				"roles: %.*s: no tool is of class %s",
				(int)(text - entry - 1), entry, *c);
	return r;
}

static int lint_task(struct lint *l, const char *entry)
{
	const char *text = strchr(entry, '=') + 1;
	_strv_ char **tools = NULL;
	int r = profile_named_list(text, "tools", &tools);

	for (char **t = tools; r == 0 && t && *t; t++)
		if (!l->p->base && !lint_is_callable(l, *t))
			r = lint_add(l, LINT_TASK_IDLE,
				"tasks: %.*s: %s is no tool that can be called",
				(int)(text - entry - 1), entry, *t);
	return r;
}

/* A run that says nothing else would be refused. */
static int lint_default(struct lint *l, const char *entry)
{
	const char *name = strchr(entry, '=') + 1;
	const struct profile *p = l->p;
	enum grant of[_CLASS_N];
	bool known = true;

	if (strncmp(entry, "role=", 5) == 0)
		known = role_builtin(name, of) || profile_has_role(p, name);
	else if (strncmp(entry, "task=", 5) == 0)
		known = profile_named(p->tasks, name);
	else if (strncmp(entry, "context=", 8) == 0)
		known = profile_named(p->contexts, name);
	return known ? 0
		     : lint_add(l, LINT_UNKNOWN_DEFAULT,
			       "%.*s: there is no %s, so no run starts without "
			       "an option",
			       (int)(name - entry - 1), entry, name);
}

int lint_roles(struct lint *l)
{
	static const struct {
		size_t list;
		int (*one)(struct lint *l, const char *entry);
	} rows[] = {
		{LIST_ROLES, lint_role},
		{LIST_TASKS, lint_task},
		{LIST_SESSION, lint_default},
	};
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(rows); i++) {
		struct profile *p = (struct profile *)(uintptr_t)l->p;
		char **v = *profile_list_at(p, rows[i].list);

		for (; r == 0 && v && *v; v++)
			if (lint_is_own(l, rows[i].list, *v))
				r = rows[i].one(l, *v);
	}
	return r;
}
