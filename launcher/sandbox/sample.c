/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/sample.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "base/digits.h"
#include "base/fd.h"

/* Often while much is used, so that a hog is seen in time; seldom at rest. */
#define PERIOD_BUSY_MS 50
#define PERIOD_REST_MS 250

int sample_init(struct sample *s, const struct plan *p, bool off)
{
	*s = (struct sample){.off = off, .proc = -1};
	if (off)
		return 0;
	s->page = (uint64_t)sysconf(_SC_PAGESIZE);
	s->limit = p->limits[LIMIT_MEMORY];
	s->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->proc < 0)
		return -errno;
	for (size_t i = 0; i < p->n_mounts; i++) {
		int fd;

		if (p->mounts[i].kind != MOUNT_TMPFS ||
			s->n_tmpfs == SAMPLE_TMPFS_MAX)
			continue;
		fd = open(p->mounts[i].target, O_PATH | O_CLOEXEC);
		if (fd < 0)
			return -errno;
		s->tmpfs[s->n_tmpfs++] = fd;
	}
	return 0;
}

size_t sample_fds(const struct sample *s, int ret_fds[SAMPLE_FDS])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_tmpfs; i++)
		ret_fds[n++] = s->tmpfs[i];
	if (s->proc >= 0)
		ret_fds[n++] = s->proc;
	return n;
}

int sample_wait_ms(const struct sample *s)
{
	uint64_t now = clock_mono_ms();

	if (s->off)
		return -1;
	return s->next_ms > now ? (int)(s->next_ms - now) : 0;
}

bool sample_due(const struct sample *s)
{
	return !s->off && clock_mono_ms() >= s->next_ms;
}

/* proc(5), statm: size resident shared …, in pages. */
static uint64_t process_pages(int proc, const char *pid)
{
	char path[64], text[128];
	uint64_t row[3]; /* size, resident, shared */
	_close_ int fd = -1;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.32s/statm", pid);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* gone since */
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return 0;
	text[n] = '\0';
	if (!digits_take_row(text, row, 3) || row[2] > row[1])
		return 0;
	return row[1] - row[2];
}

struct dirent64_raw {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

static uint64_t all_pages(int proc)
{
	char buffer[8192] __attribute__((aligned(8)));
	uint64_t pages = 0;
	long n;

	if (lseek(proc, 0, SEEK_SET) < 0)
		return 0;
	while ((n = syscall(SYS_getdents64, proc, buffer, sizeof(buffer))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent64_raw *d =
				(const struct dirent64_raw *)(const void
						*)(buffer + at);

			if (d->name[0] >= '0' && d->name[0] <= '9' &&
				strcmp(d->name, "1") != 0)
				pages += process_pages(proc, d->name);
			at += d->len;
		}
	return pages;
}

uint64_t sample_take(struct sample *s)
{
	uint64_t bytes = all_pages(s->proc) * s->page;

	for (size_t i = 0; i < s->n_tmpfs; i++) {
		struct statfs st;

		if (fstatfs(s->tmpfs[i], &st) == 0)
			bytes += (st.f_blocks - st.f_bfree) *
				 (uint64_t)st.f_bsize;
	}
	s->last = bytes;
	s->next_ms = clock_mono_ms() +
		     (bytes > s->limit / 4 ? PERIOD_BUSY_MS : PERIOD_REST_MS);
	return bytes;
}
