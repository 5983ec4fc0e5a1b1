/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths: a grant that lies inside what a policy permits passes, one that holds
 * it is cut down to it, any other is left out. All are compared as they really
 * are, and it is that path which is granted then.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/account.h"
#include "plan/narrow.h"

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "planning what narrows")
#define LINKS_MAX 40 /* as the kernel's own bound on a path's links */

void narrowed_deinit(struct narrowed *n)
{
	strv_free(n->read);
	strv_free(n->write);
	*n = (struct narrowed){0};
}

/* A path on its way to be real, and what is still to be walked. */
struct walk {
	char done[PATH_MAX], rest[2 * PATH_MAX];
	unsigned links;
};

static void walk_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');

	if (slash)
		*slash = '\0';
}

/* Behind the link at w->done its content is to be walked. */
static int walk_link(struct walk *w)
{
	char content[PATH_MAX], rest[sizeof(w->rest)];
	ssize_t n = readlink(w->done, content, sizeof(content) - 1);
	int len;

	if (n < 0 || ++w->links > LINKS_MAX)
		return n < 0 ? -errno : -ELOOP;
	content[n] = '\0';
	len = snprintf(rest, sizeof(rest), "%s/%s", content, w->rest);
	if (len < 0 || (size_t)len >= sizeof(rest))
		return -ENAMETOOLONG;
	memcpy(w->rest, rest, (size_t)len + 1);
	if (content[0] == '/')
		w->done[0] = '\0';
	else
		walk_up(w);
	return 0;
}

