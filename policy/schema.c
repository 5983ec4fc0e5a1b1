/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/schema.h"

#include <stdlib.h>
#include <string.h>

#include "policy/chars.h"
#include "policy/json_string.h"
#include "policy/schema_node.h"

#define WORK_STEPS ((uint64_t)16 << 20)

struct schema_work *schema_work_new(void)
{
	struct schema_work *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->patterns = pattern_work_new();
	w->scratch = malloc(PATTERN_TEXT_MAX);
	if (w->patterns == NULL || w->scratch == NULL) {
		schema_work_free(w);
		return NULL;
	}
	schema_work_begin(w);
	return w;
}

void schema_work_free(struct schema_work *w)
{
	if (w == NULL)
		return;
	pattern_work_free(w->patterns);
	free(w->scratch);
	free(w);
}

void schema_work_begin(struct schema_work *w)
{
	pattern_work_begin(w->patterns);
	w->left = WORK_STEPS;
}

bool schema_spend(struct schema_work *w, uint64_t steps)
{
	if (w->left <= steps) {
		w->left = 0;
		return false;
	}
	w->left -= steps;
	return true;
}

bool schema_next(
	struct schema_work *w, struct json_iter *i, struct json_member *ret)
{
	return w->left > 0 && json_next(i, ret) &&
	       schema_spend(w, 1 + (ret->end - ret->begin) / 16);
}

static void put(struct schema_work *w, size_t *used, const char *p, size_t n)
{
	if (*used + n > SCHEMA_POINTER_MAX)
		return;
	memcpy(w->pointer + *used, p, n);
	*used += n;
}

/* One character of a name; @p is well-formed. */
static void put_character(
	struct schema_work *w, size_t *used, const char *p, size_t n)
{
	if (n == 1 && ((unsigned char)*p < ' ' || *p == 0x7f))
		put(w, used, "?", 1);
	else if (*p == '~')
		put(w, used, "~0", 2);
	else if (*p == '/')
		put(w, used, "~1", 2);
	else
		put(w, used, p, n);
}

static void put_text(
	struct schema_work *w, size_t *used, const char *p, size_t len)
{
	while (len > 0) {
		size_t n = utf8_sequence(p, len);

		if (n == 0)
			return;
		put_character(w, used, p, n);
		p += n;
		len -= n;
	}
}

static void put_name(
	struct schema_work *w, size_t *used, const struct json_value *name)
{
	struct json_runs runs = json_runs_of(name);
	const char *p;
	size_t n;

	while (*used < SCHEMA_POINTER_MAX && json_runs_next(&runs, &p, &n))
		put_text(w, used, p, n);
}

static void put_index(struct schema_work *w, size_t *used, size_t index)
{
	char digits[24], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + index % 10);
	while ((index /= 10) > 0);
	put(w, used, p, (size_t)(digits + sizeof(digits) - p));
}

void schema_note(struct schema_work *w, const struct schema_property *more)
{
	size_t used = 0;

	if (w->quiet > 0 || w->noted)
		return;
	w->noted = true;
	for (size_t i = 0; i < w->depth; i++) {
		put(w, &used, "/", 1);
		if (w->path[i].name != NULL)
			put_name(w, &used, w->path[i].name);
		else
			put_index(w, &used, w->path[i].index);
	}
	if (more != NULL) {
		put(w, &used, "/", 1);
		put_text(w, &used, more->name, more->len);
	}
	w->pointer[used] = '\0';
}

static bool is_about(const struct keyword *k, const struct json_value *v)
{
	return k->holds != NULL && (k->types & 1U << v->type) != 0;
}

static enum truth elements_hold(const struct schema_node *n,
	struct schema_work *w, const struct json_value *list)
{
	struct json_iter i = json_iter(list);
	struct json_member m;
	enum truth t = TRUTH_YES;

	if (n->n_prefix == 0 && n->items == NULL)
		return TRUTH_YES;
	for (size_t at = 0; t == TRUTH_YES && schema_next(w, &i, &m); at++)
		t = schema_inner_holds(
			at < n->n_prefix ? n->prefix[at] : n->items, w, &m, at);
	return t == TRUTH_YES && !schema_spend(w, 0) ? TRUTH_UNDECIDED : t;
}

static enum truth rules_hold(const struct schema_node *n, struct schema_work *w,
	const struct json_value *v)
{
	enum truth t = n->never ? TRUTH_NO : TRUTH_YES;

	for (size_t i = 0; t == TRUTH_YES && i < n->n_rules; i++)
		if (is_about(n->rules[i].keyword, v))
			t = n->rules[i].keyword->holds(&n->rules[i], w, v);
	if (t == TRUTH_YES && v->type == JSON_OBJECT)
		t = schema_members_hold(&n->members, w, v);
	if (t == TRUTH_YES && v->type == JSON_ARRAY)
		t = elements_hold(n, w, v);
	return t;
}

enum truth schema_node_holds(const struct schema_node *n, struct schema_work *w,
	const struct json_value *v)
{
	enum truth t =
		schema_spend(w, 1) ? rules_hold(n, w, v) : TRUTH_UNDECIDED;

	if (t != TRUTH_YES)
		schema_note(w, NULL);
	return t;
}

enum truth schema_inner_holds(const struct schema_node *n,
	struct schema_work *w, const struct json_member *m, size_t index)
{
	enum truth t;

	if (n == NULL)
		return TRUTH_YES;
	w->path[w->depth++] = (struct schema_step){
		m->name.type == JSON_STRING ? &m->name : NULL, index};
	t = schema_node_holds(n, w, &m->value);
	w->depth--;
	return t;
}

enum truth schema_check(const struct schema *s, struct schema_work *w,
	const struct json_value *v)
{
	w->depth = 0;
	w->quiet = 0;
	w->noted = false;
	w->pointer[0] = '\0';
	return schema_node_holds(s->nodes[0], w, v);
}

const char *schema_pointer(const struct schema_work *w)
{
	return w->pointer;
}
