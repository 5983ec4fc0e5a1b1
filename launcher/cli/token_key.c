/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token_key.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/digits.h"
#include "base/fd.h"
#include "base/folders.h"

#define FORM                                                                 \
	"stockade-approver-key 1\nname %s\npublic %s\nsalt %s\nops %" PRIu64 \
	"\nmemory %" PRIu64 "\nnonce %s\nsealed %s\n"
#define FILE_MAX 1024
/* What a file may make us spend. */
#define OPS_MAX 16ULL
#define MEMORY_MAX (1ULL << 30)

_Static_assert(
	sizeof(((struct token_key *)0)->salt) == crypto_pwhash_SALTBYTES &&
		sizeof(((struct token_key *)0)->nonce) ==
			crypto_secretbox_NONCEBYTES &&
		sizeof(((struct token_key *)0)->sealed) ==
			crypto_sign_SEEDBYTES + crypto_secretbox_MACBYTES,
	"as libsodium has them");

/* What is secret while it is in the clear. */
struct secret {
	uint8_t key[crypto_secretbox_KEYBYTES];
	uint8_t seed[crypto_sign_SEEDBYTES];
	uint8_t full[crypto_sign_SECRETKEYBYTES];
};

static void secret_cleanup(struct secret **s)
{
	sodium_free(*s);
}
#define _secret_ _cleanup_(secret_cleanup)

struct passphrase *passphrase_new(void)
{
	struct passphrase *p = sodium_init() < 0 || prctl(PR_SET_DUMPABLE, 0UL,
							    0UL, 0UL, 0UL) < 0
				       ? NULL
				       : sodium_malloc(sizeof(*p));

	if (p)
		p->len = 0;
	return p;
}

void passphrase_free(struct passphrase *p)
{
	sodium_free(p);
}

static int bad_file(struct err *e)
{
	return err_say(e, -EINVAL,
		APPROVER_KEY_FILE " of the configuration folder is no key of "
				  "this version; move it away, and stockade "
				  "token init makes another");
}

static bool take(const char **at, const char *key, const char **ret, size_t *n)
{
	size_t len = strlen(key);
	const char *nl;

	if (strncmp(*at, key, len) != 0 || (*at)[len] != ' ')
		return false;
	*ret = *at + len + 1;
	nl = strchr(*ret, '\n');
	if (!nl)
		return false;
	*n = (size_t)(nl - *ret);
	*at = nl + 1;
	return true;
}

static bool take_bytes(
	const char **at, const char *key, uint8_t *dst, size_t size)
{
	const char *v;
	size_t n, got = 0;

	return take(at, key, &v, &n) && n == 2 * size &&
	       sodium_hex2bin(dst, size, v, n, NULL, &got, NULL) == 0 &&
	       got == size;
}

static bool take_count(
	const char **at, const char *key, uint64_t max, uint64_t *ret)
{
	const char *v;
	size_t n;

	return take(at, key, &v, &n) && digits_take(&v, 12, ret) &&
	       *v == '\n' && *ret > 0 && *ret <= max;
}

static bool parse(const char *text, struct token_key *k)
{
	static const char head[] = "stockade-approver-key 1\n";
	const char *at = text + sizeof(head) - 1, *name;
	size_t n;

	if (strncmp(text, head, sizeof(head) - 1) != 0 ||
		!take(&at, "name", &name, &n) || !approver_name_valid(name, n))
		return false;
	memcpy(k->public.name, name, n);
	if (!take_bytes(&at, "public", k->public.public, 32) ||
		!take_bytes(&at, "salt", k->salt, sizeof(k->salt)) ||
		!take_count(&at, "ops", OPS_MAX, &k->ops) ||
		!take_count(&at, "memory", MEMORY_MAX, &k->memory) ||
		!take_bytes(&at, "nonce", k->nonce, sizeof(k->nonce)) ||
		!take_bytes(&at, "sealed", k->sealed, sizeof(k->sealed)))
		return false;
	approver_key_id(k->public.public, k->public.id);
	return *at == '\0';
}

int token_key_read(struct token_key *ret, struct err *e)
{
	struct token_key k = {.ops = 0};
	_close_ int dir = -1, fd = -1;
	char text[FILE_MAX + 1];
	struct stat st;
	ssize_t n;
	int r = folder_open(FOLDER_CONFIG, "", false, &dir, e);

	if (r != 0)
		return r;
	fd = openat(dir, APPROVER_KEY_FILE,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 1;
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(e, -errno, APPROVER_KEY_FILE);
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
		(st.st_mode & (S_IRWXG | S_IRWXO)))
		return err_say(e, -EPERM,
			APPROVER_KEY_FILE " has to be a file of your own with "
					  "mode 0600");
	n = fd_read_all(fd, text, FILE_MAX + 1);
	if (n < 0)
		return err_set(e, (int)n, APPROVER_KEY_FILE);
	if (n > FILE_MAX || memchr(text, '\0', (size_t)n))
		return bad_file(e);
	text[n] = '\0';
	if (!parse(text, &k))
		return bad_file(e);
	*ret = k;
	return 0;
}

