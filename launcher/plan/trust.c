/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/trust.h"

#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/sha256.h"

#define LIST_FILE "trusted"
#define LIST_NEW ".trusted.new"
#define HEX_LEN 64

void trust_file_deinit(struct trust_file *f)
{
	free(f->path);
	free(f->text);
	*f = (struct trust_file){0};
}

static bool fits_line(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path < 0x20 || *path == 0x7f)
			return false;
	return true;
}

int trust_file_read(const char *path, struct trust_file *ret, struct err *e)
{
	_trust_file_ struct trust_file f = {.path = realpath(path, NULL)};
	int r;

	if (!f.path)
		return err_set(e, -errno, "profile %s", path);
	if (!fits_line(f.path))
		return err_say(e, -EINVAL,
			"profile %s: its path has a control character", path);
	r = profile_any_read("file", f.path, &f.text, &f.len, e);
	if (r < 0)
		return r;
	sha256(f.text, f.len, ret->digest);
	ret->len = f.len;
	ret->path = take_ptr(f.path);
	ret->text = take_ptr(f.text);
	return 0;
}

static int line_of(const struct trust_file *f, char **ret)
{
	char hex[HEX_LEN + 1];

	(void)sodium_bin2hex(hex, sizeof(hex), f->digest, sizeof(f->digest));
	return asprintf(ret, "%s  %s", hex, f->path) < 0 ? -ENOMEM : 0;
}

static bool line_fits(const char *line)
{
	return strspn(line, "0123456789abcdef") == HEX_LEN &&
	       line[HEX_LEN] == ' ' && line[HEX_LEN + 1] == ' ' &&
	       line[TRUST_PATH] == '/' && fits_line(line + TRUST_PATH);
}

static int lines_split(
	char *text, size_t len, const char *path, char ***ret, struct err *e)
{
	_strv_ char **lines = strv_copy(NULL);
	char *end = text + len;
	int r = lines ? 0 : -ENOMEM;

	for (unsigned n = 1; r == 0 && text < end; n++) {
		char *newline = memchr(text, '\n', (size_t)(end - text));

		if (newline)
			*newline = '\0';
		if (!newline || strlen(text) != (size_t)(newline - text) ||
			!line_fits(text))
			return err_say(e, -EINVAL,
				"%s:%u:1: the line is not understood; expected "
				"a SHA-256, two spaces and a path",
				path, n);
		r = strv_add(&lines, text);
		text = newline + 1;
	}
	if (r < 0)
		return err_set(e, r, "%s", path);
	*ret = take_ptr(lines);
	return 0;
}

/* An empty list where there is none. @dir is the configuration folder. */
static int list_read(int dir, char ***ret, struct err *e)
{
	_free_ char *folder = NULL, *path = NULL, *text = NULL;
	size_t len = 0;
	int r = folder_path(FOLDER_CONFIG, &folder, e);

	if (r < 0)
		return r;
	if (asprintf(&path, "%s/" LIST_FILE, folder) < 0) {
		path = NULL;
		return err_set(e, -ENOMEM, "trusted profiles");
	}
	r = profile_file_read(dir, LIST_FILE, path, geteuid(), &text, &len, e);
	if (r < 0)
		return r;
	if (r == 0 && len > PROFILE_MAX_BYTES)
		return err_say(e, -EFBIG, "%s is too long", path);
	return lines_split(text, r > 0 ? 0 : len, path, ret, e);
}

int trust_list(char ***ret_lines, struct err *e)
{
	_close_ int dir = -1;
	int r = folder_open(FOLDER_CONFIG, "", false, &dir, e);

	if (r < 0)
		return r;
	if (r == 0)
		return list_read(dir, ret_lines, e);
	*ret_lines = strv_copy(NULL);
	return *ret_lines ? 0 : err_set(e, -ENOMEM, "trusted profiles");
}

int trust_find(const struct trust_file *f, struct err *e)
{
	_strv_ char **lines = NULL;
	_free_ char *wanted = NULL;
	int r = trust_list(&lines, e), found = TRUST_NONE;

	if (r < 0)
		return r;
	if (line_of(f, &wanted) < 0)
		return err_set(e, -ENOMEM, "trusted profiles");
	for (char **l = lines; *l; l++) {
		if (strcmp(*l, wanted) == 0)
			return TRUST_GIVEN;
		if (strcmp(*l + TRUST_PATH, f->path) == 0)
			found = TRUST_CHANGED;
	}
	return found;
}

