/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/scan.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/place.h"

void scan_deinit(struct scan *s)
{
	for (size_t i = 0; i < s->n_kept; i++)
		free(s->kept[i]);
	free(s->kept);
	strv_free(s->links);
	strv_free(s->skipped);
	strv_free(s->first);
	*s = (struct scan){0};
}

/* Takes @text over. */
static const char *scan_take(struct scan *s, char *text)
{
	if (text && s->n_kept == s->size_kept) {
		size_t size = s->size_kept ? 2 * s->size_kept : 64;
		char **p = realloc(s->kept, size * sizeof(*p));

		if (!p) {
			free(text);
			text = NULL;
		} else {
			s->kept = p;
			s->size_kept = size;
		}
	}
	if (!text) {
		s->oom = true;
		return NULL;
	}
	s->kept[s->n_kept++] = text;
	return text;
}

const char *scan_keep(struct scan *s, const char *text)
{
	return text ? scan_take(s, strdup(text)) : NULL;
}

const char *scan_fmt(struct scan *s, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	return scan_take(s, n < 0 ? NULL : text);
}

const char *scan_join(struct scan *s, const char *folder, const char *name)
{
	if (!folder || !name)
		return NULL;
	return scan_fmt(s, "%s%s%s", folder,
		place_ends_with(folder, "/") ? "" : "/", name);
}

const char *scan_parent(struct scan *s, const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (!slash)
		return NULL;
	return slash == path ? scan_keep(s, "/")
			     : scan_fmt(s, "%.*s", (int)(slash - path), path);
}

const char *scan_absolute(struct scan *s, const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2 + strspn(path + 2, "/");
	return path[0] == '/' ? scan_keep(s, path)
			      : scan_join(s, s->q->cwd, path);
}

const char *scan_real(struct scan *s, const char *path)
{
	char real[PATH_MAX];

	return path && realpath(path, real) ? scan_keep(s, real) : NULL;
}

/*
 * A relative target is written down as absolute, so that the link means the
 * same wherever its folder is made. Its leading ".." are taken off: the folder
 * that holds the link is canonical, so this is exact.
 */
static void scan_remember(
	struct scan *s, const char *folder, const char *link, const char *text)
{
	size_t n = strlen(folder);

	if (place_is_given(link) || strchr(link, '\t') || strchr(text, '\t'))
		return;
	if (s->n_linked++ >= SCAN_MAX_MOUNTS)
		return;
	if (text[0] == '/') {
		scan_add(s, &s->links, scan_fmt(s, "%s\t%s", link, text));
		return;
	}
	for (;;) {
		if (strncmp(text, "./", 2) == 0) {
			text += 2;
		} else if (strncmp(text, "../", 3) == 0) {
			while (n && folder[--n] != '/')
				;
			text += 3;
		} else {
			break;
		}
	}
	scan_add(s, &s->links,
		scan_fmt(s, "%s\t%.*s/%s", link, (int)n, folder, text));
}

struct walk {
	char out[PATH_MAX];  /* canonical so far; "" is the root */
	char rest[PATH_MAX]; /* still to be walked */
	size_t hops;
};

static void walk_up(struct walk *w)
{
	char *slash = strrchr(w->out, '/');

	if (slash)
		*slash = '\0';
}

static int walk_follow(struct scan *s, struct walk *w, const char *link)
{
	char text[PATH_MAX], joined[2 * PATH_MAX];
	ssize_t n = readlink(link, text, sizeof(text) - 1);

	if (n <= 0)
		return n < 0 ? -errno : -ENOENT;
	if (++w->hops > 40)
		return -ELOOP;
	text[n] = '\0';
	scan_remember(s, w->out, link, text);
	if (text[0] == '/')
		w->out[0] = '\0';
	if (snprintf(joined, sizeof(joined), "%s/%s", text, w->rest) >=
		(int)sizeof(w->rest))
		return -ENAMETOOLONG;
	memcpy(w->rest, joined, strlen(joined) + 1);
	return 0;
}

static int walk_step(struct scan *s, struct walk *w, const char *part)
{
	char next[PATH_MAX];
	struct stat st;

	if (strcmp(part, ".") == 0)
		return 0;
	if (strcmp(part, "..") == 0) {
		walk_up(w);
		return 0;
	}
	if (snprintf(next, sizeof(next), "%s/%s", w->out, part) >=
		(int)sizeof(next))
		return -ENAMETOOLONG;
	if (lstat(next, &st) < 0)
		return -errno;
	if (S_ISLNK(st.st_mode))
		return walk_follow(s, w, next);
	memcpy(w->out, next, strlen(next) + 1);
	return 0;
}

const char *scan_walk(struct scan *s, const char *path)
{
	struct walk w = {0};
	int r = 0;

	if (!path || path[0] != '/' || strlen(path) >= sizeof(w.rest)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(w.rest, path, strlen(path) + 1);
	while (r == 0) {
		char part[PATH_MAX];
		size_t skip = strspn(w.rest, "/");
		size_t n = strcspn(w.rest + skip, "/");

		if (n == 0)
			break;
		memcpy(part, w.rest + skip, n);
		part[n] = '\0';
		memmove(w.rest, w.rest + skip + n,
			strlen(w.rest + skip + n) + 1);
		r = walk_step(s, &w, part);
	}
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return scan_keep(s, w.out[0] ? w.out : "/");
}

void scan_add(struct scan *s, char ***v, const char *text)
{
	if (!text) {
		s->oom = true;
		return;
	}
	if (!strv_contains(*v, text) && strv_add(v, text) < 0)
		s->oom = true;
}

void scan_note(struct scan *s, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (strv_len(s->r->notes) < SCAN_MAX_NOTES)
		scan_add(s, &s->r->notes, text);
}

void scan_env(struct scan *s, const char *name, const char *value)
{
	if (value)
		scan_add(s, &s->r->env, scan_fmt(s, "%s=%s", name, value));
}

const char *scan_granted(struct scan *s, const char *name)
{
	const char *value = strv_env(s->q->granted_env, name);

	if (!value && strv_contains(s->q->granted_env, name))
		value = strv_env(s->q->env, name);
	return value;
}

bool scan_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	       access(path, X_OK) == 0;
}

void scan_folder(
	struct scan *s, const char *folder, scan_visit_fn visit, void *data)
{
	DIR *d = folder ? opendir(folder) : NULL;
	const struct dirent *entry;
	size_t n = 0;

	if (!d)
		return;
	while ((entry = readdir(d)) && n++ < SCAN_MAX_ENTRIES) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			continue;
		if (visit(s, folder, name, data))
			break;
	}
	(void)closedir(d);
}
