/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules_op.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json_string.h"
#include "policy/under.h"

#define OPERANDS_MAX 4096
#define OPERAND_BYTES_MAX 4096

struct op_info {
	const char *name, *expected;
	int (*make)(struct op *o, const struct json_value *v,
		const struct rules_places *places);
	enum truth (*holds)(
		const struct op *o, const struct json_value *v, char *scratch);
};

void op_deinit(struct op *o)
{
	for (size_t i = 0; i < o->n; i++)
		free(o->operands[i].text);
	free(o->operands);
	*o = (struct op){0};
}

/* What can be one of several: 0, 1 it cannot, -ENOMEM. */
typedef int operand_fn(struct operand *ret, const struct json_value *v,
	const struct rules_places *places);

/* Without a NUL, which some readers end at. */
static int make_text(struct operand *ret, const struct json_value *v)
{
	size_t n = json_string_copy(v, NULL, 0);

	if (n > OPERAND_BYTES_MAX)
		return 1;
	ret->text = malloc(n + 1);
	if (ret->text == NULL)
		return -ENOMEM;
	(void)json_string_copy(v, ret->text, n);
	ret->text[n] = '\0';
	return memchr(ret->text, '\0', n) == NULL ? 0 : 1;
}

static int make_scalar(struct operand *ret, const struct json_value *v,
	const struct rules_places *places)
{
	(void)places;
	ret->type = v->type == JSON_FALSE ? JSON_TRUE : v->type;
	ret->boolean = v->type == JSON_TRUE;
	if (v->type == JSON_STRING)
		return make_text(ret, v);
	if (v->type == JSON_NUMBER)
		return decimal_read(v, &ret->number) ? 0 : 1;
	return v->type == JSON_ARRAY || v->type == JSON_OBJECT;
}

static int make_pattern(struct operand *ret, const struct json_value *v,
	const struct rules_places *places)
{
	return v->type == JSON_STRING ? make_scalar(ret, v, places) : 1;
}

/* "${workspace}/src" with what it stands for; 1 where there is none. */
static int expand(char **text, const struct rules_places *places)
{
	const struct {
		const char *name, *place;
	} all[] = {
		{"${workspace}", places->workspace},
		{"${home}", places->home},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		size_t n = strlen(all[i].name), place_len;
		char *whole, *end;

		if (strncmp(*text, all[i].name, n) != 0)
			continue;
		if (all[i].place == NULL)
			return 1;
		place_len = strlen(all[i].place);
		whole = malloc(place_len + strlen(*text + n) + 1);
		if (whole == NULL)
			return -ENOMEM;
		end = mempcpy(whole, all[i].place, place_len);
		memcpy(end, *text + n, strlen(*text + n) + 1);
		free(*text);
		*text = whole;
	}
	return 0;
}

static int make_folder(struct operand *ret, const struct json_value *v,
	const struct rules_places *places)
{
	int r = make_pattern(ret, v, places);

	if (r == 0)
		r = expand(&ret->text, places);
	return r != 0 ? r : !under_folder_valid(ret->text);
}

static int add_operand(struct op *o, const struct json_value *v,
	const struct rules_places *places, operand_fn *make)
{
	struct operand *grown =
		reallocarray(o->operands, o->n + 1, sizeof(*o->operands));

	if (grown == NULL)
		return -ENOMEM;
	o->operands = grown;
	grown[o->n] = (struct operand){0};
	return make(&grown[o->n++], v, places);
}

static int add_list(struct op *o, const struct json_value *v,
	const struct rules_places *places, operand_fn *make)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	while (r == 0 && json_next(&i, &m))
		r = o->n < OPERANDS_MAX ? add_operand(o, &m.value, places, make)
					: 1;
	return r == 0 && o->n == 0 ? 1 : r;
}

static int add_one_or_list(struct op *o, const struct json_value *v,
	const struct rules_places *places, operand_fn *make)
{
	return v->type == JSON_ARRAY ? add_list(o, v, places, make)
				     : add_operand(o, v, places, make);
}

static int make_eq(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	return add_operand(o, v, places, make_scalar);
}

static int make_in(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	return v->type == JSON_ARRAY ? add_list(o, v, places, make_scalar) : 1;
}

static int make_glob(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	return add_one_or_list(o, v, places, make_pattern);
}

static int make_under(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	return add_one_or_list(o, v, places, make_folder);
}

static int make_bound(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	return v->type == JSON_NUMBER ? add_operand(o, v, places, make_scalar)
				      : 1;
}

static int make_max_len(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	int64_t n;

	(void)places;
	if (v->type != JSON_NUMBER || !json_to_int64(v, &n) || n < 0)
		return 1;
	o->size = (uint64_t)n;
	return 0;
}

static int make_present(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	(void)places;
	o->size = v->type == JSON_TRUE;
	return v->type != JSON_TRUE && v->type != JSON_FALSE;
}

