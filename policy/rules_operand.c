/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules_operand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/under.h"
#include "policy/url_host.h"

#define OPERANDS_MAX 4096
#define OPERAND_BYTES_MAX 4096

/* What can be one of several: 0, 1 it cannot, -ENOMEM. */
typedef int operand_fn(struct operand *ret, const struct json_value *v,
	struct op_making *making);

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
	struct op_making *making)
{
	(void)making;
	ret->type = v->type == JSON_FALSE ? JSON_TRUE : v->type;
	ret->boolean = v->type == JSON_TRUE;
	if (v->type == JSON_STRING)
		return make_text(ret, v);
	if (v->type == JSON_NUMBER)
		return decimal_read(v, &ret->number) ? 0 : 1;
	return v->type == JSON_ARRAY || v->type == JSON_OBJECT;
}

static int make_pattern(struct operand *ret, const struct json_value *v,
	struct op_making *making)
{
	return v->type == JSON_STRING ? make_scalar(ret, v, making) : 1;
}

/* "${workspace}/src" with what it stands for; 1 where there is none. */
static int expand(char **text, struct op_making *making)
{
	const struct {
		const char *name, *place;
	} all[] = {
		{"${workspace}", making->places->workspace},
		{"${home}", making->places->home},
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
	struct op_making *making)
{
	int r = make_pattern(ret, v, making);

	if (r == 0)
		r = expand(&ret->text, making);
	return r != 0 ? r : !under_folder_valid(ret->text);
}

static int make_host(struct operand *ret, const struct json_value *v,
	struct op_making *making)
{
	int r = make_pattern(ret, v, making);

	return r != 0 ? r : !url_entry_valid(ret->text);
}

static int make_regex(struct operand *ret, const struct json_value *v,
	struct op_making *making)
{
	int r = make_pattern(ret, v, making);

	return r != 0 ? r
		      : pattern_new(ret->text, strlen(ret->text), PATTERN_WHOLE,
				&ret->pattern, &making->why);
}

static int add_operand(struct op *o, const struct json_value *v,
	struct op_making *making, operand_fn *make)
{
	struct operand *grown =
		reallocarray(o->operands, o->n + 1, sizeof(*o->operands));

	if (grown == NULL)
		return -ENOMEM;
	o->operands = grown;
	grown[o->n] = (struct operand){0};
	return make(&grown[o->n++], v, making);
}

static int add_list(struct op *o, const struct json_value *v,
	struct op_making *making, operand_fn *make)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	while (r == 0 && json_next(&i, &m))
		r = o->n < OPERANDS_MAX ? add_operand(o, &m.value, making, make)
					: 1;
	return r == 0 && o->n == 0 ? 1 : r;
}

static int add_one_or_list(struct op *o, const struct json_value *v,
	struct op_making *making, operand_fn *make)
{
	return v->type == JSON_ARRAY ? add_list(o, v, making, make)
				     : add_operand(o, v, making, make);
}

int op_make_eq(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return add_operand(o, v, making, make_scalar);
}

int op_make_in(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return v->type == JSON_ARRAY ? add_list(o, v, making, make_scalar) : 1;
}

int op_make_glob(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return add_one_or_list(o, v, making, make_pattern);
}

int op_make_regex(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return add_one_or_list(o, v, making, make_regex);
}

int op_make_under(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return add_one_or_list(o, v, making, make_folder);
}

int op_make_host(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return add_one_or_list(o, v, making, make_host);
}

int op_make_bound(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	return v->type == JSON_NUMBER ? add_operand(o, v, making, make_scalar)
				      : 1;
}

int op_make_max_len(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	int64_t n;

	(void)making;
	if (v->type != JSON_NUMBER || !json_to_int64(v, &n) || n < 0)
		return 1;
	o->size = (uint64_t)n;
	return 0;
}

int op_make_present(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	(void)making;
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

int op_make_type(
	struct op *o, const struct json_value *v, struct op_making *making)
{
	struct json_iter i;
	struct json_member m;
	int r = 0;

	(void)making;
	if (v->type != JSON_ARRAY)
		return add_type(o, v);
	i = json_iter(v);
	while (r == 0 && json_next(&i, &m))
		r = add_type(o, &m.value);
	return r == 0 && o->types == 0 ? 1 : r;
}
