/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_rules.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "policy/json.h"
#include "policy/output_caps.h"
#include "policy/wishes.h"

static void *field_at(struct profile_parse *ps, size_t offset)
{
	return (char *)ps->layer->p + offset;
}

static int set_list(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (k->given)
		*(bool *)field_at(ps, k->given) = true;
	return profile_strings(ps, k, v, field_at(ps, k->field));
}

static int set_packages(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return profile_strings(ps, k, v, &ps->layer->packages);
}

static int set_bool(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (v->type != JSON_TRUE && v->type != JSON_FALSE)
		return profile_fail_type(ps, k, v);
	*(bool *)field_at(ps, k->field) = v->type == JSON_TRUE;
	*(bool *)field_at(ps, k->given) = true;
	return 0;
}

static int set_object(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	if (k->given)
		*(bool *)field_at(ps, k->given) = true;
	return profile_object_parse(ps, (enum profile_object)k->id, v);
}

/* A note; only the one at the top is kept, for `profile list`. */
static int set_why(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	_free_ char *s = NULL;
	int r = profile_string(ps, k, v, PROFILE_MAX_STRING, &s);

	if (r == 0 && k->id == OBJECT_TOP)
		ps->layer->about = take_ptr(s);
	return r;
}

static int set_version(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	int64_t version;

	if (v->type != JSON_NUMBER)
		return profile_fail_type(ps, k, v);
	if (!json_to_int64(v, &version) || version != 1)
		return profile_fail(ps, v->begin,
			"\"version\" is %.*s, which this version of stockade "
			"does not know; expected 1",
			v->end - v->begin > 20 ? 20 : (int)(v->end - v->begin),
			ps->text + v->begin);
	return 0;
}

static int set_name(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	_free_ char *s = NULL;
	int r = profile_string(ps, k, v, PROFILE_MAX_STRING, &s);

	if (r == 0 && strcmp(s, ps->layer->p->name) != 0)
		return profile_fail(ps, v->begin,
			"\"name\" is \"%.80s\"; expected \"%s\", as the file "
			"is called",
			s, ps->layer->p->name);
	return r;
}

static int set_extends(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	int r = profile_checked(ps, k, v, &ps->layer->extends);

	if (r == 0)
		json_position(ps->text, v->begin, &ps->layer->line,
			&ps->layer->column);
	return r;
}

/* One of two words; the second is true. */
static int parse_choice(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, const char *const words[2], bool *ret)
{
	uint64_t i = 0;
	int r = profile_word(ps, k, v, words, 2, &i);

	*ret = i == 1;
	return r;
}

static int set_git(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const char *const words[] = {"read", "write"};
	struct profile *p = ps->layer->p;

	p->sandbox.git_set = true;
	return parse_choice(ps, k, v, words, &p->sandbox.git_write);
}

static int set_limit(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;

	p->sandbox.limit_set[k->id] = true;
	return profile_quantity(
		ps, k, v, &limit_table[k->id], &p->sandbox.limits[k->id]);
}

static int set_cap(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	const struct limit_info cap = {k->name, UNIT_BYTES, 0, 1024, 1U << 28,
		"what a result may carry"};

	*(bool *)field_at(ps, k->given) = true;
	return profile_quantity(ps, k, v, &cap, field_at(ps, k->field));
}

static int set_hold(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const struct limit_info hold = {
		"hold", UNIT_SECONDS, 0, 1, 1800, "how long a call is held"};

	ps->layer->p->hold_set = true;
	return profile_quantity(ps, k, v, &hold, &ps->layer->p->hold_s);
}

static int set_over(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	*(bool *)field_at(ps, k->given) = true;
	return profile_word(
		ps, k, v, output_over_words, _OVER_N, field_at(ps, k->field));
}

/* What a server asks of its client; "ask" needs somebody to be asked. */
static int set_method(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	static const char *const words[] = {"deny", "allow"};

	*(bool *)field_at(ps, k->given) = true;
	return parse_choice(ps, k, v, words, field_at(ps, k->field));
}

static int set_roots(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;

	p->protocol.roots_set = true;
	return profile_word(
		ps, k, v, roots_words, _ROOTS_N, &p->protocol.roots);
}

