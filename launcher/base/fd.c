/* SPDX-License-Identifier: Apache-2.0 */
#include "base/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

void fd_close(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

static int fd_wait(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

int fd_write_all(int fd, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EAGAIN && fd_wait(fd, POLLOUT) == 0)
			continue;
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

ssize_t fd_read_all(int fd, void *bytes, size_t n)
{
	uint8_t *p = bytes;
	size_t done = 0;

	while (done < n) {
		ssize_t r = read(fd, p + done, n - done);

		if (r == 0)
			break;
		if (r < 0 && errno == EAGAIN && fd_wait(fd, POLLIN) == 0)
			continue;
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

int fd_read_file(int dirfd, const char *path, size_t max, char **ret_text,
	size_t *ret_len)
{
	_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_free_ char *text = NULL;
	size_t size = 4096, used = 0;

	if (fd < 0)
		return -errno;
	for (;;) {
		char *p = realloc(text, size + 1);
		ssize_t n;

		if (!p)
			return -ENOMEM;
		text = p;
		n = fd_read_all(fd, text + used, size - used);
		if (n < 0)
			return (int)n;
		used += (size_t)n;
		if (used > max)
			return -EFBIG;
		if (used < size)
			break;
		size *= 2;
	}
	text[used] = '\0';
	*ret_text = take_ptr(text);
	if (ret_len)
		*ret_len = used;
	return 0;
}

int fd_write_knob(int dirfd, const char *path, const char *text)
{
	_close_ int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, strlen(text));
	if (n < 0)
		return -errno;
	return (size_t)n == strlen(text) ? 0 : -EIO;
}

int fd_above_stdio(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (moved < 0)
		return -errno;
	(void)close(fd);
	return moved;
}

static uint64_t clock_us(clockid_t clock)
{
	struct timespec t = {0};

	(void)clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

uint64_t clock_mono_us(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

uint64_t clock_boot_us(void)
{
	return clock_us(CLOCK_BOOTTIME);
}

uint64_t clock_real_us(void)
{
	return clock_us(CLOCK_REALTIME);
}
