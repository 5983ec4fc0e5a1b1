/* SPDX-License-Identifier: Apache-2.0 */
/* What each keyword says of a value. */
#include <string.h>

#include "policy/chars.h"
#include "policy/schema_make.h"

static enum truth truth_of(bool b)
{
	return b ? TRUTH_YES : TRUTH_NO;
}

static enum truth holds_type(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v)
{
	struct decimal number;

	(void)w;
	if (r->types & 1U << v->type)
		return TRUTH_YES;
	if (v->type != JSON_NUMBER || !(r->types & 1U << SCHEMA_INTEGER))
		return TRUTH_NO;
	if (!decimal_read(v, &number))
		return TRUTH_UNDECIDED;
	return truth_of(number.exponent >= number.n_digits);
}

/* One is enough; that one cannot be decided counts if none is. */
static enum truth holds_enum(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v)
{
	struct json_iter i = json_iter(&r->value);
	enum truth found = TRUTH_NO;
	struct json_member m;

	while (schema_next(w, &i, &m)) {
		enum truth t = schema_equal(w, &m.value, v);

		if (t == TRUTH_YES)
			return t;
		if (t == TRUTH_UNDECIDED)
			found = t;
	}
	return schema_spend(w, 0) ? found : TRUTH_UNDECIDED;
}

static enum truth holds_const(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	return schema_equal(w, &r->value, v);
}

/* Below, at or above 0; false: undecided. */
static bool compare(
	const struct schema_rule *r, const struct json_value *v, int *ret)
{
	struct decimal number;

	if (!decimal_read(v, &number))
		return false;
	*ret = decimal_compare(&number, &r->number);
	return true;
}

static enum truth holds_minimum(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	int c;

	(void)w;
	return compare(r, v, &c) ? truth_of(c >= 0) : TRUTH_UNDECIDED;
}

static enum truth holds_maximum(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	int c;

	(void)w;
	return compare(r, v, &c) ? truth_of(c <= 0) : TRUTH_UNDECIDED;
}

static enum truth holds_above(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	int c;

	(void)w;
	return compare(r, v, &c) ? truth_of(c > 0) : TRUTH_UNDECIDED;
}

static enum truth holds_below(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	int c;

	(void)w;
	return compare(r, v, &c) ? truth_of(c < 0) : TRUTH_UNDECIDED;
}

static enum truth holds_multiple(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	struct decimal number;

	(void)w;
	return decimal_read(v, &number)
		       ? truth_of(decimal_is_multiple(&number, &r->number))
		       : TRUTH_UNDECIDED;
}

static enum truth holds_min_length(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	(void)w;
	return truth_of(chars_points(v) >= r->size);
}

static enum truth holds_max_length(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	(void)w;
	return truth_of(chars_points(v) <= r->size);
}

static enum truth holds_pattern(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	size_t n = json_string_copy(v, w->scratch, PATTERN_TEXT_MAX);

	if (n > PATTERN_TEXT_MAX || memchr(w->scratch, '\0', n) != NULL)
		return TRUTH_UNDECIDED;
	return pattern_match(r->pattern, w->patterns, w->scratch, n);
}

/* False: there was no work left to count them all. */
static bool count(
	struct schema_work *w, const struct json_value *v, uint64_t *ret)
{
	struct json_iter i = json_iter(v);
	struct json_member m;

	*ret = 0;
	while (schema_next(w, &i, &m))
		++*ret;
	return schema_spend(w, 0);
}

static enum truth holds_min_count(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	uint64_t n;

	return count(w, v, &n) ? truth_of(n >= r->size) : TRUTH_UNDECIDED;
}

static enum truth holds_max_count(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	uint64_t n;

	return count(w, v, &n) ? truth_of(n <= r->size) : TRUTH_UNDECIDED;
}

/* Whether one of those that are left is equal to @m. */
static enum truth is_again(struct schema_work *w, struct json_iter left,
	const struct json_member *m)
{
	enum truth found = TRUTH_NO;
	struct json_member other;

	while (schema_next(w, &left, &other)) {
		enum truth t = schema_equal(w, &m->value, &other.value);

		if (t == TRUTH_YES)
			return t;
		if (t == TRUTH_UNDECIDED)
			found = t;
	}
	return schema_spend(w, 0) ? found : TRUTH_UNDECIDED;
}

static enum truth holds_unique(const struct schema_rule *r,
	struct schema_work *w, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	enum truth all = TRUTH_YES;
	struct json_member m;

	if (r->size == 0)
		return TRUTH_YES;
	while (schema_next(w, &i, &m)) {
		enum truth t = is_again(w, i, &m);

		if (t == TRUTH_YES)
			return TRUTH_NO;
		if (t == TRUTH_UNDECIDED)
			all = t;
	}
	return schema_spend(w, 0) ? all : TRUTH_UNDECIDED;
}

static enum truth holds_all(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v)
{
	enum truth t = TRUTH_YES;

