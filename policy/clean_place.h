/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a string of a server's message is there for, told by where it stands:
 * text may be changed, what is sent back to the server may not. Inside
 * policy/clean*.c only.
 *
 * Pure; a table.
 */
#pragma once

#include "policy/json.h"

enum place {
	PLACE_TEXT = 0,   /* for people and models, with all that is inside */
	PLACE_STRUCTURED, /* the same; an outputSchema may bind it */
	PLACE_FIXED,      /* a name, an address, base64: as it is, or nothing */
	PLACE_OPAQUE,     /* only handed back: not looked at */
	/* Objects, or lists of them, whose members have places of their own. */
	PLACE_MESSAGE,
	PLACE_RESULT,
	PLACE_PARAMS,
	PLACE_META,
	PLACE_TASK,
	PLACE_ASKS, /* inputRequests, by ids */
	PLACE_ASK,
	PLACE_TOOL,
	PLACE_PROMPT,
	PLACE_ARGUMENT, /* of a prompt */
	PLACE_RESOURCE,
	PLACE_CONTENT,
	PLACE_CHAT,
	PLACE_SCHEMA,
	PLACE_SCHEMAS, /* by name */
	_PLACE_N
};

/* Of the member @key of an object at @in. Elements of a list are where it
 * is. */
enum place place_member(enum place in, const struct json_value *key);

/* Whether the names of members there are as they are, or nothing. */
bool place_fixes_names(enum place in);
