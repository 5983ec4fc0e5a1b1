/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/output_types.h"

#include <errno.h>
#include <string.h>

#include "policy/base64.h"
#include "policy/chars.h"
#include "policy/json_string.h"
#include "policy/output.h"
#include "policy/output_note.h"
#include "policy/splice.h"
#include "policy/tools.h"

/* Longer than any type that is registered, and than any pattern. */
#define TYPE_MAX 256

struct cutter {
	const struct output_types *types;
	enum list_kind list;
	struct splice splice;
	struct splice_list elements;
	unsigned n_notes;
};

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* What a type and a subtype are made of (RFC 6838). */
static bool is_type_char(char c)
{
	static const char usual[] = "abcdefghijklmnopqrstuvwxyz"
				    "0123456789!#$&-^_.+";

	return memchr(usual, c, sizeof(usual) - 1) != NULL;
}

static bool is_type(const char *s, size_t n)
{
	const char *slash = memchr(s, '/', n);

	if (!slash || slash == s || slash + 1 == s + n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (s + i != slash && !is_type_char(s[i]))
			return false;
	return true;
}

/* The essence, in small letters; its length, 0 where it is none. */
static size_t essence(const struct json_value *mime, char ret[static TYPE_MAX])
{
	size_t n = json_string_copy(mime, ret, TYPE_MAX);
	const char *end;

	if (n > TYPE_MAX)
		return 0;
	end = memchr(ret, ';', n);
	if (end)
		n = (size_t)(end - ret);
	while (n > 0 && (ret[n - 1] == ' ' || ret[n - 1] == '\t'))
		n--;
	for (size_t i = 0; i < n; i++)
		ret[i] = lower(ret[i]);
	return is_type(ret, n) ? n : 0;
}

static bool pattern_has(const char *pattern, const char *type, size_t n)
{
	char small[TYPE_MAX + 1];
	size_t i;

	for (i = 0; pattern[i] && i < TYPE_MAX; i++)
		small[i] = lower(pattern[i]);
	small[i] = '\0';
	return !pattern[i] && glob_match(small, type, n);
}

static bool list_has(char *const *list, const char *type, size_t n)
{
	for (; list && *list; list++)
		if (pattern_has(*list, type, n))
			return true;
	return false;
}

bool output_type_permitted(
	const struct output_types *t, const struct json_value *mime)
{
	char type[TYPE_MAX];
	size_t n = mime->type == JSON_STRING ? essence(mime, type) : 0;

	for (size_t i = 0; i < t->n; i++)
		if (n == 0 || !list_has(t->lists[i], type, n))
			return false;
	return true;
}

static bool is_base64(const struct json_value *v)
{
	struct base64 b = {0};
	struct json_runs runs;
	const char *p;
	size_t n;

	if (v->type != JSON_STRING)
		return false;
	runs = json_runs_of(v);
	while (!b.bad && json_runs_next(&runs, &p, &n))
		base64_feed(&b, p, n, NULL);
	return base64_end(&b);
}

/* The member @name; its type is JSON_INVALID without one. */
static struct json_value member(
	const struct json_value *object, const char *name)
{
	struct json_value v;

	return json_get(object, name, &v) ? v : (struct json_value){0};
}

/* What of an item is not permitted. */
struct finding {
	struct json_value holder, payload;
	enum note_why why;
};

static bool find(const struct json_value *holder,
	const struct json_value *payload, enum note_why why,
	struct finding *ret)
{
	*ret = (struct finding){*holder, *payload, why};
	return true;
}

static bool binary_refused(const struct cutter *w,
	const struct json_value *holder, const char *name, struct finding *ret)
{
	struct json_value mime = member(holder, "mimeType");
	struct json_value data = member(holder, name);

	if (!output_type_permitted(w->types, &mime))
		return find(holder, &data, NOTE_TYPE, ret);
	if (!is_base64(&data))
		return find(holder, &data, NOTE_BASE64, ret);
	return false;
}

static bool resource_refused(const struct cutter *w,
	const struct json_value *holder, struct finding *ret)
{
	struct json_value mime, text;

	if (holder->type != JSON_OBJECT)
		return false;
	if (member(holder, "blob").type != JSON_INVALID)
		return binary_refused(w, holder, "blob", ret);
	mime = member(holder, "mimeType");
	text = member(holder, "text");
	if (mime.type == JSON_INVALID || output_type_permitted(w->types, &mime))
		return false;
	return find(holder, &text, NOTE_TYPE, ret);
}

static bool item_refused(const struct cutter *w, const struct json_value *item,
	struct finding *ret)
{
	struct json_value type, inner;

	if (item->type != JSON_OBJECT)
		return false;
	type = member(item, "type");
	if (json_string_eq(&type, "text") ||
		json_string_eq(&type, "resource_link"))
		return false;
	if (json_string_eq(&type, "resource")) {
		inner = member(item, "resource");
		return resource_refused(w, &inner, ret);
	}
	if (json_string_eq(&type, "image") || json_string_eq(&type, "audio") ||
		member(item, "data").type != JSON_INVALID)
		return binary_refused(w, item, "data", ret);
	return member(item, "blob").type != JSON_INVALID &&
	       binary_refused(w, item, "blob", ret);
}

/* One item, or, where a message has more of them, the first that is not
 * permitted. */
static bool content_refused(const struct cutter *w,
	const struct json_value *content, struct finding *ret)
{
	struct json_iter i;
	struct json_member m;

	if (content->type != JSON_ARRAY)
		return item_refused(w, content, ret);
	i = json_iter(content);
	while (json_next(&i, &m))
		if (item_refused(w, &m.value, ret))
			return true;
	return false;
}

static void write_note(struct cutter *w, const struct finding *f)
{
	bool last = w->n_notes == OUTPUT_NOTES_MAX;
	struct item item = {.holder = f->holder};

	if (f->payload.type == JSON_STRING)
		item.size = chars_count(&f->payload);
	note_refused(w->splice.out, last ? NULL : &item, f->why);
	out_str(w->splice.out, "\"}");
}

/* Resource contents have a uri; the type would be wrong for the note. */
static void begin_resource(struct cutter *w, const struct json_value *element)
{
	struct json_value uri = member(element, "uri");

	splice_drop(&w->splice, element->begin, element->end);
	out_str(w->splice.out, "{");
	if (uri.type == JSON_STRING) {
		out_str(w->splice.out, "\"uri\":");
		out_bytes(w->splice.out, uri.text + uri.begin,
			uri.end - uri.begin);
		out_str(w->splice.out, ",");
	}
	out_str(w->splice.out, "\"text\":\"");
}

static void replace(struct cutter *w, const struct json_member *element,
	const struct json_value *content, const struct finding *f)
{
	if (w->n_notes == OUTPUT_NOTES_MAX) {
		splice_list_drop(&w->splice, &w->elements, element);
		return;
	}
	w->n_notes++;
	splice_list_keep(&w->elements, element);
	if (w->list == LIST_RESOURCES) {
		begin_resource(w, content);
	} else {
		splice_drop(&w->splice, content->begin, content->end);
		out_str(w->splice.out, "{\"type\":\"text\",\"text\":\"");
	}
	write_note(w, f);
}

static void cut_element(struct cutter *w, const struct json_member *element)
{
	struct json_value content = element->value;
	struct finding f;
	bool refused;

	if (w->list == LIST_MESSAGES)
		content = content.type == JSON_OBJECT
				  ? member(&content, "content")
				  : (struct json_value){0};
	refused = w->list == LIST_RESOURCES ? resource_refused(w, &content, &f)
					    : content_refused(w, &content, &f);
	if (refused)
		replace(w, element, &content, &f);
	else
		splice_list_keep(&w->elements, element);
}

/* The list of @result, if it has one. */
static bool find_list(const struct list_info *info,
	const struct json_value *result, struct json_value *ret)
{
	struct json_value v, in = *result;

	if (in.type != JSON_OBJECT || !info->name)
		return false;
	if (info->inside && json_get(&in, info->inside, &v) &&
		v.type == JSON_OBJECT)
		in = v;
	return json_get(&in, info->name, ret) && ret->type == JSON_ARRAY;
}

int output_types_cut(const struct output_types *t, enum method method,
	const char *line, size_t len, const struct json_value *result,
	struct out *out)
{
	struct list_info info = item_list(method);
	struct cutter w = {
		.types = t,
		.list = info.list,
		.splice = {.out = out, .text = line, .len = len},
	};
	struct json_value list;
	struct json_iter i;
	struct json_member m;

	if (t->n == 0 || !find_list(&info, result, &list))
		return 0;
	i = json_iter(&list);
	while (json_next(&i, &m))
		cut_element(&w, &m);
	if (w.n_notes == 0)
		return 0;
	splice_finish(&w.splice);
	return out->failed ? -ENOMEM : 1;
}
