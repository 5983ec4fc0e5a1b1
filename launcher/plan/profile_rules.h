/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "protocol.rules" of a profile: kept as text until a server is started, for
 * only then it is known what a folder in them stands for (policy/rules.h).
 */
#pragma once

#include "plan/profile_key.h"
#include "policy/out.h"
#include "policy/rules.h"

/* Of all rules that count in a run, as text. */
#define PROFILE_RULES_BYTES_MAX ((size_t)8 << 20)

static inline void cleanup_rules(struct rules **r)
{
	rules_free(*r);
}
#define _rules_ _cleanup_(cleanup_rules)

/* A value in what was written by us or accepted. */
int profile_kept_scan(
	const char *text, size_t len, struct json_value *ret) _must_use_;

/* The key. */
int profile_set_rules(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v);

/*
 * Adds what a profile or a policy has kept. @whose is for messages: -EINVAL
 * where a folder has no place, or two rules have one name.
 */
int profile_rules_add(struct rules *rules, char *const *texts,
	const char *label, const struct rules_places *places, const char *whose,
	struct err *e) _must_use_;

struct profile_rule_name {
	char id[80];
	const char *kind; /* "deny_if" */
};

/* What a rule that was kept is called. -ENOMEM, -EINVAL: it was not kept. */
int profile_rule_name(
	const char *text, struct profile_rule_name *ret) _must_use_;

/* The patterns of its tools. */
int profile_rule_tools(const char *text, char ***ret) _must_use_;

/* Where it has a pattern that is slow (policy/pattern.h): the pointer of the
 * condition; *ret stays where it has none. */
int profile_rule_slow(const char *text, char **ret) _must_use_;

/* The meaning of an object, whose "why" is none, in one spelling, terminated.
 */
int profile_meaning_write(
	struct out *o, const struct json_value *object) _must_use_;

/*
 * Whether the roles that rules of @f except are built in, its own, or, where
 * @also is not NULL, that one's. -EINVAL, -ENOMEM.
 */
int profile_rules_excepted(const struct profile *f, const struct profile *also,
	const char *whose, struct err *e) _must_use_;

/* What only shows once all parts of a profile are together. */
int profile_rules_check(const struct profile *p, struct err *e) _must_use_;
