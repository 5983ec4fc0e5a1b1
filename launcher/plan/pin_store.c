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
#include "policy/json.h"

/* A file that is being written: locked, or about to be. */
#define WAIT_MS 2000
#define PAUSE_MS 5
#define DEPTH_MAX 128
#define TOTAL_MAX ((size_t)64 << 20)

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
	*s = (struct pin_store){0};
}

static void mix(crypto_hash_sha256_state *state, const char *text)
{
	(void)crypto_hash_sha256_update(
		state, (const unsigned char *)text, strlen(text) + 1);
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
	return 0;
}

/* A package by its name, so that its next version is held against this one; a
 * program by where it really lies. */
int pin_store_name(const struct plan *p, struct pin_store *ret, struct err *e)
{
	unsigned char hash[crypto_hash_sha256_BYTES];
	const char *package = p->runtime->package;
	crypto_hash_sha256_state state;
	char hex[17], name[NAME_MAX + 1];
	int n;

	(void)crypto_hash_sha256_init(&state);
	mix(&state, p->server_name);
	mix(&state, package ? package : "");
	mix(&state, package ? "" : p->runtime->program);
	mix(&state, p->profile->place ? p->profile->place : "");
	(void)crypto_hash_sha256_final(&state, hash);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, 8);
	n = snprintf(name, sizeof(name), "%s-%s", p->profile->name, hex);
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

/* What the pinned thing is called: by what it says itself. */
static int name_of(enum pin_kind kind, const struct json_value *def,
	char name[PINS_NAME_MAX], size_t *ret_len)
{
	const char *key = pin_kind_key(kind);
	struct json_value v;

	*ret_len = 0;
	if (!key)
		return def->type == JSON_STRING || def->type == JSON_NULL
			       ? 0
			       : -EBADMSG;
	if (def->type != JSON_OBJECT || !json_get(def, key, &v) ||
		v.type != JSON_STRING)
		return -EBADMSG;
	*ret_len = json_string_copy(&v, name, PINS_NAME_MAX);
	return *ret_len > PINS_NAME_MAX ? -EBADMSG : 0;
}

static int apply_definition(struct pins *pins, const struct pin_line *l,
	enum pin_kind kind, const struct json_value *def)
{
	char name[PINS_NAME_MAX];
	uint8_t hash[32];
	size_t len;
	int r = name_of(kind, def, name, &len);

	if (r < 0)
		return r;
	sha256(name, len, hash);
	if (memcmp(hash, l->name_hash, sizeof(hash)) != 0)
		return -EBADMSG;
	switch (l->event) {
	case PIN_EVENT_FIRST:
		return pins_first(pins, kind, name, len, l->json, l->json_len);
	case PIN_EVENT_WAITING:
		return pins_wait(pins, kind, name, len, l->json, l->json_len);
	case PIN_EVENT_ACCEPTED:
		return pins_accept(pins, kind, name, len, l->json, l->json_len);
	case PIN_EVENT_KNOWN:
	case PIN_EVENT_NONE:
	case _PIN_EVENT_N:
		break;
	}
	return -EBADMSG;
}

static int apply(
	struct pins *pins, struct json_scanner *s, const struct pin_line *l)
{
	enum pin_kind kind = pin_kind_find(l->kind, l->kind_len);
	struct json_scan_result scan;
	struct json_value def;
	int r;

	if (kind == PIN_NONE)
		return -EBADMSG;
	if (l->event == PIN_EVENT_KNOWN)
		return pins_know(pins, kind, l->name_hash);
	r = json_scan(s, l->json, l->json_len, &scan);
	if (r != 0)
		return r < 0 ? r : -EBADMSG;
	def = json_top(l->json, &scan);
	return apply_definition(pins, l, kind, &def);
}

int pin_batch_apply(struct pin_batch b, struct pins *pins)
{
	const struct json_limits limits = {
		.max_bytes = PIN_BATCH_MAX,
		.max_depth = DEPTH_MAX,
		.max_keys = 65536,
		.allow_nul = true,
		.allow_half_surrogate = true,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct pin_line l;
	int r = s ? 0 : -ENOMEM;

	while (r == 0 && pin_batch_next(&b, &l))
		r = apply(pins, s, &l);
	json_scanner_free(s);
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

int pin_store_read(struct pin_store *s, struct pins *pins, struct err *e)
{
	_free_ char *sub = NULL;
	_strv_ char **files = NULL;
	_close_ int dir = -1;
	int r;

	if (asprintf(&sub, PIN_FOLDER "/%s", s->name) < 0) {
		sub = NULL;
		return OUT_OF_MEMORY(e);
	}
	s->n_files = 0;
	r = folder_open(FOLDER_STATE, sub, false, &dir, e);
	if (r != 0)
		return r;
	r = list_files(s, dir, &files, e);
	for (char **f = files; r == 0 && f && *f; f++)
		r = read_file(s, dir, *f, pins, e);
	if (r == 0 && !files)
		return 1;
	return r;
}

int plan_pins(struct plan *p, struct err *e)
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
	return r < 0 ? r : 0;
}

void plan_pins_deinit(struct plan *p)
{
	if (p->pin_store)
		pin_store_deinit(p->pin_store);
	free(p->pin_store);
	pins_free(p->pins);
}
