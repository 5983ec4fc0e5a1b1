/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changing a store of pins: one file takes the place of all that were there.
 *
 * It is written under a name that is nobody's, synced and then given its own:
 * at each moment of it the store says what it said before, or what it says
 * from then on.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

#include "base/fd.h"
#include "base/sha256.h"
#include "base/strv.h"
#include "plan/pin_folder.h"
#include "policy/out.h"

#define NEW_SUFFIX ".new"
#define NAMES_MAX ((size_t)16 * PINS_NAME_MAX) /* two of them, escaped */

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "changing the pins")

static int put_pin(struct buf *b, const struct pin *p)
{
	const char *kind = pin_kind_name(p->kind);
	uint8_t hash[32];
	int r = 0;

	sha256(p->name, p->name_len, hash);
	if (p->accepted)
		r = pin_batch_add(b, PIN_EVENT_ACCEPTED, kind, hash,
			p->accepted, p->accepted_len);
	if (r == 0 && p->other)
		r = pin_batch_add(b, PIN_EVENT_WAITING, kind, hash, p->other,
			p->other_len);
	return r;
}

static int put_names(struct buf *b, enum pin_event e, const struct pin *p)
{
	struct out o = OUT_INIT(NAMES_MAX);
	uint8_t hash[32];
	int r;

	pins_write_names(&o, p, e == PIN_EVENT_RENAMED ? p->was : NULL,
		e == PIN_EVENT_RENAMED);
	sha256(p->name, p->name_len, hash);
	r = o.failed ? -ENOMEM
		     : pin_batch_add(b, e, pin_kind_name(p->kind), hash, o.data,
			       o.len);
	out_deinit(&o);
	return r;
}

/* Behind all that they are about. */
static int put_links(struct buf *b, const struct pin *p)
{
	int r = p->was ? put_names(b, PIN_EVENT_RENAMED, p) : 0;

	return r == 0 && p->retired && !p->accepted
		       ? put_names(b, PIN_EVENT_RETIRED, p)
		       : r;
}

static int put_all(
	struct buf *b, const struct pin_store *s, const struct pins *pins)
{
	const unsigned char *able;
	enum pin_kind kind;
	/* Escaped once more where it is no printable ASCII: it is for people.
	 */
	int r = pin_batch_begin(b, s->profile, s->server);

	for (size_t i = 0; r == 0 && pins_known_at(pins, i, &kind, &able); i++)
		r = pin_batch_add(
			b, PIN_EVENT_KNOWN, pin_kind_name(kind), able, "{}", 2);
	for (size_t i = 0; r == 0 && i < pins_count(pins); i++)
		r = put_pin(b, pins_at(pins, i));
	for (size_t i = 0; r == 0 && i < pins_count(pins); i++)
		r = put_links(b, pins_at(pins, i));
	return r == 0 ? pin_batch_end(b) : r;
}

static int write_new(int dir, const char *name, const struct buf *b)
{
	_close_ int fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, buf_head(b), buf_len(b));
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* 1: it is there and counts, and a power cut might undo that. */
static int write_file(int dir, const char *name, const struct buf *b)
{
	char new[PIN_NAME_SIZE + sizeof(NEW_SUFFIX)];
	int r;

	(void)snprintf(new, sizeof(new), "%s" NEW_SUFFIX, name);
	r = write_new(dir, new, b);
	if (r == 0 && renameat(dir, new, dir, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, new, 0);
	return r == 0 ? fsync(dir) < 0 : r;
}

/* Only who has the folder locked makes them: what is there was left over. */
static void remove_left_over(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	char name[PIN_NAME_SIZE];
	uint32_t sequence;

	if (!d) {
		fd_close(&fd);
		return;
	}
	while ((entry = readdir(d))) {
		const char *dot = strrchr(entry->d_name, '.');
		size_t len = dot ? (size_t)(dot - entry->d_name) : 0;

		if (len == 0 || len >= sizeof(name) ||
			strcmp(dot, NEW_SUFFIX) != 0)
			continue;
		memcpy(name, entry->d_name, len);
		name[len] = '\0';
		if (pin_file_parse(name, &sequence))
			(void)unlinkat(dir, entry->d_name, 0);
	}
	(void)closedir(d);
}

static int write_one(const struct pin_store *s, int dir,
	const struct pins *pins, char *const *files, struct err *e)
{
	struct buf b = BUF_INIT(PIN_FILE_MAX);
	char name[PIN_NAME_SIZE], session[17];
	uint8_t random[8];
	int r = put_all(&b, s, pins);

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(session, sizeof(session), random, sizeof(random));
	pin_file_name(name, s->sequence, session, 0);
	remove_left_over(dir);
	if (r == 0)
		r = write_file(dir, name, &b);
	/* What it says is taken away only then: the next change does it. */
	for (; r == 0 && *files; files++)
		(void)unlinkat(dir, *files, 0);
	buf_deinit(&b);
	return r < 0 ? err_set(e, r, "pins: writing %s/%s", s->path, name) : 0;
}

int pin_store_change(const char *name,
	int (*change)(struct pins *pins, void *context), void *context,
	struct err *e)
{
	_pin_store_ struct pin_store s = {0};
	struct pins *pins = pins_new(PINS_REQUIRE);
	_strv_ char **files = NULL;
	_close_ int dir = -1;
	int r = pins ? 0 : OUT_OF_MEMORY(e);

	if (r == 0)
		r = pin_store_find(name, &s, e);
	if (r == 0)
		r = pin_folder_lock(&s, LOCK_EX, &dir, e);
	if (r == 0)
		r = pin_folder_read(&s, dir, pins, &files, e);
	if (r == 0 && change)
		r = change(pins, context);
	if (r == 0)
		r = write_one(&s, dir, pins, files, e);
	pins_free(pins);
	return r;
}

/* While nobody waits for it but this start. */
int pin_folder_tidy(struct pin_store *s, struct err *e)
{
	_free_ char *name = strdup(s->name);
	int r = name ? pin_store_change(name, NULL, NULL, e) : OUT_OF_MEMORY(e);

	s->sequence++;
	return r;
}
