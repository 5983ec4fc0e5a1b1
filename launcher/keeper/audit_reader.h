/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A log file read line by line, in bounded memory. The file may be anybody's
 * making, and may grow while it is read. Readers' side (`log`, `verify`).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/record.h"

struct audit_reader {
	int fd;
	struct buf in;
	uint64_t lines; /* that were returned */
	uint64_t left;  /* bytes that may still be read */
	bool skipping;  /* inside a line that is too long */
	size_t taken;   /* bytes of the last line, still in the buffer */
};

struct audit_line {
	const char *text; /* without newline; valid until the next call */
	size_t len;
	uint64_t number; /* from 1 */
	bool too_long;   /* text is its beginning only */
	bool half;       /* the file ends in it */
};

/* 1 if there is no such file, -EINVAL if it is not a regular one. */
int audit_reader_open(
	struct audit_reader *r, int dirfd, const char *name) _must_use_;

/* The same for a descriptor, which is taken over. */
void audit_reader_init(struct audit_reader *r, int fd);
void audit_reader_deinit(struct audit_reader *r);

/*
 * 1 with the next whole line; 0 at the end of the file, where a later call may
 * find more; -errno.
 */
int audit_reader_next(
	struct audit_reader *r, struct audit_line *ret) _must_use_;

/* What lies behind the last newline, as a half line; false if nothing. */
bool audit_reader_half(const struct audit_reader *r, struct audit_line *ret);
