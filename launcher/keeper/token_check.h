/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a token permits a call: who signed it, for what, until when. Sees
 * only; spending is the store's.
 */
#pragma once

#include "base/approvers.h"
#include "base/token.h"

/* X(ID, "what the log says"): the first that holds counts. */
#define TOKEN_FAULTS(X)                                  \
	X(FINE, "fine")                                  \
	X(FORM, "it is no token")                        \
	X(OTHER, "it is for another tool or server")     \
	X(KEY, "its key is not one that counts")         \
	X(SIGNATURE, "its signature is wrong")           \
	X(EXPIRED, "it has expired")                     \
	X(EARLY, "its time has not come")                \
	X(REVOKED, "it was revoked")                     \
	X(SESSION, "it is for another session")          \
	X(ROLE, "it is for another role")                \
	X(ARGS, "it is for other arguments")             \
	X(SPENT, "it is spent")                          \
	X(LOG, "the log could not be written")           \
	X(MARK, "that it is spent could not be written") \
	X(UNTOLD,                                        \
		"whether it has expired, was revoked or is spent cannot be told")

enum token_fault {
#define X(id, text) TOKEN_FAULT_##id,
	TOKEN_FAULTS(X)
#undef X
		_TOKEN_FAULT_N
};

extern const char *const token_fault_words[_TOKEN_FAULT_N];

/* What a clock says that cannot be read. */
#define TOKEN_TIME_UNKNOWN UINT64_MAX
#define TOKEN_TIME_UNKNOWN_S (TOKEN_TIME_UNKNOWN / 1000000)

/* What a call is. */
struct token_need {
	const char *server, *session;
	const char *role; /* NULL: none */
	char tool[TOKEN_TOOL_MAX + 1];
	uint8_t args[32]; /* SHA-256 of the canonical arguments */
};

/* The signature: the first @n bytes of @text are what @t says is signed. */
enum token_fault token_check_signer(const struct token *t, const char *text,
	size_t n, const struct approvers *a);
/* The time, in seconds. */
enum token_fault token_check_time(const struct token *t, uint64_t now_s);
/* All but whether it is revoked or spent, and but the conditions of .when. */
enum token_fault token_check(const struct token *t, const char *text, size_t n,
	const struct approvers *a, const struct token_need *need,
	uint64_t now_s);
