/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stockade's own folders, which no grant may reach: by none of their names, and
 * before they are there as well as after.
 */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folders.h"
#include "plan/build.h"

int plan_real_path(const char *path, char ret_real[PATH_MAX])
{
	char head[PATH_MAX], real[PATH_MAX];
	size_t n = strlen(path), used;

	if (n >= sizeof(head))
		return -ENAMETOOLONG;
	memcpy(head, path, n + 1);
	while (!realpath(head, real)) {
		char *slash = strrchr(head, '/');

		if (errno != ENOENT || !slash)
			return errno ? -errno : -EINVAL;
		/* "/" itself is always there. */
		slash[slash == head] = '\0';
	}
	path += strlen(head);
	while (*path == '/')
		path++;
	used = strlen(real);
	if (used + strlen(path) + 2 > sizeof(real))
		return -ENAMETOOLONG;
	if (*path && used > 1)
		real[used++] = '/';
	memcpy(real + used, path, strlen(path) + 1);
	memcpy(ret_real, real, strlen(real) + 1);
	return 0;
}

int plan_own(struct plan *p, struct err *e)
{
	for (int f = FOLDER_CONFIG; f < _FOLDER_N; f++) {
		_free_ char *path = NULL;
		char real[PATH_MAX];
		int r = folder_path((enum folder)f, &path, e);

		if (r < 0)
			return r;
		/* One that is not there yet will be made where links lead. */
		if (strv_add(&p->own,
			    plan_real_path(path, real) == 0 ? real : path) < 0)
			return err_set(e, -ENOMEM, "planning");
	}
	return 0;
}

static bool granted(const struct plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_mounts; i++)
		if (p->mounts[i].kind == MOUNT_BIND && p->mounts[i].folder &&
			path_inside(path, p->mounts[i].target))
			return true;
	return false;
}

void plan_own_make(const struct plan *p)
{
	for (int f = FOLDER_CONFIG; f < _FOLDER_N; f++) {
		_free_ char *path = NULL;
		_close_ int fd = -1;
		char real[PATH_MAX];
		struct err e = {0};

		if (folder_path((enum folder)f, &path, &e) < 0 ||
			plan_real_path(path, real) < 0 || !granted(p, real))
			continue;
		/* What cannot be made needs no mask; who needs it will say. */
		(void)!folder_open((enum folder)f, "", true, &fd, &e);
	}
}

bool plan_holds(const struct stat *folder, const char *path)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (!S_ISDIR(folder->st_mode) || n >= sizeof(part))
		return false;
	memcpy(part, path, n + 1);
	for (char *slash = part + n; slash; slash = strrchr(part, '/')) {
		struct stat st;

		*slash = '\0';
		if (stat(part[0] ? part : "/", &st) == 0 &&
			st.st_dev == folder->st_dev &&
			st.st_ino == folder->st_ino)
			return true;
	}
	return false;
}
