/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/spill.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "keeper/spill_sweep.h"
#include "keeper/text.h"

#define FOLDER_TRIES 3

void spill_folder_init(struct spill_folder *s)
{
	*s = (struct spill_folder){.parent = -1, .folder = -1};
	for (size_t i = 0; i < ELEMENTS(s->open); i++)
		s->open[i].fd = -1;
}

void spill_folder_deinit(struct spill_folder *s)
{
	for (size_t i = 0; i < ELEMENTS(s->open); i++)
		fd_close(&s->open[i].fd);
	fd_close(&s->parent);
	fd_close(&s->folder);
	free(s->path);
	s->path = NULL;
}

/* Makes it, and locks it; a sweep that came in between has removed it. */
static int folder_make(struct spill_folder *s)
{
	for (int i = 0; i < FOLDER_TRIES; i++) {
		_close_ int fd = -1;
		struct stat st;

		if (mkdirat(s->parent, s->session, 0700) < 0 && errno != EEXIST)
			return -errno;
		fd = openat(s->parent, s->session,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno != ENOENT)
			return -errno;
		if (fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0)
			continue;
		if (fstat(fd, &st) < 0)
			return -errno;
		if (st.st_nlink == 0)
			continue;
		s->folder = take_fd(&fd);
		return 0;
	}
	return -EAGAIN;
}

static int folder_name(struct spill_folder *s, struct err *e)
{
	_free_ char *state = NULL;
	int r = folder_path(FOLDER_STATE, &state, e);

	if (r < 0)
		return r;
	if (asprintf(&s->path, "%s/spill/%s", state, s->session) < 0) {
		s->path = NULL;
		return err_set(e, -ENOMEM, "folder of kept output");
	}
	if (strlen(s->path) + SPILL_NAME_SIZE > SPILL_PATH_MAX)
		return err_say(e, -ENAMETOOLONG,
			"%s: the path is too long to be told", s->path);
	return 0;
}

static int folder_open_own(struct spill_folder *s, bool wanted, struct err *e)
{
	int r = folder_open(FOLDER_STATE, "spill", wanted, &s->parent, e);

	if (r != 0)
		return r;
	s->others = spill_sweep(s->parent);
	if (!wanted)
		return 1;
	r = folder_name(s, e);
	if (r < 0)
		return r;
	r = folder_make(s);
	return r < 0 ? err_set(e, r, "folder %s", s->path) : 0;
}

void spill_folder_open(struct spill_folder *s, const char *session, bool wanted)
{
	struct err e = {0};
	int r;

	s->session = session;
	r = folder_open_own(s, wanted, &e);
	if (r == 0)
		return;
	fd_close(&s->parent);
	if (r < 0 && wanted)
		log_line("what is cut out of results is not kept: %s", e.text);
}

static struct spill_open *row_of(
	struct spill_folder *s, uint64_t call, uint64_t file)
{
	for (size_t i = 0; i < ELEMENTS(s->open); i++)
		if (s->open[i].fd >= 0 && s->open[i].call == call &&
			s->open[i].file == file)
			return &s->open[i];
	return NULL;
}

static struct spill_open *row_free(struct spill_folder *s)
{
	for (size_t i = 0; i < ELEMENTS(s->open); i++)
		if (s->open[i].fd < 0)
			return &s->open[i];
	return NULL;
}

/* A descriptor, or -1. Only what does not exist yet is opened. */
static int make_file(
	struct spill_folder *s, const char *name, uint64_t call, uint64_t file)
{
	struct spill_open *row = row_free(s);

	if (s->folder < 0 || !row || s->files >= SPILL_SESSION_FILES ||
		s->bytes >= SPILL_SESSION_BYTES ||
		s->others >= SPILL_USER_BYTES ||
		s->bytes >= SPILL_USER_BYTES - s->others)
		return -1;
	row->fd = openat(s->folder, name, SPILL_OPEN_FLAGS, 0600);
	if (row->fd < 0)
		return -1;
	row->call = call;
	row->file = file;
	s->files++;
	return row->fd;
}

static void remove_file(struct spill_folder *s, struct spill_open *row)
{
	char name[SPILL_NAME_SIZE];

	fd_close(&row->fd);
	if (!spill_name(row->call, row->file, name))
		return;
	(void)unlinkat(s->folder, name, 0);
	s->files--;
}

int spill_begin(struct spill_folder *s, int relay_fd, struct ipc_parcel *p)
{
	const uint64_t call = p->m.a, file = p->m.b;
	char name[SPILL_NAME_SIZE];
	int n = 0;

	if (!spill_name(call, file, name) || row_of(s, call, file))
		return -EPROTO;
	p->m.type = IPC_SPILLED;
	p->fd = make_file(s, name, call, file);
	if (p->fd >= 0)
		n = snprintf(p->text, sizeof(p->text), "%s/%s", s->path, name);
	p->m.text = (uint32_t)n;
	n = ipc_send_parcel(relay_fd, ROLE_KEEPER, p);
	/* The row keeps it. */
	p->fd = -1;
	if (n < 0 && row_of(s, call, file))
		remove_file(s, row_of(s, call, file));
	return 0;
}

int spill_done(struct spill_folder *s, uint64_t call, uint64_t file)
{
	struct spill_open *row = row_of(s, call, file & ~SPILL_FAILED);
	char name[SPILL_NAME_SIZE];
	off_t size;

	if (!spill_name(call, file & ~SPILL_FAILED, name))
		return -EPROTO;
	/* One that could not be made. */
	if (!row)
		return 0;
	if (file & SPILL_FAILED) {
		remove_file(s, row);
		return 0;
	}
	/* What is there counts, not what somebody says of it. Not fstat(2):
	 * that is newfstatat here, which we may not call any more. What cannot
	 * be told counts as all that there may be. */
	size = lseek(row->fd, 0, SEEK_END);
	s->bytes += size < 0 ? SPILL_SESSION_BYTES : (uint64_t)size;
	fd_close(&row->fd);
	return 0;
}

void spill_end(struct spill_folder *s)
{
	if (s->folder < 0)
		return;
	for (size_t i = 0; i < ELEMENTS(s->open); i++)
		if (s->open[i].fd >= 0)
			remove_file(s, &s->open[i]);
	if (s->files == 0)
		(void)unlinkat(s->parent, s->session, AT_REMOVEDIR);
}
