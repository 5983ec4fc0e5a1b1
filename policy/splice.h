/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A copy of a text with ranges left out or replaced: how policy changes a
 * message without writing it anew. Positions only ever grow.
 *
 * Pure; lives for one message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "policy/json.h"
#include "policy/out.h"

struct splice {
	struct out *out;
	const char *text;
	size_t len;
	size_t pos; /* what is before it has been copied or left out */
};

/* Copies up to @begin, then leaves out what is before @end. */
void splice_drop(struct splice *s, size_t begin, size_t end);
void splice_replace(
	struct splice *s, size_t begin, size_t end, const char *by, size_t len);
/* Copies the rest. */
void splice_finish(struct splice *s);

/* Elements of one array, or members of one object, from first to last. */
struct splice_list {
	bool kept;  /* one of those before */
	size_t end; /* of the one before */
};

/*
 * Every element is reported to exactly one of these. A dropped one takes one
 * comma with it: that before it if an element was kept, else that after it;
 * no other byte.
 */
void splice_list_keep(struct splice_list *l, const struct json_member *e);
void splice_list_drop(
	struct splice *s, struct splice_list *l, const struct json_member *e);
