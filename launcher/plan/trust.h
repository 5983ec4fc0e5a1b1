/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles that lie anywhere, in a repository for example: such a file counts
 * only as it was when its user looked at it. `trusted` in the configuration
 * folder has a line for each, "SHA-256  PATH".
 *
 * Any process before it forks; nothing here outlives the call.
 */
#pragma once

#include "plan/profile_layer.h"

/* A file as it is now. */
struct trust_file {
	char *path; /* canonical */
	char *text;
	size_t len;
	uint8_t digest[32]; /* SHA-256 of the bytes */
};

void trust_file_deinit(struct trust_file *f);
#define _trust_file_ _cleanup_(trust_file_deinit)

/* -EINVAL for what is no file or cannot stand in a line. */
int trust_file_read(
	const char *path, struct trust_file *ret, struct err *e) _must_use_;

enum trust { TRUST_GIVEN = 0, TRUST_NONE = 1, TRUST_CHANGED = 2 };

/* enum trust, or <0 when the list cannot be used. */
int trust_find(const struct trust_file *f, struct err *e) _must_use_;
/* Trusts the file as it is, and no longer as it was. */
int trust_give(const struct trust_file *f, struct err *e) _must_use_;
/* @path need not be there any more. 1 if it was not trusted. */
int trust_revoke(const char *path, struct err *e) _must_use_;

/* "SHA-256  PATH" of each, in the order in which they were trusted. */
int trust_list(char ***ret_lines, struct err *e) _must_use_;
#define TRUST_PATH 66 /* where the path begins in a line */

/* The profile in a trusted file, and what it extends; refused with the command
 * to type where it is not trusted. *ret_place: where it really lies. */
int trust_chain_load(const struct profile_store *s, const char *path,
	struct profile_chain *ret, char **ret_place, struct err *e) _must_use_;
