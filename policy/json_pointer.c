/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Pointer, RFC 6901. */
#include <errno.h>
#include <string.h>

#include "policy/json.h"
#include "policy/json_string.h"

/* Each token begins with a slash; `~` only as `~0` or `~1`. */
static bool pointer_valid(const char *pointer)
{
	if (*pointer != '\0' && *pointer != '/')
		return false;
	for (const char *p = pointer; *p != '\0'; p++) {
		if (*p == '~' && p[1] != '0' && p[1] != '1')
			return false;
	}
	return true;
}

/* Whether @name unescapes to what the token [t, end) stands for. */
static bool token_is(
	const struct json_value *name, const char *t, const char *end)
{
	struct json_runs runs = json_runs_of(name);
	const char *p;
	size_t n;

	while (json_runs_next(&runs, &p, &n)) {
		for (size_t i = 0; i < n; i++, t++) {
			char c;

			if (t == end)
				return false;
			c = *t;
			if (c == '~')
				c = *++t == '0' ? '~' : '/';
			if (c != p[i])
				return false;
		}
	}
	return t == end;
}

static bool member_named(const struct json_value *object, const char *t,
	const char *end, struct json_value *ret)
{
	struct json_iter i = json_iter(object);
	struct json_member m;

	while (json_next(&i, &m)) {
		if (token_is(&m.name, t, end)) {
			*ret = m.value;
			return true;
		}
	}
	return false;
}

/* No leading zeros, and no `-`, which names what is not there. */
static bool element_at(const struct json_value *array, const char *t,
	const char *end, struct json_value *ret)
{
	struct json_iter i = json_iter(array);
	struct json_member m;
	size_t index = 0;

	if (t == end || (*t == '0' && end - t > 1))
		return false;
	for (; t < end; t++) {
		if (*t < '0' || *t > '9' ||
			__builtin_mul_overflow(index, 10, &index) ||
			__builtin_add_overflow(
				index, (size_t)(*t - '0'), &index))
			return false;
	}
	while (json_next(&i, &m)) {
		if (index-- == 0) {
			*ret = m.value;
			return true;
		}
	}
	return false;
}

int json_pointer(const struct json_value *root, const char *pointer,
	struct json_value *ret)
{
	struct json_value v = *root;
	const char *t = pointer;

	if (!pointer_valid(pointer))
		return -EINVAL;
	while (*t == '/') {
		const char *end = strchrnul(++t, '/');
		bool found = false;

		if (v.type == JSON_OBJECT)
			found = member_named(&v, t, end, &v);
		else if (v.type == JSON_ARRAY)
			found = element_at(&v, t, end, &v);
		if (!found)
			return 1;
		t = end;
	}
	*ret = v;
	return 0;
}
