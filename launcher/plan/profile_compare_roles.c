/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes, roles, tasks, contexts, and what a session is where no option says
 * otherwise. All of them narrow the profile for a session that has them: a role
 * that may more is wider, a role more is a choice more.
 */
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "plan/profile_compare.h"
#include "plan/profile_roles.h"

#define LINE_MAX_BYTES 512

static void name_of(const char *entry, char ret[PROFILE_MAX_NAME + 1])
{
	(void)snprintf(ret, PROFILE_MAX_NAME + 1, "%.*s",
		(int)strcspn(entry, "="), entry);
}

/* One list of a role or a task that both have. */
static int add_list(struct profile_changes *c, const char *key,
	const char *whose, const char *texts[2], const char *list)
{
	_strv_ char **a = NULL, **b = NULL;
	int r = profile_named_list(texts[0], list, &a);

	if (r == 0)
		r = profile_named_list(texts[1], list, &b);
	for (char **v = b; r == 0 && v && *v; v++)
		if (!strv_contains(a, *v))
			r = changes_addf(c, CHANGE_WIDER, key,
				"%s: %s: %s now has %s", key, whose, list, *v);
	for (char **v = a; r == 0 && v && *v; v++)
		if (!strv_contains(b, *v))
			r = changes_addf(c, CHANGE_NARROWER, key,
				"%s: %s: %s no longer has %s", key, whose, list,
				*v);
	return r;
}

static int add_times(struct profile_changes *c, const struct profile *a,
	const struct profile *b, const char *name)
{
	_task_ struct task x = {0}, y = {0};
	char was[32], is[32];
	int r = profile_task(a, name, &x);

	if (r == 0)
		r = profile_task(b, name, &y);
	if (r == 0 && x.expires_s != y.expires_s) {
		limit_write(UNIT_SECONDS, x.expires_s, was, sizeof(was));
		limit_write(UNIT_SECONDS, y.expires_s, is, sizeof(is));
		r = changes_addf(c,
			y.expires_s > x.expires_s ? CHANGE_WIDER
						  : CHANGE_NARROWER,
			"tasks", "tasks: %s: expires after %s, was %s", name,
			is, was);
	}
	if (r == 0 && x.expected_s != y.expected_s)
		r = changes_addf(c, CHANGE_OTHER, "tasks",
			"tasks: %s: is expected to last %llus, was %llus (0: nothing "
			"is expected)",
			name, (unsigned long long)y.expected_s,
			(unsigned long long)x.expected_s);
	return r;
}

/* Both have it, and it says something else. */
static int add_changed(struct profile_changes *c, const char *key,
	const char *name, const char *texts[2])
{
	int r = 0;

	if (strcmp(key, "roles") == 0)
		r = add_list(c, key, name, texts, "classes");
	return r == 0 ? add_list(c, key, name, texts, "tools") : r;
}

static int add_named(struct profile_changes *c, const char *key,
	const struct profile *p, const struct profile *q, char *const *a,
	char *const *b)
{
	int r = 0;

	for (char *const *v = b; r == 0 && v && *v; v++) {
		char name[PROFILE_MAX_NAME + 1];
		const char *texts[2] = {NULL, strchr(*v, '=') + 1};

		name_of(*v, name);
		texts[0] = profile_named(a, name);
		if (!texts[0])
			r = changes_addf(c, CHANGE_OTHER, key, "%s: %s is new",
				key, name);
		else if (strcmp(texts[0], texts[1]) != 0)
			r = add_changed(c, key, name, texts);
		if (r == 0 && texts[0] && strcmp(key, "tasks") == 0)
			r = add_times(c, p, q, name);
	}
	for (char *const *v = a; r == 0 && v && *v; v++) {
		char name[PROFILE_MAX_NAME + 1];

		name_of(*v, name);
		if (!profile_named(b, name))
			r = changes_addf(c, CHANGE_OTHER, key, "%s: %s is gone",
				key, name);
	}
	return r;
}

/* "read=get_*": what is of which class. */
static int add_classes(
	struct profile_changes *c, char *const *a, char *const *b, bool are_new)
{
	int r = 0;

	for (char *const *v = b; r == 0 && v && *v; v++)
		if (!strv_contains(a, *v))
			r = changes_addf(c, CHANGE_OTHER, "protocol.classes",
				"classes: %s is %s of the class %.*s",
				strchr(*v, '=') + 1,
				are_new ? "now" : "no longer",
				(int)strcspn(*v, "="), *v);
	return r;
}

/* Of one that says something else now, both are told. */
static int add_contexts(
	struct profile_changes *c, char *const *a, char *const *b, bool are_new)
{
	int r = 0;

	for (char *const *v = b; r == 0 && v && *v; v++) {
		char line[LINE_MAX_BYTES];

		if (strv_contains(a, *v))
			continue;
		(void)snprintf(line, sizeof(line), "%s", strchr(*v, '=') + 1);
		r = changes_addf(c, are_new ? CHANGE_NARROWER : CHANGE_WIDER,
			"contexts", "contexts: %.*s is %s: %s",
			(int)strcspn(*v, "="), *v, are_new ? "new" : "gone",
			line);
	}
	return r;
}

/* A session that is nothing by default may all that the profile does. A tenant
 * is a label, and takes nothing away. */
static enum change_kind kind_of(const char *name, bool wider)
{
	if (strcmp(name, "tenant") == 0)
		return CHANGE_OTHER;
	return wider ? CHANGE_WIDER : CHANGE_NARROWER;
}

static int add_session(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = 0;

	for (char **v = b->session; r == 0 && v && *v; v++) {
		char name[PROFILE_MAX_NAME + 1];
		const char *was, *is = strchr(*v, '=') + 1;

		name_of(*v, name);
		was = profile_named(a->session, name);
		if (!was)
			r = changes_addf(c, kind_of(name, false), name,
				"%s is %s by default, was none", name, is);
		else if (strcmp(was, is) != 0)
			r = changes_addf(c, CHANGE_OTHER, name,
				"%s is %s by default, was %s", name, is, was);
	}
	for (char **v = a->session; r == 0 && v && *v; v++) {
		char name[PROFILE_MAX_NAME + 1];

		name_of(*v, name);
		if (!profile_named(b->session, name))
			r = changes_addf(c, kind_of(name, true), name,
				"%s is none by default, was %s", name,
				strchr(*v, '=') + 1);
	}
	return r;
}

int changes_add_roles(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = add_classes(c, a->protocol.classes, b->protocol.classes, true);

	if (r == 0)
		r = add_classes(
			c, b->protocol.classes, a->protocol.classes, false);
	if (r == 0)
		r = add_named(c, "roles", a, b, a->roles, b->roles);
	if (r == 0)
		r = add_named(c, "tasks", a, b, a->tasks, b->tasks);
	if (r == 0)
		r = add_contexts(c, a->contexts, b->contexts, true);
	if (r == 0)
		r = add_contexts(c, b->contexts, a->contexts, false);
	return r == 0 ? add_session(c, a, b) : r;
}