static int derive(const struct token_key *k, const struct passphrase *p,
	uint8_t *key, struct err *e)
{
	if (crypto_pwhash(key, crypto_secretbox_KEYBYTES, p->bytes, p->len,
		    k->salt, k->ops, (size_t)k->memory,
		    crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_say(e, -ENOMEM,
			"no memory to derive a key from the passphrase: %" PRIu64
			" MiB",
			k->memory >> 20);
	return 0;
}

static void to_hex(char *dst, const uint8_t *bytes, size_t n)
{
	(void)sodium_bin2hex(dst, 2 * n + 1, bytes, n);
}

/* Only where there is none: what is lost here no passphrase brings back. */
static int write_new(const struct token_key *k, struct err *e)
{
	char public[65], salt[33], nonce[49], sealed[97], text[FILE_MAX];
	_close_ int dir = -1, fd = -1;
	int n, r = folder_open(FOLDER_CONFIG, "", true, &dir, e);

	if (r < 0)
		return r;
	to_hex(public, k->public.public, 32);
	to_hex(salt, k->salt, sizeof(k->salt));
	to_hex(nonce, k->nonce, sizeof(k->nonce));
	to_hex(sealed, k->sealed, sizeof(k->sealed));
	n = snprintf(text, sizeof(text), FORM, k->public.name, public, salt,
		k->ops, k->memory, nonce, sealed);
	fd = openat(dir, APPROVER_KEY_FILE,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(e, -errno, APPROVER_KEY_FILE);
	r = fd_write_all(fd, text, (size_t)n);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, APPROVER_KEY_FILE, 0);
	return r < 0 ? err_set(e, r, APPROVER_KEY_FILE) : 0;
}

int token_key_make(const char *name, const struct passphrase *p,
	struct token_key *ret, struct err *e)
{
	struct token_key k = {
		.ops = crypto_pwhash_OPSLIMIT_MODERATE,
		.memory = crypto_pwhash_MEMLIMIT_MODERATE,
	};
	_secret_ struct secret *s = sodium_malloc(sizeof(*s));
	int r;

	if (!s)
		return err_set(e, -ENOMEM, "token init");
	(void)snprintf(k.public.name, sizeof(k.public.name), "%s", name);
	randombytes_buf(k.salt, sizeof(k.salt));
	randombytes_buf(k.nonce, sizeof(k.nonce));
	randombytes_buf(s->seed, sizeof(s->seed));
	(void)crypto_sign_seed_keypair(k.public.public, s->full, s->seed);
	approver_key_id(k.public.public, k.public.id);
	r = derive(&k, p, s->key, e);
	if (r < 0)
		return r;
	(void)crypto_secretbox_easy(
		k.sealed, s->seed, sizeof(s->seed), k.nonce, s->key);
	r = write_new(&k, e);
	if (r == 0)
		*ret = k;
	return r;
}

void token_key_remove(void)
{
	_close_ int dir = -1;

	if (folder_open(FOLDER_CONFIG, "", false, &dir, NULL) == 0)
		(void)unlinkat(dir, APPROVER_KEY_FILE, 0);
}

/* Its size, and whether somebody left its last line without an end. */
static int ends_open(int fd, bool *ret_open, off_t *ret_size)
{
	struct stat st;
	char last = '\n';

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid())
		return -EPERM;
	if (st.st_size > 0 && pread(fd, &last, 1, st.st_size - 1) != 1)
		return -EIO;
	*ret_open = last != '\n';
	*ret_size = st.st_size;
	return 0;
}

int token_key_enrol(const struct token_key *k, struct err *e)
{
	char text[APPROVER_NAME_MAX + 80], hex[65];
	bool open_end = false;
	off_t size = 0;
	_close_ int dir = -1, fd = -1;
	int n, r = folder_open(FOLDER_CONFIG, "", true, &dir, e);

	if (r < 0)
		return r;
	fd = openat(dir, APPROVERS_FILE,
		O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC,
		0600);
	if (fd < 0)
		return err_set(e, -errno, APPROVERS_FILE);
	to_hex(hex, k->public.public, 32);
	r = ends_open(fd, &open_end, &size);
	n = snprintf(text, sizeof(text), "%s%s %s\n", open_end ? "\n" : "",
		k->public.name, hex);
	if (r == 0) {
		r = fd_write_all(fd, text, (size_t)n);
		/* Half a line would keep all the others from counting. */
		if (r < 0)
			(void)!ftruncate(fd, size);
	}
	return r < 0 ? err_set(e, r, APPROVERS_FILE) : 0;
}

int token_key_sign(const struct token_key *k, const struct passphrase *p,
	const char *text, size_t len, uint8_t ret[TOKEN_SIGNATURE],
	struct err *e)
{
	_secret_ struct secret *s = sodium_malloc(sizeof(*s));
	uint8_t public[32];
	int r;

	if (!s)
		return err_set(e, -ENOMEM, "token mint");
	r = derive(k, p, s->key, e);
	if (r < 0)
		return r;
	if (crypto_secretbox_open_easy(s->seed, k->sealed, sizeof(k->sealed),
		    k->nonce, s->key) != 0)
		return 1;
	(void)crypto_sign_seed_keypair(public, s->full, s->seed);
	if (sodium_memcmp(public, k->public.public, sizeof(public)) != 0)
		return bad_file(e);
	(void)crypto_sign_detached(
		ret, NULL, (const unsigned char *)text, len, s->full);
	return 0;
}
