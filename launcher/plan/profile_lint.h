/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a profile says that is permitted but hardly meant: for `profile check`.
 *
 * Pure but for memory. Each finding has an id that stays the same from version
 * to version (stockade-profile(5) lists them).
 */
#pragma once

#include "plan/profile_layer.h"

enum lint_severity {
	LINT_NONE = 0,
	LINT_HINT,    /* worth a look; often meant */
	LINT_WARNING, /* hardly meant; --strict counts it */
	_LINT_SEVERITY_N
};

/* "hint", "warning". */
extern const char *const lint_words[_LINT_SEVERITY_N];

/* X(ID, "id", severity): in the order of the manual. */
#define LINT_IDS(X)                                      \
	X(ALLOW_SWALLOWED, "allow-swallowed", WARNING)   \
	X(ALLOW_ASKED, "allow-asked", WARNING)           \
	X(ASK_SWALLOWED, "ask-swallowed", WARNING)       \
	X(TOKEN_SWALLOWED, "token-swallowed", WARNING)   \
	X(UNDER_TOKEN, "under-token", WARNING)           \
	X(ALWAYS_DENIED, "always-denied", WARNING)       \
	X(ALWAYS_UNASKED, "always-unasked", WARNING)     \
	X(NOTHING_ALLOWED, "nothing-allowed", WARNING)   \
	X(MATCHES_ALL, "matches-all", WARNING)           \
	X(NEVER_MATCHES, "never-matches", WARNING)       \
	X(NO_REGEX, "no-regex", WARNING)                 \
	X(COVERED, "covered", HINT)                      \
	X(REPEATED, "repeated", HINT)                    \
	X(RULE_IDLE, "rule-idle", WARNING)               \
	X(REGEX_SLOW, "regex-slow", WARNING)             \
	X(RATE_IDLE, "rate-idle", WARNING)               \
	X(CLASS_EMPTY, "class-empty", WARNING)           \
	X(TASK_IDLE, "task-idle", WARNING)               \
	X(UNKNOWN_DEFAULT, "unknown-default", WARNING)   \
	X(WRITES_NOTHING, "writes-nothing", HINT)        \
	X(PROTECTED_WRITE, "protected-write", WARNING)   \
	X(HOME_READ, "home-read", WARNING)               \
	X(GIT_UNUSED, "git-unused", WARNING)             \
	X(STATE_MISSING, "state-missing", WARNING)       \
	X(PATH_COVERED, "path-covered", HINT)            \
	X(PASSED_AND_SET, "passed-and-set", WARNING)     \
	X(SECRET, "secret", WARNING)                     \
	X(NETWORK_UNOPENED, "network-unopened", WARNING) \
	X(NETWORK_WIDE, "network-wide", WARNING)         \
	X(LIMITS_AT_ODDS, "limits-at-odds", WARNING)     \
	X(UNSAFE_UNSEEN, "unsafe-unseen", WARNING)       \
	X(NO_PROOF, "no-proof", WARNING)                 \
	X(TOO_MANY, "too-many", HINT)

enum lint_id {
	LINT_ID_NONE = 0,
#define X(id, name, severity) LINT_##id,
	LINT_IDS(X)
#undef X
		_LINT_ID_N
};

struct lint_rule {
	const char *name;
	enum lint_severity severity;
};

extern const struct lint_rule lint_rules[_LINT_ID_N];

struct lint_finding {
	enum lint_id id;
	char *text; /* "protocol.tools: …" */
};

struct lint_findings {
	struct lint_finding *v;
	size_t n;
};

void lint_findings_deinit(struct lint_findings *f);
#define _findings_ _cleanup_(lint_findings_deinit)

/*
 * @p as it takes effect. @own is the file that is being looked at: of lists,
 * only what stands there is spoken of, since what it extends cannot be taken
 * away. NULL: all of it. -ENOMEM.
 */
int profile_lint(const struct profile *p, const struct profile_layer *own,
	struct lint_findings *ret) _must_use_;

/* The parts of it, for its own files. */
struct lint {
	const struct profile *p;
	const struct profile_layer *own; /* or NULL */
	struct lint_findings *found;
	size_t pairs; /* of patterns, compared so far, by their cost */
};

int lint_add(struct lint *l, enum lint_id id, const char *fmt, ...) _must_use_
	_printf_(3, 4);
/* Whether there is time for one more comparison of patterns, which costs so
 * much; "too-many" is found where there was not. */
bool lint_may_compare(struct lint *l, size_t cost);
/* Whether an entry of a list is to be spoken of. */
bool lint_is_own(const struct lint *l, size_t list, const char *entry);
int lint_rules_idle(struct lint *l) _must_use_;
int lint_quotas(struct lint *l) _must_use_;
int lint_roles(struct lint *l) _must_use_;
/* Whether a name that @pattern matches may be that of a tool which can be
 * called; where there is no time to find out, it may. */
bool lint_is_callable(struct lint *l, const char *pattern);
int lint_names(struct lint *l) _must_use_;
int lint_proof(struct lint *l) _must_use_;
int lint_paths(struct lint *l) _must_use_;
int lint_environment(struct lint *l) _must_use_;

/* Whether NAME=VALUE has a name that secrets have, or a value that is one. */
bool secret_in_setting(const char *setting);
/* Whether it is one by its form: a token of a known service, a key, a URL with
 * a password. What kind, or NULL. */
const char *secret_kind(const char *value);

/* By these names others find what they execute or trust, so stockade keeps
 * them read-only at the top of a writable grant. */
bool path_is_trusted(const char *path);
/* Whether @folder, as it is spelled, is @path or holds it. */
bool path_covers(const char *folder, const char *path);
