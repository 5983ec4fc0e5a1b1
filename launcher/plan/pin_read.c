/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a store of pins: its files in their order, each whole, its owner's
 * alone and unedited.
 *
 * What a crash cut short is read as far as it goes. What it would have said
 * further nobody knows: so whatever the server shows besides is new to us and
 * waits for somebody, as it would of a server that is known.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/dir.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/strv.h"
#include "plan/pin_folder.h"

/* A file that is being written: locked, or about to be. */
#define WAIT_MS 2000
#define PAUSE_MS 5
#define OLD_S 2

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "reading the pins")
#define LOOK                                                            \
	"see what was done to it; without the folder %s the server is " \
	"pinned anew, as it is then"

static void pause_a_little(void)
{
	const struct timespec t = {.tv_nsec = PAUSE_MS * 1000000L};

	(void)nanosleep(&t, NULL);
}

static int refuse_file(const struct pin_store *s, const char *file,
	const char *why, struct err *e)
{
	return err_say(e, -EBADMSG, "pins: the file %s/%s %s: " LOOK, s->path,
		file, why, s->path);
}

static int check_owner(
	const struct pin_store *s, const char *file, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "pins: %s/%s", s->path, file);
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return refuse_file(s, file, "is no plain file", e);
	if (st.st_uid != geteuid())
		return refuse_file(s, file, "belongs to somebody else", e);
	if (st.st_mode & 077)
		return refuse_file(
			s, file, "may be read or written by others", e);
	if (st.st_size > (off_t)PIN_FILE_MAX)
		return refuse_file(s, file, "is too large", e);
	return 0;
}

static int read_text(int fd, char **ret, size_t *ret_len)
{
	_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	if (st.st_size > (off_t)PIN_FILE_MAX)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	n = fd_read_all(fd, text, (size_t)st.st_size);
	if (n < 0)
		return (int)n;
	free(*ret);
	*ret = take_ptr(text);
	*ret_len = (size_t)n;
	return 0;
}

/* Long since made: if nobody has it locked now, nobody is about to. */
static bool is_old(int fd)
{
	struct timespec now;
	struct stat st;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 &&
	       fstat(fd, &st) == 0 && st.st_mtim.tv_sec < now.tv_sec - OLD_S;
}

/* Its end may be on its way: the writer holds it locked, but for a moment. */
static int read_whole(int fd, char **ret, size_t *ret_len, struct pin_batch *b)
{
	int r = -ENODATA;

	for (unsigned ms = 0; ms < WAIT_MS && r == -ENODATA; ms += PAUSE_MS) {
		bool free_now = flock(fd, LOCK_SH | LOCK_NB) == 0;

		r = read_text(fd, ret, ret_len);
		if (r == 0)
			r = pin_batch_open(*ret, *ret_len, b);
		if (free_now)
			(void)flock(fd, LOCK_UN);
		/* Nobody writes it, and its name is not a moment old. */
		if (r == -ENODATA && free_now &&
			(ms > 20 * PAUSE_MS || is_old(fd)))
			return r;
		if (r == -ENODATA)
			pause_a_little();
	}
	return r == -ENODATA ? -EWOULDBLOCK : r;
}

static int keep_header(struct pin_store *s, const struct pin_batch *b)
{
	free(s->profile);
	free(s->server);
	s->profile = strndup(b->profile, b->profile_len);
	s->server = strndup(b->server, b->server_len);
	return s->profile && s->server ? 0 : -ENOMEM;
}

/* All that there is was cut before it said whose it is. */
static int keep_no_header(struct pin_store *s)
{
	s->profile = strndup(s->name, strcspn(s->name, "@-"));
	s->server = strdup("?");
	return s->profile && s->server ? 0 : -ENOMEM;
}

