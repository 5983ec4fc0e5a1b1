/* SPDX-License-Identifier: Apache-2.0 */
/* Walking a text that was accepted. */
#include <errno.h>
#include <string.h>

#include "policy/json.h"
#include "policy/json_skip.h"
#include "policy/json_string.h"

static size_t skip_blank(const char *text, size_t pos, size_t end)
{
	while (pos < end && (text[pos] == ' ' || text[pos] == '\n' ||
				    text[pos] == '\r' || text[pos] == '\t'))
		pos++;
	return pos;
}

static enum json_type type_of(char c)
{
	switch (c) {
	case '"':
		return JSON_STRING;
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		return JSON_NUMBER;
	}
}

/* The value that begins at @pos of @c, where the scan has seen its end. */
static bool is_longest(const struct json_value *c, size_t pos)
{
	return c->long_end > 0 && pos == c->long_begin;
}

/* The value that begins at @pos, before @limit. */
static struct json_value value_at(const char *text, size_t pos, size_t limit)
{
	const char *p = text + pos, *end = text + limit;
	struct json_value v = {.text = text, .begin = pos, .end = pos};

	if (pos >= limit)
		return v;
	v.type = type_of(*p);
	p = json_skip(p, end);
	v.end = (size_t)(p - text);
	return v;
}

struct json_value json_top(const char *text, const struct json_scan_result *r)
{
	return (struct json_value){.text = text,
		.begin = r->begin,
		.end = r->end,
		.type = r->type};
}

struct json_iter json_iter(const struct json_value *container)
{
	return (struct json_iter){.container = *container,
		.pos = container->begin + 1,
		.first = true};
}

bool json_next(struct json_iter *i, struct json_member *ret)
{
	const struct json_value *c = &i->container;
	struct json_member m = {0};
	size_t pos, limit;

	if (c->type != JSON_OBJECT && c->type != JSON_ARRAY)
		return false;
	limit = c->end - 1;
	pos = skip_blank(c->text, i->pos, limit);
	if (pos >= limit)
		return false;
	if (!i->first)
		pos = skip_blank(c->text, pos + 1, limit); /* the comma */
	i->first = false;
	m.begin = pos;
	if (c->type == JSON_OBJECT) {
		m.name = value_at(c->text, pos, limit);
		pos = skip_blank(c->text, m.name.end, limit);
		pos = skip_blank(c->text, pos + 1, limit); /* the colon */
	}
	if (is_longest(c, pos))
		m.value = (struct json_value){.text = c->text,
			.begin = pos,
			.end = c->long_end,
			.type = type_of(c->text[pos])};
	else
		m.value = value_at(c->text, pos, limit);
	m.end = m.value.end;
	i->pos = m.end;
	*ret = m;
	return true;
}

bool json_get(const struct json_value *object, const char *name,
	struct json_value *ret)
{
	size_t len = strlen(name);
	struct json_member m;
	struct json_iter i;

	if (object->type != JSON_OBJECT)
		return false;
	i = json_iter(object);
	while (json_next(&i, &m)) {
		if (json_string_is(&m.name, name, len)) {
			*ret = m.value;
			return true;
		}
	}
	return false;
}

bool json_to_int64(const struct json_value *v, int64_t *ret)
{
	const char *p = v->text + v->begin, *end = v->text + v->end;
	bool negative;
	int64_t n = 0;

	if (v->type != JSON_NUMBER)
		return false;
	negative = *p == '-';
	for (p += negative; p < end; p++) {
		int digit = *p - '0';

		if (digit < 0 || digit > 9)
			return false;
		if (__builtin_mul_overflow(n, 10, &n) ||
			__builtin_add_overflow(
				n, negative ? -digit : digit, &n))
			return false;
	}
	*ret = n;
	return true;
}
