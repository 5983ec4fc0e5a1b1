/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tools.h"

#include <stdlib.h>
#include <string.h>

#define RULES_MAX (sizeof(((struct tool_verdict *)0)->rules) / sizeof(char *))

struct rule {
	char *name;       /* "deny:GLOB", as the record names it */
	const char *glob; /* inside of it */
	enum decision decision;
};

struct tools {
	bool policy;
	size_t name_max;
	size_t n_rules;
	struct rule rules[]; /* denials first: none is left out of a verdict's
				list for an allowance */
};

static size_t count(char *const *globs)
{
	size_t n = 0;

	while (globs != NULL && globs[n] != NULL)
		n++;
	return n;
}

static bool add_rule(struct tools *t, const char *prefix, const char *glob,
	enum decision decision)
{
	struct rule *r = &t->rules[t->n_rules];
	size_t prefix_len = strlen(prefix), glob_size = strlen(glob) + 1;

	r->name = malloc(prefix_len + glob_size);
	if (r->name == NULL)
		return false;
	memcpy(r->name, prefix, prefix_len);
	memcpy(r->name + prefix_len, glob, glob_size);
	r->glob = r->name + prefix_len;
	r->decision = decision;
	t->n_rules++;
	return true;
}

static struct tools *new_with(
	char *const *allow, char *const *deny, bool policy, size_t name_max)
{
	size_t n_allow = count(allow), n_deny = count(deny);
	struct tools *t = calloc(
		1, sizeof(*t) + (n_allow + n_deny) * sizeof(t->rules[0]));
	bool ok = t != NULL;

	if (!ok)
		return NULL;
	t->policy = policy;
	t->name_max = name_max;
	for (size_t i = 0; ok && i < n_deny; i++)
		ok = add_rule(t, "deny:", deny[i], DECISION_DENY);
	for (size_t i = 0; ok && i < n_allow; i++)
		ok = add_rule(t, "allow:", allow[i], DECISION_ALLOW);
	if (!ok) {
		tools_free(t);
		return NULL;
	}
	return t;
}

struct tools *tools_new(char *const *allow, char *const *deny, bool policy)
{
	return new_with(allow, deny, policy, TOOL_NAME_MAX);
}

struct tools *tools_new_for_uris(
	char *const *allow, char *const *deny, bool policy)
{
	return new_with(allow, deny, policy, URI_NAME_MAX);
}

void tools_free(struct tools *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_rules; i++)
		free(t->rules[i].name);
	free(t);
}

bool tools_have_policy(const struct tools *t)
{
	return t->policy;
}

bool tools_pass_all(const struct tools *t)
{
	return !t->policy && t->n_rules == 0;
}

static bool name_is_possible(
	const struct tools *t, const char *name, size_t len)
{
	return len > 0 && len <= t->name_max && memchr(name, 0, len) == NULL;
}

void tools_decide(const struct tools *t, const char *name, size_t len,
	struct tool_verdict *ret)
{
	struct tool_verdict v = {
		.decision = t->policy ? DECISION_DENY : DECISION_CLIENT,
	};
	size_t n_named = 0;
	bool denied = false;

	if (!name_is_possible(t, name, len)) {
		*ret = (struct tool_verdict){.decision = DECISION_DENY};
		return;
	}
	for (size_t i = 0; i < t->n_rules; i++) {
		const struct rule *r = &t->rules[i];

		if (!glob_match(r->glob, name, len))
			continue;
		denied = denied || r->decision == DECISION_DENY;
		v.decision = denied ? DECISION_DENY : r->decision;
		if (n_named < RULES_MAX - 1)
			v.rules[n_named++] = r->name;
	}
	v.listed = v.decision != DECISION_DENY;
	*ret = v;
}
