/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/ldcache.h"

#include <stdint.h>
#include <string.h>

/* The layout of glibc's sysdeps/generic/dl-cache.h, new format. */
struct ldcache_header {
	char magic[20]; /* "glibc-ld.so.cache1.1", not terminated */
	uint32_t n_libs;
	uint32_t len_strings;
	uint8_t flags;
	uint8_t pad[3];
	uint32_t extension_offset;
	uint32_t unused[3];
};

struct ldcache_entry {
	uint32_t flags;
	uint32_t key;
	uint32_t value;
	uint32_t os_version;
	uint64_t hwcap;
};

#define LDCACHE_MAGIC "glibc-ld.so.cache1.1"

/* FLAG_ELF_LIBC6 with the machine's bits (glibc, ldconfig.h). */
#if defined(__aarch64__)
#define LDCACHE_FLAGS 0x0a03u
#else
#define LDCACHE_FLAGS 0x0303u
#endif

static const char *ldcache_text(const char *bytes, size_t n, uint32_t at)
{
	if (at >= n || !memchr(bytes + at, '\0', n - at))
		return NULL;
	return bytes + at;
}

const char *ldcache_find(const char *bytes, size_t n, const char *name)
{
	struct ldcache_header h;
	const char *base =
		memmem(bytes, n, LDCACHE_MAGIC, sizeof(LDCACHE_MAGIC) - 1);

	if (!base)
		return NULL;
	/* Offsets count from the new format's own header. */
	n -= (size_t)(base - bytes);
	if (n < sizeof(h))
		return NULL;
	memcpy(&h, base, sizeof(h));
	if (h.n_libs > (n - sizeof(h)) / sizeof(struct ldcache_entry))
		return NULL;
	for (uint32_t i = 0; i < h.n_libs; i++) {
		struct ldcache_entry entry;
		const char *key;

		memcpy(&entry, base + sizeof(h) + i * sizeof(entry),
			sizeof(entry));
		key = ldcache_text(base, n, entry.key);
		if (entry.flags == LDCACHE_FLAGS && key &&
			strcmp(key, name) == 0)
			return ldcache_text(base, n, entry.value);
	}
	return NULL;
}
