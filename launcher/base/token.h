/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An operation token: what somebody with a key has permitted, as text.
 *
 *	stockade-token 1
 *	id 32 hex digits
 *	key 16 hex digits
 *	server NAME
 *	tool NAME
 *	args SHA-256 of the canonical arguments, or `any`; or
 *	when CONDITIONS, as of a rule
 *	role NAME           (may be left out)
 *	session 32 hex digits (may be left out)
 *	uses NUMBER
 *	from SECONDS        of the Unix epoch
 *	until SECONDS
 *	signature 128 hex digits
 *
 * In this order, each line ended by a newline: a token has one spelling. Signed
 * is every byte before the last line, Ed25519; the first line keeps it apart
 * from whatever else such a key signs.
 *
 * Pure; reads what anybody may have written.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define TOKEN_BYTES_MAX 4096
#define TOKEN_ID_HEX 32
#define TOKEN_KEY_HEX 16
#define TOKEN_SESSION_HEX 32
#define TOKEN_SERVER_MAX 256
#define TOKEN_TOOL_MAX 1024 /* as TOOL_NAME_MAX */
#define TOKEN_WHEN_MAX 1024
#define TOKEN_ROLE_MAX 64
#define TOKEN_USES_MAX 100
#define TOKEN_LIFE_MAX_S (72ULL * 3600)
#define TOKEN_SIGNATURE 64

enum token_about {
	TOKEN_ABOUT_NONE = 0,
	TOKEN_ABOUT_ARGS, /* .args */
	TOKEN_ABOUT_WHEN, /* .when */
	TOKEN_ABOUT_ANY,  /* whatever the arguments */
};

struct token {
	char id[TOKEN_ID_HEX + 1];
	char key[TOKEN_KEY_HEX + 1];
	char server[TOKEN_SERVER_MAX + 1];
	char tool[TOKEN_TOOL_MAX + 1];
	enum token_about about;
	uint8_t args[32];
	char when[TOKEN_WHEN_MAX + 1];
	char role[TOKEN_ROLE_MAX + 1];       /* "": any, and none */
	char session[TOKEN_SESSION_HEX + 1]; /* "": any */
	uint64_t uses, from, until;
	uint8_t signature[TOKEN_SIGNATURE];
};

/* The relay's question to the keeper (IPC_TOKEN). */
struct token_query {
	uint8_t args[32]; /* SHA-256 of the canonical arguments */
	uint32_t tool_len;
	char tool[TOKEN_TOOL_MAX];
};

/*
 * Reads a token; *ret_signed is how many bytes of @text are signed. -EINVAL for
 * what is no token, or one that lives longer or counts more than it may.
 * Nothing of it is to be believed before the signature was checked.
 */
int token_parse(const char *text, size_t len, struct token *ret,
	size_t *ret_signed) _must_use_;

/*
 * Writes what is to be signed, without the signature; returns its length, or
 * -EINVAL where @t is nothing that token_parse() would read.
 */
int token_write(const struct token *t, char *dst, size_t size) _must_use_;

/* The last line, behind what token_write() gave. */
int token_write_signature(const uint8_t signature[TOKEN_SIGNATURE], char *dst,
	size_t size) _must_use_;