static int add_type(struct op *o, const struct json_value *v)
{
	static const struct {
		const char *name;
		unsigned bits;
	} all[] = {
		{"null", 1U << JSON_NULL},
		{"boolean", 1U << JSON_TRUE | 1U << JSON_FALSE},
		{"number", 1U << JSON_NUMBER},
		{"integer", 1U << OP_INTEGER},
		{"string", 1U << JSON_STRING},
		{"list", 1U << JSON_ARRAY},
		{"object", 1U << JSON_OBJECT},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (v->type == JSON_STRING && json_string_eq(v, all[i].name)) {
			o->types |= all[i].bits;
			return 0;
		}
	return 1;
}

static int make_type(struct op *o, const struct json_value *v,
	const struct rules_places *places)
{
	struct json_iter i;
	struct json_member m;
	int r = 0;

	(void)places;
	if (v->type != JSON_ARRAY)
		return add_type(o, v);
	i = json_iter(v);
	while (r == 0 && json_next(&i, &m))
		r = add_type(o, &m.value);
	return r == 0 && o->types == 0 ? 1 : r;
}

static enum truth truth_of(bool b)
{
	return b ? TRUTH_YES : TRUTH_NO;
}

static bool has_nul(const struct json_value *string)
{
	struct json_runs runs = json_runs_of(string);
	const char *p;
	size_t n;

	while (json_runs_next(&runs, &p, &n))
		if (memchr(p, '\0', n) != NULL)
			return true;
	return false;
}

static enum truth equals(const struct operand *x, const struct json_value *v)
{
	enum json_type type = v->type == JSON_FALSE ? JSON_TRUE : v->type;
	struct decimal number;

	if (type != x->type)
		return TRUTH_UNDECIDED;
	if (type == JSON_STRING)
		return has_nul(v) ? TRUTH_UNDECIDED
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
	const struct op *o, const struct json_value *v, char *scratch)
{
	enum truth found = TRUTH_UNDECIDED;

	(void)scratch;
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
	const struct op *o, const struct json_value *v, char *scratch)
{
	bool found = false;
	size_t len;

	if (!copy(v, scratch, &len))
		return TRUTH_UNDECIDED;
	for (size_t i = 0; i < o->n && !found; i++)
		found = glob_match(o->operands[i].text, scratch, len);
	return truth_of(found);
}

static enum truth holds_under(
	const struct op *o, const struct json_value *v, char *scratch)
{
	size_t len;

	if (!copy(v, scratch, &len))
		return TRUTH_UNDECIDED;
	for (size_t i = 0; i < o->n; i++) {
		enum under u = path_under(scratch, len, o->operands[i].text);

		if (u != UNDER_NO)
			return u == UNDER_YES ? TRUTH_YES : TRUTH_UNDECIDED;
	}
	return TRUTH_NO;
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
	const struct op *o, const struct json_value *v, char *scratch)
{
	(void)scratch;
	return compared(o, v, 1);
}

static enum truth holds_max(
	const struct op *o, const struct json_value *v, char *scratch)
{
	(void)scratch;
	return compared(o, v, -1);
}

static uint64_t count_characters(const struct json_value *string)
{
	struct json_runs runs = json_runs_of(string);
	const char *p;
	uint64_t count = 0;
	size_t n;

	while (json_runs_next(&runs, &p, &n))
		for (size_t i = 0; i < n; i++)
			count += !utf8_is_tail((unsigned char)p[i]);
	return count;
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
	const struct op *o, const struct json_value *v, char *scratch)
{
	(void)scratch;
	if (v->type == JSON_STRING)
		return truth_of(count_characters(v) <= o->size);
	if (v->type == JSON_ARRAY || v->type == JSON_OBJECT)
		return truth_of(count_members(v) <= o->size);
	return TRUTH_UNDECIDED;
}

static enum truth holds_type(
	const struct op *o, const struct json_value *v, char *scratch)
{
	struct decimal number;

	(void)scratch;
	if (o->types & 1U << v->type)
		return TRUTH_YES;
	if (v->type != JSON_NUMBER || !(o->types & 1U << OP_INTEGER))
		return TRUTH_NO;
	if (!decimal_read(v, &number))
		return TRUTH_UNDECIDED;
	return truth_of(number.exponent >= number.n_digits);
}

static enum truth holds_present(
	const struct op *o, const struct json_value *v, char *scratch)
{
	(void)v;
	(void)scratch;
	return truth_of(o->size);
}

static const struct op_info ops[] = {
	{"eq", "a string, a number of at most 15 digits, true, false or null",
		make_eq, holds_eq},
	{"in", "a list of strings, numbers, true, false or null", make_in,
		holds_eq},
	{"glob", "a pattern or a list of patterns", make_glob, holds_glob},
	{"under",
		"an absolute folder without \".\" and \"..\", or one that "
		"begins with ${workspace} or ${home} where there is one, or a "
		"list of those",
		make_under, holds_under},
	{"min", "a number of at most 15 digits", make_bound, holds_min},
	{"max", "a number of at most 15 digits", make_bound, holds_max},
	{"max_len", "a whole number from 0 on", make_max_len, holds_max_len},
	{"type",
		"string, number, integer, boolean, null, list or object, or a "
		"list of those",
		make_type, holds_type},
	{"present", "true or false", make_present, holds_present},
};

int op_make(struct op *o, const struct json_value *name,
	const struct json_value *value, const struct rules_places *places,
	const char **ret_expected)
{
	*o = (struct op){0};
	*ret_expected = NULL;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (json_string_eq(name, ops[i].name)) {
			o->info = &ops[i];
			*ret_expected = ops[i].expected;
			return o->info->make(o, value, places);
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

enum truth op_holds(
	const struct op *o, const struct json_value *v, char *scratch)
{
	return o->info->holds(o, v, scratch);
}
