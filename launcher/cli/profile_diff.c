/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/profile_show.h"
#include "cli/profile_verb.h"
#include "plan/profile_compare.h"

/* One of the two that are compared. */
struct side {
	struct profile_chain chain;
	struct profile *p;
};

static void side_deinit(struct side *s)
{
	profile_chain_deinit(&s->chain);
	profile_free(s->p);
}
#define _side_ _cleanup_(side_deinit)

/* Whose servers get it is of the first file alone, and not in the digest. */
static int add_packages(
	struct profile_changes *c, const struct side *a, const struct side *b)
{
	char **x = a->chain.n ? a->chain.layers[0]->packages : NULL;
	char **y = b->chain.n ? b->chain.layers[0]->packages : NULL;
	int r = 0;

	for (char **v = y; v && *v && r == 0; v++)
		if (!strv_contains(x, *v))
			r = changes_addf(c, CHANGE_OTHER, "packages",
				"is now for the servers of %s", *v);
	for (char **v = x; v && *v && r == 0; v++)
		if (!strv_contains(y, *v))
			r = changes_addf(c, CHANGE_OTHER, "packages",
				"is no longer for the servers of %s", *v);
	return r;
}

static void print_text(const struct profile_changes *c)
{
	for (int k = CHANGE_NONE + 1; k < _CHANGE_N; k++) {
		bool head = false;

		for (size_t i = 0; i < c->n; i++) {
			if (c->v[i].kind != (enum change_kind)k)
				continue;
			if (!head)
				(void)puts(change_words[k]);
			head = true;
			(void)fputs("  ", stdout);
			print_escaped(c->v[i].text);
			(void)putchar('\n');
		}
	}
}

static json_t *side_json(const struct side *s)
{
	char digest[2 * sizeof(s->p->digest) + 1];
	json_t *sources = json_array();

	for (size_t i = 0; i < sizeof(s->p->digest); i++)
		(void)snprintf(digest + 2 * i, 3, "%02x", s->p->digest[i]);
	for (char **v = s->p->sources; sources && *v; v++)
		(void)json_array_append_new(sources, json_string(*v));
	return json_pack("{s:s, s:s, s:o}", "name", s->p->name, "digest",
		digest, "sources", sources);
}

static int print_json(const struct side *a, const struct side *b,
	const struct profile_changes *c)
{
	json_t *list = json_array(), *top;
	int r = 0;

	for (size_t i = 0; list && i < c->n; i++)
		r |= json_array_append_new(
			list, json_pack("{s:s, s:s, s:s}", "kind",
				      change_words[c->v[i].kind], "key",
				      c->v[i].key, "text", c->v[i].text));
	top = json_pack("{s:o, s:o, s:o}", "a", side_json(a), "b", side_json(b),
		"changes", list);
	if (!top || r < 0 ||
		json_dumpf(top, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0)
		r = -1;
	(void)putchar('\n');
	json_decref(top);
	return r < 0 ? -ENOMEM : 0;
}

/* A file alone is compared with what is in force by its name. */
static int load_sides(const struct profile_request *q, struct side *a,
	struct side *b, struct err *e)
{
	const char *second = q->operands[1];
	int r = operand_load(
		q, second ? second : q->operands[0], &b->chain, &b->p, e);

	if (r < 0)
		return r;
	if (!second && !operand_is_file(q->operands[0]))
		return err_status(e, 2,
			"profile diff: expected two profiles, or one file: "
			"NAME.json is compared with the profile NAME");
	return operand_load(
		q, second ? q->operands[0] : b->p->name, &a->chain, &a->p, e);
}

int profile_diff_verb(struct profile_request *q, struct err *e)
{
	_changes_ struct profile_changes c = {0};
	_side_ struct side a = {0}, b = {0};
	int r = load_sides(q, &a, &b, e);

	if (r < 0)
		return r;
	r = profile_compare(a.p, b.p, &c);
	if (r == 0)
		r = add_packages(&c, &a, &b);
	if (r == 0 && q->json)
		r = print_json(&a, &b, &c);
	else if (r == 0)
		print_text(&c);
	return r < 0 ? err_set(e, r, "profile diff") : c.n > 0;
}
