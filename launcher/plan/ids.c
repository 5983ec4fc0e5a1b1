/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/account.h"
#include "base/digits.h"
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
		uint64_t row[3]; /* inside, outside, count */

		if (digits_take_row(map, row, 3) && id >= row[0] &&
			id - row[0] < row[2])
			return true;
		map = strchr(map, '\n');
		map = map ? map + 1 : NULL;
	}
	return false;
}

/* The range as bits: what /etc/passwd and /etc/group name is taken. */
#define SPARE_N (SPARE_LAST - SPARE_FIRST + 1)

static void take_id(bool taken[SPARE_N], uint32_t id)
{
	if (id >= SPARE_FIRST && id <= SPARE_LAST)
		taken[id - SPARE_FIRST] = true;
}

/* passwd(5) and group(5) both have the id in their third field. */
static int take_file_ids(bool taken[SPARE_N], const char *file)
{
	_free_ char *text = NULL;
	int r = fd_read_file(-1, file, 16U << 20, &text, NULL);

	for (const char *line = r < 0 ? NULL : text; line;
		line = strchr(line, '\n')) {
		const char *field;

		line += *line == '\n';
		field = strchr(line, ':');
		field = field ? strchr(field + 1, ':') : NULL;
		if (field)
			take_id(taken, (uint32_t)strtoul(field + 1, NULL, 10));
	}
	return r;
}

static int take_local_ids(bool taken[SPARE_N])
{
	int r = take_file_ids(taken, "/etc/passwd");

	return r < 0 ? r : take_file_ids(taken, "/etc/group");
}

/* Where a directory service cannot be asked, no id counts as free. */
static bool id_free(const bool taken[SPARE_N], bool elsewhere, uint32_t id)
{
	if (taken[id - SPARE_FIRST])
		return false;
	return !elsewhere || (account_has("passwd", id) == 0 &&
				     account_has("group", id) == 0);
}

static int spare_ids(struct plan *p, struct err *e)
{
	_free_ char *uids = NULL, *gids = NULL;
	bool taken[SPARE_N] = {false}, elsewhere = account_elsewhere();
	int r = take_local_ids(taken);

	if (r == 0)
		r = fd_read_file(-1, "/proc/self/uid_map", 65536, &uids, NULL);
	if (r == 0)
		r = fd_read_file(-1, "/proc/self/gid_map", 65536, &gids, NULL);
	if (r < 0)
		return err_set(e, r, "reading the ids of this system");
	for (uint32_t id = SPARE_FIRST; id <= SPARE_LAST; id++) {
		if (!id_free(taken, elsewhere, id) || !id_mapped(uids, id) ||
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
