/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/audit_reader.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"

#define CHUNK ((size_t)64 * 1024)

void audit_reader_init(struct audit_reader *r, int fd)
{
	*r = (struct audit_reader){
		.fd = fd,
		.left = UINT64_MAX,
		.in = BUF_INIT(CHUNK + RECORD_LINE_MAX + 1),
	};
}

int audit_reader_open(struct audit_reader *r, int dirfd, const char *name)
{
	/* O_NONBLOCK: something else of that name must not hold us up. */
	_close_ int fd = openat(dirfd, name,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return errno == ENOENT ? 1 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	audit_reader_init(r, take_fd(&fd));
	return 0;
}

void audit_reader_deinit(struct audit_reader *r)
{
	fd_close(&r->fd);
	buf_deinit(&r->in);
}

static ssize_t reader_fill(struct audit_reader *r)
{
	ssize_t n;
	int e = buf_reserve(&r->in, CHUNK);

	size_t want = r->left < CHUNK ? (size_t)r->left : CHUNK;

	if (e < 0)
		return e;
	do
		n = read(r->fd, r->in.data + r->in.end, want);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	r->in.end += (size_t)n;
	r->left -= (uint64_t)n;
	return n;
}

/* Offers @len bytes at the front as a line and forgets them next time. */
static int reader_offer(struct audit_reader *r, size_t len, size_t taken,
	bool too_long, struct audit_line *ret)
{
	*ret = (struct audit_line){
		.text = (const char *)buf_head(&r->in),
		.len = len,
		.number = ++r->lines,
		.too_long = too_long,
	};
	r->taken = taken;
	return 1;
}

/* 1 when a line was found; 0 when more has to be read. */
static int reader_find(struct audit_reader *r, struct audit_line *ret)
{
	size_t have = buf_len(&r->in);
	const uint8_t *newline;
	size_t len;

	newline = have ? memchr(buf_head(&r->in), '\n', have) : NULL;
	if (r->skipping) {
		len = newline ? (size_t)(newline - buf_head(&r->in)) + 1 : have;
		buf_consume(&r->in, len);
		r->skipping = newline == NULL;
		return newline ? reader_find(r, ret) : 0;
	}
	if (!newline && have <= RECORD_LINE_MAX)
		return 0;
	len = newline ? (size_t)(newline - buf_head(&r->in)) : have;
	if (len < RECORD_LINE_MAX)
		return reader_offer(r, len, len + 1, false, ret);
	r->skipping = newline == NULL;
	return reader_offer(
		r, RECORD_LINE_MAX, newline ? len + 1 : have, true, ret);
}

int audit_reader_next(struct audit_reader *r, struct audit_line *ret)
{
	buf_consume(&r->in, r->taken);
	r->taken = 0;
	for (;;) {
		int found = reader_find(r, ret);
		ssize_t n;

		if (found)
			return found;
		n = reader_fill(r);
		if (n <= 0)
			return (int)n;
	}
}

bool audit_reader_half(const struct audit_reader *r, struct audit_line *ret)
{
	if (r->taken || buf_len(&r->in) == 0)
		return false;
	*ret = (struct audit_line){
		.text = (const char *)buf_head(&r->in),
		.len = buf_len(&r->in),
		.number = r->lines + 1,
		.half = true,
	};
	return true;
}
