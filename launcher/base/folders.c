/* SPDX-License-Identifier: Apache-2.0 */
#include "base/folders.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Where a folder lies: a base that must exist or is made (a variable's value,
 * or HOME), a stem below it that other programs share, and then our own part.
 * Base and stem may be reached through links, as dot file managers make them;
 * our own parts may not.
 */
struct place {
	char base[PATH_MAX];
	const char *stem; /* "" or "a" or "a/b" */
	const char *own;  /* "stockade" or "stockade/run" */
};

static const struct {
	const char *variable, *stem;
} xdg[_FOLDER_N] = {
	[FOLDER_CONFIG] = {"XDG_CONFIG_HOME", ".config"},
	[FOLDER_STATE] = {"XDG_STATE_HOME", ".local/state"},
	[FOLDER_CACHE] = {"XDG_CACHE_HOME", ".cache"},
};

static int place_set_base(struct place *p, const char *base, struct err *e)
{
	size_t n = strlen(base);

	while (n > 1 && base[n - 1] == '/')
		n--;
	if (n >= sizeof(p->base))
		return err_say(e, -ENAMETOOLONG,
			"the folder in HOME or XDG_* has a name of %zu bytes: "
			"too long",
			n);
	memcpy(p->base, base, n);
	p->base[n] = '\0';
	return 0;
}

static int place_home(enum folder folder, struct place *ret, struct err *e)
{
	const char *value = getenv("HOME");

	ret->own = "stockade";
	ret->stem = xdg[folder].stem;
	if (!value || !value[0])
		return err_say(e, -EINVAL,
			"HOME is not set: stockade keeps its files below it; "
			"set HOME to your home folder");
	if (value[0] != '/')
		return err_say(e, -EINVAL,
			"HOME is %s, which is no absolute path: set it to your "
			"home folder",
			value);
	return place_set_base(ret, value, e);
}

static int place_xdg(enum folder folder, struct place *ret, struct err *e)
{
	const char *value = getenv(xdg[folder].variable);

	if (!value || value[0] != '/')
		return place_home(folder, ret, e);
	ret->own = "stockade";
	ret->stem = "";
	return place_set_base(ret, value, e);
}

/*
 * The user's runtime folder is found by uid, or else by HOME: what clients pass
 * on of XDG_RUNTIME_DIR and XDG_STATE_HOME differs, and wrapper and terminal
 * have to meet.
 */
static int place_runtime(struct place *ret, struct err *e)
{
	struct stat st;
	int r;

	(void)snprintf(ret->base, sizeof(ret->base), "/run/user/%u",
		(unsigned)geteuid());
	ret->stem = "";
	ret->own = "stockade";
	if (lstat(ret->base, &st) == 0 && S_ISDIR(st.st_mode) &&
		st.st_uid == geteuid())
		return 0;
	r = place_home(FOLDER_STATE, ret, e);
	ret->own = "stockade/run";
	return r;
}

static int folder_place(enum folder folder, struct place *ret, struct err *e)
{
	if (folder == FOLDER_RUNTIME)
		return place_runtime(ret, e);
	if (folder <= FOLDER_NONE || folder >= _FOLDER_N)
		return err_say(e, -EINVAL, "no such folder");
	return place_xdg(folder, ret, e);
}

static int place_text(const struct place *p, char **ret_path, struct err *e)
{
	const char *slash = p->base[1] ? "/" : "";
	char *path = NULL;

	if (asprintf(&path, "%s%s%s%s%s", p->base, slash, p->stem,
		    p->stem[0] ? "/" : "", p->own) < 0)
		return err_set(e, -ENOMEM, "name of a folder");
	*ret_path = path;
	return 0;
}

int folder_path(enum folder folder, char **ret_path, struct err *e)
{
	struct place p = {.stem = "", .own = ""};
	int r = folder_place(folder, &p, e);

	return r < 0 ? r : place_text(&p, ret_path, e);
}

/* The walk: a descriptor and the path that led to it, for messages. */
struct walk {
	int fd;
	char path[2 * PATH_MAX];
	bool create;
};

static int walk_extend(struct walk *w, const char *name, size_t len)
{
	size_t used = strlen(w->path);

	if (used + len + 2 > sizeof(w->path))
		return -ENAMETOOLONG;
	if (used == 0 || w->path[used - 1] != '/')
		w->path[used++] = '/';
	memcpy(w->path + used, name, len);
	w->path[used + len] = '\0';
	return 0;
}

