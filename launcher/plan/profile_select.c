/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which profile a run gets. A package gives itself its name, so a profile that
 * was found by it is cut back to what does no harm in the wrong hands.
 */
#include <stdio.h>
#include <string.h>

#include "plan/trust.h"

/* What is looked for, and what was found so far. */
struct search {
	const struct profile_store *store;
	const char *package;
	bool fold; /* PEP 503: Foo_Bar and foo-bar are one package */
	char *found;
	char *found_in; /* the file, for messages */
};

static int fold(char c)
{
	if (c == '_' || c == '.')
		return '-';
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

static bool same_package(const char *a, const char *b, bool folded)
{
	if (!folded)
		return strcmp(a, b) == 0;
	while (*a && fold(*a) == fold(*b)) {
		bool dash = fold(*a) == '-';

		for (a++, b++; dash && fold(*a) == '-'; a++)
			;
		while (dash && fold(*b) == '-')
			b++;
	}
	return !*a && !*b;
}

static bool claims(const struct search *q, const struct profile_layer *l)
{
	for (char **v = l->packages; v && *v; v++)
		if (same_package(*v, q->package, q->fold))
			return true;
	return false;
}

static int search_claim(struct search *q, enum profile_origin origin,
	const char *name, struct err *e)
{
	_layer_ struct profile_layer *l = NULL;
	int r = profile_store_find(q->store, origin, name, &l, e);

	if (r != 0)
		return r < 0 ? r : 0;
	if (!claims(q, l))
		return 0;
	if (q->found)
		return err_say(e, -EINVAL,
			"%s and %s both name the package %s; expected one "
			"(--profile NAME chooses)",
			q->found_in, l->file, q->package);
	q->found = strdup(name);
	q->found_in = take_ptr(l->file);
	return q->found ? 0 : err_set(e, -ENOMEM, "profile %s", name);
}

/* "@scope/mcp-server-x" → "mcp-server-x", "x". */
static int package_names(const char *package, char ***ret, struct err *e)
{
	static const char *const prefixes[] = {"mcp-server-", "server-"};
	const char *slash = strrchr(package, '/');
	const char *last = slash ? slash + 1 : package;
	int r = strv_add(ret, last);

	for (size_t i = 0; r == 0 && i < ELEMENTS(prefixes); i++) {
		size_t n = strlen(prefixes[i]);

		if (strncmp(last, prefixes[i], n) == 0 && last[n]) {
			r = strv_add(ret, last + n);
			break;
		}
	}
	return r < 0 ? err_set(e, r, "package %s", package) : 0;
}

/* A file of the user's or the site's may simply be called like the package. */
static int search_name(struct search *q, char *const *names,
	char *const *wanted, struct err *e)
{
	for (; !q->found && *wanted; wanted++) {
		if (!strv_contains(names, *wanted))
			continue;
		q->found = strdup(*wanted);
		if (!q->found)
			return err_set(e, -ENOMEM, "profile %s", *wanted);
	}
	return 0;
}

static int search_origin(struct search *q, enum profile_origin origin,
	char *const *wanted, struct err *e)
{
	_strv_ char **names = NULL;
	int r = profile_store_list(q->store, origin, &names, e);

	for (char **n = names; r == 0 && *n; n++)
		r = search_claim(q, origin, *n, e);
	if (r == 0 && origin != ORIGIN_BUILTIN)
		r = search_name(q, names, wanted, e);
	return r;
}

/* *ret_name is NULL if there is none. */
static int find_by_package(const struct profile_store *s, const char *package,
	const char *runtime, char **ret_name, struct err *e)
{
	struct search q = {.store = s, .package = package};
	_strv_ char **wanted = NULL;
	int r = package_names(package, &wanted, e);

	q.fold = runtime && strcmp(runtime, "python") == 0;
	for (int o = ORIGIN_USER; r == 0 && !q.found && o <= ORIGIN_BUILTIN;
		o++)
		r = search_origin(&q, (enum profile_origin)o, wanted, e);
	free(q.found_in);
	if (r < 0) {
		free(q.found);
		return r;
	}
	*ret_name = q.found;
	return 0;
}

struct narrowing {
	struct profile *p;
	char ***lines;
};

/* An entry with a variable in it is no argument that one could type. */
static int narrow_say(const struct narrowing *n, const char *what,
	const char *entry, const char *option)
{
	const char *name = n->p->name;

	if (strstr(entry, "${") || strncmp(entry, "~/", 2) == 0)
		return strv_addf(n->lines,
			"profile %s was found by the package's name, so %s %s "
			"is left out: --profile %s grants it",
			name, what, entry, name);
	return strv_addf(n->lines,
		"profile %s was found by the package's name, so %s %s is left "
		"out: --profile %s or %s %s grants it",
		name, what, entry, name, option, entry);
}

/* Empties a list but for what lies in the private state. */
static int narrow_list(const struct narrowing *n, size_t list, const char *what,
	const char *option)
{
	char ***entries = profile_list_at(n->p, list);
	_strv_ char **kept = strv_copy(NULL);
	int r = kept ? 0 : -ENOMEM;

	for (char **v = *entries; r == 0 && v && *v; v++)
		r = strncmp(*v, "${state}", 8) == 0
			    ? strv_add(&kept, *v)
			    : narrow_say(n, what, *v, option);
	if (r < 0)
		return r;
	strv_free(*entries);
	*entries = take_ptr(kept);
	return 0;
}

static int narrow(struct profile *p, char ***lines)
{
	const struct narrowing n = {.p = p, .lines = lines};
	int r = narrow_list(&n, LIST_WRITE, "writing to", "--rw");

	if (r == 0)
		r = narrow_list(&n, LIST_NETWORK, "network", "--network");
	if (r == 0)
		r = narrow_list(&n, LIST_PASS, "the variable", "--env");
	if (r == 0 && p->sandbox.git_write)
		r = strv_addf(lines,
			"profile %s was found by the package's name, so "
			"writing to .git is left out: --profile %s grants it",
			p->name, p->name);
	p->sandbox.git_write = false;
	return r < 0 ? r : profile_digest(p);
}

static int select_base(const struct profile_store *s, const char *runtime,
	struct profile **ret, struct err *e)
{
	static const char *const bases[] = {"node", "python", "static"};

	for (size_t i = 0; runtime && i < ELEMENTS(bases); i++)
		if (strcmp(runtime, bases[i]) == 0)
			return profile_load_from(s, bases[i], ret, e);
	return profile_load_from(s, "default", ret, e);
}

int profile_select_from(const struct profile_store *s, const char *name,
	const char *package, const char *runtime, struct profile **ret,
	char ***ret_narrowed, struct err *e)
{
	_profile_ struct profile *p = NULL;
	_strv_ char **narrowed = NULL;
	_free_ char *found = NULL;
	int r = 0;

	if (!name && package)
		r = find_by_package(s, package, runtime, &found, e);
	if (r == 0)
		r = name    ? profile_load_from(s, name, &p, e)
		    : found ? profile_load_from(s, found, &p, e)
			    : select_base(s, runtime, &p, e);
	if (r != 0)
		return r;
	if (found && narrow(p, &narrowed) < 0)
		return err_set(e, -ENOMEM, "profile %s", found);
	*ret = take_ptr(p);
	*ret_narrowed = take_ptr(narrowed);
	return 0;
}

/* A file that somebody has looked at; what it extends counts as ever. */
static int select_file(const struct profile_store *s, const char *path,
	struct profile **ret, struct err *e)
{
	_chain_ struct profile_chain c = {0};
	_profile_ struct profile *p = NULL;
	_free_ char *place = NULL;
	int r = trust_chain_load(s, path, &c, &place, e);

	if (r == 0)
		r = profile_chain_merge(&c, &p, e);
	if (r < 0 || !p)
		return r;
	p->place = take_ptr(place);
	*ret = take_ptr(p);
	return 0;
}

int profile_select(const char *name, const char *package, const char *runtime,
	struct profile **ret, char ***ret_narrowed, struct err *e)
{
	_store_ struct profile_store s = PROFILE_STORE_INIT;
	bool is_path = name && strchr(name, '/');
	int r = name && !is_path ? profile_name_check(name, e) : 0;

	if (r == 0)
		r = profile_store_open(&s, e);
	if (r < 0)
		return r;
	if (is_path)
		return select_file(&s, name, ret, e);
	return profile_select_from(
		&s, name, package, runtime, ret, ret_narrowed, e);
}
