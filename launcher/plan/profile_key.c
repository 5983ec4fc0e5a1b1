/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_key_set.h"
#include "plan/profile_quota.h"
#include "plan/profile_roles.h"
#include "plan/profile_rules.h"
#include "plan/profile_schemas.h"

#include <assert.h>

/* What a session is, where no option says otherwise. */
#define DECLARED(key)                                                    \
	{                                                                \
		.name = (key), .expected = "a name",                     \
		.set = profile_set_session, .check = profile_check_plain \
	}

static const struct profile_key keys_top[] = {
	{.name = "version", .expected = "1", .set = profile_set_version},
	{.name = "$schema", .expected = "a string", .set = profile_set_why},
	WHY(OBJECT_TOP),
	{.name = "name", .expected = "a string", .set = profile_set_name},
	{.name = "extends",
		.expected = "the name of a profile",
		.set = profile_set_extends,
		.check = profile_name_check},
	{.name = "packages",
		.expected = "a list of packages",
		.set = profile_set_packages,
		.check = profile_check_package},
	{.name = "sandbox",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_SANDBOX},
	{.name = "protocol",
		.expected = "an object",
		.set = profile_set_object,
		.given = FIELD(protocol.present),
		.id = OBJECT_PROTOCOL},
	{.name = "contexts",
		.expected = "an object of contexts",
		.set = profile_set_contexts,
		.field = FIELD(contexts)},
	{.name = "roles",
		.expected = "an object of roles",
		.set = profile_set_roles,
		.field = FIELD(roles)},
	{.name = "tasks",
		.expected = "an object of tasks",
		.set = profile_set_tasks,
		.field = FIELD(tasks)},
	DECLARED("role"),
	DECLARED("task"),
	DECLARED("context"),
	DECLARED("tenant"),
	{.name = "approval",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_APPROVAL},
	{.name = "breaker",
		.expected = "\"alert\", \"block\", \"stop\" or an object",
		.set = profile_set_breaker},
};

static const struct profile_key keys_sandbox[] = {
	WHY(0),
	{.name = "read",
		.expected = "a list of paths",
		.set = profile_set_list,
		.check = profile_check_read,
		.field = FIELD(sandbox.read),
		.given = FIELD(sandbox.read_given)},
	{.name = "write",
		.expected = "a list of paths",
		.set = profile_set_list,
		.check = profile_check_write,
		.field = FIELD(sandbox.write),
		.given = FIELD(sandbox.write_given)},
	{.name = "state",
		.expected = "true or false",
		.set = profile_set_bool,
		.field = FIELD(sandbox.state),
		.given = FIELD(sandbox.state_set)},
	{.name = "git",
		.expected = "\"read\" or \"write\"",
		.set = profile_set_git},
	{.name = "nested_userns",
		.expected = "true or false",
		.set = profile_set_bool,
		.field = FIELD(sandbox.nested_userns),
		.given = FIELD(sandbox.nested_userns_set)},
	{.name = "network",
		.expected = "a list of HOST:PORT",
		.set = profile_set_list,
		.check = network_grant_check,
		.field = FIELD(sandbox.network),
		.given = FIELD(sandbox.network_given)},
	{.name = "env",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_ENV},
	{.name = "limits",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_LIMITS},
};

static const struct profile_key keys_env[] = {
	WHY(0),
	{.name = "pass",
		.expected = "a list of names of variables",
		.set = profile_set_list,
		.check = profile_check_variable,
		.field = FIELD(sandbox.env_pass),
		.given = FIELD(sandbox.pass_given)},
	{.name = "set",
		.expected = "a string for each variable",
		.set = profile_set_variables,
		.check = profile_check_setting},
	LATER("secret"),
};