/* The members of "set" are not keys of ours but names of variables. */
static int set_variables(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct profile *p = ps->layer->p;
	struct json_member m;
	struct json_iter i;

	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	i = json_iter(v);
	while (json_next(&i, &m)) {
		static const struct profile_key name = {
			.name = "set", .check = profile_check_variable};
		_free_ char *n = NULL, *value = NULL;
		int r = profile_checked(ps, &name, &m.name, &n);

		if (r == 0 && m.value.type != JSON_STRING)
			return profile_fail(ps, m.value.begin,
				"\"%s\" is set to %s; expected %s", n,
				json_type_text(m.value.type), k->expected);
		if (r == 0)
			r = profile_checked(ps, k, &m.value, &value);
		if (r < 0)
			return r;
		if (strv_addf(&p->sandbox.env_set, "%s=%s", n, value) < 0)
			return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	}
	return 0;
}

#define FIELD(f) offsetof(struct profile, f)
#define WHY(object)                                              \
	{                                                        \
		.name = "why", .expected = "a note in a string", \
		.set = set_why, .id = (object)                   \
	}
#define LATER(key)            \
	{                     \
		.name = (key) \
	}

static const struct profile_key keys_top[] = {
	{.name = "version", .expected = "1", .set = set_version},
	{.name = "$schema", .expected = "a string", .set = set_why},
	WHY(OBJECT_TOP),
	{.name = "name", .expected = "a string", .set = set_name},
	{.name = "extends",
		.expected = "the name of a profile",
		.set = set_extends,
		.check = profile_name_check},
	{.name = "packages",
		.expected = "a list of packages",
		.set = set_packages,
		.check = profile_check_package},
	{.name = "sandbox",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_SANDBOX},
	{.name = "protocol",
		.expected = "an object",
		.set = set_object,
		.given = FIELD(protocol.present),
		.id = OBJECT_PROTOCOL},
	LATER("contexts"),
	LATER("roles"),
	LATER("tasks"),
	{.name = "approval",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_APPROVAL},
	LATER("tenant"),
	LATER("breaker"),
};

static const struct profile_key keys_sandbox[] = {
	WHY(0),
	{.name = "read",
		.expected = "a list of paths",
		.set = set_list,
		.check = profile_check_read,
		.field = FIELD(sandbox.read),
		.given = FIELD(sandbox.read_given)},
	{.name = "write",
		.expected = "a list of paths",
		.set = set_list,
		.check = profile_check_write,
		.field = FIELD(sandbox.write),
		.given = FIELD(sandbox.write_given)},
	{.name = "state",
		.expected = "true or false",
		.set = set_bool,
		.field = FIELD(sandbox.state),
		.given = FIELD(sandbox.state_set)},
	{.name = "git", .expected = "\"read\" or \"write\"", .set = set_git},
	{.name = "nested_userns",
		.expected = "true or false",
		.set = set_bool,
		.field = FIELD(sandbox.nested_userns),
		.given = FIELD(sandbox.nested_userns_set)},
	{.name = "network",
		.expected = "a list of HOST:PORT",
		.set = set_list,
		.check = network_grant_check,
		.field = FIELD(sandbox.network),
		.given = FIELD(sandbox.network_given)},
	{.name = "env",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_ENV},
	{.name = "limits",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_LIMITS},
};

static const struct profile_key keys_env[] = {
	WHY(0),
	{.name = "pass",
		.expected = "a list of names of variables",
		.set = set_list,
		.check = profile_check_variable,
		.field = FIELD(sandbox.env_pass),
		.given = FIELD(sandbox.pass_given)},
	{.name = "set",
		.expected = "a string for each variable",
		.set = set_variables,
		.check = profile_check_setting},
	LATER("secret"),
};

#define LIMIT(key, limit, what)                                      \
	{                                                            \
		.name = (key), .expected = (what), .set = set_limit, \
		.id = (limit)                                        \
	}

static const struct profile_key keys_limits[] = {
	WHY(0),
	LIMIT("memory", LIMIT_MEMORY, "a size such as \"512M\""),
	LIMIT("cpu", LIMIT_CPU, "a share such as \"200%\""),
	LIMIT("pids", LIMIT_PIDS, "a number such as 256"),
	LIMIT("tmp", LIMIT_TMP, "a size such as \"256M\""),
	LIMIT("tmp_files", LIMIT_TMP_FILES, "a number such as 65536"),
	LIMIT("open_files", LIMIT_OPEN_FILES, "a number such as 4096"),
	LIMIT("file_size", LIMIT_FILE_SIZE, "a size such as \"1G\""),
	LIMIT("session", LIMIT_SESSION, "a time such as \"1h\""),
	LIMIT("stderr", LIMIT_STDERR, "a size such as \"1M\""),
};

static_assert(ELEMENTS(keys_limits) == _LIMIT_N, "one key a limit, and why");

