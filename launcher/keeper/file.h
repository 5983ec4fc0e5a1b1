/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of one session: lines go in at its end, into space that was reserved
 * before anybody was told that there is any.
 *
 * Made under a name that did not exist, 0600, locked for as long as its keeper
 * lives (that is how a reader tells a running session from one that was cut
 * short), and made read-only once it is complete. Keeper only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct audit_file {
	int fd;
	uint64_t written;  /* bytes that are in the file */
	uint64_t reserved; /* the filesystem has promised that many */
	uint64_t max;      /* as of RLIMIT_FSIZE, which no promise knows of */
	bool unreserved;   /* it cannot promise */
	bool torn;         /* bytes were taken back that may be in the file */
};

/*
 * Makes DIR/@name and locks it. The caller removes it again if it gives up
 * before anything was said about it elsewhere.
 */
int audit_file_create(
	struct audit_file *f, int dirfd, const char *name) _must_use_;
void audit_file_deinit(struct audit_file *f);

/* Bytes that can be written for certain. Never more than was reserved. */
uint64_t audit_file_room(const struct audit_file *f);

/*
 * Sees to it that there is room for @bytes more, in large steps, or in small
 * ones where the disk is nearly full. 0; 1 where the filesystem cannot tell
 * (room stays 0); -ENOSPC, -EDQUOT, …
 */
int audit_file_reserve(struct audit_file *f, uint64_t bytes) _must_use_;

/* Writes all of @out and empties it; on failure what is left stays. -errno. */
int audit_file_write(struct audit_file *f, struct buf *out) _must_use_;

/*
 * The last @n bytes that were written are none: what is written next takes
 * their place, and audit_file_trim() what is left of them.
 */
void audit_file_take_back(struct audit_file *f, uint64_t n);

/* Gives back what was reserved and not used; starts writing to the disk. */
void audit_file_trim(struct audit_file *f);

/*
 * Makes the file read-only: it is complete, and the ledger says so. A reader
 * who finds it so, and not in the ledger, knows that the ledger was changed.
 */
void audit_file_complete(struct audit_file *f);
