/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/pin_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/pin_batch.h"
#include "base/sha256.h"
#include "base/strv.h"
#include "plan/build.h"

/* A file that is being written: locked, or about to be. */
#define WAIT_MS 2000
#define PAUSE_MS 5
#define TIDY_FILES 64

#define OUT_OF_MEMORY(e) err_set((e), -ENOMEM, "reading the pins")
#define LOOK                                                            \
	"see what was done to it; without the folder %s the server is " \
	"pinned anew, as it is then"

void pin_store_deinit(struct pin_store *s)
{
	free(s->name);
	free(s->path);
	free(s->profile);
	free(s->server);
	free(s->tenant);
	*s = (struct pin_store){0};
}

static void mix(crypto_hash_sha256_state *state, const char *text)
{
	(void)crypto_hash_sha256_update(
		state, (const unsigned char *)text, strlen(text) + 1);
}

/* Of "PROFILE@TENANT-HASH", where no profile's name has the sign. */
static int tenant_of(const char *name, char **ret)
{
	const char *at = strchr(name, '@'), *end = strrchr(name, '-');

	if (!at || !end || end < at)
		return 0;
	*ret = strndup(at + 1, (size_t)(end - at - 1));
	return *ret ? 0 : -ENOMEM;
}

int pin_store_find(const char *name, struct pin_store *ret, struct err *e)
{
	_free_ char *base = NULL;
	int r = folder_path(FOLDER_STATE, &base, e);

	if (r < 0)
		return r;
	ret->name = strdup(name);
	if (!ret->name ||
		asprintf(&ret->path, "%s/" PIN_FOLDER "/%s", base, name) < 0) {
		ret->path = NULL;
		return OUT_OF_MEMORY(e);
	}
	return tenant_of(name, &ret->tenant) < 0 ? OUT_OF_MEMORY(e) : 0;
}

/* A package by its name, so that its next version is held against this one; a
 * program by where it really lies. What one tenant is shown is another one's
 * business: nobody accepts for two. */
int pin_store_name(const struct plan *p, struct pin_store *ret, struct err *e)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *package = p->runtime->package, *tenant = p->tenant;
	crypto_hash_sha256_state state;
	char hex[17], name[NAME_MAX + 1];
	int n;

	(void)crypto_hash_sha256_init(&state);
	mix(&state, p->server_name);
	mix(&state, package ? package : "");
	mix(&state, package ? "" : p->runtime->program);
	mix(&state, p->profile->place ? p->profile->place : "");
	if (tenant)
		mix(&state, tenant);
	(void)crypto_hash_sha256_final(&state, hash);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, 8);
	n = snprintf(name, sizeof(name), "%s%s%s-%s", p->profile->name,
		tenant ? "@" : "", tenant ? tenant : "", hex);
	if (n < 0 || (size_t)n >= sizeof(name))
		return err_say(e, -ENAMETOOLONG,
			"profile %s: the name is too "
			"long for a folder of pins",
			p->profile->name);
	return pin_store_find(name, ret, e);
}

static void pause_a_little(void)
{
	const struct timespec t = {.tv_nsec = PAUSE_MS * 1000000L};

	(void)nanosleep(&t, NULL);
}

static int refuse_file(const struct pin_store *s, const char *file,
	const char *why, struct err *e)
{
	return err_say(e, -EBADMSG, "pins: the file %s/%s %s: " LOOK, s->path,
		file, why, s->path);
}

static int check_owner(
	const struct pin_store *s, const char *file, int fd, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "pins: %s/%s", s->path, file);
	if (!S_ISREG(st.st_mode) || st.st_nlink > 1)
		return refuse_file(s, file, "is no plain file", e);
	if (st.st_uid != geteuid())
		return refuse_file(s, file, "belongs to somebody else", e);
	if (st.st_mode & 077)
		return refuse_file(
			s, file, "may be read or written by others", e);
	if (st.st_size > (off_t)PIN_BATCH_MAX)
		return refuse_file(s, file, "is too large", e);
	return 0;
}

static int read_text(int fd, char **ret, size_t *ret_len)
{
	_free_ char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || lseek(fd, 0, SEEK_SET) < 0)
		return -errno;
	if (st.st_size > (off_t)PIN_BATCH_MAX)
		return -EFBIG;
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return -ENOMEM;
	n = fd_read_all(fd, text, (size_t)st.st_size);
	if (n < 0)
		return (int)n;
	free(*ret);
	*ret = take_ptr(text);
	*ret_len = (size_t)n;
	return 0;
}

