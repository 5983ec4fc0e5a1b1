/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "plan/build.h"

/*
 * What editors, shells, git and agents run or trust when they find it. A
 * server that may write a project may not leave these behind unseen.
 */
const char *const protected_names[] = {".bash_login", ".bash_logout",
	".bash_profile", ".bashrc", ".claude", ".codex", ".cursor",
	".devcontainer", ".envrc", ".gemini", ".git", ".gitconfig",
	".gitmodules", ".husky", ".idea", ".inputrc", ".mcp.json", ".profile",
	".vscode", ".zed", ".zlogin", ".zlogout", ".zprofile", ".zshenv",
	".zshrc", NULL};

bool protected_name(const char *name)
{
	for (const char *const *n = protected_names; *n; n++)
		if (strcmp(*n, name) == 0)
			return true;
	return false;
}

#define SOCKETS_MAX 1024 /* masked at the top of one grant */

static int add_mask(struct plan *p, const char *path, bool folder,
	const char *why, struct err *e)
{
	struct plan_mount *m = plan_mount_find(p, path);

	if (m && m->kind == MOUNT_MASK)
		return 0;
	m = plan_mount_add(p, MOUNT_MASK, path, NULL, why);
	if (!m)
		return err_set(e, -ENOMEM, "planning masks");
	m->folder = folder;
	return 0;
}

/* Who the folder belongs to that something is guarded in. */
struct owner {
	uid_t uid;
	gid_t gid;
};

/*
 * Binds what is there by a protected name onto itself. As in the rest of the
 * grant the server acts for the owner of the grant there, whoever owns the
 * name itself: else his rights would be lent too.
 */
static int pin(struct plan *p, const char *path, bool write,
	const struct owner *owner, struct err *e)
{
	struct plan_mount *m;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_set(e, -errno, "%s", path);
	/* A link cannot be bound over; the watch sees it change. */
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return 0;
	if (plan_mount_find(p, path))
		return 0; /* granted by itself */
	m = plan_mount_add(p, MOUNT_BIND, path, path, "protected name");
	if (!m)
		return err_set(e, -ENOMEM, "planning protected names");
	m->write = write;
	m->grant = true;
	m->folder = S_ISDIR(st.st_mode);
	m->dev = st.st_dev;
	m->ino = st.st_ino;
	m->uid = owner->uid;
	m->gid = owner->gid;
	return 0;
}

