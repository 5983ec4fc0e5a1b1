/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small files of foreign hands: read whole, never waited for, bounded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/cleanup.h"

#define FILE_MAX_BYTES ((size_t)1024 * 1024)

/*
 * Reads a regular file (-EINVAL for a FIFO, a device, …) of at most @max_bytes
 * (-EFBIG). *ret_text is terminated, owned by the caller; it may hold NULs.
 */
int file_read(const char *path, size_t max_bytes, char **ret_text,
	size_t *ret_len) _must_use_;

/* The first @size bytes of a regular file; the number read or -errno. */
int file_head(const char *path, char *bytes, size_t size) _must_use_;

/* A JSON object of at most FILE_MAX_BYTES, or NULL. */
json_t *file_json(const char *path);

static inline void cleanup_json(json_t **j)
{
	json_decref(*j);
}
#define _json_ _cleanup_(cleanup_json)

/*
 * Cuts the next line out of *text: returns it terminated, without "\r", and
 * moves *text behind it; NULL at the end.
 */
char *file_next_line(char **text);

/* The same with blanks round it taken off. */
char *file_next_trimmed(char **text);
