/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose signatures of operation tokens count: a file of lines
 *
 *	NAME 64 hex digits of an Ed25519 public key
 *
 * with empty lines and those that begin with `#` left out. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/token.h"

#define APPROVERS_FILE "approvers"
#define APPROVERS_MAX 32
#define APPROVERS_BYTES_MAX 16384
#define APPROVER_NAME_MAX 64

struct approver_key {
	char name[APPROVER_NAME_MAX + 1];
	char id[TOKEN_KEY_HEX + 1];
	uint8_t public[32];
};

struct approvers {
	bool site; /* it is root's list, and no other counts */
	size_t n;
	struct approver_key all[APPROVERS_MAX];
};

/* What a key is called in tokens and in the log. */
void approver_key_id(const uint8_t public[32], char ret_id[TOKEN_KEY_HEX + 1]);

/* 1 to APPROVER_NAME_MAX letters, digits, `.`, `_`, `-`, `@`. */
bool approver_name_valid(const char *name, size_t len);

/* 0; -EINVAL and the number of the line that is none. Never sets .site. */
int approvers_parse(const char *text, size_t len, struct approvers *ret,
	unsigned *ret_line) _must_use_;

/* NULL if that key does not count. */
const struct approver_key *approvers_find(
	const struct approvers *a, const char *id);
