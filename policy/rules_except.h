/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "except_roles" of a rule: the roles of a session that it does not count for.
 * Inside policy/, and for who reads rules that were accepted.
 *
 * Pure.
 */
#pragma once

#include "policy/json.h"

#define EXCEPT_ROLES_MAX 64
#define EXCEPT_ROLE_MAX 64 /* bytes of a name */

#define EXCEPT_EXPECTED "\"except_roles\": expected a list of names of roles"

/* Letters, digits, ".", "_" and "-": an id, the name of a role. */
bool plain_valid(const char *name);

/* Whether @list is one of names, 1 to EXCEPT_ROLES_MAX of them. */
bool except_valid(const struct json_value *list);
/* Whether @role is one of them; NULL is none. */
bool except_has(const struct json_value *list, const char *role);
