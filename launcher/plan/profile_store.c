/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where profiles lie, and whether what lies there may be trusted: a folder or
 * file that somebody else owns or may write is refused, not skipped, for its
 * absence would let a weaker profile step in.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/folders.h"
#include "plan/profile_builtin.h"
#include "plan/profile_layer.h"

#define SITE_BASE "/etc"
#define SITE_SUB "stockade/profiles"
#define SUFFIX ".json"

void profile_store_deinit(struct profile_store *s)
{
	fd_close(&s->user_fd);
	fd_close(&s->site_fd);
	free(take_ptr(s->user_path));
	free(take_ptr(s->site_path));
}

static int trust_check(
	const struct stat *st, uid_t owner, const char *path, struct err *e)
{
	if (st->st_uid != owner)
		return err_say(e, -EPERM,
			"%s belongs to uid %u; expected uid %u, or it cannot "
			"be trusted",
			path, (unsigned)st->st_uid, (unsigned)owner);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_say(e, -EPERM,
			"%s may be written by others (mode %04o); expected no "
			"more than 0755: look at what is in it, then chmod "
			"go-w",
			path, (unsigned)st->st_mode & 07777U);
	return 0;
}

int profile_folder_open(const char *base, const char *sub, uid_t owner,
	int *ret_fd, struct err *e)
{
	_close_ int fd = open(base, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ char *path = strdup(base);

	if (fd < 0 || !path)
		return err_set(e, path ? -errno : -ENOMEM, "folder %s", base);
	while (*sub) {
		_free_ char *part = strndup(sub, strcspn(sub, "/"));
		_free_ char *above = take_ptr(path);
		struct stat st;
		int next, r;

		if (!part || asprintf(&path, "%s/%s", above, part) < 0)
			return err_set(e, -ENOMEM, "folder %s", base);
		next = openat(fd, part,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		fd_close(&fd);
		fd = next;
		if (fd < 0 && errno == ENOENT)
			return 1;
		if (fd < 0 || fstat(fd, &st) < 0)
			return err_set(e, -errno, "folder %s", path);
		r = trust_check(&st, owner, path, e);
		if (r < 0)
			return r;
		sub += strcspn(sub, "/");
		sub += strspn(sub, "/");
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

static int store_open_user(struct profile_store *s, struct err *e)
{
	_free_ char *config = NULL;
	int r = folder_path(FOLDER_CONFIG, &config, e);

	if (r == 0)
		r = folder_open(
			FOLDER_CONFIG, "profiles", false, &s->user_fd, e);
	if (r < 0)
		return r;
	if (asprintf(&s->user_path, "%s/profiles", config) < 0) {
		s->user_path = NULL;
		return err_set(e, -ENOMEM, "folder of profiles");
	}
	return 0;
}

int profile_store_open(struct profile_store *s, struct err *e)
{
	int r = store_open_user(s, e);

	if (r == 0)
		r = profile_folder_open(SITE_BASE, SITE_SUB, 0, &s->site_fd, e);
	if (r < 0)
		return r;
	s->site_path = strdup(SITE_BASE "/" SITE_SUB);
	return s->site_path ? 0 : err_set(e, -ENOMEM, "folder of profiles");
}

/* O_NONBLOCK: a FIFO of that name must not hold the start up. */
static int file_open(int dir, const char *name, const char *path, uid_t owner,
	int *ret_fd, struct err *e)
{
	_close_ int fd = openat(dir, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 && errno == ELOOP)
		return err_say(e, -ELOOP,
			"%s is a symbolic link; expected a file, which only "
			"its owner can exchange",
			path);
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, -errno, "file %s", path);
	if (!S_ISREG(st.st_mode))
		return err_say(e, -EINVAL, "%s is no file; expected one", path);
	r = trust_check(&st, owner, path, e);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int file_read(int fd, const char *path, char **ret_text, size_t *ret_len,
	struct err *e)
{
	_free_ char *text = malloc(PROFILE_MAX_BYTES + 1);
	ssize_t n =
		text ? fd_read_all(fd, text, PROFILE_MAX_BYTES + 1) : -ENOMEM;

	if (n < 0)
		return err_set(e, (int)n, "profile %s", path);
	*ret_text = take_ptr(text);
	*ret_len = (size_t)n;
	return 0;
}

int profile_file_read(int dir, const char *name, const char *path, uid_t owner,
	char **ret_text, size_t *ret_len, struct err *e)
{
	_close_ int fd = -1;
	int r = file_open(dir, name, path, owner, &fd, e);

	return r == 0 ? file_read(fd, path, ret_text, ret_len, e) : r;
}

int profile_any_read(const char *what, const char *path, char **ret_text,
	size_t *ret_len, struct err *e)
{
	_close_ int fd =
		open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, -errno, "%s %s", what, path);
	if (!S_ISREG(st.st_mode))
		return err_say(e, -EINVAL, "%s is no file; expected one", path);
	return file_read(fd, path, ret_text, ret_len, e);
}

static int find_in_folder(int dir, const char *folder, uid_t owner,
	const char *name, struct profile_layer **ret, struct err *e)
{
	_free_ char *path = NULL, *text = NULL;
	char file[PROFILE_MAX_NAME + sizeof(SUFFIX)];
	size_t len = 0;
	int r;

	if (dir < 0)
		return 1;
	(void)snprintf(file, sizeof(file), "%s" SUFFIX, name);
	if (asprintf(&path, "%s/%s", folder, file) < 0) {
		path = NULL;
		return err_set(e, -ENOMEM, "profile %s", name);
	}
	r = profile_file_read(dir, file, path, owner, &text, &len, e);
	if (r == 0)
		r = profile_layer_parse(name, path, text, len, ret, e);
	return r;
}

int profile_store_read_user(const struct profile_store *s, const char *name,
	char **ret_path, struct stat *ret_st, struct profile_text *ret,
	struct err *e)
{
	char file[PROFILE_MAX_NAME + sizeof(SUFFIX)];
	_close_ int fd = -1;
	int r = profile_name_check(name, e);

	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s" SUFFIX, name);
	if (asprintf(ret_path, "%s/%s", s->user_path, file) < 0) {
		*ret_path = NULL;
		return err_set(e, -ENOMEM, "profile %s", name);
	}
	if (s->user_fd < 0)
		return 1;
	r = file_open(s->user_fd, file, *ret_path, geteuid(), &fd, e);
	if (r != 0)
		return r;
	if (fstat(fd, ret_st) < 0)
		return err_set(e, -errno, "profile %s", *ret_path);
	return file_read(fd, *ret_path, &ret->bytes, &ret->len, e);
}

static int find_builtin(
	const char *name, struct profile_layer **ret, struct err *e)
{
	char file[PROFILE_MAX_NAME + 16];

	for (size_t i = 0; i < builtin_profiles_n; i++) {
		const struct builtin_profile *b = &builtin_profiles[i];

		if (strcmp(b->name, name) != 0)
			continue;
		(void)snprintf(file, sizeof(file), "builtin:%s", name);
		return profile_layer_parse(name, file, b->text, b->len, ret, e);
	}
	return 1;
}

static int find_at(const struct profile_store *s, enum profile_origin origin,
	const char *name, struct profile_layer **ret, struct err *e)
{
	if (origin == ORIGIN_USER)
		return find_in_folder(
			s->user_fd, s->user_path, geteuid(), name, ret, e);
	if (origin == ORIGIN_SITE)
		return find_in_folder(
			s->site_fd, s->site_path, s->site_owner, name, ret, e);
	return find_builtin(name, ret, e);
}

int profile_store_find(const struct profile_store *s, enum profile_origin from,
	const char *name, struct profile_layer **ret, struct err *e)
{
	struct profile_layer *l = NULL;
	int r = profile_name_check(name, e);

	if (r < 0)
		return r;
	for (int o = (int)from; o <= ORIGIN_BUILTIN; o++) {
		r = find_at(s, (enum profile_origin)o, name, &l, e);
		if (r > 0)
			continue;
		if (l) {
			l->origin = (enum profile_origin)o;
			*ret = l;
		}
		return r;
	}
	return 1;
}

/* NAME of "NAME.json" where it could be a profile's, else NULL. */
static char *entry_name(const char *file)
{
	size_t n = strlen(file), suffix = strlen(SUFFIX);
	char *name;

	if (n <= suffix || strcmp(file + n - suffix, SUFFIX) != 0)
		return NULL;
	name = strndup(file, n - suffix);
	if (name && profile_name_check(name, NULL) < 0) {
		free(name);
		return NULL;
	}
	return name;
}

static int list_folder(
	int dir, const char *folder, char ***names, struct err *e)
{
	const struct dirent *d;
	_dir_ DIR *stream = NULL;
	int r = dir < 0 ? 0 : dir_open(dir, &stream);

	while (r == 0 && stream && (r = dir_next(stream, &d)) == 1) {
		_free_ char *name = entry_name(d->d_name);

		r = name ? strv_add(names, name) : 0;
		if (strv_len(*names) > PROFILE_MAX_ITEMS)
			r = -E2BIG;
	}
	return r < 0 ? err_set(e, r, "folder %s", folder) : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int profile_store_list(const struct profile_store *s,
	enum profile_origin origin, char ***ret_names, struct err *e)
{
	_strv_ char **names = strv_copy(NULL);
	int r = 0;

	if (!names)
		return err_set(e, -ENOMEM, "profiles");
	if (origin == ORIGIN_USER)
		r = list_folder(s->user_fd, s->user_path, &names, e);
	if (r == 0 && origin == ORIGIN_SITE)
		r = list_folder(s->site_fd, s->site_path, &names, e);
	for (size_t i = 0; origin == ORIGIN_BUILTIN && i < builtin_profiles_n;
		i++)
		if (r == 0 && strv_add(&names, builtin_profiles[i].name) < 0)
			r = err_set(e, -ENOMEM, "profiles");
	if (r < 0)
		return r;
	qsort(names, strv_len(names), sizeof(*names), compare_names);
	*ret_names = take_ptr(names);
	return 0;
}
