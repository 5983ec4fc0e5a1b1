/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of tools, prompts and resources. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "plan/profile_glob.h"
#include "plan/profile_lint.h"

enum names_list {
	NAMES_ALLOW = 0,
	NAMES_ASK,
	NAMES_TOKEN,
	NAMES_ALWAYS,
	NAMES_DENY
};

#define NO_LIST _LIST_N

struct lint_kind {
	const char *key, *one;
	size_t lists[5]; /* by enum names_list: of profile_lists[] */
};

static const struct lint_kind kinds[] = {
	{"protocol.tools", "tool",
		{LIST_ALLOW, LIST_ASK, LIST_TOKEN, LIST_ALWAYS, LIST_DENY}},
	{"protocol.prompts", "prompt",
		{LIST_PROMPTS_ALLOW, LIST_PROMPTS_ASK, NO_LIST,
			LIST_PROMPTS_ALWAYS, LIST_PROMPTS_DENY}},
	{"protocol.resources", "resource",
		{LIST_RESOURCES_ALLOW, LIST_RESOURCES_ASK, NO_LIST,
			LIST_RESOURCES_ALWAYS, LIST_RESOURCES_DENY}},
};

/* One entry that is looked at. */
struct subject {
	struct lint *l;
	const struct lint_kind *kind;
	enum names_list list;
	const char *entry;
};

static char *const *list_of(
	const struct lint *l, const struct lint_kind *k, enum names_list list)
{
	if (k->lists[list] == NO_LIST)
		return NULL;
	return *(char *const *const *)((const char *)l->p +
				       profile_lists[k->lists[list]].offset);
}

static bool covers(struct lint *l, const char *wide, const char *narrow)
{
	return lint_may_compare(l, 1) && glob_covers(wide, narrow);
}

/* The first entry of @list that matches all that @entry does, but itself. */
static const char *covering(
	struct lint *l, char *const *list, const char *entry)
{
	for (; list && *list; list++)
		if (*list != entry && covers(l, *list, entry))
			return *list;
	return NULL;
}

/* What a token is needed for is neither allowed nor asked for. */
static int lint_under_token(const struct subject *s, const char *is)
{
	const char *by =
		covering(s->l, list_of(s->l, s->kind, NAMES_TOKEN), s->entry);

	return by ? lint_add(s->l, LINT_UNDER_TOKEN,
			    "%s: \"%s\" is %s, but \"%s\" needs a token for "
			    "it: token wins",
			    s->kind->key, s->entry, is, by)
		  : 0;
}

static int lint_allow(const struct subject *s)
{
	const char *by =
		covering(s->l, list_of(s->l, s->kind, NAMES_DENY), s->entry);

	if (by)
		return lint_add(s->l, LINT_ALLOW_SWALLOWED,
			"%s: \"%s\" is allowed, but \"%s\" denies it: deny "
			"wins",
			s->kind->key, s->entry, by);
	if (glob_matches_all(s->entry))
		return lint_add(s->l, LINT_MATCHES_ALL,
			"%s: \"%s\" allows every %s, those too that the server "
			"adds later",
			s->kind->key, s->entry, s->kind->one);
	by = covering(s->l, list_of(s->l, s->kind, NAMES_ASK), s->entry);
	return by ? lint_add(s->l, LINT_ALLOW_ASKED,
			    "%s: \"%s\" is allowed, but \"%s\" asks for it: "
			    "ask wins",
			    s->kind->key, s->entry, by)
		  : lint_under_token(s, "allowed");
}

static int lint_ask(const struct subject *s)
{
	const char *by =
		covering(s->l, list_of(s->l, s->kind, NAMES_DENY), s->entry);

	return by ? lint_add(s->l, LINT_ASK_SWALLOWED,
			    "%s: \"%s\" is asked for, but \"%s\" denies it: "
			    "deny wins",
			    s->kind->key, s->entry, by)
		  : lint_under_token(s, "asked for");
}

static int lint_token(const struct subject *s)
{
	const char *by =
		covering(s->l, list_of(s->l, s->kind, NAMES_DENY), s->entry);

	return by ? lint_add(s->l, LINT_TOKEN_SWALLOWED,
			    "%s: a token is needed for \"%s\", but \"%s\" "
			    "denies it: deny wins",
			    s->kind->key, s->entry, by)
		  : 0;
}

static int lint_always(const struct subject *s)
{
	const char *by =
		covering(s->l, list_of(s->l, s->kind, NAMES_DENY), s->entry);

	if (by)
		return lint_add(s->l, LINT_ALWAYS_DENIED,
			"%s: \"%s\" is in \"always\", but \"%s\" denies it: "
			"deny wins",
			s->kind->key, s->entry, by);
	return covering(s->l, list_of(s->l, s->kind, NAMES_ASK), s->entry)
		       ? 0
		       : lint_add(s->l, LINT_ALWAYS_UNASKED,
				 "%s: \"%s\" is in \"always\", but nothing in "
				 "\"ask\" matches it: it allows nothing by "
				 "itself",
				 s->kind->key, s->entry);
}

static bool has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* Why no name can be like that, or NULL. A URI, or a template of one, begins
 * with its scheme (RFC 3986 section 3). */
