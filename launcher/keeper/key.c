/* SPDX-License-Identifier: Apache-2.0 */
#include "keeper/key.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "keeper/chain.h"

#define KEY_NAME "key"

/* Where the key of a tenant, or of nobody in particular, lies. */
struct key_place {
	int dirfd;
	const char *where; /* for messages */
	char name[80];
};

_Static_assert(AUDIT_KEY_BYTES == crypto_auth_hmacsha256_KEYBYTES,
	"the key is an HMAC-SHA-256 key");

/* Lies as a whole in memory of sodium_malloc(): locked where the limit on
 * locked memory lets it, never in a dump, guarded at both ends. */
struct audit_key {
	uint8_t bytes[AUDIT_KEY_BYTES];
	crypto_auth_hmacsha256_state begun; /* with the key, and nothing yet */
	char id[AUDIT_KEY_ID_HEX + 1];
};

void audit_key_free(struct audit_key *key)
{
	/* Wipes before it unmaps. */
	sodium_free(key);
}

const char *audit_key_id(const struct audit_key *key)
{
	return key->id;
}

static int key_check(int fd, const struct key_place *at, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(
			e, -errno, "audit key %s/%s", at->where, at->name);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return err_say(e, -EPERM,
			"audit key %s/%s is no file of uid %u: move "
			"it away, a new one is then made",
			at->where, at->name, (unsigned)geteuid());
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return err_say(e, -EPERM,
			"audit key %s/%s is open to others (mode "
			"%04o): run chmod 600 on it, or remove it if it was "
			"read",
			at->where, at->name, (unsigned)st.st_mode & 07777U);
	if (st.st_size != AUDIT_KEY_BYTES)
		return err_say(e, -EINVAL,
			"audit key %s/%s has %lld bytes, not %d: "
			"put it back from a copy, or remove it (hashes in "
			"later sessions then differ from earlier ones)",
			at->where, at->name, (long long)st.st_size,
			AUDIT_KEY_BYTES);
	return 0;
}

/* 0; 1 if there is none. */
static int key_load(
	const struct key_place *at, struct audit_key *key, struct err *e)
{
	/* O_NONBLOCK: a FIFO of that name must not hold the start up. */
	_close_ int fd = openat(at->dirfd, at->name,
		O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	ssize_t n;
	int r;

	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0)
		return err_set(
			e, -errno, "audit key %s/%s", at->where, at->name);
	r = key_check(fd, at, e);
	if (r < 0)
		return r;
	n = fd_read_all(fd, key->bytes, sizeof(key->bytes));
	if (n != (ssize_t)sizeof(key->bytes))
		return err_set(e, n < 0 ? (int)n : -EIO, "audit key %s/%s",
			at->where, at->name);
	return 0;
}

static int key_write(int fd, const struct audit_key *key)
{
	int r = fd_write_all(fd, key->bytes, sizeof(key->bytes));
	/* Once in the life of an installation: worth the wait, for a key that
	 * a power cut left empty would stop every later start. */
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

static int key_link(
	int from, const char *name, const struct key_place *at, int flags)
{
	if (linkat(from, name, at->dirfd, at->name, flags) < 0 &&
		errno != EEXIST)
		return -errno;
	return 0;
}

/* A file without a name leaves nothing behind, whenever we are killed. */
static int key_make_unnamed(
	const struct key_place *at, const struct audit_key *key)
{
	_close_ int fd =
		openat(at->dirfd, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600);
	char path[64];
	int r;

	if (fd < 0)
		return -errno;
	r = key_write(fd, key);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return r < 0 ? r : key_link(AT_FDCWD, path, at, AT_SYMLINK_FOLLOW);
}

/* For filesystems that have no such files. */
static int key_make_named(
	const struct key_place *at, const struct audit_key *key)
{
	_close_ int fd = -1;
	char name[64];
	int r;

	(void)snprintf(name, sizeof(name), ".key-%08x%08x",
		randombytes_random(), randombytes_random());
	fd = openat(at->dirfd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = key_write(fd, key);
	if (r == 0)
		r = key_link(at->dirfd, name, at, 0);
	(void)unlinkat(at->dirfd, name, 0);
	return r;
}

/*
 * Writes the whole key to a file of its own, then links it to the real name,
 * which fails for all but the first.
 */
static int key_make(
	const struct key_place *at, struct audit_key *key, struct err *e)
{
	int r;

	randombytes_buf(key->bytes, sizeof(key->bytes));
	r = key_make_unnamed(at, key);
	if (r == -EOPNOTSUPP || r == -EISDIR || r == -ENOENT)
		r = key_make_named(at, key);
	if (r < 0)
		return err_set(e, r, "audit key %s/%s", at->where, at->name);
	return 0;
}

static void key_begin(struct audit_key *key)
{
	static const char label[] = "stockade key id";
	const struct key_piece piece = {label, sizeof(label) - 1};
	uint8_t mac[32];

	(void)crypto_auth_hmacsha256_init(
		&key->begun, key->bytes, sizeof(key->bytes));
	audit_key_mac(key, &piece, 1, mac);
	hex_text(key->id, mac, AUDIT_KEY_ID_HEX / 2);
}

int audit_key_open(int dirfd, const char *where, const char *tenant, bool make,
	struct audit_key **ret, struct err *e)
{
	_cleanup_(audit_key_cleanup) struct audit_key *key = NULL;
	struct key_place at = {.dirfd = dirfd, .where = where};
	int r, n = snprintf(at.name, sizeof(at.name), KEY_NAME "%s%s",
		       tenant ? "." : "", tenant ? tenant : "");

	if (n < 0 || (size_t)n >= sizeof(at.name) || strchr(at.name, '/'))
		return err_say(e, -EINVAL, "no tenant has such a name");
	if (sodium_init() < 0)
		return err_say(e, -EIO, "libsodium cannot be set up");
	key = sodium_malloc(sizeof(*key));
	if (!key)
		return err_set(e, -ENOMEM, "memory for the audit key");
	r = key_load(&at, key, e);
	if (r == 1 && !make)
		return 1;
	if (r == 1) {
		r = key_make(&at, key, e);
		if (r == 0)
			r = key_load(&at, key, e);
	}
	if (r != 0)
		return r < 0 ? r
			     : err_say(e, -EIO, "audit key %s/%s vanished",
				       at.where, at.name);
	key_begin(key);
	*ret = take_ptr(key);
	return 0;
}

void audit_key_mac(const struct audit_key *key, const struct key_piece *pieces,
	size_t n, uint8_t ret_mac[32])
{
	crypto_auth_hmacsha256_state state = key->begun;

	for (size_t i = 0; i < n; i++) {
		if (i)
			(void)crypto_auth_hmacsha256_update(
				&state, (const uint8_t *)"", 1);
		(void)crypto_auth_hmacsha256_update(
			&state, pieces[i].bytes, pieces[i].len);
	}
	(void)crypto_auth_hmacsha256_final(&state, ret_mac);
	sodium_memzero(&state, sizeof(state));
}