static const struct profile_key keys_protocol[] = {
	WHY(0),
	{.name = "tools",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_TOOLS},
	{.name = "prompts",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_PROMPTS},
	{.name = "resources",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_RESOURCES},
	{.name = "methods",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_METHODS},
	{.name = "output",
		.expected = "an object",
		.set = set_object,
		.id = OBJECT_OUTPUT},
	LATER("classes"),
	{.name = "rules",
		.expected = "a list of rules",
		.set = profile_set_rules,
		.field = FIELD(protocol.rules)},
	LATER("rate"),
	LATER("call_timeout"),
	LATER("pins"),
	LATER("redact"),
	LATER("log"),
};

/* The lists of names are alike for tools, prompts and resources. */
#define NAMES(of)                                                 \
	WHY(0),                                                   \
		{.name = "allow",                                 \
			.expected = "a list of patterns",         \
			.set = set_list,                          \
			.check = profile_check_pattern,           \
			.field = FIELD(protocol.of.allow),        \
			.given = FIELD(protocol.of.allow_given)}, \
		{.name = "ask",                                   \
			.expected = "a list of patterns",         \
			.set = set_list,                          \
			.check = profile_check_pattern,           \
			.field = FIELD(protocol.of.ask)},         \
		{.name = "always",                                \
			.expected = "a list of names",            \
			.set = set_list,                          \
			.check = profile_check_name,              \
			.field = FIELD(protocol.of.always)},      \
	{                                                         \
		.name = "deny", .expected = "a list of patterns", \
		.set = set_list, .check = profile_check_pattern,  \
		.field = FIELD(protocol.of.deny)                  \
	}

static const struct profile_key keys_tools[] = {
	NAMES(tools),
	LATER("token"),
};

static const struct profile_key keys_prompts[] = {NAMES(prompts)};

static const struct profile_key keys_resources[] = {NAMES(resources)};

#define OVER(key, of)                                               \
	{                                                           \
		.name = (key),                                      \
		.expected = "\"truncate\", \"spill\" or \"error\"", \
		.set = set_over, .field = FIELD(protocol.of),       \
		.given = FIELD(protocol.of##_set)                   \
	}

static const struct profile_key keys_output[] = {
	WHY(0),
	{.name = "text",
		.expected = "a size such as \"1M\"",
		.set = set_cap,
		.field = FIELD(protocol.text_bytes),
		.given = FIELD(protocol.text_set)},
	{.name = "binary",
		.expected = "a size such as \"6M\"",
		.set = set_cap,
		.field = FIELD(protocol.binary_bytes),
		.given = FIELD(protocol.binary_set)},
	OVER("over", over),
	OVER("text_over", text_over),
	OVER("binary_over", binary_over),
	LATER("redact"),
};

static const struct profile_key keys_approval[] = {
	WHY(0),
	{.name = "hold", .expected = "a time such as \"45s\"", .set = set_hold},
	LATER("by"),
};

static const struct profile_key keys_methods[] = {
	WHY(0),
	{.name = "sampling/createMessage",
		.expected = "\"allow\" or \"deny\"",
		.set = set_method,
		.field = FIELD(protocol.sampling),
		.given = FIELD(protocol.sampling_set)},
	{.name = "elicitation/create",
		.expected = "\"allow\" or \"deny\"",
		.set = set_method,
		.field = FIELD(protocol.elicitation),
		.given = FIELD(protocol.elicitation_set)},
	{.name = "roots/list",
		.expected = "\"filter\", \"allow\" or \"deny\"",
		.set = set_roots},
};

#define OBJECT(where, table)                                                \
	{                                                                   \
		.path = (where), .keys = (table), .n_keys = ELEMENTS(table) \
	}

const struct profile_object_info profile_objects[_OBJECT_N] = {
	[OBJECT_TOP] = OBJECT("", keys_top),
	[OBJECT_SANDBOX] = OBJECT("/sandbox", keys_sandbox),
	[OBJECT_ENV] = OBJECT("/sandbox/env", keys_env),
	[OBJECT_LIMITS] = OBJECT("/sandbox/limits", keys_limits),
	[OBJECT_PROTOCOL] = OBJECT("/protocol", keys_protocol),
	[OBJECT_TOOLS] = OBJECT("/protocol/tools", keys_tools),
	[OBJECT_OUTPUT] = OBJECT("/protocol/output", keys_output),
	[OBJECT_APPROVAL] = OBJECT("/approval", keys_approval),
	[OBJECT_METHODS] = OBJECT("/protocol/methods", keys_methods),
	[OBJECT_PROMPTS] = OBJECT("/protocol/prompts", keys_prompts),
	[OBJECT_RESOURCES] = OBJECT("/protocol/resources", keys_resources),
};
