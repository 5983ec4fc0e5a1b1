/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of an audit folder that a test may spoil, and what a verification of
 * it says.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper/audit_verify.h"

#define COPY_FILES 4

struct copy {
	char path[64];
	int dir;
	size_t n;
	struct copy_file {
		char name[64];
		char *bytes;
		size_t len;
		unsigned mode;
	} files[COPY_FILES];
};

struct said {
	uint64_t findings, states[_AUDIT_N];
	uint64_t fragments;
	/* Of each kind how many, and of the first finding: */
	uint64_t kinds[_FINDING_N];
	struct finding first;
	bool in_ledger; /* the first one was in the ledger */
};

/* Reads the audit folder of HOME into memory and makes a copy of it. */
void copy_make(struct copy *c);
void copy_remove(struct copy *c);
/* File of that name (a part of it is enough). */
struct copy_file *copy_find(struct copy *c, const char *part);
/* Puts @len bytes in the copy's file @f, with the original's mode. */
void copy_write(const struct copy *c, const struct copy_file *f,
	const char *bytes, size_t len);
/* Puts the original bytes back. */
void copy_restore(const struct copy *c, const struct copy_file *f);
void copy_unlink(const struct copy *c, const struct copy_file *f);

/* Verifies the copy; the test fails if that cannot be done. */
struct said copy_verify(const struct copy *c);
