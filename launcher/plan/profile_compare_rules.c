/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about arguments, and schemas of them. Each only takes away, so one that
 * is new narrows and one that is gone widens; of one that says something else
 * now, both are told.
 */
#include "plan/profile_compare.h"
#include "plan/profile_schemas.h"

static int add_rule(struct profile_changes *c, const char *text, bool is_new)
{
	struct profile_rule_name n;
	int r = profile_rule_name(text, &n);

	if (r < 0)
		return r;
	return changes_addf(c, is_new ? CHANGE_NARROWER : CHANGE_WIDER,
		"protocol.rules", "rules: %s (%s) is %s", n.id, n.kind,
		is_new ? "new" : "gone");
}

static int add_schema(struct profile_changes *c, const char *text, bool is_new)
{
	_free_ char *pattern = NULL;
	int r = profile_schema_pattern(text, &pattern);

	if (r < 0)
		return r;
	return changes_addf(c, is_new ? CHANGE_NARROWER : CHANGE_WIDER,
		"protocol.schemas", "schemas: that of %s is %s", pattern,
		is_new ? "new" : "gone");
}

static int add_schemas(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = 0;

	for (char **v = a->protocol.schemas; r == 0 && v && *v; v++)
		if (!strv_contains(b->protocol.schemas, *v))
			r = add_schema(c, *v, false);
	for (char **v = b->protocol.schemas; r == 0 && v && *v; v++)
		if (!strv_contains(a->protocol.schemas, *v))
			r = add_schema(c, *v, true);
	return r;
}

int changes_add_rules(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = 0;

	for (char **v = a->protocol.rules; r == 0 && v && *v; v++)
		if (!strv_contains(b->protocol.rules, *v))
			r = add_rule(c, *v, false);
	for (char **v = b->protocol.rules; r == 0 && v && *v; v++)
		if (!strv_contains(a->protocol.rules, *v))
			r = add_rule(c, *v, true);
	return r == 0 ? add_schemas(c, a, b) : r;
}
