/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules_except.h"

#include <string.h>

#include "policy/rules.h"

bool plain_valid(const char *name)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";

	return *name != '\0' && name[strspn(name, plain)] == '\0';
}

static bool name_valid(const struct json_value *v)
{
	char name[EXCEPT_ROLE_MAX + 1] = "";
	size_t n = v->type == JSON_STRING
			   ? json_string_copy(v, name, EXCEPT_ROLE_MAX)
			   : 0;

	return n <= EXCEPT_ROLE_MAX && strlen(name) == n && plain_valid(name);
}

bool except_valid(const struct json_value *list)
{
	struct json_member m;
	struct json_iter i;
	size_t n = 0;

	if (list->type != JSON_ARRAY)
		return false;
	i = json_iter(list);
	while (json_next(&i, &m))
		if (++n > EXCEPT_ROLES_MAX || !name_valid(&m.value))
			return false;
	return n > 0;
}

bool except_has(const struct json_value *list, const char *role)
{
	struct json_iter i = json_iter(list);
	struct json_member m;

	while (role != NULL && json_next(&i, &m))
		if (json_string_eq(&m.value, role))
			return true;
	return false;
}

struct json_value rules_excepted(const struct json_value *rule)
{
	struct json_value v = {.type = JSON_INVALID};

	(void)json_get(rule, "except_roles", &v);
	return v;
}
