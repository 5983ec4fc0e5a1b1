/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/scope.h"

#include <errno.h>

void scope_write_private(struct splice *s, const struct json_value *scope)
{
	static const char is_private[] = "\"private\"";

	if (!json_string_eq(scope, "private"))
		splice_replace(s, scope->begin, scope->end, is_private,
			sizeof(is_private) - 1);
}

/* As the first of its members. */
static void add_private(struct splice *s, const struct json_value *result)
{
	static const char member[] = "\"cacheScope\":\"private\",";
	struct json_iter i = json_iter(result);
	struct json_member m;
	size_t at = result->begin + 1;

	splice_replace(s, at, at, member,
		sizeof(member) - (json_next(&i, &m) ? 1 : 2));
}

int scope_make_private(const char *line, size_t len,
	const struct json_value *result, bool add, struct out *out)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct json_value scope;
	bool there;

	if (result->type != JSON_OBJECT)
		return 1;
	there = json_get(result, "cacheScope", &scope);
	if (there ? json_string_eq(&scope, "private") : !add)
		return 1;
	if (there)
		scope_write_private(&s, &scope);
	else
		add_private(&s, result);
	splice_finish(&s);
	return out->failed ? -ENOMEM : 0;
}
