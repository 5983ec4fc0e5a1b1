/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/policy_key.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "policy/json.h"

#define KEYS_MAX 20

/*
 * A list of what is permitted, so that a key which profiles learn later is
 * refused here until somebody has said what it means as a maximum.
 */
static const char *const permitted[_OBJECT_N][KEYS_MAX] = {
	[OBJECT_TOP] = {"version", "$schema", "why", "sandbox", "protocol",
		"approval", "breaker", "roles"},
	[OBJECT_SANDBOX] = {"why", "read", "write", "state", "git",
		"nested_userns", "network", "env", "limits"},
	[OBJECT_ENV] = {"why", "pass"},
	[OBJECT_LIMITS] = {"why", "memory", "cpu", "pids", "tmp", "tmp_files",
		"open_files", "file_size", "session", "stderr"},
	[OBJECT_PROTOCOL] = {"why", "tools", "prompts", "resources", "methods",
		"output", "rules", "schemas", "pins", "rate", "concurrent",
		"calls", "bytes", "call_timeout", "classes"},
	[OBJECT_TOOLS] = {"why", "allow", "ask", "always", "token", "deny"},
	[OBJECT_PROMPTS] = {"why", "allow", "ask", "always", "deny"},
	[OBJECT_RESOURCES] = {"why", "allow", "ask", "always", "deny"},
	[OBJECT_METHODS] = {"why", "sampling/createMessage",
		"elicitation/create", "roots/list"},
	[OBJECT_APPROVAL] = {"why", "by", "elicitation"},
	[OBJECT_BREAKER] = {"why", "unlisted", "action"},
	[OBJECT_OUTPUT] = {"why", "text", "binary", "unseen", "types"},
};

bool policy_key_permitted(enum profile_object object, const char *name)
{
	for (size_t i = 0; i < KEYS_MAX && permitted[object][i]; i++)
		if (strcmp(permitted[object][i], name) == 0)
			return true;
	return false;
}

static int set_rule(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE)
		return profile_fail_type(ps, k, v);
	*(bool *)((char *)ps->site + k->field) =
		(v->type == JSON_TRUE) == (k->id != 0);
	return 0;
}

/* .id is the value that takes away: the other one asks for nothing. */
#define RULE(key, member, value)                                             \
	{                                                                    \
		.name = (key), .expected = "true or false", .set = set_rule, \
		.id = (value), .field = offsetof(struct site_rules, member)  \
	}

const struct profile_key site_keys[] = {
	RULE("require_profile", require_profile, true),
	RULE("allow_degraded", no_degraded, false),
	RULE("keep_uid", no_keep_uid, false),
	RULE("observe", no_observe, false),
};

const size_t n_site_keys = ELEMENTS(site_keys);

static int refuse(struct profile_parse *ps, enum profile_object object,
	const struct json_value *name, bool known)
{
	const struct profile_object_info *o = &profile_objects[object];
	bool site = ps->site && object == OBJECT_TOP;
	char text[81] = "", keys[512];
	size_t used = 0;

	(void)json_string_copy(name, text, sizeof(text) - 1);
	for (size_t i = 0; i < KEYS_MAX && permitted[object][i]; i++)
		used += (size_t)snprintf(keys + used, sizeof(keys) - used,
			"%s%s", used ? ", " : "", permitted[object][i]);
	for (size_t i = 0; site && i < n_site_keys; i++)
		used += (size_t)snprintf(keys + used, sizeof(keys) - used,
			", %s", site_keys[i].name);
	return profile_fail(ps, name->begin,
		known ? "\"%s\" in %s means nothing in a policy, which only "
			"takes away; expected one of %s"
		      : "unknown key \"%s\" in %s; expected one of %s",
		text, o->path[0] ? o->path + 1 : "the policy", keys);
}

int policy_key_find(struct profile_parse *ps, enum profile_object object,
	const struct json_value *name, const struct profile_key **k)
{
	for (size_t i = 0; ps->site && object == OBJECT_TOP && i < n_site_keys;
		i++)
		if (json_string_eq(name, site_keys[i].name)) {
			*k = &site_keys[i];
			return 0;
		}
	if (*k && policy_key_permitted(object, (*k)->name))
		return 0;
	return refuse(ps, object, name, *k != NULL);
}

int policy_parse(const char *label, const char *file, const char *text,
	size_t len, struct site_rules *ret_site, struct profile **ret,
	struct err *e)
{
	struct site_rules rules = {0};
	struct profile_parse ps = {
		.file = file,
		.text = text,
		.narrows = true,
		.site = ret_site ? &rules : NULL,
		.e = e,
	};
	_layer_ struct profile_layer *l = NULL;
	int r = profile_text_parse(&ps, label, len, &l);

	if (r < 0)
		return r;
	if (ret_site)
		*ret_site = rules;
	*ret = take_ptr(l->p);
	return 0;
}
