/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a schema to its nodes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/fault_text.h"
#include "policy/schema_make.h"

/* 1, and why: @parts up to NULL, one after the other. */
static int refuse_parts(struct schema_parse *p, const struct json_value *at,
	const char *const *parts)
{
	p->refused = true;
	p->fault->offset = at->begin;
	fault_text_put(p->fault->text, sizeof(p->fault->text), parts);
	return 1;
}

#define refuse(p, at, ...) \
	refuse_parts((p), (at), (const char *const[]){__VA_ARGS__, NULL})

static const struct keyword *find(const struct json_value *name)
{
	for (size_t i = 0; i < n_schema_keywords; i++)
		if (json_string_eq(name, schema_keywords[i].name))
			return &schema_keywords[i];
	return NULL;
}

static int add_rule(struct schema_parse *p, struct schema_node *n,
	const struct keyword *k, const struct json_value *v)
{
	struct schema_rule *grown =
		reallocarray(n->rules, n->n_rules + 1, sizeof(*n->rules));
	int r;

	if (grown == NULL)
		return -ENOMEM;
	n->rules = grown;
	grown[n->n_rules] = (struct schema_rule){.keyword = k};
	p->why.text[0] = '\0';
	/* The list may be grown again only once this one is made. */
	r = k->make(p, n, &grown[n->n_rules++], v);
	if (r != 1 || p->refused)
		return r;
	return refuse(p, v, "\"", k->name,
		"\": ", p->why.text[0] != '\0' ? p->why.text : "expected ",
		p->why.text[0] != '\0' ? "" : k->expected);
}

static int parse_keyword(struct schema_parse *p, struct schema_node *n,
	const struct json_member *m)
{
	const struct keyword *k = find(&m->name);
	char name[FAULT_SHOWN + 1];

	if (k == NULL)
		return refuse(p, &m->name, "\"",
			fault_text_shown(&m->name, name),
			"\" is no keyword of a schema that this version "
			"checks; expected one of stockade-profile(5)");
	return k->make != NULL ? add_rule(p, n, k, &m->value) : 0;
}

static struct schema_node *add_node(struct schema *s)
{
	struct schema_node **grown =
		reallocarray(s->nodes, s->n + 1, sizeof(struct schema_node *));

	if (grown == NULL)
		return NULL;
	s->nodes = grown;
	grown[s->n] = calloc(1, sizeof(**grown));
	return grown[s->n] != NULL ? grown[s->n++] : NULL;
}

int schema_parse_node(struct schema_parse *p, const struct json_value *v,
	struct schema_node **ret)
{
	struct json_iter i = json_iter(v);
	struct schema_node *n;
	struct json_member m;
	int r = 0;

	if (v->type != JSON_OBJECT && v->type != JSON_TRUE &&
		v->type != JSON_FALSE)
		return refuse(
			p, v, "expected a schema: an object, true or false");
	if (p->depth == SCHEMA_DEPTH_MAX || p->s->n == SCHEMA_NODES_MAX)
		return refuse(p, v,
			"expected at most 20000 schemas, 32 inside each other");
	n = add_node(p->s);
	if (n == NULL)
		return -ENOMEM;
	n->never = v->type == JSON_FALSE;
	p->depth++;
	while (r == 0 && json_next(&i, &m))
		r = parse_keyword(p, n, &m);
	p->depth--;
	*ret = n;
	return r;
}

static int copy_text(struct schema *s, const struct json_value *v)
{
	size_t n = v->end - v->begin;

	s->text = malloc(n + 1);
	if (s->text == NULL)
		return -ENOMEM;
	memcpy(s->text, v->text + v->begin, n);
	s->text[n] = '\0';
	return 0;
}

int schema_new(const struct json_value *v, struct schema **ret,
	struct schema_fault *ret_fault)
{
	struct schema *s = calloc(1, sizeof(*s));
	struct schema_parse p = {.s = s, .fault = ret_fault};
	struct json_value own = {
		.end = v->end - v->begin,
		.type = v->type,
	};
	struct schema_node *whole;
	int r = s != NULL ? copy_text(s, v) : -ENOMEM;

	if (r == 0) {
		own.text = s->text;
		r = schema_parse_node(&p, &own, &whole);
	}
	if (r == 1)
		ret_fault->offset += v->begin;
	if (r == 0)
		*ret = s;
	else
		schema_free(s);
	return r;
}

static void node_free(struct schema_node *n)
{
	for (size_t i = 0; i < n->n_rules; i++) {
		pattern_free(n->rules[i].pattern);
		free(n->rules[i].nodes);
	}
	for (size_t i = 0; i < n->members.n; i++) {
		free(n->members.properties[i].name);
		free(n->members.properties[i].folded);
	}
	for (size_t i = 0; i < n->members.n_patterns; i++)
		pattern_free(n->members.patterns[i].pattern);
	free(n->members.properties);
	free(n->members.patterns);
	free(n->prefix);
	free(n->rules);
	free(n);
}

void schema_free(struct schema *s)
{
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->n; i++)
		node_free(s->nodes[i]);
	free(s->nodes);
	free(s->text);
	free(s);
}

bool schema_is_slow(const struct schema *s)
{
	return s->slow;
}
