/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the verb `token` share. */
#pragma once

#include "base/err.h"
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

/* All that the store holds goes, and cannot come back; how many. */
int token_revoke_all(
	struct token_store *s, unsigned *ret_n, struct err *e) _must_use_;
/* Makes room: what has expired, is spent or was revoked, and its marks. */
void token_sweep(struct token_store *s);
