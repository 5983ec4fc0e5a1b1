/* SPDX-License-Identifier: Apache-2.0 */
/* Rules about arguments. */
#include <string.h>

#include "plan/profile_glob.h"
#include "plan/profile_lint.h"
#include "plan/profile_schemas.h"

/* Where there is no time to find out, it may. */
static bool meets_any(struct lint *l, char *const *list, const char *pattern)
{
	char sample[GLOB_SAMPLE_MAX + 1];

	for (; list && *list; list++) {
		size_t cells = strlen(*list) * strlen(pattern);

		if (!lint_may_compare(l, 1 + cells / 256) ||
			glob_meet(*list, pattern, sample))
			return true;
	}
	return false;
}

bool lint_is_callable(struct lint *l, const char *pattern)
{
	const struct profile_names *n = &l->p->protocol.tools;

	return meets_any(l, n->allow, pattern) ||
	       meets_any(l, n->ask, pattern) || meets_any(l, n->token, pattern);
}

/* Whether a tool that can be called is among those that it is about. */
static bool is_live(struct lint *l, char *const *tools)
{
	for (; tools && *tools; tools++)
		if (lint_is_callable(l, *tools))
			return true;
	return false;
}

static int lint_patterns(struct lint *l, const char *text, const char *id)
{
	_free_ char *pointer = NULL;
	int r = profile_rule_slow(text, &pointer);

	if (r < 0 || !pointer)
		return r;
	return lint_add(l, LINT_REGEX_SLOW,
		"protocol.rules: %s: a regex at %s repeats what repeats, so a "
		"long value that does not match cannot be decided",
		id, pointer);
}

static int lint_rule(struct lint *l, const char *text)
{
	struct profile_rule_name name;
	_strv_ char **tools = NULL;
	int r = profile_rule_name(text, &name);

	if (r == 0 && strstr(text, "\"regex\""))
		r = lint_patterns(l, text, name.id);
	if (r == 0)
		r = profile_rule_tools(text, &tools);
	if (r < 0 || is_live(l, tools))
		return r;
	return lint_add(l, LINT_RULE_IDLE,
		"protocol.rules: %s is about no tool that can be called, so it "
		"never fires",
		name.id);
}

static int lint_schema(struct lint *l, const char *text)
{
	_free_ char *pattern = NULL;
	char *tools[] = {NULL, NULL};
	bool slow = false;
	int r = profile_schema_pattern(text, &pattern);

	if (r == 0)
		r = profile_schema_slow(text, &slow);
	if (r == 0 && slow)
		r = lint_add(l, LINT_REGEX_SLOW,
			"protocol.schemas: a pattern for %s repeats what "
			"repeats, so a long value that does not match cannot "
			"be decided",
			pattern);
	tools[0] = pattern;
	if (r < 0 || l->p->base || is_live(l, tools))
		return r;
	return lint_add(l, LINT_RULE_IDLE,
		"protocol.schemas: %s is no tool that can be called, so it "
		"never counts",
		pattern);
}

int lint_rules_idle(struct lint *l)
{
	int r = 0;

	/* Without a policy of its own any tool may be meant. */
	if (l->p->base)
		return 0;
	for (char **v = l->p->protocol.rules; v && *v && r == 0; v++)
		if (lint_is_own(l, LIST_RULES, *v))
			r = lint_rule(l, *v);
	for (char **v = l->p->protocol.schemas; v && *v && r == 0; v++)
		if (lint_is_own(l, LIST_SCHEMAS, *v))
			r = lint_schema(l, *v);
	return r;
}