static int walk_step(struct walk *w, uid_t owner)
{
	size_t n = strcspn(w->rest, "/"), used = strlen(w->done);
	char part[PATH_MAX];
	struct stat st;

	if (n + used + 2 > sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, w->rest, n);
	part[n] = '\0';
	memmove(w->rest, w->rest + n, strlen(w->rest + n) + 1);
	if (n == 0 || strcmp(part, ".") == 0)
		return 0;
	if (strcmp(part, "..") == 0) {
		walk_up(w);
		return 0;
	}
	w->done[used] = '/';
	memcpy(w->done + used + 1, part, n + 1);
	if (lstat(w->done, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return 0;
	return st.st_uid == owner ? walk_link(w) : -EPERM;
}

/*
 * realpath(3) through links of @owner's only: what a user may exchange for a
 * link to elsewhere would let him choose what the site permits. What is a
 * folder now and a link a moment later is compared as the folder it was.
 */
static int real_path_of(const char *text, uid_t owner, char ret[PATH_MAX])
{
	struct walk w = {.links = 0};
	int r = 0;

	if (strlen(text) >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(w.rest, text, strlen(text) + 1);
	while (r == 0 && w.rest[0]) {
		size_t slashes = strspn(w.rest, "/");

		memmove(w.rest, w.rest + slashes, strlen(w.rest + slashes) + 1);
		r = walk_step(&w, owner);
	}
	if (r == 0)
		memcpy(ret, w.done, strlen(w.done) + 1);
	return r;
}

/* The site's "~" is the home of the account, whatever HOME says: the
 * environment is not the site's. */
static int home_of(const struct plan *p, const struct narrowing *w, char **ret,
	struct err *e)
{
	_account_ struct account who = {0};

	if (w->site && account_find(geteuid(), &who) != 0)
		return 0;
	*ret = strdup(w->site ? who.home : p->home);
	return *ret ? 0 : OUT_OF_MEMORY(e);
}

/* 0 and *ret NULL when there is no such folder. */
static int entry_expand(const struct plan *p, const struct narrowing *w,
	const char *text, char **ret, struct err *e)
{
	static const char workspace[] = "${workspace}", home[] = "${home}";
	_free_ char *base = NULL;
	size_t skip = 0;
	int r = 0;

	if (strncmp(text, workspace, strlen(workspace)) == 0) {
		skip = strlen(workspace);
		base = p->workspace ? strdup(p->workspace) : NULL;
	} else if (text[0] == '~' || strncmp(text, home, strlen(home)) == 0) {
		skip = text[0] == '~' ? 1 : strlen(home);
		r = home_of(p, w, &base, e);
	} else if (text[0] == '/') {
		base = strdup("");
	}
	if (r < 0 || !base)
		return r;
	return asprintf(ret, "%s%s", base, text + skip) < 0 ? OUT_OF_MEMORY(e)
							    : 0;
}

/* What cannot be found permits nothing; why is told where it may surprise. */
static int entry_add(struct plan *p, struct narrowing *w, const char *text,
	uid_t owner, char ***list, struct err *e)
{
	char real[PATH_MAX], name[PATH_MAX];
	_free_ char *path = NULL;
	int r = entry_expand(p, w, text, &path, e), found;

	if (r < 0 || strncmp(text, "${state}", 8) == 0)
		return r;
	narrow_name(w, name, sizeof(name));
	if (!path) {
		r = strv_addf(&p->notes,
			"%s of %s permits nothing: the current folder is no "
			"workspace; --workspace DIR names one",
			text, name);
		return r < 0 ? OUT_OF_MEMORY(e) : 0;
	}
	found = w->site                ? real_path_of(path, owner, real)
		: realpath(path, real) ? 0
				       : -errno;
	if (found == -EPERM)
		r = strv_addf(&p->notes,
			"%s of %s permits nothing: it leads through a symbolic "
			"link that is not the site's",
			text, name);
	if (found == 0 && strcmp(real, "/") != 0 && real[0])
		r = strv_add(list, real);
	return r < 0 ? OUT_OF_MEMORY(e) : 0;
}

static bool inside_any(const char *path, char *const *folders)
{
	for (; folders && *folders; folders++)
		if (path_inside(path, *folders))
			return true;
	return false;
}

/* Without those that lie in others. */
static int outermost(char ***list)
{
	_strv_ char **kept = NULL;
	int r = 0;

	for (char **v = *list; r == 0 && v && *v; v++) {
		bool covered = inside_any(*v, kept);

		for (char **o = v + 1; !covered && *o; o++)
			covered = path_inside(*v, *o);
		if (!covered)
			r = strv_add(&kept, *v);
	}
	if (r < 0)
		return r;
	strv_free(*list);
	*list = take_ptr(kept);
	return 0;
}

int narrow_paths(
	struct plan *p, struct narrowing *w, uid_t owner, struct err *e)
{
	const struct profile *f = w->profile;
	int r = 0;

	for (char **v = f->sandbox.read; r == 0 && v && *v; v++)
		r = entry_add(p, w, *v, owner, &w->read, e);
	/* What may be written may be read, as in a profile. */
	for (char **v = f->sandbox.write; r == 0 && v && *v; v++)
		r = entry_add(p, w, *v, owner, &w->write, e);
	for (char **v = w->write; r == 0 && v && *v; v++)
		if (strv_add(&w->read, *v) < 0)
			r = OUT_OF_MEMORY(e);
	if (r == 0 && (outermost(&w->read) < 0 || outermost(&w->write) < 0))
		r = OUT_OF_MEMORY(e);
	return r;
}

static int add_once(char ***list, const char *path)
{
	return inside_any(path, *list) ? 0 : strv_add(list, path);
}

/* What @path and the folders have in common; all of @path if not @given. */
static int meet(const char *path, char *const *folders, bool given, char ***ret)
{
	int r = 0;

	if (!given || inside_any(path, folders))
		return add_once(ret, path);
	for (; r == 0 && folders && *folders; folders++)
		if (path_inside(*folders, path))
			r = add_once(ret, *folders);
	return r;
}

/* One policy over what the ones before it left. */
static int narrow_by(const struct narrowing *w, const struct narrowed *from,
	struct narrowed *ret)
{
	bool reads = w->profile->sandbox.read_given;
	bool writes = w->profile->sandbox.write_given;
	_strv_ char **readable = NULL;
	int r = 0;

	for (char **v = from->write; r == 0 && v && *v; v++) {
		r = writes ? meet(*v, w->write, true, &ret->write)
			   : meet(*v, w->read, reads, &ret->write);
		if (r == 0)
			r = meet(*v, w->read, reads, &readable);
	}
	for (char **v = from->read; r == 0 && v && *v; v++)
		r = meet(*v, w->read, reads, &readable);
	for (char **v = readable; r == 0 && v && *v; v++)
		if (!inside_any(*v, ret->write))
			r = strv_add(&ret->read, *v);
	return r;
}

static bool same(char *const *a, char *const *b)
{
	for (; a && *a && b && *b; a++, b++)
		if (strcmp(*a, *b) != 0)
			return false;
	return !(a && *a) && !(b && *b);
}

static int tell(struct plan *p, struct narrowing *w,
	const struct asked_grant *a, const struct narrowed *left, struct err *e)
{
	char name[PATH_MAX];
	_free_ char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return OUT_OF_MEMORY(e);
	for (char **v = left->write; v && *v; v++)
		(void)fprintf(f, " %s (to write)", *v);
	for (char **v = left->read; v && *v; v++)
		(void)fprintf(f, " %s (to read)", *v);
	if (fclose(f) != 0 || !text)
		return OUT_OF_MEMORY(e);
	narrow_name(w, name, sizeof(name));
	if (!text[0])
		return narrow_took(p, w, true, e,
			"%s of %s is left out: %s does not permit it",
			a->spelled, a->reason, name);
	return narrow_took(p, w, true, e,
		"%s of %s is cut down: %s permits no more than%s", a->spelled,
		a->reason, name, text);
}

/* Cut down to a part, a grant opens nothing that was shut. */
static int keep_shut(
	const struct plan *p, const char *whole, struct narrowed *n)
{
	struct narrowed kept = {0};
	int r = 0;

	for (char **v = n->write; r == 0 && v && *v; v++) {
		bool open =
			strcmp(*v, whole) == 0 || narrow_was_writable(p, *v);

		r = strv_add(open ? &kept.write : &kept.read, *v);
	}
	for (char **v = n->read; r == 0 && v && *v; v++)
		r = strv_add(&kept.read, *v);
	narrowed_deinit(n);
	*n = kept;
	return r;
}

static void narrowed_move(struct narrowed *to, struct narrowed *from)
{
	narrowed_deinit(to);
	*to = *from;
	*from = (struct narrowed){0};
}

int narrow_path(struct plan *p, const struct asked_grant *a,
	struct narrowed *ret, struct err *e)
{
	_narrowed_ struct narrowed now = {0};
	int r = strv_add(a->write ? &now.write : &now.read, a->real);

	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++) {
		struct narrowing *w = &p->narrowings[i];
		_narrowed_ struct narrowed next = {0};

		r = narrow_by(w, &now, &next);
		if (r == 0)
			r = keep_shut(p, a->real, &next);
		if (r == 0 && !(same(now.read, next.read) &&
				      same(now.write, next.write)))
			r = tell(p, w, a, &next, e);
		narrowed_move(&now, &next);
	}
	if (r < 0)
		return OUT_OF_MEMORY(e);
	*ret = (struct narrowed){0};
	narrowed_move(ret, &now);
	return 0;
}
