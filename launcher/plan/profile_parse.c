/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/policy_key.h"
#include "policy/json.h"

int profile_fail(struct profile_parse *ps, size_t offset, const char *fmt, ...)
{
	unsigned line, column;
	char what[768];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* A text of struct err is one line, whatever the profile holds. */
	for (char *c = what; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	json_position(ps->text, offset, &line, &column);
	return err_say(
		ps->e, -EINVAL, "%s:%u:%u: %s", ps->file, line, column, what);
}

int profile_fail_type(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return profile_fail(ps, v->begin, "\"%s\" is %s; expected %s", k->name,
		json_type_text(v->type), k->expected);
}

int profile_string(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, size_t max, char **ret)
{
	_free_ char *s = NULL;
	size_t n;

	if (v->type != JSON_STRING)
		return profile_fail_type(ps, k, v);
	n = json_string_copy(v, NULL, 0);
	if (n > max)
		return profile_fail(ps, v->begin,
			"a string of %zu bytes in \"%s\"; expected at most %zu",
			n, k->name, max);
	s = malloc(n + 1);
	if (!s)
		return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	(void)json_string_copy(v, s, n);
	s[n] = '\0';
	*ret = take_ptr(s);
	return 0;
}

/* A string that passes @check, which knows nothing of places. */
int profile_checked(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, char **ret)
{
	_free_ char *s = NULL;
	struct err e = {0};
	int r = profile_string(ps, k, v, PROFILE_MAX_STRING, &s);

	if (r < 0)
		return r;
	if (k->check && k->check(s, &e) < 0)
		return profile_fail(ps, v->begin, "%s", e.text);
	*ret = take_ptr(s);
	return 0;
}

#define REPEATED_MAX 16 /* that are told of */

/* For the linter: it means nothing. */
static int note_repeated(
	struct profile_parse *ps, const struct profile_key *k, const char *s)
{
	for (size_t i = 0; i < _LIST_N; i++)
		if (k->field == profile_lists[i].offset &&
			strv_len(ps->layer->repeated) < REPEATED_MAX)
			return strv_addf(&ps->layer->repeated, "%s: \"%s\"",
				profile_lists[i].name, s);
	return 0;
}

static int add_item(struct profile_parse *ps, const struct profile_key *k,
	char ***list, const char *s)
{
	int r = strv_contains(*list, s) ? note_repeated(ps, k, s)
					: strv_add(list, s);

	return r < 0 ? err_set(ps->e, r, "profile %s", ps->file) : 0;
}

int profile_strings(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, char ***list)
{
	struct json_member m;
	struct json_iter i;
	size_t n = 0;
	int r = 0;

	if (v->type != JSON_ARRAY)
		return profile_fail_type(ps, k, v);
	i = json_iter(v);
	while (r == 0 && json_next(&i, &m)) {
		_free_ char *s = NULL;

		if (++n > PROFILE_MAX_ITEMS)
			return profile_fail(ps, m.begin,
				"\"%s\" has too many entries; expected at most "
				"%d",
				k->name, PROFILE_MAX_ITEMS);
		if (m.value.type != JSON_STRING)
			return profile_fail(ps, m.begin,
				"an entry of \"%s\" is %s; expected %s, each a "
				"string",
				k->name, json_type_text(m.value.type),
				k->expected);
		r = profile_checked(ps, k, &m.value, &s);
		if (r == 0)
			r = add_item(ps, k, list, s);
	}
	return r;
}

/* "read, write, state" for the message about an unknown key. */
static void keys_text(
	const struct profile_object_info *o, char *dst, size_t size)
{
	size_t used = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < o->n_keys && used < size; i++)
		if (o->keys[i].set)
			used += (size_t)snprintf(dst + used, size - used,
				"%s%s", used ? ", " : "", o->keys[i].name);
}

static int fail_unknown(struct profile_parse *ps,
	const struct profile_object_info *o, const struct json_value *name)
{
	char text[81] = "", keys[256];

	(void)json_string_copy(name, text, sizeof(text) - 1);
	keys_text(o, keys, sizeof(keys));
	return profile_fail(ps, name->begin,
		"unknown key \"%s\" in %s; expected one of %s", text,
		o->path[0] ? o->path + 1 : "the profile", keys);
}

static const struct profile_key *key_find(
	const struct profile_object_info *o, const struct json_value *name)
{
	for (size_t i = 0; i < o->n_keys; i++)
		if (json_string_eq(name, o->keys[i].name))
			return &o->keys[i];
	return NULL;
}

int profile_object_parse(struct profile_parse *ps, enum profile_object object,
	const struct json_value *v)
{
	const struct profile_object_info *o = &profile_objects[object];
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	while (r == 0 && json_next(&i, &m)) {
		const struct profile_key *k = key_find(o, &m.name);

		if (ps->narrows) {
			r = policy_key_find(ps, object, &m.name, &k);
			if (r < 0)
				return r;
		}
		if (!k)
			return fail_unknown(ps, o, &m.name);
		if (!k->set)
			return profile_fail(ps, m.name.begin,
				"\"%s\" is a key that this version cannot "
				"enforce, and what it cannot enforce it does "
				"not load; expected a profile without it",
				k->name);
		r = k->set(ps, k, &m.value);
	}
	return r;
}

