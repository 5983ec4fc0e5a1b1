/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/narrow.h"

/* What no grant may name, nor lie in: the sandbox makes its own. */
static const char *const made_inside[] = {"/proc", "/sys", "/dev"};

/* What no grant opens for writing: what root runs or trusts. */
static const char *const system_only[] = {"/usr", "/bin", "/sbin", "/lib",
	"/lib64", "/lib32", "/libx32", "/etc", "/boot", "/var/lib/dpkg",
	"/var/lib/systemd", "/var/spool/cron"};

/* /run/user and /run/user/UID: the user's bus and all his agents. */
static bool is_runtime_folder(const char *path)
{
	static const char user[] = "/run/user";

	return path_inside(path, user) &&
	       (path[strlen(user)] == '\0' ||
		       !strchr(path + strlen(user) + 1, '/'));
}

static int refuse_made_inside(const char *path, struct err *e)
{
	for (size_t i = 0; i < ELEMENTS(made_inside); i++)
		if (path_inside(path, made_inside[i]))
			return err_say(e, -EINVAL,
				"cannot grant %s: the sandbox has its own %s",
				path, made_inside[i]);
	if (strcmp(path, "/") == 0 || strcmp(path, "/etc") == 0 ||
		strcmp(path, "/run") == 0 || is_runtime_folder(path))
		return err_say(e, -EINVAL,
			"cannot grant %s: name the folders in it that the "
			"server needs",
			path);
	return 0;
}

static int refuse_own(const struct plan *p, const char *path,
	const struct stat *st, bool write, struct err *e)
{
	for (char **own = p->own; own && *own; own++) {
		if (path_inside(path, *own))
			return err_say(e, -EINVAL,
				"cannot grant %s: it belongs to stockade "
				"itself",
				path);
		if (write && path_inside(*own, path))
			return err_say(e, -EINVAL,
				"cannot grant %s for writing: it holds "
				"stockade's own folder %s; grant a folder "
				"beside it",
				path, *own);
		/* Mounted a second time: a mask would lie on one name only. */
		if (!path_inside(*own, path) && plan_holds(st, *own))
			return err_say(e, -EINVAL,
				"cannot grant %s: it is another name of a "
				"folder that holds stockade's own %s",
				path, *own);
	}
	return 0;
}

/* The sockets by which programs put text before the client's model. */
static int refuse_client_sockets(const char *path, struct err *e)
{
	const char *at = strstr(path, "/" CLIENT_SOCKETS);

	for (; at; at = strstr(at + 1, "/" CLIENT_SOCKETS)) {
		char end = at[strlen("/" CLIENT_SOCKETS)];

		if (end == '\0' || end == '/')
			return err_say(e, -EINVAL,
				"cannot grant %s: through the sockets in "
				"%s a server speaks to its client behind the "
				"relay",
				path, CLIENT_SOCKETS);
	}
	return 0;
}

static int refuse_write(const struct plan *p, const char *path,
	const struct stat *st, struct err *e)
{
	if (path_inside(p->home, path) || plan_holds(st, p->home))
		return err_say(e, -EINVAL,
			"cannot grant %s for writing: it is HOME or holds it; "
			"grant a folder inside",
			path);
	for (size_t i = 0; i < ELEMENTS(system_only); i++)
		if (path_inside(path, system_only[i]) ||
			path_inside(system_only[i], path))
			return err_say(e, -EINVAL,
				"cannot grant %s for writing: it belongs to "
				"the system",
				path);
	return 0;
}

static int refuse_kind(
	const char *spelled, const struct stat *st, struct err *e)
{
	const char *kind = S_ISFIFO(st->st_mode)   ? "a FIFO"
			   : S_ISSOCK(st->st_mode) ? "a socket"
			   : S_ISCHR(st->st_mode)  ? "a device"
			   : S_ISBLK(st->st_mode)  ? "a device"
						   : NULL;

	if (!kind)
		return 0;
	return err_say(e, -EINVAL,
		"cannot grant %s: it is %s; only files and folders can be "
		"granted",
		spelled, kind);
}

