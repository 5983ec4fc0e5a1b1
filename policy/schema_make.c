/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/schema_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int add_type(struct schema_rule *r, const struct json_value *v)
{
	static const struct {
		const char *name;
		unsigned bits;
	} all[] = {
		{"null", 1U << JSON_NULL},
		{"boolean", 1U << JSON_TRUE | 1U << JSON_FALSE},
		{"number", 1U << JSON_NUMBER},
		{"integer", 1U << SCHEMA_INTEGER},
		{"string", 1U << JSON_STRING},
		{"array", 1U << JSON_ARRAY},
		{"object", 1U << JSON_OBJECT},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (v->type == JSON_STRING && json_string_eq(v, all[i].name)) {
			r->types |= all[i].bits;
			return 0;
		}
	return 1;
}

int schema_make_type(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int got = 0;

	(void)p;
	(void)n;
	if (v->type != JSON_ARRAY)
		return add_type(r, v);
	while (got == 0 && json_next(&i, &m))
		got = add_type(r, &m.value);
	return got == 0 && r->types == 0 ? 1 : got;
}

/* Whether all numbers in it can be compared. */
static bool comparable(const struct json_value *v, unsigned depth)
{
	struct json_iter i = json_iter(v);
	struct decimal number;
	struct json_member m;

	if (depth > SCHEMA_DEPTH_MAX)
		return false;
	if (v->type == JSON_NUMBER)
		return decimal_read(v, &number);
	while (json_next(&i, &m))
		if (!comparable(&m.value, depth + 1))
			return false;
	return true;
}

int schema_make_enum(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)p;
	(void)n;
	r->value = *v;
	return v->type != JSON_ARRAY || !comparable(v, 0);
}

int schema_make_const(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)p;
	(void)n;
	r->value = *v;
	return !comparable(v, 0);
}

static int add_to(struct schema_parse *p, struct schema_node ***nodes,
	size_t *count, const struct json_value *v)
{
	struct schema_node **grown =
		reallocarray(*nodes, *count + 1, sizeof(struct schema_node *));
	int r;

	if (grown == NULL)
		return -ENOMEM;
	*nodes = grown;
	r = schema_parse_node(p, v, &grown[*count]);
	if (r == 0)
		++*count;
	return r;
}

static int add_all(struct schema_parse *p, struct schema_node ***nodes,
	size_t *count, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	if (v->type != JSON_ARRAY)
		return 1;
	while (r == 0 && json_next(&i, &m))
		r = add_to(p, nodes, count, &m.value);
	return r == 0 && *count == 0 ? 1 : r;
}

int schema_make_nodes(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)n;
	return add_all(p, &r->nodes, &r->n_nodes, v);
}

int schema_make_not(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)n;
	return add_to(p, &r->nodes, &r->n_nodes, v);
}

int schema_make_number(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)p;
	(void)n;
	return v->type != JSON_NUMBER || !decimal_read(v, &r->number);
}

int schema_make_multiple(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	return schema_make_number(p, n, r, v) != 0 || r->number.negative ||
	       r->number.n_digits == 0;
}

int schema_make_size(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	int64_t size;

	(void)p;
	(void)n;
	if (v->type != JSON_NUMBER || !json_to_int64(v, &size) || size < 0)
		return 1;
	r->size = (uint64_t)size;
	return 0;
}

int schema_make_bool(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)p;
	(void)n;
	r->size = v->type == JSON_TRUE;
	return v->type != JSON_TRUE && v->type != JSON_FALSE;
}

static int make_pattern(struct schema_parse *p, const struct json_value *v,
	struct pattern **ret)
{
	char text[PATTERN_BYTES_MAX];
	size_t n = v->type == JSON_STRING
			   ? json_string_copy(v, text, sizeof(text))
			   : sizeof(text) + 1;
	int r;

	if (n > sizeof(text) || memchr(text, '\0', n) != NULL)
		return 1;
	r = pattern_new(text, n, PATTERN_PART, ret, &p->why);
	if (r == 0)
		p->s->slow |= pattern_is_slow(*ret);
	return r;
}

int schema_make_pattern(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)n;
	return make_pattern(p, v, &r->pattern);
}

int schema_make_items(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)r;
	return schema_parse_node(p, v, &n->items);
}

int schema_make_prefix(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)r;
	return add_all(p, &n->prefix, &n->n_prefix, v);
}

int schema_make_additional(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	(void)r;
	return schema_parse_node(p, v, &n->members.additional);
}

int schema_make_patterns(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v)
{
	struct schema_members *s = &n->members;
	struct json_iter i = json_iter(v);
	struct json_member m;
	int got = 0;

	(void)r;
	if (v->type != JSON_OBJECT)
		return 1;
	while (got == 0 && json_next(&i, &m)) {
		struct schema_pattern *grown = reallocarray(
			s->patterns, s->n_patterns + 1, sizeof(*grown));

		if (grown == NULL)
			return -ENOMEM;
		s->patterns = grown;
		grown[s->n_patterns] = (struct schema_pattern){0};
		got = make_pattern(p, &m.name, &grown[s->n_patterns].pattern);
		s->n_patterns += got == 0;
		if (got == 0)
			got = schema_parse_node(
				p, &m.value, &grown[s->n_patterns - 1].node);
	}
	return got;
}
