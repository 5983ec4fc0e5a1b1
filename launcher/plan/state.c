/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folders.h"
#include "plan/build.h"

/*
 * One folder a profile and program: "PROFILE-HASH". The name that a package
 * gives itself is not enough: any package could take another's.
 */
static int state_name(const struct plan *p, char *dst, size_t size)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *package = p->runtime->package ? p->runtime->package : "";
	crypto_hash_sha256_state state;
	char hex[17];
	int n;

	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(
		&state, (const unsigned char *)package, strlen(package) + 1);
	(void)crypto_hash_sha256_update(&state,
		(const unsigned char *)p->runtime->program,
		strlen(p->runtime->program));
	/* A file of elsewhere may have the name of a profile of the user's. */
	if (p->profile->place) {
		(void)crypto_hash_sha256_update(
			&state, (const unsigned char *)"", 1);
		(void)crypto_hash_sha256_update(&state,
			(const unsigned char *)p->profile->place,
			strlen(p->profile->place));
	}
	if (p->tenant) {
		(void)crypto_hash_sha256_update(
			&state, (const unsigned char *)"\0tenant", 8);
		(void)crypto_hash_sha256_update(&state,
			(const unsigned char *)p->tenant, strlen(p->tenant));
	}
	(void)crypto_hash_sha256_final(&state, hash);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, 8);
	n = snprintf(dst, size, "%s%s%s-%s", p->profile->name,
		p->tenant ? "@" : "", p->tenant ? p->tenant : "", hex);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* The folder is the server's own from its first run on, so it may belong to
 * the spare uid as well; nobody else may write it. */
static int check_owner(const struct plan *p, const char *path,
	const struct stat *st, struct err *e)
{
	if ((st->st_uid == geteuid() || st->st_uid == p->uid) &&
		!(st->st_mode & 022))
		return 0;
	return err_say(e, -EPERM,
		"the server's private folder %s belongs to uid %u or may be "
		"written by others: remove it, or give it back",
		path, st->st_uid);
}

/* 1 when it is not there and is not to be made. */
static int state_open(const struct plan *p, const char *name, bool make,
	struct stat *ret, struct err *e)
{
	_close_ int fd = -1;
	int r = folder_open(FOLDER_STATE, "state", make, &fd, e);

	if (r != 0)
		return r;
	if (make && mkdirat(fd, name, 0700) < 0 && errno != EEXIST)
		return err_set(e, -errno, "making private folder %s", name);
	if (fstatat(fd, name, ret, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT
			       ? 1
			       : err_set(e, -errno, "private folder %s", name);
	if (!S_ISDIR(ret->st_mode))
		return err_set(e, -ENOTDIR, "private folder %s", name);
	return check_owner(p, name, ret, e);
}

int plan_state(struct plan *p, bool make, struct err *e)
{
	char name[NAME_MAX + 1], path[PATH_MAX];
	_free_ char *base = NULL;
	struct plan_mount *m;
	struct stat st = {0};
	int r = state_name(p, name, sizeof(name));

	if (r == 0)
		r = folder_path(FOLDER_STATE, &base, e);
	if (r == 0)
		r = state_open(p, name, make, &st, e);
	if (r < 0)
		return err_set(e, r, "the server's private folder %s", name);
	(void)snprintf(path, sizeof(path), "%s/state/%s", base, name);
	m = plan_mount_add(p, MOUNT_BIND, "/state", path,
		"what this server keeps from run to run");
	if (!m)
		return err_set(e, -ENOMEM, "planning the state folder");
	m->write = true;
	m->folder = true;
	m->grant = true;
	m->own = true;
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	m->uid = st.st_uid;
	m->gid = st.st_gid;
	return 0;
}