static int add_grant(struct plan *p, const char *real, const struct stat *st,
	bool write, const char *reason, struct err *e)
{
	struct plan_mount *m = plan_mount_find(p, real);

	if (m && m->kind == MOUNT_BIND && m->grant) {
		m->write = m->write || write;
		return 0;
	}
	if (m) {
		/* A folder that the sandbox would have made: /tmp, HOME. */
		m->kind = MOUNT_BIND;
		free(m->source);
		m->source = strdup(real);
		m->noexec = false;
		free(m->reason);
		m->reason = strdup(reason);
		if (!m->source || !m->reason)
			return err_set(e, -ENOMEM, "planning grants");
	} else {
		m = plan_mount_add(p, MOUNT_BIND, real, real, reason);
	}
	if (!m)
		return err_set(e, -ENOMEM, "planning grants");
	m->grant = true;
	m->write = write;
	m->folder = S_ISDIR(st->st_mode);
	m->dev = st->st_dev;
	m->ino = st->st_ino;
	m->uid = st->st_uid;
	m->gid = st->st_gid;
	return 0;
}

/* The same spelling is to work inside, so far as it is plain. */
static int grant_links(struct plan *p, const char *spelled, struct err *e)
{
	char path[PATH_MAX], cwd[PATH_MAX];
	int n;

	if (strstr(spelled, ".."))
		return 0;
	if (spelled[0] == '/')
		return plan_links(p, spelled, e);
	if (!getcwd(cwd, sizeof(cwd)))
		return 0;
	n = snprintf(path, sizeof(path), "%s/%s", cwd, spelled);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_set(e, -ENAMETOOLONG, "cannot grant %s", spelled);
	return plan_links(p, path, e);
}

/* The client may name a folder as it is, or as the user wrote it. */
static int grant_root(
	struct plan *p, const char *spelled, const char *real, struct err *e)
{
	int r = strv_add(&p->roots, real);

	if (r == 0 && spelled[0] == '/' && strcmp(spelled, real) != 0)
		r = strv_add(&p->roots, spelled);
	return r < 0 ? err_set(e, r, "planning grants") : 0;
}

static int check_grant(const struct plan *p, const char *spelled,
	const char *real, const struct stat *st, bool write, struct err *e)
{
	int r = refuse_kind(spelled, st, e);

	if (r == 0)
		r = refuse_made_inside(real, e);
	if (r == 0 && write)
		r = refuse_write(p, real, st, e);
	if (r == 0)
		r = refuse_own(p, real, st, write, e);
	return r == 0 ? refuse_client_sockets(real, e) : r;
}

/* A grant as a whole: @real is canonical, @st what is there. */
static int grant_whole(struct plan *p, const char *spelled, const char *real,
	const struct stat *st, bool write, const char *reason, struct err *e)
{
	int r = add_grant(p, real, st, write, reason, e);

	if (r == 0)
		r = grant_links(p, spelled, e);
	if (r == 0)
		r = grant_root(p, spelled, real, e);
	return r;
}

/* What policies leave of a grant, which may be parts of it. */
static int grant_left(struct plan *p, const char *spelled, const char *real,
	char *const *left, bool write, const char *reason, struct err *e)
{
	int r = 0;

	for (; r == 0 && left && *left; left++) {
		bool whole = strcmp(*left, real) == 0;
		struct stat st;

		if (lstat(*left, &st) < 0)
			return err_set(e, -errno, "cannot grant %s", *left);
		r = check_grant(p, *left, *left, &st, write, e);
		if (r == 0)
			r = grant_whole(p, whole ? spelled : *left, *left, &st,
				write, reason, e);
	}
	return r;
}

/* What is asked for twice is one grant, for writing if one of them is. 1 if it
 * was spelled alike too, so that nothing is left to do. */
static int join_asked(
	struct plan *p, const char *spelled, const char *real, bool *write)
{
	int r = 0;

