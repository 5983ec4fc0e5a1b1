/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/token_store.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/folders.h"
#include "keeper/lock.h"

#define SPENT_FOLDER TOKENS_FOLDER "/spent"
#define LOCK_WAIT_MS 2000
#define MARK_SIZE (TOKEN_ID_HEX + 32)
/* The flags that the keeper's seccomp list knows. */
#define READ_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
#define MAKE_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* "REAL BOOT ID": 20 digits each, so that it is overwritten as a whole. */
#define CLOCK_BYTES (20 + 1 + 20 + 1 + 36)

void token_store_init(struct token_store *s)
{
	*s = (struct token_store){.folder = -1, .spent = -1, .clock = -1};
}

void token_store_deinit(struct token_store *s)
{
	fd_close(&s->folder);
	fd_close(&s->spent);
	fd_close(&s->clock);
}

static int read_boot(struct token_store *s)
{
	_close_ int fd =
		open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -errno : fd_read_all(fd, s->boot, 36);

	/* Without it, each start is another boot. */
	if (n != 36)
		memset(s->boot, '0', 36);
	s->boot[36] = '\0';
	return 0;
}

static int open_clock(struct token_store *s)
{
	struct stat st;

	s->clock = openat(s->spent, "clock",
		O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (s->clock < 0 || fstat(s->clock, &st) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && st.st_uid == geteuid())
		return 0;
	fd_close(&s->clock);
	return -EPERM;
}

int token_store_open(struct token_store *s, bool create, struct err *e)
{
	int r = folder_open(FOLDER_STATE, TOKENS_FOLDER, create, &s->folder, e);

	if (r == 0)
		r = folder_open(FOLDER_STATE, SPENT_FOLDER, true, &s->spent, e);
	if (r != 0)
		return r;
	(void)read_boot(s);
	r = open_clock(s);
	return r < 0 ? err_set(e, r, "tokens/spent/clock of the state folder")
		     : 0;
}

int token_store_lock(struct token_store *s, struct err *e)
{
	int r = file_lock(s->clock, LOCK_EX, LOCK_WAIT_MS);

	if (r == -EWOULDBLOCK)
		return err_say(e, r,
			"tokens/spent/clock of the state folder is kept locked "
			"by another process: see who has it open (fuser)");
	return r < 0 ? err_set(e, r, "tokens/spent/clock of the state folder")
		     : 0;
}

void token_store_unlock(struct token_store *s)
{
	file_unlock(s->clock);
}

int token_store_open_revoking(struct token_store *s, struct err *e)
{
	int r = folder_open(FOLDER_STATE, TOKENS_FOLDER, false, &s->folder, e);

	if (r != 0)
		return r;
	(void)read_boot(s);
	if (folder_open(FOLDER_STATE, SPENT_FOLDER, true, &s->spent, e) == 0)
		(void)open_clock(s);
	return 0;
}

/* What the file says that it must be by now; 0: nothing. */
static uint64_t remembered_us(const struct token_store *s, uint64_t boot_us)
{
	char text[CLOCK_BYTES + 1];
	uint64_t real, then;
	const char *p = text;
	ssize_t n;

	do
		n = pread(s->clock, text, CLOCK_BYTES, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return TOKEN_TIME_UNKNOWN;
	if (n != CLOCK_BYTES)
		return 0;
	text[n] = '\0';
	/* The first of twenty digits is 0 for some centuries. */
	if (text[0] != '0' || text[21] != '0')
		return 0;
	p++;
	if (!digits_take_until(&p, 19, ' ', &real) || *p++ != '0' ||
		!digits_take_until(&p, 19, ' ', &then))
		return 0;
	if (strcmp(p, s->boot) != 0 || then > boot_us)
		return real;
	return real + (boot_us - then);
}

static void remember(const struct token_store *s, uint64_t real, uint64_t boot)
{
	char text[CLOCK_BYTES + 1];

	(void)snprintf(text, sizeof(text), "%020" PRIu64 " %020" PRIu64 " %s",
		real, boot, s->boot);
	(void)!pwrite(s->clock, text, CLOCK_BYTES, 0);
}

uint64_t token_store_now_us(struct token_store *s)
{
	uint64_t boot = clock_boot_us(), now = clock_real_us();
	uint64_t then = remembered_us(s, boot), own = s->last_us;

	if (then == TOKEN_TIME_UNKNOWN)
		return then;
	if (own && boot > s->last_boot_us)
		own += boot - s->last_boot_us;
	now = now > own ? now : own;
	now = now > then ? now : then;
	s->last_us = now;
	s->last_boot_us = boot;
	remember(s, now, boot);
	return now;
}

uint64_t token_store_behind_us(struct token_store *s)
{
	uint64_t now = token_store_now_us(s), real = clock_real_us();

	if (now == TOKEN_TIME_UNKNOWN)
		return now;
	return now > real ? now - real : 0;
}

void token_store_forget_time(struct token_store *s)
{
	s->last_us = 0;
	remember(s, clock_real_us(), clock_boot_us());
}

static void slot_name(unsigned slot, char dst[16])
{
	(void)snprintf(dst, 16, "token-%02u", slot % TOKEN_SLOTS);
}

int token_store_read(
	const struct token_store *s, unsigned slot, struct token_text *ret)
{
	_close_ int fd = -1;
	char name[16];
	ssize_t n;

	slot_name(slot, name);
	fd = openat(s->folder, name, READ_FLAGS);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP ? 1 : -errno;
	/* Whatever it is: in one go, and never waiting. The folder is ours
	 * alone, and who wrote what is in it is what the signature says. */
	do
		n = read(fd, ret->bytes, sizeof(ret->bytes));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EISDIR ? 1 : -errno;
	ret->len = (size_t)n;
	return n == 0 || n > TOKEN_BYTES_MAX ? 1 : 0;
}

static int fill(int dir, const char *name, const struct token_text *text)
{
	_close_ int fd = openat(dir, name, MAKE_FLAGS, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text->bytes, text->len);
	if (r < 0)
		(void)unlinkat(dir, name, 0);
	return r;
}

int token_store_add(struct token_store *s, const struct token_text *text,
	unsigned *ret_slot)
{
	int r = -EEXIST;

	for (unsigned i = 0; i < TOKEN_SLOTS && r == -EEXIST; i++) {
		char name[16];

		slot_name(i, name);
		r = fill(s->folder, name, text);
		if (r == 0)
			*ret_slot = i;
	}
	return r == -EEXIST ? -EXFULL : r;
}

void token_store_remove(struct token_store *s, unsigned slot)
{
	char name[16];

	slot_name(slot, name);
	(void)unlinkat(s->folder, name, 0);
}

static void mark_name(const struct token *t, uint64_t use, char dst[MARK_SIZE])
{
	(void)snprintf(dst, MARK_SIZE, "%s-%" PRIu64 "-%" PRIu64, t->id,
		t->until, use);
}

int token_store_mark(struct token_store *s, const struct token *t, uint64_t use)
{
	_close_ int fd = -1;
	char name[MARK_SIZE];

	mark_name(t, use, name);
	fd = openat(s->spent, name, MAKE_FLAGS, 0600);
	if (fd < 0)
		return errno == EEXIST ? 1 : -errno;
	return 0;
}

int token_store_revoke(
	struct token_store *s, unsigned slot, const struct token *t)
{
	char name[16], mark[MARK_SIZE];
	int r = token_store_mark(s, t, 0);

	/* Where nothing can be made, the token itself becomes the mark. */
	slot_name(slot, name);
	mark_name(t, 0, mark);
	if (r < 0 && renameat(s->folder, name, s->spent, mark) == 0)
		return 0;
	token_store_remove(s, slot);
	return r < 0 ? r : 0;
}

int token_store_marked(
	const struct token_store *s, const struct token *t, uint64_t use)
{
	_close_ int fd = -1;
	char name[MARK_SIZE];

	mark_name(t, use, name);
	fd = openat(s->spent, name, READ_FLAGS);
	if (fd >= 0)
		return 1;
	/* A mark is a file, and there whatever it is now. */
	return errno == ENOENT ? 0 : errno == ELOOP ? 1 : -errno;
}
