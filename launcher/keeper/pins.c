/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/pins.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "base/pin_batch.h"

#define PARTS_MAX 64
#define OPEN_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

int pin_folder_open(struct pin_folder *f, const char *name, const char *session,
	uint32_t sequence, struct err *e)
{
	_free_ char *sub = NULL;

	f->session = session;
	f->sequence = sequence;
	if (!name)
		return 0;
	if (asprintf(&sub, "pins/%s", name) < 0) {
		sub = NULL;
		return err_set(e, -ENOMEM, "folder of pins");
	}
	return folder_open(FOLDER_STATE, sub, true, &f->fd, e);
}

void pin_folder_deinit(struct pin_folder *f)
{
	fd_close(&f->fd);
}

static int read_sealed(int fd, struct buf *b)
{
	const int all = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
	off_t size;
	ssize_t n;
	int r;

	if (seals < 0 || (seals & all) != all)
		return -EPROTO;
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size > (off_t)PIN_BATCH_MAX)
		return -EPROTO;
	r = buf_reserve(b, (size_t)size);
	if (r < 0)
		return r;
	n = pread(fd, b->data + b->end, (size_t)size, 0);
	if (n != size)
		return n < 0 ? -errno : -EPROTO;
	b->end += (size_t)n;
	return 0;
}

/* Only a person accepts, and no relay is one. */
static bool may_be_said(const struct buf *b)
{
	struct pin_batch batch;
	struct pin_line l;

	if (pin_batch_open((const char *)buf_head(b), buf_len(b), &batch) < 0)
		return false;
	while (pin_batch_next(&batch, &l))
		if (l.event == PIN_EVENT_ACCEPTED)
			return false;
	return true;
}

/* Locked while it is written, so that who reads it waits for its end. */
static int write_file(struct pin_folder *f, const struct buf *b)
{
	char name[PIN_NAME_SIZE];
	_close_ int fd = -1;
	int r;

	pin_file_name(name, f->sequence, f->session, f->part);
	fd = openat(f->fd, name, OPEN_FLAGS, 0600);
	if (fd < 0)
		return -errno;
	(void)flock(fd, LOCK_EX | LOCK_NB);
	r = fd_write_all(fd, buf_head(b), buf_len(b));
	if (r == 0 && fdatasync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(f->fd, name, 0);
	return r;
}

int pin_folder_add(struct pin_folder *f, int fd)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	int r = read_sealed(fd, &b);

	if (r == 0 && !may_be_said(&b))
		r = -EPROTO;
	if (r == 0 && f->fd < 0)
		r = -EPROTO;
	if (r == 0)
		r = f->part < PARTS_MAX ? write_file(f, &b) : -E2BIG;
	buf_deinit(&b);
	if (r == -EPROTO)
		return r;
	if (r < 0 && !f->failed) {
		f->failed = true;
		log_line("pins of this session are not kept: %s", strerror(-r));
	}
	f->part++;
	return 0;
}