	for (size_t i = 0; i < p->n_asked; i++) {
		if (strcmp(p->asked[i].real, real) != 0)
			continue;
		p->asked[i].write |= *write;
		*write = p->asked[i].write;
		r |= strcmp(p->asked[i].spelled, spelled) == 0;
	}
	return r;
}

static int ask_grant(struct plan *p, const char *spelled, const char *real,
	bool write, const char *reason, struct err *e)
{
	struct asked_grant *all, *a;

	if (join_asked(p, spelled, real, &write) > 0)
		return 0;
	all = reallocarray(p->asked, p->n_asked + 1, sizeof(*p->asked));
	a = all ? &all[p->n_asked] : NULL;
	if (!a)
		return err_set(e, -ENOMEM, "planning grants");
	p->asked = all;
	*a = (struct asked_grant){strdup(spelled), strdup(real), reason, write};
	p->n_asked++;
	return a->spelled && a->real ? 0
				     : err_set(e, -ENOMEM, "planning grants");
}

/* What would be refused without a policy is refused with one. */
int plan_grant(struct plan *p, const char *spelled, bool write,
	const char *reason, struct err *e)
{
	char real[PATH_MAX];
	struct stat st;
	int r;

	if (!realpath(spelled, real) || lstat(real, &st) < 0)
		return err_set(e, -errno, "cannot grant %s", spelled);
	r = check_grant(p, spelled, real, &st, write, e);
	if (r < 0 || path_inside(real, "/usr"))
		return r; /* /usr is there already */
	return ask_grant(p, spelled, real, write, reason, e);
}

static int give(struct plan *p, const struct asked_grant *a, struct err *e)
{
	_narrowed_ struct narrowed left = {0};
	int r = narrow_path(p, a, &left, e);

	if (r == 0)
		r = grant_left(
			p, a->spelled, a->real, left.read, false, a->reason, e);
	if (r == 0)
		r = grant_left(
			p, a->spelled, a->real, left.write, true, a->reason, e);
	return r;
}

int plan_grants_whole(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_asked; i++) {
		const struct asked_grant *a = &p->asked[i];
		char *const all[] = {a->real, NULL};

		r = grant_left(
			p, a->spelled, a->real, all, a->write, a->reason, e);
	}
	return r;
}

int plan_grants_give(struct plan *p, struct err *e)
{
	int r = narrow_shadow(p, e);

	for (size_t i = 0; r == 0 && i < p->n_asked; i++)
		r = give(p, &p->asked[i], e);
	return r;
}

void plan_grants_deinit(struct plan *p)
{
	for (size_t i = 0; i < p->n_asked; i++) {
		free(p->asked[i].spelled);
		free(p->asked[i].real);
	}
	free(p->asked);
}

/* What the runtime needs is no grant, and no policy cuts it. */
static int grant_runtime(
	struct plan *p, const char *path, const char *reason, struct err *e)
{
	char real[PATH_MAX];
	struct stat st;
	int r;

	if (!realpath(path, real) || lstat(real, &st) < 0)
		return err_set(e, -errno, "cannot grant %s", path);
	r = check_grant(p, path, real, &st, false, e);
	if (r < 0 || path_inside(real, "/usr"))
		return r;
	return grant_whole(p, path, real, &st, false, reason, e);
}

int plan_runtime(struct plan *p, struct err *e)
{
	const struct runtime_result *rt = p->runtime;

	for (size_t i = 0; i < rt->n_mounts; i++) {
		const struct runtime_mount *rm = &rt->mounts[i];
		const struct plan_mount *over = plan_mount_over(p, rm->path);
		int r;

		if (over && over->kind == MOUNT_BIND)
			continue;
		r = grant_runtime(p, rm->path, rm->reason, e);
		if (r < 0)
			return r;
	}
	for (char **l = rt->links; l && *l; l++) {
		_free_ char *spelled = strdup(*l);
		char *tab = spelled ? strchr(spelled, '\t') : NULL;
		int r;

		if (!tab)
			return err_say(e, -EINVAL, "runtime: malformed link");
		*tab = '\0';
		r = plan_links(p, spelled, e);
		if (r < 0)
			return r;
	}
	return 0;
}
