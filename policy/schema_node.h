/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a schema is made of, shared by who reads it and who checks with it.
 * Inside policy/ only.
 */
#pragma once

#include "policy/decimal.h"
#include "policy/pattern.h"
#include "policy/schema.h"

/* A type of its own only here. */
#define SCHEMA_INTEGER (JSON_OBJECT + 1)

struct schema_node;
struct schema_parse;
struct keyword;

/* One keyword of a schema. */
struct schema_rule {
	const struct keyword *keyword;
	struct decimal number;
	uint64_t size;
	unsigned types; /* bits of enum json_type and SCHEMA_INTEGER */
	struct pattern *pattern;
	struct json_value value; /* in the schema's own text */
	struct schema_node **nodes;
	size_t n_nodes;
};

struct schema_property {
	char *name;
	size_t len;
	char *folded; /* the name, folded: what the list is sorted by */
	size_t folded_len;
	struct schema_node *node; /* NULL: it is required, and no more */
	bool required;
};

struct schema_pattern {
	struct pattern *pattern;
	struct schema_node *node;
};

/* What is said of members and of elements, by several keywords together. */
struct schema_members {
	struct schema_property *properties;
	size_t n, n_required;
	struct schema_pattern *patterns;
	size_t n_patterns;
	struct schema_node *additional; /* NULL: anything */
};

struct schema_node {
	bool never; /* false */
	struct schema_rule *rules;
	size_t n_rules;
	struct schema_members members;
	struct schema_node **prefix;
	size_t n_prefix;
	struct schema_node *items;
};

struct schema {
	char *text;
	struct schema_node **nodes; /* all; the first is the whole */
	size_t n;
	bool slow;
};

/* One step of the way from the value that is checked to one inside. */
struct schema_step {
	const struct json_value *name; /* NULL: an element */
	size_t index;
};

struct schema_work {
	struct pattern_work *patterns;
	char *scratch; /* PATTERN_TEXT_MAX bytes */
	uint64_t left;
	/* Of one check. */
	struct schema_step path[SCHEMA_DEPTH_MAX + 1];
	size_t depth;
	unsigned quiet; /* inside what need not hold */
	bool noted;
	char pointer[SCHEMA_POINTER_MAX + 1];
};

typedef int schema_make_fn(struct schema_parse *p, struct schema_node *n,
	struct schema_rule *r, const struct json_value *v);
typedef enum truth schema_holds_fn(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v);

struct keyword {
	const char *name, *expected;
	schema_make_fn *make;   /* NULL: it says nothing */
	schema_holds_fn *holds; /* NULL: the node does it */
	unsigned types;         /* the values that it is about */
};

extern const struct keyword schema_keywords[];
extern const size_t n_schema_keywords;

enum truth schema_node_holds(const struct schema_node *n, struct schema_work *w,
	const struct json_value *v);

/* The same for a value one step further in; NULL holds. */
enum truth schema_inner_holds(const struct schema_node *n,
	struct schema_work *w, const struct json_member *m, size_t index);

/* properties, patternProperties, additionalProperties, required. */
enum truth schema_members_hold(const struct schema_members *s,
	struct schema_work *w, const struct json_value *object);

/* Notes where the check failed; @more is a last step, or NULL. */
void schema_note(struct schema_work *w, const struct schema_property *more);

/* False: there is no work left. */
bool schema_spend(struct schema_work *w, uint64_t steps);

/* json_next() that spends. */
bool schema_next(
	struct schema_work *w, struct json_iter *i, struct json_member *ret);

/* Whether two values are equal. */
enum truth schema_equal(struct schema_work *w, const struct json_value *a,
	const struct json_value *b);
