/* SPDX-License-Identifier: Apache-2.0 */
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "plan/build.h"

/*
 * The range that systemd leaves to nobody (between its dynamic users and the
 * container ranges); the first free one is shared by all servers of root's.
 */
#define SPARE_FIRST 60578
#define SPARE_LAST 61183

/* Whether @id of our namespace exists here at all (user_namespaces(7)). */
static bool id_mapped(const char *map, uint32_t id)
{
	while (map && *map) {
		unsigned long inside, outside, count;

		if (sscanf(map, "%lu %lu %lu", &inside, &outside, &count) ==
				3 &&
			id >= inside && id - inside < count)
			return true;
		map = strchr(map, '\n');
		map = map ? map + 1 : NULL;
	}
	return false;
}

static int spare_ids(struct plan *p, struct err *e)
{
	_free_ char *uids = NULL, *gids = NULL;
	int r = fd_read_file(-1, "/proc/self/uid_map", 65536, &uids, NULL);

	if (r == 0)
		r = fd_read_file(-1, "/proc/self/gid_map", 65536, &gids, NULL);
	if (r < 0)
		return err_set(e, r, "reading the id maps of this system");
	for (uint32_t id = SPARE_FIRST; id <= SPARE_LAST; id++) {
		if (getpwuid(id) || getgrgid(id) || !id_mapped(uids, id) ||
			!id_mapped(gids, id))
			continue;
		p->uid = id;
		p->gid = id;
		return 0;
	}
	return err_say(e, -ESRCH,
		"no uid from %d to %d is free for the server; start stockade "
		"as an ordinary user, or with --keep-uid",
		SPARE_FIRST, SPARE_LAST);
}

int plan_ids(struct plan *p, struct err *e)
{
	p->uid = geteuid();
	p->gid = getegid();
	p->root = p->uid == 0;
	if (getuid() != geteuid() || getgid() != getegid())
		return err_say(e, -EPERM,
			"stockade must not be installed set-uid or set-gid");
	if (!p->root && p->keep_uid)
		return err_say(e, -EINVAL,
			"--keep-uid is for root alone: other users keep their "
			"uid anyway");
	if (!p->root || p->keep_uid)
		return 0;
	return spare_ids(p, e);
}