static int walk_failed(const struct walk *w, int r, struct err *e)
{
	switch (-r) {
	case EROFS:
		return err_say(e, r,
			"%s cannot be made: the filesystem is read-only; point "
			"HOME or XDG_STATE_HOME to a folder that can be "
			"written",
			w->path);
	case ENOTDIR:
	case ELOOP:
		return err_say(e, r,
			"%s is a symbolic link or no folder: stockade's own "
			"folders have to be real ones; move it away",
			w->path);
	case EACCES:
	case EPERM:
		return err_say(e, r,
			"%s is not accessible to uid %u: look at the owner and "
			"mode of the folders above it",
			w->path, (unsigned)geteuid());
	default:
		return err_set(e, r, "folder %s", w->path);
	}
}

static int walk_check(const struct walk *w, struct err *e)
{
	struct stat st;

	if (fstat(w->fd, &st) < 0)
		return err_set(e, -errno, "folder %s", w->path);
	if (st.st_uid != geteuid())
		return err_say(e, -EPERM,
			"%s belongs to uid %u, not to %u who runs stockade: "
			"set HOME to your own home folder, or give the folder "
			"to its user",
			w->path, (unsigned)st.st_uid, (unsigned)geteuid());
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return err_say(e, -EPERM,
			"%s may be written by others (mode %04o): run chmod "
			"go-w on it after a look at what is in it",
			w->path, (unsigned)st.st_mode & 07777U);
	return 0;
}

/* One name down; 1 if it is not there and not to be made. */
static int walk_step(
	struct walk *w, const char *name, size_t len, bool own, struct err *e)
{
	int flags = O_PATH | O_DIRECTORY | O_CLOEXEC | (own ? O_NOFOLLOW : 0);
	char part[NAME_MAX + 1];
	int fd, r;

	if (len > NAME_MAX || walk_extend(w, name, len) < 0)
		return err_say(e, -ENAMETOOLONG,
			"folder %s: a name in it is too long", w->path);
	memcpy(part, name, len);
	part[len] = '\0';
	if (strcmp(part, "..") == 0 || strcmp(part, ".") == 0)
		return err_say(e, -EINVAL, "folder %s: has . or ..", w->path);
	fd = openat(w->fd, part, flags);
	if (fd < 0 && errno == ENOENT && !w->create)
		return 1;
	if (fd < 0 && errno == ENOENT) {
		/* Somebody else may be making it at the same moment. */
		if (mkdirat(w->fd, part, 0700) < 0 && errno != EEXIST)
			return walk_failed(w, -errno, e);
		fd = openat(w->fd, part, flags);
	}
	if (fd < 0)
		return walk_failed(w, -errno, e);
	r = w->fd;
	w->fd = fd;
	(void)close(r);
	return own ? walk_check(w, e) : 0;
}

static int walk_parts(
	struct walk *w, const char *parts, bool own, struct err *e)
{
	while (*parts) {
		size_t len = strcspn(parts, "/");
		int r = len ? walk_step(w, parts, len, own, e) : 0;

		if (r != 0)
			return r;
		parts += len;
		while (*parts == '/')
			parts++;
	}
	return 0;
}

/*
 * The base is opened as a whole, through whatever links it has. One that a
 * variable names and that is missing is made; a missing HOME is not.
 */
static int walk_base(struct walk *w, const struct place *p, struct err *e)
{
	w->fd = open(p->base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->fd >= 0) {
		memcpy(w->path, p->base, strlen(p->base) + 1);
		return 0;
	}
	if (errno != ENOENT || p->stem[0]) {
		int r = -errno;

		if (r == -ENOENT && !w->create)
			return 1;
		return err_set(e, r, "home folder %s", p->base);
	}
	w->fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0)
		return err_set(e, -errno, "folder /");
	return walk_parts(w, p->base, false, e);
}

int folder_open(enum folder folder, const char *sub, bool create, int *ret_fd,
	struct err *e)
{
	struct walk w = {.fd = -1, .create = create};
	struct place p = {.stem = "", .own = ""};
	int r = folder_place(folder, &p, e);

	if (r < 0)
		return r;
	r = walk_base(&w, &p, e);
	if (r == 0)
		r = walk_parts(&w, p.stem, false, e);
	if (r == 0)
		r = walk_parts(&w, p.own, true, e);
	if (r == 0)
		r = walk_parts(&w, sub, true, e);
	if (r != 0) {
		cleanup_close(&w.fd);
		return r;
	}
	*ret_fd = w.fd;
	return 0;
}
