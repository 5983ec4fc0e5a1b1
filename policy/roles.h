/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classes of tools, and the roles that are built in over them: what one who
 * reads, analyses, executes or administers may call.
 *
 * Pure: tables.
 */
#pragma once

#include <stdbool.h>

enum tool_class {
	CLASS_NONE = 0,
	CLASS_READ,
	CLASS_SEARCH,
	CLASS_FETCH,
	CLASS_WRITE,
	CLASS_DELETE,
	CLASS_SEND,
	CLASS_EXECUTE, /* a tool that is in no class counts as one of these */
	CLASS_SECRET,
	CLASS_CONFIG,
	_CLASS_N
};

extern const char *const class_words[_CLASS_N]; /* "" for CLASS_NONE */

/* CLASS_NONE: there is none of that name. */
enum tool_class class_find(const char *name);

/* What a role has of a class. */
enum grant {
	GRANT_DENY = 0,
	GRANT_TOKEN, /* with an operation token */
	GRANT_ALLOW,
	_GRANT_N
};

#define ROLES_BUILTIN 4

/* "reader", …, from the one that may least. */
extern const char *const role_words[ROLES_BUILTIN];

/* False: no role of that name is built in. */
bool role_builtin(const char *name, enum grant ret[_CLASS_N]);
