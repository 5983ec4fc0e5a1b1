/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "plan/profile_layer.h"

static int fail_extends(
	const struct profile_layer *l, int r, const char *what, struct err *e)
{
	return err_say(e, r, "%s:%u:%u: extends \"%s\": %s", l->file, l->line,
		l->column, l->extends, what);
}

/*
 * A profile that extends its own name means the one that it hides; all other
 * names are looked up from the user's folder on.
 */
static enum profile_origin extends_from(const struct profile_layer *l)
{
	if (strcmp(l->extends, l->p->name) != 0 || l->origin == ORIGIN_FILE)
		return ORIGIN_USER;
	return (enum profile_origin)(l->origin + 1);
}

static bool chain_has(
	const struct profile_chain *c, const struct profile_layer *l)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->layers[i]->origin == l->origin &&
			strcmp(c->layers[i]->p->name, l->p->name) == 0)
			return true;
	return false;
}

/* Adds what the last layer extends. 0; 1 if it extends nothing; <0. */
static int chain_step(
	const struct profile_store *s, struct profile_chain *c, struct err *e)
{
	const struct profile_layer *last = c->layers[c->n - 1];
	_layer_ struct profile_layer *next = NULL;
	int r;

	if (!last->extends)
		return 1;
	if (c->n == PROFILE_MAX_CHAIN)
		return fail_extends(last, -ELOOP,
			"the chain is too long; expected at most 8 profiles "
			"that extend each other",
			e);
	r = extends_from(last) > ORIGIN_BUILTIN
		    ? 1
		    : profile_store_find(
			      s, extends_from(last), last->extends, &next, e);
	if (r > 0)
		return fail_extends(last, -ENOENT,
			"there is no such profile; expected one that stockade "
			"profile list shows",
			e);
	if (r < 0)
		return r;
	if (chain_has(c, next))
		return fail_extends(last, -ELOOP,
			"it extends this profile itself, by way of others; "
			"expected a chain with an end",
			e);
	c->layers[c->n++] = take_ptr(next);
	return 0;
}

int profile_chain_complete(const struct profile_store *s,
	struct profile_layer *first, struct profile_chain *ret, struct err *e)
{
	struct profile_chain c = {.layers = {first}, .n = 1};
	int r;

	do
		r = chain_step(s, &c, e);
	while (r == 0);
	if (r < 0) {
		profile_chain_deinit(&c);
		return r;
	}
	*ret = c;
	return 0;
}

int profile_chain_load(const struct profile_store *s, const char *name,
	struct profile_chain *ret, struct err *e)
{
	struct profile_layer *first = NULL;
	int r = profile_store_find(s, ORIGIN_USER, name, &first, e);

	return r ? r : profile_chain_complete(s, first, ret, e);
}

char *profile_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path;
	size_t n = strlen(base);

	if (n > 5 && strcmp(base + n - 5, ".json") == 0)
		n -= 5;
	return strndup(base, n);
}

int profile_chain_text(const struct profile_store *s, const char *path,
	const char *text, size_t len, struct profile_chain *ret, struct err *e)
{
	_free_ char *name = profile_file_name(path);
	struct profile_layer *first = NULL;
	int r;

	if (!name)
		return err_set(e, -ENOMEM, "profile %s", path);
	r = profile_name_check(name, NULL);
	if (r < 0)
		return err_say(e, r,
			"%s: \"%.80s\" cannot be the name of a profile; "
			"expected a file NAME.json with at most 64 letters, "
			"digits, \".\", \"_\" and \"-\"",
			path, name);
	r = profile_layer_parse(name, path, text, len, &first, e);
	if (r < 0)
		return r;
	first->origin = ORIGIN_FILE;
	return profile_chain_complete(s, first, ret, e);
}

int profile_chain_check(const struct profile_store *s, const char *path,
	struct profile_chain *ret, struct err *e)
{
	_free_ char *text = NULL;
	size_t len;
	int r = fd_read_file(AT_FDCWD, path, PROFILE_MAX_BYTES, &text, &len);

	if (r == -EFBIG)
		return err_say(e, r,
			"%s:1:1: the file is too long; expected at most 1 MiB",
			path);
	if (r < 0)
		return err_set(e, r, "profile %s", path);
	return profile_chain_text(s, path, text, len, ret, e);
}

int profile_load_from(const struct profile_store *s, const char *name,
	struct profile **ret, struct err *e)
{
	_chain_ struct profile_chain c = {0};
	int r = profile_chain_load(s, name, &c, e);

	return r ? r : profile_chain_merge(&c, ret, e);
}

int profile_load(const char *name, struct profile **ret, struct err *e)
{
	_store_ struct profile_store s = PROFILE_STORE_INIT;
	int r = profile_name_check(name, e);

	if (r == 0)
		r = profile_store_open(&s, e);
	return r < 0 ? r : profile_load_from(&s, name, ret, e);
}

int profile_check_file(const char *path, struct profile **ret, struct err *e)
{
	_store_ struct profile_store s = PROFILE_STORE_INIT;
	_chain_ struct profile_chain c = {0};
	int r = profile_store_open(&s, e);

	if (r >= 0)
		r = profile_chain_check(&s, path, &c, e);
	return r < 0 ? r : profile_chain_merge(&c, ret, e);
}

int profile_parse(const char *file, const char *text, size_t len,
	struct profile **ret, char **ret_extends, struct err *e)
{
	_free_ char *name = profile_file_name(file);
	_layer_ struct profile_layer *l = NULL;
	int r = name ? 0 : err_set(e, -ENOMEM, "profile %s", file);

	if (r == 0)
		r = profile_layer_parse(name, file, text, len, &l, e);
	if (!l)
		return r;
	if (profile_digest(l->p) < 0)
		return err_set(e, -ENOMEM, "profile %s", file);
	*ret = take_ptr(l->p);
	*ret_extends = take_ptr(l->extends);
	return 0;
}