static int read_file(struct pin_store *s, int dir, const char *file,
	struct pins *pins, struct err *e)
{
	_close_ int fd = openat(dir, file,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_free_ char *text = NULL;
	struct pin_batch b;
	size_t len = 0;
	int r;

	if (fd < 0)
		return err_set(e, -errno, "pins: %s/%s", s->path, file);
	r = check_owner(s, file, fd, e);
	if (r < 0)
		return r;
	r = read_whole(fd, &text, &len, &b);
	if (r == -ENODATA) {
		s->n_cut++;
		pins_shut(pins);
		r = pin_batch_salvage(text, len, &b);
	}
	if (r == 0)
		r = pin_batch_apply(b, pins);
	if (r == 0 && b.profile)
		r = keep_header(s, &b);
	if (r == -EWOULDBLOCK)
		return err_say(e, r,
			"pins: the file %s/%s is kept locked by another "
			"process: see who has it open (fuser)",
			s->path, file);
	if (r == -EBADMSG)
		return refuse_file(s, file, "was edited", e);
	if (r == -ENOSPC)
		return refuse_file(s, file, "goes beyond the bound", e);
	return r < 0 ? err_set(e, r, "pins: %s/%s", s->path, file) : 0;
}

/* Its owner's alone, and locked: who accepts puts one file in the place of all.
 */
static int open_folder(const struct pin_store *s, int path, int operation,
	int *ret_fd, struct err *e)
{
	_close_ int fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "pins: folder %s", s->path);
	for (unsigned ms = 0; flock(fd, operation | LOCK_NB) < 0;
		ms += PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, -errno, "pins: folder %s", s->path);
		if (ms > WAIT_MS)
			return err_say(e, -EWOULDBLOCK,
				"pins: the folder %s is kept locked by another "
				"process: see who has it open (fuser)",
				s->path);
		pause_a_little();
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What has no name of ours is nobody's. */
static int list_files(struct pin_store *s, int dir, char ***ret, struct err *e)
{
	const struct dirent *entry;
	_dir_ DIR *d = NULL;
	uint32_t sequence;
	int r = dir_open(dir, &d);

	while (r == 0 && (r = dir_next(d, &entry)) == 1) {
		r = 0;
		if (!pin_file_parse(entry->d_name, &sequence))
			continue;
		if (sequence >= s->sequence)
			s->sequence = sequence + 1;
		if (++s->n_files > PIN_FILES_MAX)
			r = err_say(e, -E2BIG,
				"pins: the folder %s has more than %d files: " LOOK,
				s->path, PIN_FILES_MAX, s->path);
		else
			r = strv_add(ret, entry->d_name);
	}
	if (r == 0)
		strv_sort(*ret);
	return r < 0 ? err_set(e, r, "pins: folder %s", s->path) : 0;
}

int pin_folder_read(struct pin_store *s, int dir, struct pins *pins,
	char ***ret_files, struct err *e)
{
	int r;

	s->n_files = s->n_cut = 0;
	r = list_files(s, dir, ret_files, e);
	for (char **f = *ret_files; r == 0 && f && *f; f++)
		r = read_file(s, dir, *f, pins, e);
	if (r == 0 && *ret_files && !s->profile && keep_no_header(s) < 0)
		return OUT_OF_MEMORY(e);
	return r == 0 && !*ret_files ? 1 : r;
}

int pin_folder_lock(
	const struct pin_store *s, int operation, int *ret_dir, struct err *e)
{
	_free_ char *sub = NULL;
	_close_ int path = -1;
	int r;

	if (asprintf(&sub, PIN_FOLDER "/%s", s->name) < 0) {
		sub = NULL;
		return OUT_OF_MEMORY(e);
	}
	r = folder_open(FOLDER_STATE, sub, false, &path, e);
	return r == 0 ? open_folder(s, path, operation, ret_dir, e) : r;
}

int pin_store_read(struct pin_store *s, struct pins *pins, struct err *e)
{
	_strv_ char **files = NULL;
	_close_ int dir = -1;
	int r = pin_folder_lock(s, LOCK_SH, &dir, e);

	return r == 0 ? pin_folder_read(s, dir, pins, &files, e) : r;
}