	for (size_t i = 0; t == TRUTH_YES && i < r->n_nodes; i++)
		t = schema_node_holds(r->nodes[i], w, v);
	return t;
}

/* How many hold, and how many cannot be decided; *enough of the first end it.
 */
static void try_each(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v, size_t enough, size_t *ret_yes,
	size_t *ret_undecided)
{
	*ret_yes = *ret_undecided = 0;
	w->quiet++;
	for (size_t i = 0; i < r->n_nodes && *ret_yes < enough; i++) {
		enum truth t = schema_node_holds(r->nodes[i], w, v);

		*ret_yes += t == TRUTH_YES;
		*ret_undecided += t == TRUTH_UNDECIDED;
	}
	w->quiet--;
}

static enum truth holds_any(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v)
{
	size_t yes, undecided;

	try_each(r, w, v, 1, &yes, &undecided);
	if (yes > 0)
		return TRUTH_YES;
	return undecided > 0 ? TRUTH_UNDECIDED : TRUTH_NO;
}

static enum truth holds_one(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v)
{
	size_t yes, undecided;

	try_each(r, w, v, 2, &yes, &undecided);
	if (yes > 1)
		return TRUTH_NO;
	return undecided > 0 ? TRUTH_UNDECIDED : truth_of(yes == 1);
}

static enum truth holds_not(const struct schema_rule *r, struct schema_work *w,
	const struct json_value *v)
{
	size_t yes, undecided;

	try_each(r, w, v, 1, &yes, &undecided);
	return undecided > 0 ? TRUTH_UNDECIDED : truth_of(yes == 0);
}

#define ANY (~0U)
#define NUMBERS (1U << JSON_NUMBER)
#define STRINGS (1U << JSON_STRING)
#define LISTS (1U << JSON_ARRAY)
#define OBJECTS (1U << JSON_OBJECT)
#define A_NUMBER "a number of at most 15 digits"
#define A_COUNT "a whole number from 0 on"
#define A_SCHEMA "a schema: an object, true or false"
#define SCHEMAS "a list of schemas"
#define NAMED "an object of schemas"

const struct keyword schema_keywords[] = {
	{"type",
		"string, number, integer, boolean, null, array or object, or "
		"a list of those",
		schema_make_type, holds_type, ANY},
	{"enum", "a list of values, their numbers of at most 15 digits",
		schema_make_enum, holds_enum, ANY},
	{"const", "a value, its numbers of at most 15 digits",
		schema_make_const, holds_const, ANY},
	{"allOf", SCHEMAS, schema_make_nodes, holds_all, ANY},
	{"anyOf", SCHEMAS, schema_make_nodes, holds_any, ANY},
	{"oneOf", SCHEMAS, schema_make_nodes, holds_one, ANY},
	{"not", A_SCHEMA, schema_make_not, holds_not, ANY},
	{"minimum", A_NUMBER, schema_make_number, holds_minimum, NUMBERS},
	{"maximum", A_NUMBER, schema_make_number, holds_maximum, NUMBERS},
	{"exclusiveMinimum", A_NUMBER, schema_make_number, holds_above,
		NUMBERS},
	{"exclusiveMaximum", A_NUMBER, schema_make_number, holds_below,
		NUMBERS},
	{"multipleOf", "a number above 0 of at most 15 digits",
		schema_make_multiple, holds_multiple, NUMBERS},
	{"minLength", A_COUNT, schema_make_size, holds_min_length, STRINGS},
	{"maxLength", A_COUNT, schema_make_size, holds_max_length, STRINGS},
	{"pattern", "a regular expression", schema_make_pattern, holds_pattern,
		STRINGS},
	{"minItems", A_COUNT, schema_make_size, holds_min_count, LISTS},
	{"maxItems", A_COUNT, schema_make_size, holds_max_count, LISTS},
	{"uniqueItems", "true or false", schema_make_bool, holds_unique, LISTS},
	{"items", A_SCHEMA, schema_make_items, NULL, 0},
	{"prefixItems", SCHEMAS, schema_make_prefix, NULL, 0},
	{"minProperties", A_COUNT, schema_make_size, holds_min_count, OBJECTS},
	{"maxProperties", A_COUNT, schema_make_size, holds_max_count, OBJECTS},
	{"properties", NAMED, schema_make_properties, NULL, 0},
	{"patternProperties", NAMED, schema_make_patterns, NULL, 0},
	{"additionalProperties", A_SCHEMA, schema_make_additional, NULL, 0},
	{"required", "a list of names", schema_make_required, NULL, 0},
	{"$schema", NULL, NULL, NULL, 0},
	{"$comment", NULL, NULL, NULL, 0},
	{"title", NULL, NULL, NULL, 0},
	{"description", NULL, NULL, NULL, 0},
	{"default", NULL, NULL, NULL, 0},
	{"examples", NULL, NULL, NULL, 0},
};

const size_t n_schema_keywords =
	sizeof(schema_keywords) / sizeof(schema_keywords[0]);
