/* SPDX-License-Identifier: Apache-2.0 */
/* properties and required: names that are looked up when a schema is used. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/fold.h"
#include "policy/pattern_scan.h"
#include "policy/schema_make.h"

#define NAMES_MAX 4096 /* of one object */

static int compare(const void *a, const void *b)
{
	const struct schema_property *x = a, *y = b;
	size_t n =
		x->folded_len < y->folded_len ? x->folded_len : y->folded_len;
	int r = memcmp(x->folded, y->folded, n);

	if (r != 0)
		return r;
	return (x->folded_len > y->folded_len) -
	       (x->folded_len < y->folded_len);
}

static void sort(struct schema_members *s)
{
	if (s->n > 0)
		qsort(s->properties, s->n, sizeof(*s->properties), compare);
}

static struct schema_property *find(
	struct schema_members *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->properties[i].len == len &&
			memcmp(s->properties[i].name, name, len) == 0)
			return &s->properties[i];
	return NULL;
}

static int add(struct schema_members *s, const char *name, size_t len)
{
	struct schema_property *grown =
		reallocarray(s->properties, s->n + 1, sizeof(*grown));
	struct schema_property *p;

	if (grown == NULL)
		return -ENOMEM;
	s->properties = grown;
	p = &grown[s->n];
	*p = (struct schema_property){
		.name = malloc(len + 1), .len = len, .folded = malloc(len + 1)};
	s->n++;
	if (p->name == NULL || p->folded == NULL)
		return -ENOMEM;
	memcpy(p->name, name, len);
	p->name[len] = '\0';
	memcpy(p->folded, name, len);
	p->folded_len = fold_name(p->folded, len);
	return 0;
}

/* Where the name is in the list, put there if it was not. 0, 1, -ENOMEM. The
 * index is good until the list is sorted. */
static int take(struct schema_members *s, const struct json_value *name,
	struct schema_property **ret)
{
	char text[SCHEMA_NAME_MAX];
	size_t n = json_string_copy(name, text, sizeof(text));
	int r = 0;

	if (n > sizeof(text) || memchr(text, '\0', n) != NULL)
		return 1;
	*ret = find(s, text, n);
	if (*ret == NULL) {
		if (s->n == NAMES_MAX)
			return 1;
		r = add(s, text, n);
		*ret = &s->properties[s->n - 1];
	}
	return r;
}

static int refuse_name(struct schema_parse *p)
{
	pattern_fault_set(
		&p->why, 0, "expected at most 4096 names of at most 256 bytes");
	return 1;
}

/* A schema inside does not touch this node's list, so *property stays. */
int schema_make_properties(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int got = 0;

	(void)r;
	if (v->type != JSON_OBJECT)
		return 1;
	while (got == 0 && json_next(&i, &m)) {
		struct schema_property *property;

		got = take(&n->members, &m.name, &property);
		if (got == 1)
			return refuse_name(p);
		if (got == 0)
			got = schema_parse_node(p, &m.value, &property->node);
	}
	sort(&n->members);
	return got;
}

int schema_make_required(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int got = 0;

	(void)r;
	if (v->type != JSON_ARRAY)
		return 1;
	while (got == 0 && json_next(&i, &m)) {
		struct schema_property *property;

		if (m.value.type != JSON_STRING)
			return 1;
		got = take(&n->members, &m.value, &property);
		if (got == 1)
			return refuse_name(p);
		if (got == 0 && !property->required) {
			property->required = true;
			n->members.n_required++;
		}
	}
	sort(&n->members);
	return got;
}
