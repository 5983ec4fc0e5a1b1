/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper's end of operation tokens: finds one for a call, spends it, and
 * says so in the log.
 *
 * One call at a time. What a token's conditions say of the arguments is for the
 * relay to tell; that it is signed, in time, unrevoked and for this server,
 * tool, role and session is looked at here, each time anew.
 */
#pragma once

#include "base/ipc.h"
#include "keeper/keeper.h"
#include "keeper/token_check.h"
#include "keeper/token_store.h"

#define TOKENS_REMEMBERED 256 /* uses, spent by this session */

struct token_desk {
	struct token_store store;
	const struct approvers *approvers;
	uint64_t question; /* the relay's; 0: none */
	unsigned slot;     /* that is looked at next */
	struct token_need need;
	enum token_fault fault; /* of what might have been meant */
	struct token found;     /* the one of .fault */
	struct token offered;   /* whose conditions the relay looks at */
	struct token_text text; /* scratch */
	/* Marks may be deleted by whoever may write the folder; of these it is
	 * known all the same. */
	char spent[TOKENS_REMEMBERED][TOKEN_ID_HEX + 1];
	uint64_t spent_use[TOKENS_REMEMBERED];
	size_t n_spent;
};

struct keeper;

int token_desk_new(const struct keeper_config *c, struct token_desk **ret,
	struct err *e) _must_use_;
void token_desk_free(struct token_desk *d);

/* IPC_TOKEN and IPC_TOKEN_FITS. 0; -EPROTO for what makes no sense. */
int token_asked(struct keeper *k, struct ipc_parcel *p) _must_use_;
int token_told(struct keeper *k, struct ipc_parcel *p) _must_use_;

/* The fields of a record that are a token's; @tool and key are its own. */
void token_record(struct record *rec, const struct token *t);
