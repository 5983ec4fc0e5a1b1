/* SPDX-License-Identifier: Apache-2.0 */
#include "supervisor/tripwire.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/strv.h"
#include "plan/plan.h"

#define NAMES_MAX 32

/* What git runs or follows inside .git, when that is open (`git: write`). */
static const char *const git_names[] = {
	"commondir", "config", "config.worktree", "hooks", NULL};

struct seen {
	bool there, told;
	struct stat st;
};

struct watched {
	char *path;
	int fd; /* O_PATH */
	int wd;
	const char *const *names;
	struct seen seen[NAMES_MAX];
};

void tripwire_init(struct tripwire *w)
{
	*w = (struct tripwire){.inotify = -1};
}

void tripwire_deinit(struct tripwire *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->folders[i].path);
		fd_close(&w->folders[i].fd);
	}
	free(w->folders);
	fd_close(&w->inotify);
	tripwire_init(w);
}

static void look(const struct watched *f, size_t i, struct seen *ret)
{
	ret->there =
		fstatat(f->fd, f->names[i], &ret->st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int tripwire_add(struct tripwire *w, struct watched *f, const char *path)
{
	const char *slash = strrchr(path, '/');

	f->path = strdup(path);
	if (!f->path)
		return -ENOMEM;
	f->names = slash && strcmp(slash, "/.git") == 0 ? git_names
							: protected_names;
	f->fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd < 0)
		return -errno;
	f->wd = inotify_add_watch(w->inotify, path,
		IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
			IN_CLOSE_WRITE | IN_ATTRIB | IN_ONLYDIR |
			IN_DONT_FOLLOW);
	if (f->wd < 0)
		return -errno;
	for (size_t i = 0; f->names[i] && i < NAMES_MAX; i++)
		look(f, i, &f->seen[i]);
	return 0;
}

int tripwire_open(struct tripwire *w, char *const *folders, struct err *e)
{
	size_t n = strv_len(folders);

	if (n == 0)
		return 0;
	w->folders = calloc(n, sizeof(*w->folders));
	if (!w->folders)
		return err_set(e, -ENOMEM, "watching writable folders");
	w->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->inotify < 0)
		return err_set(e, -errno,
			"watching writable folders (is "
			"fs.inotify.max_user_instances used up?)");
	for (size_t i = 0; i < n; i++)
		w->folders[i].fd = -1;
	for (; w->n < n; w->n++) {
		int r = tripwire_add(w, &w->folders[w->n], folders[w->n]);

		if (r < 0) {
			w->n++;
			return err_set(e, r, "watching %s", folders[w->n - 1]);
		}
	}
	return 0;
}

/* A folder's own times say only that something in it moved: the user's git
 * does that all day, and the server cannot, for it is read-only to it. */
static bool changed(const struct stat *a, const struct stat *b)
{
	if (S_ISDIR(a->st_mode) && S_ISDIR(b->st_mode))
		return a->st_dev != b->st_dev || a->st_ino != b->st_ino ||
		       a->st_mode != b->st_mode;
	return a->st_dev != b->st_dev || a->st_ino != b->st_ino ||
	       a->st_mode != b->st_mode || a->st_size != b->st_size ||
	       a->st_mtim.tv_sec != b->st_mtim.tv_sec ||
	       a->st_mtim.tv_nsec != b->st_mtim.tv_nsec;
}

/* Tells once for each state that a name is found in. */
static void examine(struct watched *f, size_t i, bool appeared, tripwire_fn fn,
	void *context)
{
	struct seen now = {0}, *before = &f->seen[i];
	char path[PATH_MAX];
	const char *what;

	look(f, i, &now);
	if (now.there == before->there &&
		(!now.there || !changed(&now.st, &before->st)) &&
		(now.there || !appeared))
		return;
	/* What came and went before we looked was there all the same. */
	what = now.there       ? before->there ? "changed" : "created"
	       : before->there ? "removed"
			       : "created and removed";
	*before = now;
	(void)snprintf(path, sizeof(path), "%s/%s", f->path, f->names[i]);
	fn(context, what, path);
}

static void tripwire_event(struct tripwire *w, const struct inotify_event *ev,
	tripwire_fn fn, void *context)
{
	for (size_t i = 0; i < w->n; i++) {
		struct watched *f = &w->folders[i];

		if (ev->wd != f->wd || ev->len == 0)
			continue;
		for (size_t k = 0; f->names[k] && k < NAMES_MAX; k++)
			if (strcmp(f->names[k], ev->name) == 0)
				examine(f, k,
					ev->mask & (IN_CREATE | IN_MOVED_TO),
					fn, context);
	}
}

void tripwire_read(struct tripwire *w, tripwire_fn fn, void *context)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t n;

	if (w->inotify < 0)
		return;
	while ((n = read(w->inotify, buffer, sizeof(buffer))) > 0) {
		const struct inotify_event *ev;

		for (ssize_t at = 0; at < n;
			at += (ssize_t)sizeof(*ev) + (ssize_t)ev->len) {
			ev = (const struct inotify_event *)(const void
					*)(buffer + at);
			if (ev->mask & IN_Q_OVERFLOW)
				tripwire_compare(w, fn, context);
			else
				tripwire_event(w, ev, fn, context);
		}
	}
}

void tripwire_compare(struct tripwire *w, tripwire_fn fn, void *context)
{
	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; w->folders[i].names[k] && k < NAMES_MAX; k++)
			examine(&w->folders[i], k, false, fn, context);
}

size_t tripwire_fds(const struct tripwire *w, int *ret_fds, size_t size)
{
	size_t n = 0;

	if (w->inotify >= 0 && n < size)
		ret_fds[n++] = w->inotify;
	for (size_t i = 0; i < w->n && n < size; i++)
		ret_fds[n++] = w->folders[i].fd;
	return n;
}
