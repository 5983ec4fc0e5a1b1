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

int scope_make_private(const char *line, size_t len,
	const struct json_value *result, struct out *out)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct json_value scope;

	if (result->type != JSON_OBJECT ||
		!json_get(result, "cacheScope", &scope) ||
		json_string_eq(&scope, "private"))
		return 1;
	scope_write_private(&s, &scope);
	splice_finish(&s);
	return out->failed ? -ENOMEM : 0;
}
