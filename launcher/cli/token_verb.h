/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the verb `token` share. */
#pragma once

#include "base/err.h"
#include "keeper/token_check.h"
#include "keeper/token_store.h"

struct token_request {
	char **operands; /* behind the part's name */
	const char *server, *args, *when, *role, *session, *name, *ttl, *uses;
	bool json, all;
	struct token_store store;
};

/* Each: a status, or <0. */
int token_init_verb(struct token_request *q, struct err *e);
int token_mint_verb(struct token_request *q, struct err *e);
int token_add_verb(struct token_request *q, struct err *e);
int token_list_verb(struct token_request *q, struct err *e);
int token_revoke_verb(struct token_request *q, struct err *e);

/* token_list.c */

/* A token of the store, and whether it counts. */
struct token_row {
	struct token t;
	uint64_t left;
	enum token_fault fault;
	bool untold; /* some of it could not be read */
};

/* 1; 0 where there is nothing; <0 with e->text: that cannot be told.
 * TOKEN_FAULT_FORM: it is no token. @a NULL: whoever has signed it. */
int token_row_read(struct token_store *s, unsigned slot,
	const struct approvers *a, struct token_row *ret,
	struct err *e) _must_use_;
/* Makes room: what has expired, is spent or was revoked, and its marks. */
void token_sweep(struct token_store *s);

/* token_revoke.c */

/* What was taken back. */
struct token_taken {
	struct token all[TOKEN_SLOTS];
	enum token_fault fault[TOKEN_SLOTS]; /* what was wrong with it before */
	unsigned n, live;                    /* of .n, those that counted */
};

/* All that the store holds goes, and cannot come back. <0: not all of it. */
int token_take_all(struct token_store *s, struct token_taken *taken,
	struct err *e) _must_use_;
/* Writes that down, in the log. */
int token_write_taken(const struct token_taken *taken, const char *purpose,
	struct err *e) _must_use_;

/* token_keep.c */

/*
 * Into the store, if it is worth it, and before that into the log: nothing lies
 * there that never counts or that nothing tells of. @ret is what it says.
 */
int token_keep(struct token_request *q, const struct token_text *text,
	const struct approvers *a, const char *purpose, struct token *ret,
	struct err *e) _must_use_;