#define LIMIT(key, limit, what)                                              \
	{                                                                    \
		.name = (key), .expected = (what), .set = profile_set_limit, \
		.id = (limit)                                                \
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

#define QUOTA(key, value, set_by, which, what)                               \
	{                                                                    \
		.name = (key), .expected = (what), .set = profile_set_quota, \
		.field = FIELD(protocol.value),                              \
		.given = FIELD(protocol.set_by##_set), .id = (which)         \
	}

static const struct profile_key keys_protocol[] = {
	WHY(0),
	{.name = "tools",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_TOOLS},
	{.name = "prompts",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_PROMPTS},
	{.name = "resources",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_RESOURCES},
	{.name = "methods",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_METHODS},
	{.name = "output",
		.expected = "an object",
		.set = profile_set_object,
		.id = OBJECT_OUTPUT},
	{.name = "classes",
		.expected = "an object of classes",
		.set = profile_set_classes,
		.field = FIELD(protocol.classes)},
	{.name = "rules",
		.expected = "a list of rules",
		.set = profile_set_rules,
		.field = FIELD(protocol.rules)},
	{.name = "schemas",
		.expected = "an object of patterns and their schemas",
		.set = profile_set_schemas,
		.field = FIELD(protocol.schemas)},
	{.name = "pins",
		.expected = "\"first\", \"require\" or \"off\"",
		.set = profile_set_pins},
	{.name = "rate",
		.expected = "a rate such as \"60/min\", or one for each "
			    "pattern",
		.set = profile_set_rate,
		.field = FIELD(protocol.rate)},
	{.name = "concurrent",
		.expected = "a number such as 4, or one for each pattern",
		.set = profile_set_concurrent,
		.field = FIELD(protocol.concurrent)},
	QUOTA("calls", calls, calls, QUOTA_CALLS, "a number such as 1000"),
	QUOTA("bytes", bytes, bytes, QUOTA_BYTES, "a size such as \"50M\""),
	QUOTA("call_timeout", call_timeout_s, call_timeout, QUOTA_TIMEOUT,
		"a time such as \"10m\""),
	LATER("redact"),
	LATER("log"),
};

/* The lists of names are alike for tools, prompts and resources. */
#define NAMES(of)                                                        \
	WHY(0),                                                          \
		{.name = "allow",                                        \
			.expected = "a list of patterns",                \
			.set = profile_set_list,                         \
			.check = profile_check_pattern,                  \
			.field = FIELD(protocol.of.allow),               \
			.given = FIELD(protocol.of.allow_given)},        \
		{.name = "ask",                                          \
			.expected = "a list of patterns",                \
			.set = profile_set_list,                         \
			.check = profile_check_pattern,                  \
			.field = FIELD(protocol.of.ask)},                \
		{.name = "always",                                       \
			.expected = "a list of names",                   \
			.set = profile_set_list,                         \
			.check = profile_check_name,                     \
			.field = FIELD(protocol.of.always)},             \
	{                                                                \
		.name = "deny", .expected = "a list of patterns",        \
		.set = profile_set_list, .check = profile_check_pattern, \
		.field = FIELD(protocol.of.deny)                         \
	}

static const struct profile_key keys_tools[] = {
	NAMES(tools),
	{.name = "token",
		.expected = "a list of patterns",
		.set = profile_set_list,
		.check = profile_check_pattern,
		.field = FIELD(protocol.tools.token)},
};

static const struct profile_key keys_prompts[] = {NAMES(prompts)};

static const struct profile_key keys_resources[] = {NAMES(resources)};

#define OVER(key, of)                                                 \
	{                                                             \
		.name = (key),                                        \
		.expected = "\"truncate\", \"spill\" or \"error\"",   \
		.set = profile_set_over, .field = FIELD(protocol.of), \
		.given = FIELD(protocol.of##_set)                     \
	}

static const struct profile_key keys_output[] = {
	WHY(0),
	{.name = "text",
		.expected = "a size such as \"1M\"",
		.set = profile_set_cap,
		.field = FIELD(protocol.text_bytes),
		.given = FIELD(protocol.text_set)},
	{.name = "binary",
		.expected = "a size such as \"6M\"",
		.set = profile_set_cap,
		.field = FIELD(protocol.binary_bytes),
		.given = FIELD(protocol.binary_set)},
	OVER("over", over),
	OVER("text_over", text_over),
	OVER("binary_over", binary_over),
	{.name = "unseen",
		.expected = "\"strip\", \"show\" or \"pass\"",
		.set = profile_set_unseen,
		.field = FIELD(protocol.unseen),
		.given = FIELD(protocol.unseen_set)},
	{.name = "types",
		.expected = "a list of types such as \"image/png\"",
		.set = profile_set_list,
		.check = profile_check_type,
		.field = FIELD(protocol.types),
		.given = FIELD(protocol.types_given)},
	LATER("redact"),
};

static const struct profile_key keys_approval[] = {
	WHY(0),
	{.name = "elicitation",
		.expected = "true or false",
		.set = profile_set_bool,
		.field = FIELD(elicit),
		.given = FIELD(elicit_set)},
	{.name = "hold",
		.expected = "a time such as \"45s\"",
		.set = profile_set_hold},
	{.name = "by",
		.expected = "\"prompt\" or \"proof\"",
		.set = profile_set_by},
};

static const struct profile_key keys_breaker[] = {
	WHY(0),
	{.name = "unlisted",
		.expected = "a number such as 5",
		.set = profile_set_unlisted},
	{.name = "action",
		.expected = "\"alert\", \"block\" or \"stop\"",
		.set = profile_set_action},
};

static const struct profile_key keys_methods[] = {
	WHY(0),
	{.name = "sampling/createMessage",
		.expected = "\"allow\", \"ask\" or \"deny\"",
		.set = profile_set_method,
		.field = FIELD(protocol.sampling),
		.given = FIELD(protocol.sampling_set)},
	{.name = "elicitation/create",
		.expected = "\"allow\", \"ask\" or \"deny\"",
		.set = profile_set_method,
		.field = FIELD(protocol.elicitation),
		.given = FIELD(protocol.elicitation_set)},
	{.name = "roots/list",
		.expected = "\"filter\", \"allow\" or \"deny\"",
		.set = profile_set_roots},
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
	[OBJECT_BREAKER] = OBJECT("/breaker", keys_breaker),
	[OBJECT_METHODS] = OBJECT("/protocol/methods", keys_methods),
	[OBJECT_PROMPTS] = OBJECT("/protocol/prompts", keys_prompts),
	[OBJECT_RESOURCES] = OBJECT("/protocol/resources", keys_resources),
};