static const char *fault_expected(enum json_fault f)
{
	static const char *const text[_JSON_FAULT_N] = {
		[JSON_FAULT_EMPTY] = "one object",
		[JSON_FAULT_BOM] = "plain UTF-8",
		[JSON_FAULT_SYNTAX] =
			"strict JSON, no comment, no trailing comma",
		[JSON_FAULT_UTF8] = "plain UTF-8",
		[JSON_FAULT_CONTROL] = "an escape such as \\n",
		[JSON_FAULT_ESCAPE] = "an escape that JSON has",
		[JSON_FAULT_SURROGATE] = "both halves",
		[JSON_FAULT_NUL_NAME] = "a key without it",
		[JSON_FAULT_NUL_VALUE] = "a string without it",
		[JSON_FAULT_DUPLICATE] = "each key once in an object",
		[JSON_FAULT_DEPTH] = "at most 32 levels",
		[JSON_FAULT_KEYS] = "at most 4096 in an object",
		[JSON_FAULT_SIZE] = "at most 1 MiB",
		[JSON_FAULT_TRAILING] = "the end of the file",
	};

	return text[f] ? text[f] : "strict JSON";
}

/* A newer format is told from a typing error, so the version goes first. */
static int parse_top(struct profile_parse *ps, const struct json_value *top)
{
	const struct profile_key *version =
		&profile_objects[OBJECT_TOP].keys[0];
	struct json_value v;
	int r;

	if (top->type != JSON_OBJECT)
		return profile_fail(ps, top->begin,
			"the %s is %s; expected an object",
			ps->narrows ? "policy" : "profile",
			json_type_text(top->type));
	if (!json_get(top, version->name, &v))
		return profile_fail(ps, top->begin,
			"there is no \"version\"; expected \"version\": 1");
	r = version->set(ps, version, &v);
	return r < 0 ? r : profile_object_parse(ps, OBJECT_TOP, top);
}

static int parse_text(struct profile_parse *ps, size_t len)
{
	static const struct json_limits limits = {
		.max_bytes = PROFILE_MAX_BYTES,
		.max_depth = PROFILE_MAX_DEPTH,
		.max_keys = PROFILE_MAX_ITEMS,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	struct json_value top;
	int r;

	if (!s)
		return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	r = json_scan(s, ps->text, len, &result);
	json_scanner_free(s);
	if (r < 0)
		return err_set(ps->e, r, "profile %s", ps->file);
	if (r > 0)
		return profile_fail(ps, result.offset, "%s; expected %s",
			json_fault_text(result.fault),
			fault_expected(result.fault));
	top = json_top(ps->text, &result);
	return parse_top(ps, &top);
}

int profile_text_parse(struct profile_parse *ps, const char *name, size_t len,
	struct profile_layer **ret)
{
	_layer_ struct profile_layer *l = calloc(1, sizeof(*l));
	int r;

	if (!l || !(l->file = strdup(ps->file)) || !(l->p = profile_new(name)))
		return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	ps->layer = l;
	r = parse_text(ps, len);
	ps->layer = NULL;
	if (r < 0)
		return r;
	*ret = take_ptr(l);
	return 0;
}

int profile_layer_parse(const char *name, const char *file, const char *text,
	size_t len, struct profile_layer **ret, struct err *e)
{
	struct profile_parse ps = {.file = file, .text = text, .e = e};

	return profile_text_parse(&ps, name, len, ret);
}

int profile_quantity(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, const struct limit_info *l, uint64_t *ret)
{
	size_t n = v->end - v->begin;
	struct err e = {0};
	char text[64] = "";

	if (v->type == JSON_STRING)
		n = json_string_copy(v, text, sizeof(text) - 1);
	else if (v->type != JSON_NUMBER)
		return profile_fail_type(ps, k, v);
	else if (n < sizeof(text))
		memcpy(text, ps->text + v->begin, n);
	if (n >= sizeof(text))
		return profile_fail(ps, v->begin,
			"\"%s\" has %zu characters; expected %s", k->name, n,
			k->expected);
	if (limit_parse_as(l, text, ret, &e) < 0)
		return profile_fail(ps, v->begin, "%s", e.text);
	return 0;
}

int profile_word(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v, const char *const *words, uint64_t n_words,
	uint64_t *ret)
{
	if (v->type != JSON_STRING)
		return profile_fail_type(ps, k, v);
	for (uint64_t i = 0; i < n_words; i++)
		if (json_string_eq(v, words[i])) {
			*ret = i;
			return 0;
		}
	return profile_fail(ps, v->begin,
		"\"%s\" has an unknown value; expected %s", k->name,
		k->expected);
}
