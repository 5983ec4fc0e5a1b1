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

struct dirent64_raw {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	uint8_t type;
	char name[];
};

/* Bytes of one process, or of all. */
struct use {
	uint64_t own;        /* its alone */
	uint64_t shared;     /* shared memory that it has mapped, summed up */
	uint64_t shared_max; /* the most that one of them has */
};

/* A line of proc(5)'s status, "NAME:   123 kB". */
static uint64_t status_bytes(const char *status, const char *name)
{
	const char *line = strstr(status, name);
	uint64_t kib;

	if (!line)
		return 0;
	line += strlen(name);
	line += strspn(line, " \t");
	return digits_take(&line, 15, &kib) ? kib << 10 : 0;
}

/* False if it has no memory: gone since, or its first thread ended. */
static bool status_take(int dir, const char *path, struct use *u)
{
	char text[4096];
	uint64_t shared;
	_close_ int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	if (!strstr(text, "\nRssAnon:"))
		return false;
	u->own += status_bytes(text, "\nRssAnon:");
	shared = status_bytes(text, "\nRssShmem:");
	u->shared += shared;
	if (shared > u->shared_max)
		u->shared_max = shared;
	return true;
}

/* Calls @fn for each number in the folder until it says that it is done. */
static void each_number(int folder,
	bool (*fn)(int folder, const char *name, struct use *u), struct use *u)
{
	char buffer[8192] __attribute__((aligned(8)));
	long n;

	if (lseek(folder, 0, SEEK_SET) < 0)
		return;
	while ((n = syscall(SYS_getdents64, folder, buffer, sizeof(buffer))) >
		0)
		for (long at = 0; at < n;) {
			const struct dirent64_raw *d =
				(const struct dirent64_raw *)(const void
						*)(buffer + at);

			if (d->name[0] >= '0' && d->name[0] <= '9' &&
				fn(folder, d->name, u))
				return;
			at += d->len;
		}
}

static bool thread_take(int folder, const char *name, struct use *u)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "%.32s/status", name);
	return status_take(folder, path, u);
}

/* All threads have the same memory: the first is asked, and if it has ended
 * before the others, those. */
static bool process_take(int folder, const char *name, struct use *u)
{
	_close_ int tasks = -1;
	char path[64];

	if (strcmp(name, "1") == 0 || thread_take(folder, name, u))
		return false;
	(void)snprintf(path, sizeof(path), "%.32s/task", name);
	tasks = openat(folder, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tasks >= 0)
		each_number(tasks, thread_take, u);
	return false;
}

/*
 * How much shared memory there is cannot be told from outside its processes:
 * each counts all that it has mapped. So it is taken for at least what one of
 * them has, and for a quarter of the sum, which several may share.
 */
static uint64_t shared_bytes(const struct use *u)
{
	return u->shared_max > u->shared / 4 ? u->shared_max : u->shared / 4;
}

static uint64_t tmpfs_bytes(const struct sample *s)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < s->n_tmpfs; i++) {
		struct statfs st;

		if (fstatfs(s->tmpfs[i], &st) == 0)
			bytes += (st.f_blocks - st.f_bfree) *
				 (uint64_t)st.f_bsize;
	}
	return bytes;
}

uint64_t sample_take(struct sample *s)
{
	struct use use = {0};
	uint64_t files = tmpfs_bytes(s), shared, bytes;

	each_number(s->proc, process_take, &use);
	/* A file of ours that is mapped is in both. */
	shared = shared_bytes(&use);
	bytes = use.own + (shared > files ? shared : files);
	s->last = bytes;
	s->next_ms = clock_mono_ms() +
		     (bytes > s->limit / 4 ? PERIOD_BUSY_MS : PERIOD_REST_MS);
	return bytes;
}
