/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Takes what people do not see out of what a server says: controls, escape
 * sequences, marks of direction, of no width, tags (unseen.h; what stays of
 * them: clean_text.h), raw or written as escapes.
 *
 * Pure. The original is changed by byte ranges; every other byte stays.
 *
 * Names of members are never stripped but shown, for two could become one.
 * What the client sends back, or looks something up by, is never changed:
 * names of tools, prompts and their arguments, URIs, and in schemas the names
 * of properties and the values (enum, const, default, pattern, …); base64
 * neither. With such a character in it the message is refused, and an item of a
 * list is left out. Cursors, ids, tokens and states are not looked at: only
 * the server reads them.
 */
#pragma once

#include "policy/clean_policy.h"
#include "policy/json.h"
#include "policy/out.h"
#include "policy/tools.h"
#include "policy/unseen.h"

struct clean_stats {
	uint64_t of[_UNSEEN_N];
	bool structured; /* some of it in structuredContent … */
	bool names;      /* … in a name of a member there */
};

enum clean_verdict {
	CLEAN_NOTHING = 0, /* nothing written: forward the original */
	CLEAN_CHANGED,
	CLEAN_REFUSED, /* it stands where nothing can be changed */
};

/* Whether the line may have anything to take out; fast where it has not. */
bool clean_may_change(enum clean_policy policy, const char *line, size_t len);

/*
 * @line is an accepted message of the server's, its half surrogate pairs mended
 * (json_mend_surrogates()): what stood between two of them could be taken out,
 * and they would be one character. An enum clean_verdict, or -ENOMEM, also when
 * @out is over its bound: shown, a character may take ten times its bytes. The
 * new line is to be read anew: two names that were shown may be equal now.
 * Linear. @ret is set with each verdict.
 */
int clean_message(enum clean_policy policy, const char *line, size_t len,
	struct out *out, struct clean_stats *ret);

/* Whether an item of a list can be cleaned, or is to be left out. */
bool clean_item_passes(enum names of, const struct json_value *item);

/* Whether text that has become shorter, or other, may no longer be valid. */
bool clean_schema_binds(const struct json_value *schema);
