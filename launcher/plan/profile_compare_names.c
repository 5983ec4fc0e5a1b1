/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of names. A pattern is a set of names, of which one is tried that
 * nothing else matches by chance; so is one that two patterns share, where one
 * of them is new or gone: a denial taken away shows in what it took from.
 */
#include <string.h>

#include "plan/profile_compare.h"
#include "plan/profile_glob.h"
#include "plan/profile_layer.h"
#include "policy/tools.h"

#define PAIRS_MAX 200000 /* above, a second and more */

struct kind_of_names {
	const char *key, *one;
	size_t offset; /* of struct profile_names in struct profile */
	struct tools *(*make)(const struct tools_layer *layers, size_t n);
};

static const struct kind_of_names kinds[] = {
	{"protocol.tools", "tool", offsetof(struct profile, protocol.tools),
		tools_new},
	{"protocol.prompts", "prompt",
		offsetof(struct profile, protocol.prompts), tools_new},
	{"protocol.resources", "resource",
		offsetof(struct profile, protocol.resources),
		tools_new_for_uris},
};

#define LISTS 5
static const char *const list_words[LISTS] = {
	"allow", "ask", "always", "token", "deny"};

struct entry {
	const char *text;
	bool in[2][LISTS];
	enum decision says[2];
	bool told; /* a line says what it changes */
};

struct comparison {
	const struct kind_of_names *kind;
	const struct profile_names *names[2];
	struct tools *tools[2];
	struct entry *entries;
	size_t n;
	struct profile_changes *changes;
};

static void comparison_deinit(struct comparison *q)
{
	tools_free(q->tools[0]);
	tools_free(q->tools[1]);
	free(q->entries);
}

static char *const *list_of(const struct profile_names *n, size_t list)
{
	char *const *const all[LISTS] = {
		n->allow, n->ask, n->always, n->token, n->deny};

	return all[list];
}

static struct tools *tools_of(const struct kind_of_names *kind,
	const struct profile_names *n, bool closed)
{
	const struct tools_layer layer = {.allow = n->allow,
		.ask = n->ask,
		.always = n->always,
		.token = n->token,
		.deny = n->deny,
		.closed = closed};

	return kind->make(&layer, 1);
}

static void decide(
	const struct comparison *q, const char *name, enum decision ret_says[2])
{
	for (size_t s = 0; s < 2; s++) {
		struct tool_verdict v;

		tools_decide(q->tools[s], name, strlen(name), &v);
		ret_says[s] = v.decision;
	}
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->text,
		((const struct entry *)b)->text);
}

/* Each text once, sorted, with the lists that it is in. */
static void entries_join(struct comparison *q)
{
	size_t kept = 0;

	qsort(q->entries, q->n, sizeof(*q->entries), compare_entries);
	for (size_t i = 0; i < q->n; i++) {
		struct entry *last = kept ? &q->entries[kept - 1] : NULL;

		if (!last || strcmp(last->text, q->entries[i].text) != 0) {
			q->entries[kept++] = q->entries[i];
			continue;
		}
		for (size_t s = 0; s < 2; s++)
			for (size_t l = 0; l < LISTS; l++)
				last->in[s][l] |= q->entries[i].in[s][l];
	}
	q->n = kept;
}

static int entries_make(struct comparison *q)
{
	size_t n = 1;

	for (size_t s = 0; s < 2; s++)
		for (size_t l = 0; l < LISTS; l++)
			n += strv_len(list_of(q->names[s], l));
	q->entries = calloc(n, sizeof(*q->entries));
	if (!q->entries)
		return -ENOMEM;
	for (size_t s = 0; s < 2; s++)
		for (size_t l = 0; l < LISTS; l++)
			for (char *const *v = list_of(q->names[s], l); v && *v;
				v++) {
				q->entries[q->n].text = *v;
				q->entries[q->n++].in[s][l] = true;
			}
	if (q->n > 0)
		entries_join(q);
	return 0;
}

static bool is_changed(const struct entry *x)
{
	return memcmp(x->in[0], x->in[1], sizeof(x->in[0])) != 0;
}

static const char *const words[] = {
	[DECISION_DENY] = "denied",
	[DECISION_TOKEN] = "for a token",
	[DECISION_ASK] = "asked for",
	[DECISION_ALLOW] = "allowed",
	[DECISION_CLIENT] = "left to the client",
};

/* Names that the client decides about pass as those do that are allowed. */
static int rank(enum decision d)
{
	return d == DECISION_CLIENT ? DECISION_ALLOW : (int)d;
}

