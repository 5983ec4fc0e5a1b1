/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The key of the audit log: 32 random bytes in audit/key, one for all sessions
 * but those of a tenant, who has one of its own.
 *
 * It makes hashes of arguments useless to a reader of the log who has not the
 * key, and equal for equal arguments. Loaded in the keeper only, after its
 * fork, into locked memory that no core dump holds.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define AUDIT_KEY_BYTES 32
#define AUDIT_KEY_ID_HEX 16

struct audit_key;

/*
 * Loads "key" of the folder @dirfd, making it if there is none; of many who
 * make it at once all get the same. @where names the folder in messages.
 * Refuses a file that is not 0600 and ours. The
 * key of @tenant is "key.TENANT". 1: there is none, and @make is not set.
 */
int audit_key_open(int dirfd, const char *where, const char *tenant, bool make,
	struct audit_key **ret, struct err *e) _must_use_;
void audit_key_free(struct audit_key *key);
DEFINE_CLEANUP(audit_key);

/* 16 hex digits that name the key and tell nothing of it. */
const char *audit_key_id(const struct audit_key *key);

/* One piece of what is authenticated; @n pieces, NUL between them. */
struct key_piece {
	const void *bytes;
	size_t len;
};

/* HMAC-SHA-256 over the pieces. */
void audit_key_mac(const struct audit_key *key, const struct key_piece *pieces,
	size_t n, uint8_t ret_mac[32]);