/* Its end may be on its way: the writer holds it locked, but for a moment. */
static int read_whole(int fd, char **ret, size_t *ret_len, struct pin_batch *b)
{
	int r = -ENODATA;

	for (unsigned ms = 0; ms < WAIT_MS && r == -ENODATA; ms += PAUSE_MS) {
		bool free_now = flock(fd, LOCK_SH | LOCK_NB) == 0;

		r = read_text(fd, ret, ret_len);
		if (r == 0)
			r = pin_batch_open(*ret, *ret_len, b);
		if (free_now)
			(void)flock(fd, LOCK_UN);
		/* Nobody writes it, and its name is not a moment old. */
		if (r == -ENODATA && free_now && ms > 20 * PAUSE_MS)
			break;
		if (r == -ENODATA)
			pause_a_little();
	}
	return r;
}

static int keep_header(struct pin_store *s, const struct pin_batch *b)
{
	free(s->profile);
	free(s->server);
	s->profile = strndup(b->profile, b->profile_len);
	s->server = strndup(b->server, b->server_len);
	return s->profile && s->server ? 0 : -ENOMEM;
}

static int read_file(struct pin_store *s, int dir, const char *file,
	struct pins *pins, struct err *e)
{
	_close_ int fd = openat(dir, file,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_free_ char *text = NULL;
	struct pin_batch b;
	size_t len = 0;
	int r;

	if (fd < 0)
		return err_set(e, -errno, "pins: %s/%s", s->path, file);
	r = check_owner(s, file, fd, e);
	if (r < 0)
		return r;
	r = read_whole(fd, &text, &len, &b);
	if (r == 0)
		r = pin_batch_apply(b, pins);
	if (r == 0)
		r = keep_header(s, &b);
	if (r == -ENODATA)
		return refuse_file(s, file, "was cut short", e);
	if (r == -EBADMSG)
		return refuse_file(s, file, "was edited", e);
	if (r == -ENOSPC)
		return refuse_file(s, file, "goes beyond the bound", e);
	return r < 0 ? err_set(e, r, "pins: %s/%s", s->path, file) : 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Its owner's alone, and locked: who accepts puts one file in the place of all.
 */
static int open_folder(const struct pin_store *s, int path, int operation,
	int *ret_fd, struct err *e)
{
	_close_ int fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "pins: folder %s", s->path);
	for (unsigned ms = 0; flock(fd, operation | LOCK_NB) < 0;
		ms += PAUSE_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_set(e, -errno, "pins: folder %s", s->path);
		if (ms > WAIT_MS)
			return err_say(e, -EWOULDBLOCK,
				"pins: the folder %s is kept locked by another "
				"process: see who has it open (fuser)",
				s->path);
		pause_a_little();
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What has no name of ours is nobody's. */
static int list_files(struct pin_store *s, int dir, char ***ret, struct err *e)
{
	_close_ int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	uint32_t sequence;
	int r = 0;

	if (!d)
		return err_set(e, -errno, "pins: folder %s", s->path);
	(void)take_fd(&fd);
	while (r == 0 && (entry = readdir(d))) {
		if (!pin_file_parse(entry->d_name, &sequence))
			continue;
		if (sequence >= s->sequence)
			s->sequence = sequence + 1;
		if (++s->n_files > PIN_FILES_MAX)
			r = err_say(e, -E2BIG,
				"pins: the folder %s has more than %d files: " LOOK,
				s->path, PIN_FILES_MAX, s->path);
		else
			r = strv_add(ret, entry->d_name);
	}
	(void)closedir(d);
	if (r == 0 && *ret)
		qsort(*ret, strv_len(*ret), sizeof(char *), by_name);
	return r;
}

static int read_all(struct pin_store *s, int dir, struct pins *pins,
	char ***ret_files, struct err *e)
{
	int r;

	s->n_files = 0;
	r = list_files(s, dir, ret_files, e);
	for (char **f = *ret_files; r == 0 && f && *f; f++)
		r = read_file(s, dir, *f, pins, e);
	return r == 0 && !*ret_files ? 1 : r;
}

static int open_store(
	const struct pin_store *s, int operation, int *ret_dir, struct err *e)
{
	_free_ char *sub = NULL;
	_close_ int path = -1;
	int r;

	if (asprintf(&sub, PIN_FOLDER "/%s", s->name) < 0) {
		sub = NULL;
		return OUT_OF_MEMORY(e);
	}
	r = folder_open(FOLDER_STATE, sub, false, &path, e);
	return r == 0 ? open_folder(s, path, operation, ret_dir, e) : r;
}

int pin_store_read(struct pin_store *s, struct pins *pins, struct err *e)
{
	_strv_ char **files = NULL;
	_close_ int dir = -1;
	int r = open_store(s, LOCK_SH, &dir, e);

	return r == 0 ? read_all(s, dir, pins, &files, e) : r;
}

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
	return r == 0 ? pin_batch_end(b) : r;
}

static int write_file(int dir, const char *name, const struct buf *b)
{
	_close_ int fd = openat(dir, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r;

	if (fd < 0)
		return -errno;
	(void)flock(fd, LOCK_EX | LOCK_NB);
	r = fd_write_all(fd, buf_head(b), buf_len(b));
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, name, 0);
	return r;
}

static int write_one(const struct pin_store *s, int dir,
	const struct pins *pins, char *const *files, struct err *e)
{
	struct buf b = BUF_INIT(PIN_BATCH_MAX);
	char name[PIN_NAME_SIZE], session[17];
	uint8_t random[8];
	int r = put_all(&b, s, pins);

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(session, sizeof(session), random, sizeof(random));
	pin_file_name(name, s->sequence, session, 0);
	if (r == 0)
		r = write_file(dir, name, &b);
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
		r = open_store(&s, LOCK_EX, &dir, e);
	if (r == 0)
		r = read_all(&s, dir, pins, &files, e);
	if (r == 0 && change)
		r = change(pins, context);
	if (r == 0)
		r = write_one(&s, dir, pins, files, e);
	pins_free(pins);
	return r;
}

static bool is_store_name(const char *name)
{
	return name[0] != '.';
}

int pin_store_names(char ***ret, struct err *e)
{
	const struct dirent *entry;
	_close_ int path = -1, fd = -1;
	DIR *d;
	int r = folder_open(FOLDER_STATE, PIN_FOLDER, false, &path, e);

	if (r != 0)
		return r < 0 ? r : 0;
	fd = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d)
		return err_set(e, -errno, "folder of pins");
	(void)take_fd(&fd);
	while (r == 0 && (entry = readdir(d)))
		if (is_store_name(entry->d_name))
			r = strv_add(ret, entry->d_name);
	(void)closedir(d);
	if (r == 0 && *ret)
		qsort(*ret, strv_len(*ret), sizeof(char *), by_name);
	return r < 0 ? OUT_OF_MEMORY(e) : 0;
}

/* Many small files become one, while nobody waits for it but this start. */
static int tidy(struct pin_store *s, struct err *e)
{
	_free_ char *name = strdup(s->name);
	int r = name ? pin_store_change(name, NULL, NULL, e) : OUT_OF_MEMORY(e);

	s->sequence++;
	return r;
}

int plan_pins(struct plan *p, bool make, struct err *e)
{
	enum pins_mode mode = (enum pins_mode)p->pins_mode;
	int r;

	p->pins = pins_new(mode);
	if (!p->pins)
		return OUT_OF_MEMORY(e);
	if (mode == PINS_OFF)
		return 0;
	p->pin_store = calloc(1, sizeof(*p->pin_store));
	if (!p->pin_store)
		return OUT_OF_MEMORY(e);
	r = pin_store_name(p, p->pin_store, e);
	if (r == 0)
		r = pin_store_read(p->pin_store, p->pins, e);
	if (r == 0 && make && p->pin_store->n_files > TIDY_FILES)
		r = tidy(p->pin_store, e);
	/* A server that is not known yet has nothing that could differ: its
	 * first start goes without a control socket. */
	if (r >= 0 && !p->pins_observed &&
		(mode == PINS_REQUIRE || pins_count(p->pins) > 0))
		p->stands = true;
	return r < 0 ? r : 0;
}

void plan_pins_deinit(struct plan *p)
{
	if (p->pin_store)
		pin_store_deinit(p->pin_store);
	free(p->pin_store);
	pins_free(p->pins);
}
