/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/ledger.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/digits.h"
#include "base/fd.h"
#include "keeper/line.h"
#include "keeper/lock.h"

/* Lines are below 500 bytes; a fragment is shorter than a line. */
#define TAIL_MAX 8192

/* Kept allocated behind the end, so that sessions that are running can write
 * their last line on a disk that has become full. */
#define AHEAD_BYTES ((off_t)64 * 1024)

static int ledger_check(int fd, const char *where, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "audit ledger of %s", where);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		(st.st_mode & (S_IWGRP | S_IWOTH)))
		return err_say(e, -EPERM,
			"audit ledger %s/" LEDGER_NAME " is no file that only "
			"uid %u may write: see what it is and run chmod 600 "
			"on it, or move it away",
			where, (unsigned)geteuid());
	return 0;
}

int ledger_open(struct ledger *l, int dirfd, const char *where, struct err *e)
{
	_close_ int fd = openat(dirfd, LEDGER_NAME,
		O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			O_NOCTTY,
		0600);
	int r;

	if (fd < 0 && errno == ELOOP)
		return err_say(e, -ELOOP,
			"audit ledger %s/" LEDGER_NAME " is a symbolic link: "
			"move it away",
			where);
	if (fd < 0)
		return -errno;
	r = ledger_check(fd, where, e);
	if (r == 0)
		l->fd = take_fd(&fd);
	return r;
}

void ledger_deinit(struct ledger *l)
{
	fd_close(&l->fd);
}

/* The members that a writer needs, at the places where a writer puts them. A
 * line that was changed by hand is found by `verify`, not here. */
static bool tail_parse(struct ledger_tail *t, const char *line, size_t len)
{
	static const char session[] = "\"session\":\"";
	char text[512];
	static const char begin[] = "{\"v\":1,\"seq\":";
	size_t text_len;
	const char *p;
	uint64_t seq;

	if (!chain_split(line, len, &text_len, t->chain.head) ||
		text_len >= sizeof(text))
		return false;
	memcpy(text, line, text_len);
	text[text_len] = '\0';
	p = text + sizeof(begin) - 1;
	if (strncmp(text, begin, sizeof(begin) - 1) != 0 ||
		!digits_take_until(&p, 18, ',', &seq))
		return false;
	t->chain.count = seq + 1;
	p = strstr(text, session);
	if (!p || strlen(p) < sizeof(session) - 1 + SESSION_HEX)
		return false;
	memcpy(t->session, p + sizeof(session) - 1, SESSION_HEX);
	t->session[SESSION_HEX] = '\0';
	return hex_valid(t->session, SESSION_HEX);
}

/* Finds the last sound line in the last bytes of the file. */
static void tail_scan(struct ledger_tail *t, const char *bytes, size_t len)
{
	size_t end = len, sound = 0;

	while (end > 0) {
		const char *newline = memrchr(bytes, '\n', end);
		const char *start;
		size_t n;

		if (!newline)
			break;
		n = (size_t)(newline - bytes);
		start = n ? memrchr(bytes, '\n', n) : NULL;
		start = start ? start + 1 : bytes;
		if (tail_parse(t, start, (size_t)(newline - start))) {
			sound = n + 1;
			break;
		}
		end = n;
	}
	if (sound == 0)
		chain_init(&t->chain, LEDGER_CHAIN);
	t->fragment = len - sound;
	t->open = len > 0 && bytes[len - 1] != '\n';
	(void)crypto_hash_sha256(t->fragment_hash,
		(const unsigned char *)bytes + sound, len - sound);
}

static int tail_read(int fd, struct ledger_tail *ret)
{
	char bytes[TAIL_MAX];
	struct ledger_tail t = {0};
	size_t done = 0;
	uint64_t from;
	/* Not fstat(2): that is newfstatat here, which takes paths too. */
	off_t size = lseek(fd, 0, SEEK_END);

	if (size < 0)
		return -errno;
	t.size = (uint64_t)size;
	from = t.size > sizeof(bytes) ? t.size - sizeof(bytes) : 0;
	while (from + done < t.size) {
		ssize_t n = pread(fd, bytes + done,
			(size_t)(t.size - from) - done, (off_t)(from + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	tail_scan(&t, bytes, done);
	*ret = t;
	return 0;
}

int ledger_lock(
	struct ledger *l, unsigned wait_ms, struct ledger_tail *ret_tail)
{
	int r = file_lock(l->fd, LOCK_EX, wait_ms);

	if (r < 0)
		return r;
	r = tail_read(l->fd, ret_tail);
	if (r < 0)
		file_unlock(l->fd);
	return r;
}

void ledger_unlock(struct ledger *l)
{
	file_unlock(l->fd);
}

static int ledger_text(struct buf *out, const struct ledger *l,
	const struct ledger_tail *tail, const char *type, const struct chain *c)
{
	char head[2 * CHAIN_HASH + 1], time[TIME_TEXT_SIZE];
	int r;

	time_text(time, clock_real_us());
	hex_text(head, c->head, CHAIN_HASH);
	r = buf_printf(out,
		"{\"v\":1,\"seq\":%llu,\"time\":\"%s\",\"type\":\"%s\","
		"\"session\":\"%s\",\"file\":\"%s\",\"count\":%llu,"
		"\"head\":\"%s\"",
		(unsigned long long)tail->chain.count, time, type, l->session,
		l->file, (unsigned long long)c->count, head);
	if (r < 0 || tail->fragment == 0)
		return r;
	hex_text(head, tail->fragment_hash, CHAIN_HASH);
	return buf_printf(out,
		",\"fragment\":{\"bytes\":%llu,\"sha256\":\"%s\"}",
		(unsigned long long)tail->fragment, head);
}

int ledger_add(struct ledger *l, const struct ledger_tail *tail,
	const char *type, const struct chain *c)
{
	_buf_ struct buf out = BUF_INIT(2048);
	struct chain chain = tail->chain;
	uint64_t at = tail->size;
	int r = tail->open ? buf_append(&out, "\n", 1) : 0;

	if (r == 0)
		r = ledger_text(&out, l, tail, type, c);
	if (r == 0)
		r = chain_seal(&chain, &out, tail->open ? 1 : 0);
	while (r == 0 && buf_len(&out)) {
		ssize_t n =
			pwrite(l->fd, buf_head(&out), buf_len(&out), (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += (uint64_t)n;
		buf_consume(&out, (size_t)n);
	}
	/* Where it cannot be had, the next line is tried without. */
	if (r == 0)
		(void)fallocate(
			l->fd, FALLOC_FL_KEEP_SIZE, (off_t)at, AHEAD_BYTES);
	return r;
}
