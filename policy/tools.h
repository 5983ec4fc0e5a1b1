/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tools may be called, and so are listed: one function for both.
 *
 * Pure; a struct tools is made before the session and frozen.
 */
#pragma once

#include "policy/json.h"
#include "policy/out.h"

enum decision {
	DECISION_DENY = 0,
	DECISION_ALLOW,
	DECISION_CLIENT, /* no policy: the client's own prompt is the human */
};

struct tools;

/*
 * @allow and @deny are NULL-terminated vectors of globs over whole names (`*`
 * any run of characters, `?` one character (code point), everything else
 * itself, bytes compared exactly). With @policy the rest is denied; without
 * it the rest is DECISION_CLIENT, and only @deny takes away. Deny wins. The
 * vectors are copied. NULL when out of memory.
 */
struct tools *tools_new(char *const *allow, char *const *deny, bool policy);
void tools_free(struct tools *t);
bool tools_have_policy(const struct tools *t);

struct tool_verdict {
	enum decision decision;
	bool listed; /* decision is not DENY */
	/* the patterns that matched, "allow:GLOB" / "deny:GLOB", at most 8,
	 * owned by the struct tools; NULL-terminated */
	const char *rules[9];
};

/* @name are unescaped bytes; a name that is empty, over 1024 bytes or has a
 * NUL in it is denied whatever the patterns are. */
void tools_decide(const struct tools *t, const char *name, size_t len,
	struct tool_verdict *ret);

/* Linear-time glob, exposed for the profile checker and the tests. */
bool glob_match(const char *pattern, const char *text, size_t len);

struct filter_stats {
	unsigned kept, removed, duplicates;
};

/*
 * Writes a `tools/list` result line with the tools that are not listed cut out
 * of the original bytes: every other byte stays as it was. Of two tools with
 * one name both are removed and counted. A tool without a string name is
 * removed. @line is the whole message, @result its result. 0; 1 if nothing had
 * to change (nothing written: forward the original); -EINVAL if the result has
 * no array "tools"; -ENOMEM.
 */
int tools_filter_list(const struct tools *t, const char *line, size_t len,
	const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats);