static int lines_write(int fd, char *const *lines)
{
	int r = 0;

	for (; r == 0 && *lines; lines++) {
		r = fd_write_all(fd, *lines, strlen(*lines));
		if (r == 0)
			r = fd_write_all(fd, "\n", 1);
	}
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* The old list or the new one, never half of one. */
static int list_replace(int dir, char *const *lines, struct err *e)
{
	_close_ int fd = -1;
	int r = 0;

	/* What a crash has left; whoever else writes waits for the lock. */
	(void)unlinkat(dir, LIST_NEW, 0);
	fd = openat(dir, LIST_NEW,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		r = -errno;
	if (r == 0)
		r = lines_write(fd, lines);
	if (r == 0 && renameat(dir, LIST_NEW, dir, LIST_FILE) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		(void)unlinkat(dir, LIST_NEW, 0);
	/* It counts from here on, whatever a power cut may undo. */
	if (r == 0)
		(void)fsync(dir);
	return r < 0 ? err_set(e, r, "writing the list of trusted profiles")
		     : 0;
}

/* The folder, locked until it is closed. */
static int list_lock(int *ret_dir, struct err *e)
{
	_close_ int path = -1, dir = -1;
	int r = folder_open(FOLDER_CONFIG, "", true, &path, e);

	if (r != 0)
		return r;
	dir = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || flock(dir, LOCK_EX) < 0)
		return err_set(e, -errno, "the folder of trusted profiles");
	*ret_dir = take_fd(&dir);
	return 0;
}

/* Takes the line of @path out, and puts @add (or nothing) at the end. 1 if
 * there was none to take out. */
static int list_change(const char *path, const char *add, struct err *e)
{
	_strv_ char **lines = NULL, **kept = strv_copy(NULL);
	_close_ int dir = -1;
	bool had = false;
	int r = kept ? list_lock(&dir, e) : -ENOMEM;

	if (r == 0)
		r = list_read(dir, &lines, e);
	for (char **l = lines; r == 0 && l && *l; l++) {
		if (strcmp(*l + TRUST_PATH, path) == 0)
			had = true;
		else
			r = strv_add(&kept, *l);
	}
	if (r == 0 && add)
		r = strv_add(&kept, add);
	if (r == 0 && strv_len(kept) > PROFILE_MAX_ITEMS)
		return err_say(e, -E2BIG,
			"more than %d profiles are trusted: --revoke some",
			PROFILE_MAX_ITEMS);
	if (r == 0 && (add || had))
		r = list_replace(dir, kept, e);
	return r < 0 ? err_set(e, r, "trusted profiles") : !had;
}

int trust_give(const struct trust_file *f, struct err *e)
{
	_free_ char *line = NULL;
	int r;

	if (line_of(f, &line) < 0)
		return err_set(e, -ENOMEM, "trusted profiles");
	r = list_change(f->path, line, e);
	return r < 0 ? r : 0;
}

int trust_revoke(const char *path, struct err *e)
{
	_free_ char *real = realpath(path, NULL);

	return list_change(real ? real : path, NULL, e);
}

/* One line, with the command that would change it. */
static int refuse(const struct trust_file *f, bool changed, struct err *e)
{
	_free_ char *word = escape_shell_word(f->path);

	return err_status(e, EXIT_REFUSED,
		"profile %s %s: look at it, then type: stockade profile trust "
		"%s",
		f->path,
		changed ? "has changed since it was trusted" : "is not trusted",
		word ? word : f->path);
}

int trust_chain_load(const struct profile_store *s, const char *path,
	struct profile_chain *ret, char **ret_place, struct err *e)
{
	_trust_file_ struct trust_file f = {0};
	int r = trust_file_read(path, &f, e);

	if (r == 0)
		r = trust_find(&f, e);
	if (r > 0)
		return refuse(&f, r == TRUST_CHANGED, e);
	/* The very bytes that were compared are those that are parsed. */
	if (r == 0)
		r = profile_chain_text(s, f.path, f.text, f.len, ret, e);
	if (r == 0)
		*ret_place = take_ptr(f.path);
	return r;
}