static int add_line(struct comparison *q, const enum decision says[2],
	const char *what, const char *a, const char *between, const char *b)
{
	int was = rank(says[0]), is = rank(says[1]);

	return changes_addf(q->changes,
		is > was   ? CHANGE_WIDER
		: is < was ? CHANGE_NARROWER
			   : CHANGE_OTHER,
		q->kind->key, "%ss: %s%s%s%s is %s, was %s", q->kind->one, what,
		a, between, b, words[says[1]], words[says[0]]);
}

static bool same_says(const enum decision a[2], const enum decision b[2])
{
	return a[0] == b[0] && a[1] == b[1];
}

static int add_singles(struct comparison *q)
{
	char sample[GLOB_SAMPLE_MAX + 1];
	enum decision rest[2];
	int r = 0;

	for (size_t i = 0; i < q->n && r == 0; i++) {
		struct entry *x = &q->entries[i];

		glob_sample(x->text, sample);
		decide(q, sample, x->says);
		x->told = x->says[0] != x->says[1];
		if (x->told)
			r = add_line(q, x->says, "", x->text, "", "");
	}
	glob_sample("*", sample);
	decide(q, sample, rest);
	if (r == 0 && rest[0] != rest[1])
		r = add_line(q, rest, q->n ? "every other " : "every ",
			q->kind->one, "", "");
	return r;
}

/* What @x, which is new or gone, and @y match both. */
static int add_pair(struct comparison *q, struct entry *x, struct entry *y)
{
	char sample[GLOB_SAMPLE_MAX + 1];
	enum decision says[2];

	/* Of two that changed, once; of names, their own line says it. */
	if (x == y || (is_changed(y) && y < x) || !glob_is_pattern(x->text) ||
		!glob_is_pattern(y->text) ||
		!glob_meet(x->text, y->text, sample))
		return 0;
	decide(q, sample, says);
	if (says[0] == says[1])
		return 0;
	x->told = y->told = true;
	if (same_says(says, x->says) || same_says(says, y->says))
		return 0;
	return add_line(q, says, "what matches ", x->text, " and ", y->text);
}

static int add_pairs(struct comparison *q)
{
	size_t changed = 0;
	int r = 0;

	for (size_t i = 0; i < q->n; i++)
		changed += is_changed(&q->entries[i]);
	if (changed > PAIRS_MAX / (q->n + 1))
		return changes_addf(q->changes, CHANGE_OTHER, q->kind->key,
			"%ss: too many patterns to try each with each; there "
			"may be more",
			q->kind->one);
	for (size_t i = 0; i < q->n; i++)
		for (size_t j = 0;
			is_changed(&q->entries[i]) && j < q->n && r == 0; j++)
			r = add_pair(q, &q->entries[i], &q->entries[j]);
	return r;
}

/* A name that a pattern has taken or given has a line of its own. */
static bool explained(const struct comparison *q, const struct entry *x)
{
	for (size_t i = 0; i < q->n; i++) {
		const struct entry *y = &q->entries[i];

		if (y->says[0] != y->says[1] && !glob_is_pattern(y->text) &&
			glob_match(x->text, y->text, strlen(y->text)))
			return true;
	}
	return x->told;
}

/* Entries that are new or gone and change nothing. */
static int add_rest(struct comparison *q)
{
	int r = 0;

	for (size_t i = 0; i < q->n; i++) {
		const struct entry *x = &q->entries[i];

		if (!is_changed(x) || explained(q, x))
			continue;
		for (size_t l = 0; l < LISTS && r == 0; l++)
			if (x->in[0][l] != x->in[1][l])
				r = changes_addf(q->changes, CHANGE_OTHER,
					q->kind->key,
					"%ss: %s is %s as before; it is %s "
					"\"%s\"",
					q->kind->one, x->text,
					words[x->says[1]],
					x->in[1][l] ? "new in" : "gone from",
					list_words[l]);
	}
	return r;
}

static int compare_kind(
	struct comparison *q, const struct profile *a, const struct profile *b)
{
	int r;

	q->names[0] = (const void *)((const char *)a + q->kind->offset);
	q->names[1] = (const void *)((const char *)b + q->kind->offset);
	q->tools[0] = tools_of(q->kind, q->names[0], !a->base);
	q->tools[1] = tools_of(q->kind, q->names[1], !b->base);
	if (!q->tools[0] || !q->tools[1])
		return -ENOMEM;
	r = entries_make(q);
	if (r == 0)
		r = add_singles(q);
	if (r == 0)
		r = add_pairs(q);
	return r == 0 ? add_rest(q) : r;
}

int changes_add_names(struct profile_changes *c, const struct profile *a,
	const struct profile *b)
{
	int r = 0;

	for (size_t i = 0; i < ELEMENTS(kinds) && r == 0; i++) {
		struct comparison q = {.kind = &kinds[i], .changes = c};

		r = compare_kind(&q, a, b);
		comparison_deinit(&q);
	}
	return r;
}
