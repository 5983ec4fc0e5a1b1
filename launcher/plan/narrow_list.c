/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of variables and of hosts: what no entry covers goes.
 */
#include <stdio.h>
#include <string.h>

#include "plan/narrow.h"
#include "plan/profile_layer.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning what narrows")

static bool permits_variable(const struct profile *f, const char *entry)
{
	size_t n = strcspn(entry, "=");

	if (!f->sandbox.pass_given)
		return true;
	for (char **v = f->sandbox.env_pass; v && *v; v++)
		if (strlen(*v) == n && strncmp(*v, entry, n) == 0)
			return true;
	return false;
}

static bool permits_host(const struct profile *f, const char *entry)
{
	if (!f->sandbox.network_given)
		return true;
	for (char **v = f->sandbox.network; v && *v; v++)
		if (network_grant_covers(*v, entry))
			return true;
	return false;
}

static bool permits(
	const struct narrowing *w, enum narrow_list what, const char *entry)
{
	return what == NARROW_ENV ? permits_variable(w->profile, entry)
				  : permits_host(w->profile, entry);
}

/* The first that does not permit it, or NULL. */
static struct narrowing *refuser(
	const struct plan *p, enum narrow_list what, const char *entry)
{
	for (size_t i = 0; i < p->n_narrowings; i++)
		if (!permits(&p->narrowings[i], what, entry))
			return &p->narrowings[i];
	return NULL;
}

/* A value may be a secret: only the name is told. */
static int tell(struct plan *p, struct narrowing *w, enum narrow_list what,
	const char *entry, const char *from, struct err *e)
{
	char name[PATH_MAX];
	size_t n = what == NARROW_ENV ? strcspn(entry, "=") : strlen(entry);

	narrow_name(w, name, sizeof(name));
	return narrow_took(p, w, true, e,
		"%.*s of %s is left out: %s does not permit it", (int)n, entry,
		from, name);
}

int narrow_list(struct plan *p, enum narrow_list what, const char *from,
	char ***list, struct err *e)
{
	_strv_ char **kept = NULL;
	int r = 0;

	for (char **v = *list; r == 0 && v && *v; v++) {
		struct narrowing *w = refuser(p, what, *v);

		if (w)
			r = tell(p, w, what, *v, from, e);
		else if (strv_add(&kept, *v) < 0)
			r = OUT_OF_MEMORY(e);
	}
	if (r < 0)
		return r;
	strv_free(*list);
	*list = take_ptr(kept);
	return 0;
}

/*
 * The folders that these name are mounted for the runtime, not as a grant: so
 * who may not read as he likes does not get them that way.
 */
int narrow_search(struct plan *p, char ***list, struct err *e)
{
	static const char *const names[] = {
		"PYTHONPATH", "NODE_PATH", "LD_LIBRARY_PATH"};
	_strv_ char **kept = NULL;
	bool reads = false;
	int r = 0;

	for (size_t i = 0; i < p->n_narrowings; i++)
		reads |= p->narrowings[i].profile->sandbox.read_given;
	for (char **v = *list; reads && r == 0 && v && *v; v++) {
		size_t n = strcspn(*v, "="), i;

		for (i = 0; i < ELEMENTS(names); i++)
			if (strlen(names[i]) == n &&
				strncmp(names[i], *v, n) == 0)
				break;
		if (i == ELEMENTS(names))
			r = strv_add(&kept, *v);
	}
	if (r < 0)
		return OUT_OF_MEMORY(e);
	if (reads) {
		strv_free(*list);
		*list = take_ptr(kept);
	}
	return 0;
}

/* Whether a built-in profile among the sources sets just this. */
static bool set_by_builtin(const struct profile *f, const char *setting)
{
	static const char prefix[] = "builtin:";
	const struct profile_store none = PROFILE_STORE_INIT;

	for (char **s = f->sources; s && *s; s++) {
		_layer_ struct profile_layer *l = NULL;

		if (strncmp(*s, prefix, strlen(prefix)) == 0 &&
			profile_store_find(&none, ORIGIN_BUILTIN,
				*s + strlen(prefix), &l, NULL) == 0 &&
			strv_contains(l->p->sandbox.env_set, setting))
			return true;
	}
	return false;
}

/* What a built-in profile sets is nobody's grant. */
static int narrow_settings(struct plan *p, const char *from, struct err *e)
{
	char ***list = &p->profile->sandbox.env_set;
	_strv_ char **own = NULL, **others = NULL;
	int r = 0;

	for (char **v = *list; r == 0 && v && *v; v++)
		r = strv_add(
			set_by_builtin(p->profile, *v) ? &own : &others, *v);
	if (r < 0)
		return OUT_OF_MEMORY(e);
	r = narrow_list(p, NARROW_ENV, from, &others, e);
	for (char **v = others; r == 0 && v && *v; v++)
		r = strv_add(&own, *v);
	if (r < 0)
		return OUT_OF_MEMORY(e);
	strv_free(*list);
	*list = take_ptr(own);
	return 0;
}

int narrow_profile_lists(struct plan *p, struct err *e)
{
	struct profile *f = p->profile;
	char from[PROFILE_MAX_NAME + 16];
	int r;

	(void)snprintf(from, sizeof(from), "profile %s", f->name);
	r = narrow_list(p, NARROW_ENV, from, &f->sandbox.env_pass, e);
	if (r == 0)
		r = narrow_settings(p, from, e);
	if (r == 0)
		r = narrow_list(
			p, NARROW_NETWORK, from, &f->sandbox.network, e);
	return r;
}