static int join(char dst[PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(dst, PATH_MAX, "%s/%s", folder, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/*
 * Binds each folder between @grant and @path onto itself: none of them can be
 * renamed then, so that another could be put in the place of @path.
 */
static int pin_above(struct plan *p, const char *grant, const char *path,
	const struct owner *owner, struct err *e)
{
	char part[PATH_MAX];
	int r = 0;

	for (const char *s = strchr(path + strlen(grant) + 1, '/'); r == 0 && s;
		s = strchr(s + 1, '/')) {
		(void)snprintf(
			part, sizeof(part), "%.*s", (int)(s - path), path);
		r = pin(p, part, true, owner, e);
	}
	return r;
}

/* A protected name may be a link to what lies in the same grant: that is
 * what is trusted then. */
static int protected_target(struct plan *p, const char *grant,
	char path[PATH_MAX], const struct owner *owner, struct err *e)
{
	char real[PATH_MAX];

	if (!realpath(path, real) || strcmp(real, path) == 0 ||
		!path_inside(real, grant) || strcmp(real, grant) == 0)
		return 0;
	memcpy(path, real, strlen(real) + 1);
	return pin_above(p, grant, path, owner, e);
}

/* What git runs stays shut in a .git that is open for writing. */
static int pin_in_git(struct plan *p, const char *git,
	const struct owner *owner, struct err *e)
{
	static const char *const shut[] = {"hooks", "config"};
	char path[PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(shut); i++) {
		r = join(path, git, shut[i]);
		if (r == 0)
			r = pin(p, path, false, owner, e);
	}
	return r;
}

/* `git: write` opens .git, but not what git runs from it. */
static int pin_git(struct plan *p, const char *git, const struct owner *owner,
	struct err *e)
{
	struct stat st;
	int r = pin(p, git, true, owner, e);

	if (r < 0 || lstat(git, &st) < 0 || !S_ISDIR(st.st_mode))
		return r;
	r = pin_in_git(p, git, owner, e);
	if (r == 0)
		r = strv_add(&p->watched, git);
	return r;
}

static bool named_git(const char *folder)
{
	const char *slash = strrchr(folder, '/');

	return slash && strcmp(slash, "/.git") == 0;
}

static int protect(struct plan *p, const char *folder,
	const struct owner *owner, struct err *e)
{
	bool git_write = p->profile->sandbox.git_write;
	char path[PATH_MAX];
	int r = strv_add(&p->watched, folder);

	/* A .git that is granted by itself. */
	if (r == 0 && named_git(folder))
		r = pin_in_git(p, folder, owner, e);

	for (const char *const *n = protected_names; r == 0 && *n; n++) {
		r = join(path, folder, *n);
		if (r == 0)
			r = protected_target(p, folder, path, owner, e);
		if (r < 0)
			return err_set(e, r, "%s", folder);
		if (git_write && strcmp(*n, ".git") == 0)
			r = pin_git(p, path, owner, e);
		else
			r = pin(p, path, false, owner, e);
	}
	return r;
}

/*
 * Whether something leads to another process: a socket; a FIFO too where the
 * grant is for reading, for a read-only mount stops nobody from writing to it,
 * and Landlock only where no writable folder of ours (HOME, /tmp) is above.
 * 1, 0, or why that cannot be told.
 */
static int is_channel(int folder, const struct dirent *entry, bool fifos)
{
	struct stat st;

	if (entry->d_type != DT_SOCK && entry->d_type != DT_FIFO &&
		entry->d_type != DT_UNKNOWN)
		return 0;
	if (fstatat(folder, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISSOCK(st.st_mode) || (fifos && S_ISFIFO(st.st_mode));
}

/*
 * Folders full of other programs' sockets, a few levels down: of a terminal's
 * server, of agents for keys, of the desktop's bus. Whoever connects to one is
 * out of the sandbox.
 */
static bool is_crowded(const struct plan *p, const char *grant)
{
	const char *places[] = {"/tmp", "/var/tmp", getenv("TMPDIR"), p->home};

	for (size_t i = 0; i < ELEMENTS(places); i++)
		if (places[i] && path_inside(places[i], grant))
			return true;
	return path_inside(grant, "/run");
}

struct sockets {
	const char *grant;
	bool fifos; /* count as well */
	unsigned n;
};

static int mask_sockets_below(struct plan *p, const char *folder,
	unsigned depth, struct sockets *found, struct err *e);

static int mask_socket(struct plan *p, const char *folder, DIR *d,
	const struct dirent *entry, unsigned depth, struct sockets *found,
	struct err *e)
{
	char path[PATH_MAX];
	int is = is_channel(dirfd(d), entry, found->fifos), r;

	if (is < 0)
		return is;
	if (!is && (depth == 0 || entry->d_type != DT_DIR ||
			   strcmp(entry->d_name, ".") == 0 ||
			   strcmp(entry->d_name, "..") == 0))
		return 0;
	r = join(path, folder, entry->d_name);
	if (r < 0)
		return is ? r : 0; /* too long to connect to anyway */
	if (!is)
		return mask_sockets_below(p, path, depth - 1, found, e);
	if (++found->n > SOCKETS_MAX)
		return err_say(e, -E2BIG,
			"cannot grant %s: more than %d sockets and FIFOs in it",
			found->grant, SOCKETS_MAX);
	return add_mask(p, path, false, "a socket or FIFO", e);
}

static int mask_sockets_below(struct plan *p, const char *folder,
	unsigned depth, struct sockets *found, struct err *e)
{
	bool top = strcmp(folder, found->grant) == 0;
	DIR *d = opendir(folder);
	const struct dirent *entry;
	int r = 0;

	/* One may connect in a folder that one may not list. */
	if (!d && (top || (errno != EACCES && errno != ENOENT)))
		return err_set(e, -errno, "cannot grant %s: list %s",
			found->grant, folder);
	if (!d)
		return 0;
	while (r == 0 && (errno = 0, entry = readdir(d)))
		r = mask_socket(p, folder, d, entry, depth, found, e);
	if (r == 0)
		r = -errno; /* of readdir() */
	(void)closedir(d);
	return r < 0 ? err_set(e, r, "cannot grant %s: list it", folder) : 0;
}

/* A read-only bind stops nobody from connecting to a socket in it. */
static int mask_sockets(
	struct plan *p, const char *folder, bool write, struct err *e)
{
	struct sockets found = {.grant = folder, .fifos = !write};

	return mask_sockets_below(
		p, folder, is_crowded(p, folder) ? 2 : 0, &found, e);
}

static int mask_if_inside(struct plan *p, const char *path, const char *grant,
	const char *why, struct err *e)
{
	struct stat st;

	if (!path_inside(path, grant))
		return 0;
	if (lstat(path, &st) < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : err_set(e, -errno, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return 0;
	return add_mask(p, path, true, why, e);
}

/* The folder of the sockets by which an agent takes text from programs. */
static int mask_client_sockets(struct plan *p, const char *grant, struct err *e)
{
	const char *folders[] = {
		grant, getenv("TMPDIR"), "/tmp", "/var/tmp", p->home};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(folders); i++) {
		char path[PATH_MAX], real[PATH_MAX];

		if (!folders[i] || join(path, folders[i], CLIENT_SOCKETS) < 0)
			continue;
		if (!realpath(path, real)) {
			/* Where we may not go, the server may not either. */
			if (errno == ENOENT || errno == ENOTDIR ||
				errno == EACCES)
				continue;
			return err_set(e, -errno, "%s", path);
		}
		r = mask_if_inside(p, real, grant, "sockets of the client", e);
	}
	return r;
}

/* Not only in grants: a variable may have put them into /usr. */
static int mask_own(struct plan *p, const char *folder, struct err *e)
{
	int r = 0;

	for (char **own = p->own; r == 0 && own && *own; own++)
		r = mask_if_inside(p, *own, folder, "stockade's own", e);
	return r;
}

static int guard_one(struct plan *p, const char *grant, bool write,
	const struct owner *owner, struct err *e)
{
	int r = mask_client_sockets(p, grant, e);

	if (r == 0)
		r = mask_sockets(p, grant, write, e);
	if (r == 0 && write)
		r = protect(p, grant, owner, e);
	return r;
}

/* What is granted for reading inside what is granted for writing. */
static int hold_in_place(
	struct plan *p, const char *target, size_t n, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct plan_mount *m = &p->mounts[i];
		const struct owner owner = {m->uid, m->gid};
		_free_ char *over = NULL;

		if (!m->grant || !m->write || !m->folder || m->own ||
			strcmp(m->target, target) == 0 ||
			!path_inside(target, m->target))
			continue;
		over = strdup(m->target);
		r = over ? pin_above(p, over, target, &owner, e)
			 : err_set(e, -ENOMEM, "planning");
	}
	return r;
}

int plan_guard(struct plan *p, struct err *e)
{
	size_t n = p->n_mounts; /* what is added below needs no guard */

	for (size_t i = 0; i < n; i++) {
		_free_ char *target = NULL;
		bool write = p->mounts[i].write;
		const struct owner owner = {p->mounts[i].uid, p->mounts[i].gid};
		bool grant = p->mounts[i].grant;
		int r;

		if (p->mounts[i].kind != MOUNT_BIND || p->mounts[i].own)
			continue;
		target = strdup(p->mounts[i].target);
		if (!target)
			return err_set(e, -ENOMEM, "planning");
		r = grant && !write ? hold_in_place(p, target, n, e) : 0;
		if (r == 0 && !p->mounts[i].folder)
			continue;
		if (r == 0)
			r = mask_own(p, target, e);
		if (r == 0 && grant)
			r = guard_one(p, target, write, &owner, e);
		if (r < 0)
			return err_set(e, r, "%s", target);
	}
	return 0;
}
