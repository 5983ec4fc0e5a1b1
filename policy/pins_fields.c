/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In what two definitions differ. Canonical ones: members are sorted and
 * spelled in one way, so that equal ones are equal bytes.
 */
#include <string.h>

#include "policy/json.h"
#include "policy/pins.h"

static struct json_value value_of(const char *text, size_t len)
{
	return json_value_of(
		text, 0, len, len && text[0] == '{' ? JSON_OBJECT : JSON_NULL);
}

static int names_compare(const struct json_value *a, const struct json_value *b)
{
	size_t a_len = a->end - a->begin, b_len = b->end - b->begin;
	int d = memcmp(a->text + a->begin, b->text + b->begin,
		a_len < b_len ? a_len : b_len);

	if (d != 0 || a_len == b_len)
		return d;
	return a_len < b_len ? -1 : 1;
}

static bool same(const struct json_value *a, const struct json_value *b)
{
	return a->end - a->begin == b->end - b->begin &&
	       memcmp(a->text + a->begin, b->text + b->begin,
		       a->end - a->begin) == 0;
}

static void add(struct pin_field *ret, size_t *n, const struct json_value *name)
{
	if (*n < PINS_FIELDS_MAX)
		ret[*n] = (struct pin_field){
			.name = name->text + name->begin + 1,
			.len = name->end - name->begin - 2,
		};
	(*n)++;
}

size_t pins_fields(const char *a, size_t a_len, const char *b, size_t b_len,
	struct pin_field ret[PINS_FIELDS_MAX])
{
	struct json_value x = value_of(a, a_len), y = value_of(b, b_len);
	struct json_iter i, j;
	struct json_member m, o;
	size_t n = 0;
	bool in_x, in_y;

	if (x.type != JSON_OBJECT || y.type != JSON_OBJECT) {
		ret[0] = (struct pin_field){.name = ""};
		return 1;
	}
	i = json_iter(&x);
	j = json_iter(&y);
	in_x = json_next(&i, &m);
	in_y = json_next(&j, &o);
	while (in_x || in_y) {
		int d = !in_x   ? 1
			: !in_y ? -1
				: names_compare(&m.name, &o.name);

		if (d != 0 || !same(&m.value, &o.value))
			add(ret, &n, d <= 0 ? &m.name : &o.name);
		if (d <= 0)
			in_x = json_next(&i, &m);
		if (d >= 0)
			in_y = json_next(&j, &o);
	}
	return n;
}
