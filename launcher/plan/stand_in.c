/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/stand_in.h"

#include <string.h>

#include "base/strv.h"
#include "plan/build.h"

/* At the top of the sandbox's own root: no grant reaches there. */
#define STAND_IN_AT "/.stockade-probe"

static int bind_program(struct plan *p, const char *exe)
{
	struct plan_mount *m;
	struct stat st;

	if (stat(exe, &st) < 0)
		return -errno;
	m = plan_mount_add(p, MOUNT_BIND, STAND_IN_AT, exe, "the probe");
	if (!m)
		return -ENOMEM;
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	m->uid = st.st_uid;
	m->gid = st.st_gid;
	plan_mounts_sort(p);
	return 0;
}

int plan_stand_in(struct plan *p, const char *exe, char ***argv)
{
	bool there = p->exe && strcmp(p->exe, exe) == 0;
	char *path = strdup(there ? exe : STAND_IN_AT);
	int r = path ? 0 : -ENOMEM;

	if (r == 0 && !there)
		r = bind_program(p, exe);
	if (r < 0) {
		free(path);
		return r;
	}
	free(p->exe);
	p->exe = path;
	strv_free(p->argv);
	p->argv = take_ptr(*argv);
	return 0;
}
