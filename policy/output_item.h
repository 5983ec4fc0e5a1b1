/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One item of a result's list: what it carries and what that counts. Inside
 * policy/output*.c only; the rules are in output.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/json.h"
#include "policy/message.h"

enum list_kind {
	LIST_NONE = 0,  /* nothing in it can be cut */
	LIST_CONTENT,   /* tools/call: content items */
	LIST_MESSAGES,  /* prompts/get: a role and one content item each */
	LIST_RESOURCES, /* resources/read: text or blob of a uri each */
	LIST_STRING     /* no list but one string */
};

enum item_kind {
	ITEM_OTHER = 0, /* not known: kept whole, or the result is refused */
	ITEM_TEXT,
	ITEM_LINK,
	ITEM_BINARY,
};

struct item {
	enum item_kind kind;
	struct json_member element; /* of the list */
	struct json_value holder;   /* the object that has .payload */
	struct json_value content;  /* the content item; in resources/read the
				       same as .holder */
	struct json_member payload; /* text, data or blob */
	uint64_t size;              /* of the payload, unescaped */
	uint64_t rest;              /* what else counts with it */
};

struct list_info {
	enum list_kind list;
	const char *name;   /* of the list */
	const char *inside; /* of the member that holds it, if that is there */
	bool structured;    /* may have structuredContent */
};

/* Which list the results of a method have. */
struct list_info item_list(enum method m);

/* Whether an image, audio or blob fits into what is left, which it takes. */
bool item_takes(uint64_t *left, const struct item *item);

void item_read(enum list_kind list, const struct json_member *element,
	struct item *ret);

/* Bytes of a value as it is written. */
static inline uint64_t item_raw(const struct json_value *v)
{
	return v->end - v->begin;
}
