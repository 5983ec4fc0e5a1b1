/* SPDX-License-Identifier: Apache-2.0 */
/* Whether two JSON values are equal, to every reader. */
#include <string.h>

#include "policy/chars.h"
#include "policy/fold.h"
#include "policy/json_string.h"
#include "policy/schema_node.h"

static bool same_but_for_case(
	const struct json_value *a, const struct json_value *b)
{
	char x[SCHEMA_NAME_MAX], y[SCHEMA_NAME_MAX];
	size_t m = json_string_copy(a, x, sizeof(x));
	size_t n = json_string_copy(b, y, sizeof(y));

	return m <= sizeof(x) && n <= sizeof(y) && fold_same(x, m, y, n);
}

/* UNDECIDED: there is one that some readers take for it. */
static enum truth find_member(struct schema_work *w,
	const struct json_value *object, const struct json_value *name,
	struct json_value *ret)
{
	struct json_iter i = json_iter(object);
	enum truth found = TRUTH_NO;
	struct json_member m;

	while (schema_next(w, &i, &m)) {
		struct json_runs a = json_runs_of(name);
		struct json_runs b = json_runs_of(&m.name);

		if (json_runs_equal(&a, &b)) {
			*ret = m.value;
			return TRUTH_YES;
		}
		if (same_but_for_case(name, &m.name))
			found = TRUTH_UNDECIDED;
	}
	return found;
}

static size_t count(struct schema_work *w, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	size_t n = 0;

	while (schema_next(w, &i, &m))
		n++;
	return n;
}

static enum truth equal_numbers(
	const struct json_value *a, const struct json_value *b)
{
	struct decimal x, y;

	if (!decimal_read(a, &x) || !decimal_read(b, &y))
		return TRUTH_UNDECIDED;
	return decimal_compare(&x, &y) == 0 ? TRUTH_YES : TRUTH_NO;
}

static enum truth equal_strings(
	const struct json_value *a, const struct json_value *b)
{
	struct json_runs x = json_runs_of(a), y = json_runs_of(b);

	if (chars_have_nul(a) || chars_have_nul(b))
		return TRUTH_UNDECIDED;
	return json_runs_equal(&x, &y) ? TRUTH_YES : TRUTH_NO;
}

static enum truth equal_scalars(
	const struct json_value *a, const struct json_value *b)
{
	if (a->type == JSON_NUMBER)
		return equal_numbers(a, b);
	return a->type == JSON_STRING ? equal_strings(a, b) : TRUTH_YES;
}

static enum truth equal_at(struct schema_work *w, const struct json_value *a,
	const struct json_value *b, unsigned depth);

/* Members in any order, elements in theirs; both have as many. */
static enum truth equal_inside(struct schema_work *w,
	const struct json_value *a, const struct json_value *b, unsigned depth)
{
	struct json_iter i = json_iter(a), k = json_iter(b);
	struct json_member m, other;
	enum truth all = TRUTH_YES;

	while (all != TRUTH_NO && schema_next(w, &i, &m)) {
		enum truth t;

		if (a->type == JSON_OBJECT)
			t = find_member(w, b, &m.name, &other.value);
		else
			t = schema_next(w, &k, &other) ? TRUTH_YES : TRUTH_NO;
		if (t == TRUTH_YES)
			t = equal_at(w, &m.value, &other.value, depth + 1);
		if (t != TRUTH_YES)
			all = t;
	}
	return all;
}

static enum truth equal_at(struct schema_work *w, const struct json_value *a,
	const struct json_value *b, unsigned depth)
{
	enum truth t;

	if (depth > SCHEMA_VALUE_DEPTH_MAX ||
		!schema_spend(w, 1 + (a->end - a->begin) / 16))
		return TRUTH_UNDECIDED;
	if (a->type != b->type)
		return TRUTH_NO;
	if (a->type != JSON_ARRAY && a->type != JSON_OBJECT)
		return equal_scalars(a, b);
	t = count(w, a) == count(w, b) ? equal_inside(w, a, b, depth)
				       : TRUTH_NO;
	/* What was counted or looked for with nothing left was not all. */
	return schema_spend(w, 0) ? t : TRUTH_UNDECIDED;
}

enum truth schema_equal(struct schema_work *w, const struct json_value *a,
	const struct json_value *b)
{
	return equal_at(w, a, b, 0);
}