static const char *impossible(const struct subject *s)
{
	const char *e = s->entry;
	size_t n = strlen(e);

	if (has_control(e))
		return "has a control character";
	if (s->kind->lists[0] == LIST_ALLOW && (e[0] == ' ' || e[n - 1] == ' '))
		return "has a blank at its edge";
	if (s->kind->lists[0] != LIST_RESOURCES_ALLOW)
		return NULL;
	if (strchr(e, ' '))
		return "has a blank, and no URI has";
	if (!isalpha((unsigned char)e[0]) && !strchr("*?{", e[0]))
		return "does not begin with a scheme, as each URI does";
	return strpbrk(e, ":*{") ? NULL : "has no scheme, as each URI does";
}

static int lint_form(const struct subject *s)
{
	const char *why = impossible(s);

	if (why)
		return lint_add(s->l, LINT_NEVER_MATCHES,
			"%s: \"%s\" never matches: it %s", s->kind->key,
			s->entry, why);
	/* Names of tools have none of these. */
	if (s->kind->lists[0] == LIST_ALLOW &&
		strpbrk(s->entry, "^$()[]{}|\\+"))
		return lint_add(s->l, LINT_NO_REGEX,
			"%s: \"%s\" looks like a regular expression; only * "
			"and ? are special",
			s->kind->key, s->entry);
	return 0;
}

/* Of two that cover each other, the later one. */
static int lint_covered(const struct subject *s)
{
	char *const *list = list_of(s->l, s->kind, s->list);
	bool later = false;

	if (s->list == NAMES_ALWAYS)
		return 0;
	for (; list && *list; list++) {
		if (*list == s->entry) {
			later = true;
			continue;
		}
		if (!covers(s->l, *list, s->entry) ||
			(later && covers(s->l, s->entry, *list)))
			continue;
		return lint_add(s->l, LINT_COVERED,
			"%s: \"%s\" adds nothing to \"%s\"", s->kind->key,
			s->entry, *list);
	}
	return 0;
}

static int lint_entry(const struct subject *s)
{
	static int (*const each[])(const struct subject *s) = {
		[NAMES_ALLOW] = lint_allow,
		[NAMES_ASK] = lint_ask,
		[NAMES_TOKEN] = lint_token,
		[NAMES_ALWAYS] = lint_always,
		[NAMES_DENY] = NULL,
	};
	int r = each[s->list] ? each[s->list](s) : 0;

	if (r == 0)
		r = lint_form(s);
	return r == 0 ? lint_covered(s) : r;
}

static int lint_kind(struct lint *l, const struct lint_kind *k)
{
	int r = 0;

	for (int list = NAMES_ALLOW; list <= NAMES_DENY; list++) {
		struct subject s = {
			.l = l, .kind = k, .list = (enum names_list)list};
		char *const *v = list_of(l, k, s.list);

		for (; v && *v && r == 0; v++) {
			s.entry = *v;
			if (lint_is_own(l, k->lists[list], *v))
				r = lint_entry(&s);
		}
	}
	return r;
}

/* The first entry that gives somebody a tool. */
static const char *live_tool(struct lint *l, bool (*is)(const char *s))
{
	char *const *deny = l->p->protocol.tools.deny;

	for (int list = NAMES_ALLOW; list <= NAMES_TOKEN; list++) {
		char *const *v = list_of(l, &kinds[0], (enum names_list)list);

		for (; v && *v; v++)
			if (is(*v) && !covering(l, deny, *v))
				return *v;
	}
	return NULL;
}

static bool is_any(const char *entry)
{
	(void)entry;
	return true;
}

static bool is_word(const char *word, const char *s, size_t len)
{
	return strlen(word) == len && strncasecmp(word, s, len) == 0;
}

/* By one of the words that it is made of: write_file, createNote. */
static bool is_writing(const char *entry)
{
	static const char *const words[] = {"write", "edit", "create", "delete",
		"remove", "move", "rename", "save", "append", "mkdir"};
	const char *p = entry;

	while (*p) {
		size_t n = 1;

		while (isalnum((unsigned char)*p) &&
			isalnum((unsigned char)p[n]) &&
			!(isupper((unsigned char)p[n]) &&
				islower((unsigned char)p[n - 1])))
			n++;
		for (size_t i = 0; i < ELEMENTS(words); i++)
			if (is_word(words[i], p, n))
				return true;
		p += n;
	}
	return false;
}

/* With a network, what is created may lie elsewhere. */
static bool can_write(const struct profile *p)
{
	return p->sandbox.state || strv_len(p->sandbox.write) > 0 ||
	       strv_len(p->sandbox.network) > 0;
}

int lint_names(struct lint *l)
{
	const char *writing = live_tool(l, is_writing);
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(kinds) && r == 0; i++)
		r = lint_kind(l, &kinds[i]);
	if (r == 0 && !l->p->base && !live_tool(l, is_any))
		r = lint_add(l, LINT_NOTHING_ALLOWED,
			"protocol.tools: no tool can be called; without "
			"\"allow\", \"ask\" or \"token\" a profile denies every "
			"tool");
	if (r == 0 && writing && !can_write(l->p))
		r = lint_add(l, LINT_WRITES_NOTHING,
			"protocol.tools: \"%s\" writes, by its name, but all "
			"that lasts is read-only: there is no sandbox.write "
			"and no state",
			writing);
	return r;
}
