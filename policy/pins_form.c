/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a definition is pinned: all of it, but of a resource what says of its
 * data how much and how old they are. Those change with the data; as far as
 * they are what they should be, a model reads nothing else in them.
 */
#include <errno.h>
#include <string.h>

#include "policy/answer.h"
#include "policy/json.h"
#include "policy/pins.h"

#define TIME_MAX 40 /* bytes of a point in time, with its quotes */

static bool is_size(const struct json_value *v)
{
	return v->type == JSON_NUMBER && v->end - v->begin <= 20;
}

/* ISO 8601: digits and few others, no room for words. */
static bool is_time(const struct json_value *v)
{
	static const char permitted[] = "0123456789-:.+TZ";

	if (v->type != JSON_STRING || v->end - v->begin > TIME_MAX)
		return false;
	for (size_t i = v->begin + 1; i + 1 < v->end; i++)
		if (!memchr(permitted, v->text[i], sizeof(permitted) - 1))
			return false;
	return true;
}

/* The bytes @begin to @end and one comma beside them, in @o: 0 to @len. */
static void cut(struct out *o, size_t begin, size_t end)
{
	if (o->data[begin - 1] == ',')
		begin--;
	else if (o->data[end] == ',')
		end++;
	memmove(o->data + begin, o->data + end, o->len - end);
	o->len -= end - begin;
}

/* Canonical text: no blank, and a name is spelled in one way. */
static size_t begin_of(const struct json_value *v, const char *key)
{
	return v->begin - strlen(key) - 3;
}

static struct json_value object_at(const struct out *o, size_t at, size_t end)
{
	return json_value_of(o->data, at, end, JSON_OBJECT);
}

static void cut_time(struct out *o, size_t at)
{
	static const char outer[] = "annotations", inner[] = "lastModified";
	struct json_value top = object_at(o, at, o->len), notes, v;
	size_t begin, end;

	if (!json_get(&top, outer, &notes) || notes.type != JSON_OBJECT ||
		!json_get(&notes, inner, &v) || !is_time(&v))
		return;
	begin = begin_of(&v, inner);
	end = v.end;
	/* Where it is all there is, it makes no difference either. */
	if (begin == notes.begin + 1 && end + 1 == notes.end) {
		begin = begin_of(&notes, outer);
		end = notes.end;
	}
	cut(o, begin, end);
}

static void cut_size(struct out *o, size_t at)
{
	struct json_value top = object_at(o, at, o->len), v;

	if (json_get(&top, "size", &v) && is_size(&v))
		cut(o, begin_of(&v, "size"), v.end);
}

int pins_write(struct out *o, enum pin_kind kind, const struct json_value *def)
{
	size_t at = o->len;
	int r = canonical_write(o, def);

	if (r < 0 || o->failed)
		return r < 0 ? r : -ENOMEM;
	if (kind == PIN_RESOURCE && def->type == JSON_OBJECT) {
		cut_time(o, at);
		cut_size(o, at);
	}
	return 0;
}
