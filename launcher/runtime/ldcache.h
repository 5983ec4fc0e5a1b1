/* SPDX-License-Identifier: Apache-2.0 */
/*
 * /etc/ld.so.cache: which file a library's name means to the loader. Text
 * only; the file is root's, and bounds-checked all the same.
 */
#pragma once

#include <stddef.h>

#define LDCACHE_PATH "/etc/ld.so.cache"
#define LDCACHE_MAX_BYTES ((size_t)16 * 1024 * 1024)

/* The path for @name in the cache's bytes (native 64-bit), or NULL. */
const char *ldcache_find(const char *bytes, size_t n, const char *name);
