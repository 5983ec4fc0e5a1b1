/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The watch over writable grants: a protected name that appears or changes at
 * the top of one is told at once. Neither a mount nor Landlock can refuse a
 * name that is not there yet.
 *
 * Supervisor's process. Opened before it shuts itself in; reads afterwards.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct tripwire {
	int inotify; /* -1 when nothing is watched */
	struct watched *folders;
	size_t n;
};

void tripwire_init(struct tripwire *w);
void tripwire_deinit(struct tripwire *w);

/* @folders: NULL-terminated, canonical. */
int tripwire_open(
	struct tripwire *w, char *const *folders, struct err *e) _must_use_;

/* Told of each change: "created", "changed", "removed", with the path. */
typedef void (*tripwire_fn)(void *context, const char *what, const char *path);

/* Reads what inotify has. */
void tripwire_read(struct tripwire *w, tripwire_fn fn, void *context);

/* Compares with what was there at the start; what tripwire_read() has told
 * already is not told again. */
void tripwire_compare(struct tripwire *w, tripwire_fn fn, void *context);

/* Its descriptors, for confine_self(); at most @size. */
size_t tripwire_fds(const struct tripwire *w, int *ret_fds, size_t size);
