/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules_op.h"

#include <stdlib.h>
#include <string.h>

#include "policy/chars.h"
#include "policy/json_string.h"
#include "policy/rules_operand.h"
#include "policy/under.h"
#include "policy/url_host.h"

struct op_info {
	const char *name, *expected;
	op_make_fn *make;
	enum truth (*holds)(const struct op *o, const struct json_value *v,
		struct op_work *work);
};

void op_deinit(struct op *o)
{
	for (size_t i = 0; i < o->n; i++) {
		free(o->operands[i].text);
		pattern_free(o->operands[i].pattern);
	}
	free(o->operands);
	*o = (struct op){0};
}

static enum truth truth_of(bool b)
{
	return b ? TRUTH_YES : TRUTH_NO;
}

static enum truth equals(const struct operand *x, const struct json_value *v)
{
	enum json_type type = v->type == JSON_FALSE ? JSON_TRUE : v->type;
	struct decimal number;

	if (type != x->type)
		return TRUTH_UNDECIDED;
	if (type == JSON_STRING)
		return chars_have_nul(v) ? TRUTH_UNDECIDED
					 : truth_of(json_string_eq(v, x->text));
	if (type == JSON_NUMBER)
		return decimal_read(v, &number)
			       ? truth_of(decimal_compare(
						  &number, &x->number) == 0)
			       : TRUTH_UNDECIDED;
	return truth_of(
		type == JSON_NULL || x->boolean == (v->type == JSON_TRUE));
}

/* Of several of other types one of its own is enough to decide. */
static enum truth holds_eq(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	enum truth found = TRUTH_UNDECIDED;

	(void)work;
	for (size_t i = 0; i < o->n && found != TRUTH_YES; i++) {
		enum truth t = equals(&o->operands[i], v);

		if (t != TRUTH_UNDECIDED)
			found = t;
	}
	return found;
}

/* The bytes of a string that patterns can be tried on; false: undecided. */
static bool copy(const struct json_value *v, char *scratch, size_t *ret_len)
{
	if (v->type != JSON_STRING)
		return false;
	*ret_len = json_string_copy(v, scratch, RULES_TEXT_MAX);
	return *ret_len <= RULES_TEXT_MAX &&
	       memchr(scratch, '\0', *ret_len) == NULL;
}

static enum truth holds_glob(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	bool found = false;
	size_t len;

	if (!copy(v, work->scratch, &len))
		return TRUTH_UNDECIDED;
	for (size_t i = 0; i < o->n && !found; i++)
		found = glob_match(o->operands[i].text, work->scratch, len);
	return truth_of(found);
}

/* Of several one is enough; that one cannot be decided counts if none is. */
static enum truth holds_regex(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	enum truth found = TRUTH_NO;
	size_t len;

	if (!copy(v, work->scratch, &len))
		return TRUTH_UNDECIDED;
	for (size_t i = 0; i < o->n && found != TRUTH_YES; i++) {
		enum truth t = pattern_match(o->operands[i].pattern,
			work->patterns, work->scratch, len);

		if (t != TRUTH_NO)
			found = t;
	}
	return found;
}

static enum truth holds_under(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	size_t len;

	if (!copy(v, work->scratch, &len))
		return TRUTH_UNDECIDED;
	for (size_t i = 0; i < o->n; i++) {
		enum under u =
			path_under(work->scratch, len, o->operands[i].text);

		if (u != UNDER_NO)
			return u == UNDER_YES ? TRUTH_YES : TRUTH_UNDECIDED;
	}
	return TRUTH_NO;
}

static enum truth holds_host(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	struct url_host h;
	bool found = false;
	size_t len;

	if (!copy(v, work->scratch, &len) ||
		!url_host_read(work->scratch, len, &h))
		return TRUTH_UNDECIDED;
	for (size_t i = 0; i < o->n && !found; i++)
		found = url_host_is(&h, o->operands[i].text);
	return truth_of(found);
}

