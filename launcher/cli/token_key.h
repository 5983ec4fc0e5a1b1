/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The approver's key: Ed25519, its secret half sealed under a passphrase in
 * CONFIG/approver.key, 0600. Whoever reads the file has to guess the
 * passphrase, at the price of Argon2id for each guess.
 *
 * The secret is in locked memory, in the process of the verb alone.
 */
#pragma once

#include "base/approvers.h"
#include "base/err.h"

#define APPROVER_KEY_FILE "approver.key"
#define PASSPHRASE_MAX 1024
#define PASSPHRASE_LEAST 10 /* bytes, of a new one */

/* In memory of sodium_malloc(). */
struct passphrase {
	size_t len;
	char bytes[PASSPHRASE_MAX + 1];
};

/* From here on no other process of this user sees into this one's memory. */
struct passphrase *passphrase_new(void);
void passphrase_free(struct passphrase *p);
DEFINE_CLEANUP(passphrase);
#define _passphrase_ _cleanup_(passphrase_cleanup)

/*
 * token_tty.c: asks on /dev/tty, without showing what is typed. Whatever is on
 * standard input, in an argument or in a variable is none.
 */
int passphrase_ask(
	const char *prompt, struct passphrase *ret, struct err *e) _must_use_;
/* Of a new one, twice. */
int passphrase_ask_new(struct passphrase *ret, struct err *e) _must_use_;

/* The file, sealed. */
struct token_key {
	struct approver_key public;
	uint8_t salt[16], nonce[24];
	uint64_t ops, memory;
	uint8_t sealed[32 + 16];
};

/* 0; 1 there is none; <0. */
int token_key_read(struct token_key *ret, struct err *e) _must_use_;
/* Makes one, and the file, which must not be there. */
int token_key_make(const char *name, const struct passphrase *p,
	struct token_key *ret, struct err *e) _must_use_;
/* Adds it to the user's list, or leaves that as it was. */
int token_key_enrol(const struct token_key *k, struct err *e) _must_use_;
/* Of one that was made just now and counts nowhere. */
void token_key_remove(void);

/* Signs; 1: the passphrase is another one. */
int token_key_sign(const struct token_key *k, const struct passphrase *p,
	const char *text, size_t len, uint8_t ret[TOKEN_SIGNATURE],
	struct err *e) _must_use_;
