/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/folders.h"
#include "plan/build.h"

/* One folder a profile and program: "state/PROFILE-HASH". */
static int state_name(const struct plan *p, char *dst, size_t size)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *program =
		p->runtime->package ? p->runtime->package : p->runtime->exe;
	char hex[17];
	int n;

	(void)crypto_hash_sha256(
		hash, (const unsigned char *)program, strlen(program));
	(void)sodium_bin2hex(hex, sizeof(hex), hash, 8);
	n = snprintf(dst, size, "state/%s-%s", p->profile->name, hex);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int plan_state(struct plan *p, struct err *e)
{
	char name[NAME_MAX + 1], path[PATH_MAX];
	_free_ char *base = NULL;
	_close_ int fd = -1;
	struct plan_mount *m;
	struct stat st;
	int r = state_name(p, name, sizeof(name));

	if (r == 0)
		r = folder_path(FOLDER_STATE, &base, e);
	if (r == 0)
		r = folder_open(FOLDER_STATE, name, true, &fd, e);
	if (r < 0)
		return err_set(e, r, "the server's private folder %s", name);
	(void)snprintf(path, sizeof(path), "%s/%s", base, name);
	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "%s", path);
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
