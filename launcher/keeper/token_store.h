/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operation tokens on disk: STATE/tokens, 0700, files of 0600.
 *
 *	token-NN            a token; there is room for TOKEN_SLOTS
 *	spent/ID-UNTIL-N    its Nth use is spent; N 0: it was revoked
 *	spent/clock         how late it has been
 *
 * A use is spent by making its mark, which only one process can: a token that
 * is copied back finds its marks there. They are swept once the token has
 * expired anyhow.
 *
 * Keepers read and spend, the verbs do the rest.
 */
#pragma once

#include "base/err.h"
#include "base/token.h"
#include "keeper/token_check.h"

#define TOKEN_SLOTS 64
#define TOKENS_FOLDER "tokens"

struct token_store {
	int folder, spent; /* O_PATH */
	int clock;
	char boot[37]; /* which boot this is */
	uint64_t last_us, last_boot_us;
};

void token_store_init(struct token_store *s);
/* 0; 1 where it is not there and not to be made; <0 with e->text. What was
 * spent may have been deleted while the tokens stay: that is no empty store. */
int token_store_open(
	struct token_store *s, bool create, struct err *e) _must_use_;
/*
 * To take tokens back, whatever somebody did to the folder of marks: with @e
 * filled, and 0, tokens can be removed and not be marked.
 */
int token_store_open_revoking(struct token_store *s, struct err *e) _must_use_;
void token_store_deinit(struct token_store *s);
#define _tokens_ _cleanup_(token_store_deinit)

/*
 * For the verbs, which add and remove: one at a time, so that none takes what
 * another has just put there for what it was before. <0 with e->text when
 * somebody keeps it locked.
 */
int token_store_lock(struct token_store *s, struct err *e) _must_use_;
void token_store_unlock(struct token_store *s);

/*
 * Microseconds of the day, and never less than it has been: neither than what
 * any process saw that used the store, nor than that and the time that this
 * boot has gone on since. Remembers it. TOKEN_TIME_UNKNOWN where what was
 * remembered cannot be read: then nothing is in time.
 */
uint64_t token_store_now_us(struct token_store *s);

/* How far the clock is behind that; 0: it is not; TOKEN_TIME_UNKNOWN. */
uint64_t token_store_behind_us(struct token_store *s);
/* From now on the clock counts as it is. */
void token_store_forget_time(struct token_store *s);

struct token_text {
	char bytes[TOKEN_BYTES_MAX + 1];
	size_t len;
};

/* What lies in a slot: 0; 1 nothing that could be a token; -errno. */
int token_store_read(const struct token_store *s, unsigned slot,
	struct token_text *ret) _must_use_;
/* -EXFULL: all slots are taken. */
int token_store_add(struct token_store *s, const struct token_text *text,
	unsigned *ret_slot) _must_use_;
void token_store_remove(struct token_store *s, unsigned slot);

/*
 * Marks the token of that slot as revoked, then removes it; on a disk that is
 * full too. <0: it is removed, if that was possible, and a copy would count.
 */
int token_store_revoke(
	struct token_store *s, unsigned slot, const struct token *t) _must_use_;

/* @use from 1, or 0: revoked. 0; 1 it was there; -errno. */
int token_store_mark(
	struct token_store *s, const struct token *t, uint64_t use) _must_use_;
/* 1 it is marked; 0 not; -errno: that cannot be told, and no use of it counts.
 */
int token_store_marked(const struct token_store *s, const struct token *t,
	uint64_t use) _must_use_;
