/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about the arguments of a call: what the lists of tools let through,
 * they deny, ask for or ask a token for. There is no rule that allows, so one
 *more never widens.
 *
 * Pure; made before the session from the text of profiles, frozen, and used by
 * the relay alone (deciding needs a work area inside).
 *
 *	{"id": "own", "tools": ["get_*"], "deny_unless": {"/owner": {"in":
 *["a"]}}}
 *
 * `deny_if`, `token_if`, `ask_if` fire when all conditions hold,
 * `deny_unless`, `token_unless`, `ask_unless` when one does not. A condition is
 *a JSON Pointer (RFC 6901) into the arguments and operators that have to hold
 *all; `*` as a token stands for each element or member, of which `_if` asks for
 *one and `_unless` for all.
 *
 *   absent     the condition does not hold: `_if` does not fire, `_unless` does
 *   undecided  fires either: an operand of the wrong type, a number that
 *              readers keep differently, a NUL in a string, a relative path, a
 *              member whose name differs from the token by case alone (some
 *              readers take it), a token that leads through a string
 *
 *   eq         a string, number, true, false or null
 *   in         a list of those
 *   glob       a pattern, or a list, of which one matches all of a string
 *   regex      a regular expression, or a list, of which one matches all of a
 *              string (pattern.h)
 *   under      a folder, or a list: an absolute path in one of them (under.h)
 *   host_in    a host, or a list: where a URL goes (url_host.h)
 *   min, max   a number, which may be met
 *   max_len    characters of a string, elements of a list, members of an object
 *   type       "string", "number", "integer", "boolean", "null", "list",
 *              "object", or a list of those
 *   present    true or false
 */
#pragma once

#include "policy/json.h"
#include "policy/tools.h"

#define RULES_MAX 20000
#define RULES_CONDITIONS_MAX 64 /* of one rule */
#define RULES_POINTER_MAX 256   /* bytes of a pointer */
#define RULES_TOKENS_MAX 16     /* tokens of a pointer */
#define RULES_STARS_MAX 4       /* of these `*` */
#define RULES_MESSAGE_MAX 500   /* bytes */
#define RULES_PATTERN_MAX 256   /* bytes of a pattern of tools */
#define RULES_NAME_MAX 160      /* with its label, terminated */
#define RULES_FIRED_MAX 16      /* that a verdict names */
#define RULES_TEXT_MAX                                       \
	65536 /* bytes of a string that patterns and folders \
		 are tried on; a longer one is undecided */

struct rules;

/* What ${workspace} and ${home} at the beginning of a folder stand for; NULL:
 * there is none, and a rule that needs it is refused. */
struct rules_places {
	const char *workspace, *home;
	/* The role of the session, where rules may except it (except_roles);
	 * NULL: each counts. */
	const char *role;
};

struct rules_fault {
	size_t offset;             /* in the text of the list */
	char name[RULES_NAME_MAX]; /* of the rule, if that is known */
	char text[200];
};

struct rules *rules_new(void); /* NULL: out of memory */
void rules_free(struct rules *r);
size_t rules_count(const struct rules *r);
/* The pointer of a condition whose pattern is slow (pattern.h), NULL: none. */
const char *rules_slow(const struct rules *r);
/* One of them asks, or makes a token needed. */
bool rules_may_ask(const struct rules *r);
bool rules_may_need_token(const struct rules *r);

/*
 * Adds the rules of @list, a list in a text that json_scan() accepted; all is
 * copied. @label stands before their names in a record ("site:rule:own"), NULL
 * for none. 0; 1 and *ret if it is no list of rules, or a name is there
 * already: then @r is to be freed; -ENOMEM.
 */
int rules_add(struct rules *r, const struct json_value *list, const char *label,
	const struct rules_places *places, struct rules_fault *ret);

/*
 * Adds a schema (schema.h) that the arguments of the tools of @pattern have to
 * be valid by: where they are not, it denies as a rule does that is called
 * "schema:PATTERN", behind all rules that deny. 0; 1 and *ret (its name is
 * empty) if it is none: then @r is to be freed; -ENOMEM.
 */
int rules_add_schema(struct rules *r, const char *pattern,
	const struct json_value *schema, const char *label,
	struct rules_fault *ret);

/* The names in "except_roles" of a rule that was accepted; JSON_INVALID: there
 * is none. */
struct json_value rules_excepted(const struct json_value *rule);

/* "deny_if", … of a rule that was accepted; NULL: it has none. */
const char *rules_kind(const struct json_value *rule);

struct rules_verdict {
	enum decision decision; /* DENY, TOKEN, ASK; ALLOW: none fired */
	/* Who fired, the stricter first: owned by the struct rules. */
	const char *fired[RULES_FIRED_MAX + 1];
	size_t n_fired; /* may be more than are named */
	/* Of the first of them: its name without label, the pointer of the
	 * condition that decided (that of a schema is good until the next
	 * verdict, and empty for all of the arguments), its own message or
	 * NULL. */
	const char *id, *pointer, *message;
};

/*
 * @arguments of a call, a value of a text that json_scan() accepted; NULL is
 * {}. Every rule is tried. -ENOMEM never happens: the work area is there.
 */
void rules_decide(struct rules *r, const char *tool, size_t tool_len,
	const struct json_value *arguments, struct rules_verdict *ret);
