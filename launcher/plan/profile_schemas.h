/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "protocol.schemas" of a profile: patterns of tools, and what their arguments
 * have to be. Kept as canonical JSON, ["PATTERN", SCHEMA] each.
 */
#pragma once

#include "plan/profile_rules.h"

/* The key. */
int profile_set_schemas(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v);

/* Adds what a profile or a policy has kept; its rules go before. @whose is for
 * messages. */
int profile_schemas_add(struct rules *rules, char *const *texts,
	const char *label, const char *whose, struct err *e) _must_use_;

/* The pattern of one that was kept, which the caller frees. -ENOMEM, -EINVAL.
 */
int profile_schema_pattern(const char *text, char **ret) _must_use_;

/* Whether one that was kept has a pattern that is slow (policy/pattern.h). */
int profile_schema_slow(const char *text, bool *ret) _must_use_;
