/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/roles.h"

#include <string.h>

const char *const class_words[_CLASS_N] = {
	[CLASS_NONE] = "",
	[CLASS_READ] = "read",
	[CLASS_SEARCH] = "search",
	[CLASS_FETCH] = "fetch",
	[CLASS_WRITE] = "write",
	[CLASS_DELETE] = "delete",
	[CLASS_SEND] = "send",
	[CLASS_EXECUTE] = "execute",
	[CLASS_SECRET] = "secret",
	[CLASS_CONFIG] = "config",
};

enum role { ROLE_READER = 0, ROLE_ANALYST, ROLE_EXECUTOR, ROLE_ADMIN, _ROLE_N };

_Static_assert((int)_ROLE_N == ROLES_BUILTIN, "a word for each");

const char *const role_words[ROLES_BUILTIN] = {
	[ROLE_READER] = "reader",
	[ROLE_ANALYST] = "analyst",
	[ROLE_EXECUTOR] = "executor",
	[ROLE_ADMIN] = "admin",
};

/* What is not written is denied. */
static const enum grant matrix[_ROLE_N][_CLASS_N] = {
	[ROLE_READER] =
		{
			[CLASS_READ] = GRANT_ALLOW,
			[CLASS_SEARCH] = GRANT_ALLOW,
		},
	[ROLE_ANALYST] =
		{
			[CLASS_READ] = GRANT_ALLOW,
			[CLASS_SEARCH] = GRANT_ALLOW,
			[CLASS_FETCH] = GRANT_ALLOW,
		},
	[ROLE_EXECUTOR] =
		{
			[CLASS_READ] = GRANT_ALLOW,
			[CLASS_SEARCH] = GRANT_ALLOW,
			[CLASS_FETCH] = GRANT_ALLOW,
			[CLASS_WRITE] = GRANT_TOKEN,
			[CLASS_DELETE] = GRANT_TOKEN,
			[CLASS_SEND] = GRANT_TOKEN,
			[CLASS_EXECUTE] = GRANT_TOKEN,
		},
	[ROLE_ADMIN] =
		{
			[CLASS_READ] = GRANT_ALLOW,
			[CLASS_SEARCH] = GRANT_ALLOW,
			[CLASS_FETCH] = GRANT_ALLOW,
			[CLASS_WRITE] = GRANT_ALLOW,
			[CLASS_DELETE] = GRANT_ALLOW,
			[CLASS_SEND] = GRANT_ALLOW,
			[CLASS_EXECUTE] = GRANT_ALLOW,
			[CLASS_SECRET] = GRANT_TOKEN,
			[CLASS_CONFIG] = GRANT_TOKEN,
		},
};

enum tool_class class_find(const char *name)
{
	for (int i = CLASS_NONE + 1; i < _CLASS_N; i++)
		if (strcmp(class_words[i], name) == 0)
			return (enum tool_class)i;
	return CLASS_NONE;
}

bool role_builtin(const char *name, enum grant ret[_CLASS_N])
{
	for (int i = 0; i < _ROLE_N; i++)
		if (strcmp(role_words[i], name) == 0) {
			memcpy(ret, matrix[i], sizeof(matrix[i]));
			return true;
		}
	return false;
}
