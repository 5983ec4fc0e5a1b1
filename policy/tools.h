/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tools may be called, and so are listed: one function for both. The same
 * for prompts by their names and for resources by their URIs.
 *
 * Pure; a struct tools is made before the session and frozen.
 *
 * Several sources have a say, a layer each: the profile with the options of the
 * command line, then what only narrows (the site's policy, --narrow). Each
 * comes to a decision of its own and the strictest counts, so that a layer more
 * never allows more.
 */
#pragma once

#include "policy/json.h"
#include "policy/out.h"

/* The stricter the lower. */
enum decision {
	DECISION_DENY = 0,
	DECISION_TOKEN, /* needs an operation token */
	DECISION_ASK,   /* somebody is asked first */
	DECISION_ALLOW,
	DECISION_CLIENT, /* no policy: the client's own prompt is the human */
};

struct tools;

#define TOOL_LAYERS_MAX 40
#define TOOL_NAME_MAX 1024 /* bytes, unescaped; of a prompt too */
#define URI_NAME_MAX 4096  /* bytes, unescaped */

enum names {
	NAMES_TOOLS = 0,
	NAMES_PROMPTS,
	NAMES_RESOURCES, /* by URI */
	NAMES_TEMPLATES, /* of resources, by what stands in for the URI */
	_NAMES_N
};

/*
 * The lists are NULL-terminated vectors (or NULL) of globs over whole names:
 * `*` any run of characters, `?` one character (code point), everything else
 * itself, bytes compared exactly. Deny wins over token, token over ask, ask
 * over allow, however specific either is; @always are names, no globs, for
 * which nobody is asked any more: they lift the ask of their own layer and
 * nothing else.
 */
struct tools_layer {
	const char *label; /* before the rules in a record; NULL none */
	char *const *allow, *const *ask, *const *always, *const *token,
								 *const *deny;
	/* Lets pass, whatever the other lists of the layer say. */
	char *const *over;
	bool closed;  /* what no list but always has is denied */
	bool tokened; /* … needs a token instead */
};

/*
 * @layers: the profile's first. Where that is not closed there is no policy,
 * and what nothing takes away is DECISION_CLIENT. All is copied. @n is 1 to
 * TOOL_LAYERS_MAX. NULL when out of memory.
 */
struct tools *tools_new(const struct tools_layer *layers, size_t n);
/* The same for what is longer: URIs, of resources and of templates. */
struct tools *tools_new_for_uris(const struct tools_layer *layers, size_t n);
void tools_free(struct tools *t);
bool tools_have_policy(const struct tools *t);
/* No policy, and nothing that is taken away or asked for. */
bool tools_pass_all(const struct tools *t);
/* There are names for which somebody is asked, or a token is needed. */
bool tools_may_ask(const struct tools *t);
bool tools_may_need_token(const struct tools *t);

#define TOOL_RULES_MAX 32 /* that a verdict names */

struct tool_verdict {
	enum decision decision;
	bool listed; /* decision is not DENY */
	/* The patterns that matched, "deny:GLOB" before "token:GLOB" before
	 * "ask:GLOB" before "always:NAME" before "allow:GLOB", each with its
	 * layer's label in front ("site:deny:GLOB"); owned by the struct tools,
	 * NULL-terminated. */
	const char *rules[TOOL_RULES_MAX + 1];
	size_t n_matched; /* may be more than are named */
};

/*
 * @name are unescaped bytes; a name that is empty, over TOOL_NAME_MAX or has a
 * NUL in it is denied whatever the patterns are. Every pattern is tried.
 */
void tools_decide(const struct tools *t, const char *name, size_t len,
	struct tool_verdict *ret);

/*
 * The glob, exposed for the profile checker and the tests. One point to return
 * to: at most text times pattern steps, never exponential. Bytes, no locale;
 * `?` takes a well-formed UTF-8 sequence and never an ill-formed byte, which
 * only `*` takes.
 */
bool glob_match(const char *pattern, const char *text, size_t len);

/*
 * How long a list may be: items beyond are left out at its end, and an item
 * that alone is over goes alone; what is kept stays byte for byte, nextCursor
 * too. Items are counted as they are written.
 */
struct list_caps {
	uint64_t bytes; /* of all items, and what stands beside them above
			   LIST_FREE bytes */
	uint64_t items;
	/* Items are left out, too, where what nobody sees stands in what
	 * cannot be changed (clean.h). */
	bool plain;
};

#define LIST_ITEMS_DEFAULT 10000ULL
#define LIST_FREE 4096

struct filter_stats {
	unsigned kept, removed;
	unsigned replaced;   /* of the kept: by what the judge says */
	unsigned duplicates; /* of the removed: had the name of another one */
	unsigned over;       /* of the removed: over the caps */
	unsigned unseen;     /* of the removed: list_caps.plain */
	unsigned items_seen; /* that policy leaves in the list */
	uint64_t bytes_seen; /* what they count */
};

#define FILTER_GROWTH_MAX 16 /* bytes that @out may need above @len */

/*
 * Writes a list result line with the items that are not listed cut out of the
 * original bytes, each with one comma beside it: every other byte, white
 * space too, stays as it was. Names are compared unescaped, byte by byte; of
 * two tools with one name both are removed and counted (one URI may stand in
 * a list twice). An item without a string name is removed. Where something was
 * cut, the value of the result's "cacheScope", if there is one, becomes
 * "private": the list is this user's. Then the caps, NULL for none.
 *
 * @line is the whole message, @result its result, a value inside of @line. 0;
 * 1 if nothing had to change (nothing written: forward the original); 2 if it
 * is over the caps with no item at all; -EINVAL if the result has no such
 * array; -ENOMEM, also when @out is over its bound. n log n in the number of
 * items, some 32 bytes of memory for each.
 */
int names_cut_list(const struct tools *t, enum names names,
	const struct list_caps *caps, const char *line, size_t len,
	const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats);

/*
 * Who has a say in each item beside its name, in the order of the list.
 * @twice: another item of it has that name. False: it is left out; else
 * @ret_by, which starts as NULL, may be what stands in its place.
 */
struct list_judge {
	bool (*judge)(void *ctx, const struct json_value *item,
		const struct json_value *name, bool twice, const char **ret_by,
		size_t *ret_len);
	void *ctx;
};

/* The same, with a judge (or NULL), who hears of items that policy leaves out
 * too. @out may need more than @len by all that stands in for something. */
int names_judge_list(const struct tools *t, enum names names,
	const struct list_caps *caps, const struct list_judge *judge,
	const char *line, size_t len, const struct json_value *result,
	struct out *out, struct filter_stats *ret_stats);

/* The same without caps. */
int names_filter_list(const struct tools *t, enum names names, const char *line,
	size_t len, const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats);
int tools_filter_list(const struct tools *t, const char *line, size_t len,
	const struct json_value *result, struct out *out,
	struct filter_stats *ret_stats);