static enum truth compared(
	const struct op *o, const struct json_value *v, int sign)
{
	struct decimal number;
	int r;

	if (v->type != JSON_NUMBER || !decimal_read(v, &number))
		return TRUTH_UNDECIDED;
	r = decimal_compare(&number, &o->operands[0].number);
	return truth_of(r == 0 || (r > 0) == (sign > 0));
}

static enum truth holds_min(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	(void)work;
	return compared(o, v, 1);
}

static enum truth holds_max(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	(void)work;
	return compared(o, v, -1);
}

static uint64_t count_members(const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	uint64_t count = 0;

	while (json_next(&i, &m))
		count++;
	return count;
}

static enum truth holds_max_len(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	(void)work;
	if (v->type == JSON_STRING)
		return truth_of(chars_points(v) <= o->size);
	if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
		return truth_of(count_members(v) <= o->size);
	return TRUTH_UNDECIDED;
}

static enum truth holds_type(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	struct decimal number;

	(void)work;
	if (o->types & 1U << v->type)
		return TRUTH_YES;
	if (v->type != JSON_NUMBER || !(o->types & 1U << OP_INTEGER))
		return TRUTH_NO;
	if (!decimal_read(v, &number))
		return TRUTH_UNDECIDED;
	return truth_of(number.exponent >= number.n_digits);
}

static enum truth holds_present(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	(void)v;
	(void)work;
	return truth_of(o->size);
}

static const struct op_info ops[] = {
	{"eq", "a string, a number of at most 15 digits, true, false or null",
		op_make_eq, holds_eq},
	{"in", "a list of strings, numbers, true, false or null", op_make_in,
		holds_eq},
	{"glob", "a pattern or a list of patterns", op_make_glob, holds_glob},
	{"regex", "a regular expression or a list of those", op_make_regex,
		holds_regex},
	{"under",
		"an absolute folder without \".\" and \"..\", or one that "
		"begins with ${workspace} or ${home} where there is one, or a "
		"list of those",
		op_make_under, holds_under},
	{"host_in",
		"a host such as \"api.example.org\", \"*.example.org\", "
		"\"192.0.2.1\" or \"[2001:db8::1]\", each with \":443\" or "
		"without, or a list of those",
		op_make_host, holds_host},
	{"min", "a number of at most 15 digits", op_make_bound, holds_min},
	{"max", "a number of at most 15 digits", op_make_bound, holds_max},
	{"max_len", "a whole number from 0 on", op_make_max_len, holds_max_len},
	{"type",
		"string, number, integer, boolean, null, list or object, or a "
		"list of those",
		op_make_type, holds_type},
	{"present", "true or false", op_make_present, holds_present},
};

int op_make(struct op *o, const struct json_value *name,
	const struct json_value *value, const struct rules_places *places,
	struct op_fault *ret)
{
	struct op_making making = {.places = places};
	int r;

	*o = (struct op){0};
	*ret = (struct op_fault){0};
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (json_string_eq(name, ops[i].name)) {
			o->info = &ops[i];
			r = o->info->make(o, value, &making);
			ret->expected = ops[i].expected;
			ret->why = making.why;
			return r;
		}
	return 1;
}

bool op_is_present(const struct op *o)
{
	return o->info->holds == holds_present;
}

bool op_wants_present(const struct op *o)
{
	return o->size != 0;
}

bool op_is_slow(const struct op *o)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->operands[i].pattern != NULL &&
			pattern_is_slow(o->operands[i].pattern))
			return true;
	return false;
}

void op_work_begin(struct op_work *w)
{
	pattern_work_begin(w->patterns);
	w->steps_left = OP_STEPS;
}

bool op_work_spend(
	struct op_work *w, const struct json_value *v, uint64_t times)
{
	uint64_t cost = times * (1 + (v->end - v->begin) / OP_STEP_BYTES);

	if (cost >= w->steps_left) {
		w->steps_left = 0;
		return false;
	}
	w->steps_left -= cost;
	return true;
}

enum truth op_holds(
	const struct op *o, const struct json_value *v, struct op_work *work)
{
	if (!op_work_spend(work, v, o->n + 1))
		return TRUTH_UNDECIDED;
	return o->info->holds(o, v, work);
}
