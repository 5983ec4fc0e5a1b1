/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/pins.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/approval.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "base/pin_batch.h"

#define ACCEPTED_MAX 64 /* more parts, of what was accepted */
#define OPEN_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

void pin_folder_init(struct pin_folder *f)
{
	*f = (struct pin_folder){.fd = -1};
	for (size_t i = 0; i < PIN_ACCEPTED_MAX; i++)
		f->yes[i].shown = -1;
}

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
	for (size_t i = 0; i < PIN_ACCEPTED_MAX; i++)
		fd_close(&f->yes[i].shown);
}

void pin_folder_yes(struct pin_folder *f, uint64_t question, int shown)
{
	struct pin_yes *y = &f->yes[f->n_yes++ % PIN_ACCEPTED_MAX];

	fd_close(&y->shown);
	*y = (struct pin_yes){question, shown};
}

static int read_sealed(int fd, struct buf *b, size_t most)
{
	const int all = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fd < 0 ? -1 : fcntl(fd, F_GET_SEALS);
	off_t size;
	ssize_t n;
	int r;

	if (seals < 0 || (seals & all) != all)
		return -EPROTO;
	size = lseek(fd, 0, SEEK_END);
	if (size <= 0 || size > (off_t)most)
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

/* Whether the text ends with @tail. */
static bool ends_with(
	const struct buf *b, size_t *len, const void *tail, size_t n)
{
	if (*len < n || memcmp(buf_head(b) + *len - n, tail, n) != 0)
		return false;
	*len -= n;
	return true;
}

/* The definition is the last member of what was shown (relay/pinning_ask.c),
 * byte for byte. */
static bool was_shown(int shown, const struct pin_line *l)
{
	static const char end[] = "}" APPROVAL_SHOWN_END;
	struct buf b = BUF_INIT(APPROVAL_SHOWN_MAX);
	bool fits = read_sealed(shown, &b, APPROVAL_SHOWN_MAX) == 0;
	size_t len = buf_len(&b);

	fits = fits && ends_with(&b, &len, end, sizeof(end) - 1) &&
	       ends_with(&b, &len, l->json, l->json_len) &&
	       ends_with(
		       &b, &len, PIN_BATCH_SHOWN, sizeof(PIN_BATCH_SHOWN) - 1);
	buf_deinit(&b);
	return fits;
}

/* What was renamed is retired with it: that lets nothing be. */
static bool is_last(struct pin_batch batch)
{
	struct pin_line l;

	if (pin_batch_next(&batch, &l) && l.event != PIN_EVENT_RETIRED)
		return false;
	return !pin_batch_next(&batch, &l);
}

/* One event, once, and what somebody has seen. */
static bool may_be_accepted(
	struct pin_folder *f, struct pin_batch batch, uint64_t question)
{
	struct pin_line l;

	if (!pin_batch_next(&batch, &l) || l.event != PIN_EVENT_ACCEPTED ||
		!is_last(batch))
		return false;
	for (size_t i = 0; i < PIN_ACCEPTED_MAX; i++) {
		struct pin_yes *y = &f->yes[i];

		if (y->question != question)
			continue;
		y->question = 0;
		return was_shown(y->shown, &l);
	}
	return false;
}

/* Only a person accepts, and no relay is one. */
static bool may_be_said(
	struct pin_folder *f, const struct buf *b, uint64_t question)
{
	struct pin_batch batch;
	struct pin_line l;

	if (pin_batch_open((const char *)buf_head(b), buf_len(b), &batch) < 0)
		return false;
	if (question)
		return may_be_accepted(f, batch, question);
	while (pin_batch_next(&batch, &l))
		if (l.event == PIN_EVENT_ACCEPTED ||
			l.event == PIN_EVENT_RETIRED)
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

int pin_folder_add(struct pin_folder *f, int fd, uint64_t question)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	unsigned most = question ? PIN_PARTS_MAX + ACCEPTED_MAX : PIN_PARTS_MAX;
	int r = read_sealed(fd, &b, PIN_BATCH_MAX);

	if (r == 0 && !may_be_said(f, &b, question))
		r = -EPROTO;
	if (r == 0 && f->fd < 0)
		r = -EPROTO;
	if (r == 0)
		r = f->part < most ? write_file(f, &b) : -E2BIG;
	buf_deinit(&b);
	if (r == -EPROTO)
		return r;
	if (r < 0 && !f->failed) {
		f->failed = true;
		log_line("pins of this session are not kept: %s", strerror(-r));
	}
	f->part += f->part < most;
	return 0;
}
