/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The user's file of a profile, found, planned for and exchanged. It is never
 * written in place: whoever reads it gets the old one or the new one whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/folders.h"
#include "plan/profile_edit.h"

void profile_edit_deinit(struct profile_edit *c)
{
	free(take_ptr(c->name));
	free(take_ptr(c->path));
	profile_text_deinit(&c->before);
	profile_text_deinit(&c->after);
}

static bool text_equals(
	const struct profile_text *a, const struct profile_text *b)
{
	return a->len == b->len &&
	       (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}

/* A file of the user's for a profile that lies elsewhere, still empty. */
static int text_of_child(const char *name, struct profile_text *ret)
{
	int n = asprintf(&ret->bytes,
		"{\n\t\"version\": 1,\n\t\"extends\": \"%s\"\n}\n", name);

	if (n < 0) {
		ret->bytes = NULL;
		return -ENOMEM;
	}
	ret->len = (size_t)n;
	return 0;
}

/* The policy as it was: that of the chain, which must be one. */
static int policy_before(const struct profile_store *s, struct profile_edit *c,
	struct profile **ret, struct err *e)
{
	_chain_ struct profile_chain chain = {0};
	int r = profile_chain_load(s, c->name, &chain, e);

	if (r > 0)
		return err_say(e, -ENOENT,
			"there is no profile %s; expected one that stockade "
			"profile list shows",
			c->name);
	if (r == 0)
		r = profile_chain_merge(&chain, ret, e);
	if (r < 0)
		return r;
	memcpy(c->old_digest, (*ret)->digest, sizeof(c->old_digest));
	if ((*ret)->base)
		return err_say(e, -ENOTSUP,
			"%s is a base and no policy: a file of that name would "
			"make one for every server that gets it; expected a "
			"profile of this server's own, which extends %s",
			c->name, c->name);
	return 0;
}

/* The policy as it would be, with all the checks of a load. */
static int policy_after(
	const struct profile_store *s, struct profile_edit *c, struct err *e)
{
	_chain_ struct profile_chain chain = {0};
	_profile_ struct profile *p = NULL;
	struct profile_layer *first = NULL;
	int r = profile_layer_parse(
		c->name, c->path, c->after.bytes, c->after.len, &first, e);

	if (r < 0)
		return r;
	first->origin = ORIGIN_USER;
	r = profile_chain_complete(s, first, &chain, e);
	if (r == 0)
		r = profile_chain_merge(&chain, &p, e);
	if (r == 0)
		memcpy(c->new_digest, p->digest, sizeof(c->new_digest));
	return r;
}

static int edit_user_text(struct profile_edit *c, const char *list,
	const char *entry, struct err *e)
{
	_text_ struct profile_text child = {0};

	if (!c->creates)
		return profile_edit_text(c->name, c->path, &c->before, list,
			entry, &c->after, e);
	if (text_of_child(c->name, &child) < 0)
		return err_set(e, -ENOMEM, "profile %s", c->path);
	return profile_edit_text(
		c->name, c->path, &child, list, entry, &c->after, e);
}

int profile_edit_prepare(const struct profile_store *s, const char *name,
	const char *list, const char *entry, struct profile_edit *ret,
	struct err *e)
{
	_edit_ struct profile_edit c = {.name = strdup(name)};
	_profile_ struct profile *before = NULL;
	int r = c.name ? 0 : err_set(e, -ENOMEM, "profile %s", name);

	if (r == 0)
		r = profile_store_read_user(
			s, name, &c.path, &c.st, &c.before, e);
	c.creates = r > 0;
	if (r >= 0)
		r = policy_before(s, &c, &before, e);
	if (r == 0)
		r = edit_user_text(&c, list, entry, e);
	if (r == 0)
		r = policy_after(s, &c, e);
	/* What is extended may have the entry too: nothing would change. */
	if (r == 0 && memcmp(c.old_digest, c.new_digest, 32) == 0)
		r = 1;
	if (r != 0)
		return r;
	*ret = c;
	c = (struct profile_edit){0};
	return 0;
}

/* Nothing that went on since may be lost. */
static int check_unchanged(const struct profile_edit *c,
	const struct profile_store *now, struct err *e)
{
	_text_ struct profile_text text = {0};
	_free_ char *path = NULL;
	struct stat st;
	int r = profile_store_read_user(now, c->name, &path, &st, &text, e);

	if (r < 0)
		return r;
	if (c->creates ? r == 0 : r > 0 || !text_equals(&text, &c->before))
		return err_say(e, -ESTALE,
			"%s has changed in the meantime, and was left as it "
			"is; look at it, then do this again",
			c->path);
	return 0;
}

/* The old file's mode, and no reader that it did not have. */
static int take_over_mode(const struct profile_edit *c, int fd)
{
	mode_t mode = c->creates ? 0600 : c->st.st_mode & 0777;

	if (!c->creates && fchown(fd, (uid_t)-1, c->st.st_gid) < 0)
		mode &= (mode_t)~0070;
	return fchmod(fd, mode) < 0 ? -errno : 0;
}

static int file_fill(const struct profile_edit *c, int dir, const char *name)
{
	_close_ int fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : 0;

	if (r == 0)
		r = fd_write_all(fd, c->after.bytes, c->after.len);
	if (r == 0)
		r = take_over_mode(c, fd);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

static int file_rename(
	const struct profile_edit *c, int dir, const char *from, const char *to)
{
	if (!c->creates)
		return renameat(dir, from, dir, to) < 0 ? -errno : 0;
	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	/* A filesystem without; there was no such file a moment ago. */
	if (errno == EINVAL || errno == ENOSYS)
		return renameat(dir, from, dir, to) < 0 ? -errno : 0;
	return -errno;
}

/* The new one is made under a name that no profile can have. */
static int file_exchange(const struct profile_edit *c, int dir, struct err *e)
{
	char made[PROFILE_MAX_NAME + 16], name[PROFILE_MAX_NAME + 8];
	int r;

	(void)snprintf(made, sizeof(made), ".%s.json.new", c->name);
	(void)snprintf(name, sizeof(name), "%s.json", c->name);
	/* Left by one that was killed at this: the lock says it is over. */
	(void)unlinkat(dir, made, 0);
	r = file_fill(c, dir, made);
	if (r == 0)
		r = file_rename(c, dir, made, name);
	if (r < 0)
		(void)unlinkat(dir, made, 0);
	if (r == 0 && fsync(dir) < 0)
		r = -errno;
	return r < 0 ? err_set(e, r, "writing %s", c->path) : 0;
}

/* The user's folder, made if it is not there yet. */
static int folder_of(const struct profile_store *s, int *ret_fd, struct err *e)
{
	_close_ int made = -1;
	int r = 0, fd;

	if (s->user_fd < 0)
		r = folder_open(FOLDER_CONFIG, "profiles", true, &made, e);
	if (r < 0)
		return r;
	fd = openat(made >= 0 ? made : s->user_fd, ".",
		O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, -errno, "folder %s", s->user_path);
	*ret_fd = fd;
	return 0;
}

int profile_edit_write(const struct profile_store *s,
	const struct profile_edit *c, struct err *e)
{
	struct profile_store now = *s;
	_close_ int dir = -1;
	int r = folder_of(s, &dir, e);

	if (r < 0)
		return r;
	/* Closing the folder lets go of it. */
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_set(e, -errno, "folder %s", s->user_path);
	now.user_fd = dir;
	r = check_unchanged(c, &now, e);
	return r < 0 ? r : file_exchange(c, dir, e);
}

int profile_edit_file(const char *name, const char *list, const char *entry,
	struct profile_edit *ret, struct err *e)
{
	_store_ struct profile_store s = PROFILE_STORE_INIT;
	_edit_ struct profile_edit c = {0};
	int r = profile_store_open(&s, e);

	if (r >= 0)
		r = profile_edit_prepare(&s, name, list, entry, &c, e);
	if (r == 0)
		r = profile_edit_write(&s, &c, e);
	if (r != 0)
		return r;
	*ret = c;
	c = (struct profile_edit){0};
	return 0;
}
