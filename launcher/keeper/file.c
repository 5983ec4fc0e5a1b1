/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/file.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "keeper/lock.h"

/* Large, so that a busy session asks seldom; what is left over is given back
 * at the end. The small ones get the last out of a disk that is nearly full. */
static const uint64_t steps[] = {1 << 18, 1 << 16, 1 << 14, 1 << 12};

/* A reader that asks whether we live holds the lock for an instant. */
#define LOCK_WAIT_MS 1000

int audit_file_create(struct audit_file *f, int dirfd, const char *name)
{
	_close_ int fd = openat(dirfd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct rlimit size = {.rlim_cur = RLIM_INFINITY};
	int r;

	if (fd < 0)
		return -errno;
	r = file_lock(fd, LOCK_EX, LOCK_WAIT_MS);
	if (r < 0) {
		(void)unlinkat(dirfd, name, 0);
		return r;
	}
	(void)getrlimit(RLIMIT_FSIZE, &size);
	*f = (struct audit_file){
		.max = size.rlim_cur == RLIM_INFINITY ? INT64_MAX
						      : size.rlim_cur,
		.fd = take_fd(&fd),
	};
	return 0;
}

void audit_file_deinit(struct audit_file *f)
{
	fd_close(&f->fd);
}

uint64_t audit_file_room(const struct audit_file *f)
{
	return f->reserved > f->written ? f->reserved - f->written : 0;
}

static int file_allocate(struct audit_file *f, uint64_t bytes)
{
	uint64_t from = f->reserved > f->written ? f->reserved : f->written;

	if (bytes > f->max || from > f->max - bytes)
		return -EFBIG;
	if (fallocate(f->fd, FALLOC_FL_KEEP_SIZE, (off_t)from, (off_t)bytes) <
		0)
		return -errno;
	f->reserved = from + bytes;
	return 0;
}

int audit_file_reserve(struct audit_file *f, uint64_t bytes)
{
	size_t step = 0;

	while (!f->unreserved && audit_file_room(f) < bytes) {
		int r = file_allocate(f, steps[step]);

		if (r == -EOPNOTSUPP || r == -ENOSYS)
			f->unreserved = true;
		else if (r == -ENOSPC || r == -EDQUOT || r == -EFBIG)
			step++;
		else if (r < 0 && r != -EINTR)
			return r;
		if (step == ELEMENTS(steps))
			return r;
	}
	return f->unreserved ? 1 : 0;
}

int audit_file_write(struct audit_file *f, struct buf *out)
{
	while (buf_len(out)) {
		ssize_t n = pwrite(
			f->fd, buf_head(out), buf_len(out), (off_t)f->written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		f->written += (uint64_t)n;
		buf_consume(out, (size_t)n);
	}
	return 0;
}

void audit_file_take_back(struct audit_file *f, uint64_t n)
{
	f->written -= n < f->written ? n : f->written;
	f->torn = f->torn || n > 0;
}

void audit_file_trim(struct audit_file *f)
{
	/* Truncating to the size it has frees what lies behind the end. */
	if ((f->reserved > f->written || f->torn) &&
		ftruncate(f->fd, (off_t)f->written) == 0)
		f->reserved = f->written;
	/* Started, not waited for: a client waits for our end. */
	(void)sync_file_range(f->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

void audit_file_complete(struct audit_file *f)
{
	(void)fchmod(f->fd, 0400);
}
