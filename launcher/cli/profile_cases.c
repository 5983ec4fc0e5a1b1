/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "policy/message.h"
#include "policy/out.h"

void profile_cases_deinit(struct profile_cases *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].what);
		free(c->v[i].why);
		free(c->v[i].message);
		free(c->v[i].rule);
	}
	free(c->v);
	*c = (struct profile_cases){0};
}

/* What is being read. */
struct reader {
	const char *file, *text;
	struct profile_case *c; /* the case at hand */
	struct err *e;
};

static int fail(const struct reader *rd, size_t offset, const char *what,
	const char *expected)
{
	unsigned line, column;

	json_position(rd->text, offset, &line, &column);
	return err_say(rd->e, -EINVAL, "%s:%u:%u: %s; expected %s", rd->file,
		line, column, what, expected);
}

static int copy(const struct reader *rd, const struct json_value *v, char **ret)
{
	size_t n;
	char *s;

	if (v->type != JSON_STRING)
		return fail(rd, v->begin, json_type_text(v->type), "a string");
	n = json_string_copy(v, NULL, 0);
	s = malloc(n + 1);
	if (!s)
		return err_set(rd->e, -ENOMEM, "%s", rd->file);
	(void)json_string_copy(v, s, n);
	s[n] = '\0';
	*ret = s;
	return 0;
}

static int set_why(
	const struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	return copy(rd, v, &rd->c->why);
}

static int set_rule(
	const struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	return copy(rd, v, &rd->c->rule);
}

static int set_expect(
	const struct reader *rd, const struct json_value *v, const char *arg)
{
	static const char *const words[] = {
		"allow", "ask", "token", "deny", "client"};

	(void)arg;
	for (size_t i = 0; v->type == JSON_STRING && i < ELEMENTS(words); i++)
		if (json_string_eq(v, words[i])) {
			rd->c->expect = words[i];
			return 0;
		}
	return fail(rd, v->begin, "an unknown decision",
		"\"allow\", \"ask\", \"deny\" or \"client\"");
}

static int check_only(const struct reader *rd, const struct json_value *v)
{
	return rd->c->message ? fail(rd, v->begin, "a second thing to try",
					"one of tool, prompt, resource and "
					"message")
			      : 0;
}

/* As a client would ask for it: @arg is "METHOD MEMBER". */
static int set_named(
	const struct reader *rd, const struct json_value *v, const char *arg)
{
	size_t method = strcspn(arg, " "), len = v->end - v->begin;
	_free_ char *name = NULL;
	int r = check_only(rd, v), n;

	if (r == 0)
		r = copy(rd, v, &name);
	if (r < 0)
		return r;
	n = asprintf(&rd->c->message,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%.*s\","
		"\"params\":{\"%s\":%.*s}}",
		(int)method, arg, arg + method + 1, (int)len,
		v->text + v->begin);
	if (n < 0)
		rd->c->message = NULL;
	if (n < 0 ||
		asprintf(&rd->c->what, "%.*s %s", (int)method, arg, name) < 0) {
		rd->c->what = NULL;
		return err_set(rd->e, -ENOMEM, "%s", rd->file);
	}
	rd->c->len = (size_t)n;
	return 0;
}

/* A message as an object, or in a string: then it may be none. */
static int set_message(
	const struct reader *rd, const struct json_value *v, const char *arg)
{
	struct profile_case *c = rd->c;
	int r = check_only(rd, v);

	(void)arg;
	if (r < 0)
		return r;
	if (v->type != JSON_OBJECT && v->type != JSON_STRING)
		return fail(rd, v->begin, json_type_text(v->type),
			"a message as an object, or its text in a string");
	c->len = v->type == JSON_STRING ? json_string_copy(v, NULL, 0)
					: v->end - v->begin;
	c->message = malloc(c->len + 1);
	c->what = strdup("message");
	if (!c->message || !c->what)
		return err_set(rd->e, -ENOMEM, "%s", rd->file);
	if (v->type == JSON_STRING)
		(void)json_string_copy(v, c->message, c->len);
	else
		memcpy(c->message, v->text + v->begin, c->len);
	c->message[c->len] = '\0';
	return 0;
}

static const struct case_key {
	const char *name;
	int (*set)(const struct reader *rd, const struct json_value *v,
		const char *arg);
	const char *arg;
} keys[] = {
	{"why", set_why, NULL},
	{"tool", set_named, "tools/call name"},
	{"prompt", set_named, "prompts/get name"},
	{"resource", set_named, "resources/read uri"},
	{"message", set_message, NULL},
	{"expect", set_expect, NULL},
	{"rule", set_rule, NULL},
};

static int read_member(const struct reader *rd, const struct json_member *m)
{
	for (size_t i = 0; i < ELEMENTS(keys); i++)
		if (json_string_eq(&m->name, keys[i].name))
			return keys[i].set(rd, &m->value, keys[i].arg);
	return fail(rd, m->begin, "an unknown key of a case",
		"one of why, tool, prompt, resource, message, expect, rule");
}

static int read_case(struct reader *rd, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	json_position(rd->text, v->begin, &rd->c->line, &rd->c->column);
	if (v->type != JSON_OBJECT)
		return fail(rd, v->begin, json_type_text(v->type), "a case");
	while (r == 0 && json_next(&i, &m))
		r = read_member(rd, &m);
	if (r < 0)
		return r;
	if (!rd->c->message)
		return fail(rd, v->begin, "nothing to try",
			"one of tool, prompt, resource and message");
	if (!rd->c->expect)
		return fail(rd, v->begin, "no \"expect\"",
			"what is to become of it");
	return 0;
}

static int read_cases(struct reader *rd, const struct json_value *list,
	struct profile_cases *ret)
{
	struct json_iter i = json_iter(list);
	struct json_member m;
	int r = 0;

	if (list->type != JSON_ARRAY)
		return fail(rd, list->begin, json_type_text(list->type),
			"a list of cases");
	while (r == 0 && json_next(&i, &m)) {
		struct profile_case *grown = ret->v;

		if ((ret->n & (ret->n - 1)) == 0)
			grown = reallocarray(
				ret->v, 2 * ret->n + 1, sizeof(*grown));
		if (!grown)
			return err_set(rd->e, -ENOMEM, "%s", rd->file);
		ret->v = grown;
		rd->c = &ret->v[ret->n++];
		*rd->c = (struct profile_case){0};
		r = read_case(rd, &m.value);
	}
	return r;
}

static int read_top(struct reader *rd, const struct json_value *top,
	struct profile_cases *ret)
{
	struct json_value list = {.type = JSON_INVALID}, version;
	struct json_iter i = json_iter(top);
	struct json_member m;
	int64_t number;

	if (top->type != JSON_OBJECT)
		return fail(rd, top->begin, json_type_text(top->type),
			"an object with version and cases");
	if (!json_get(top, "version", &version) ||
		!json_to_int64(&version, &number) || number != 1)
		return fail(rd, top->begin, "no version that is known",
			"\"version\": 1");
	while (json_next(&i, &m)) {
		if (json_string_eq(&m.name, "cases"))
			list = m.value;
		else if (!json_string_eq(&m.name, "version") &&
			 !json_string_eq(&m.name, "$schema") &&
			 !json_string_eq(&m.name, "why"))
			return fail(rd, m.begin, "an unknown key",
				"one of version, $schema, why, cases");
	}
	if (list.type == JSON_INVALID)
		return fail(rd, top->begin, "no \"cases\"", "a list of cases");
	return read_cases(rd, &list, ret);
}

int profile_cases_parse(const char *file, const char *text, size_t len,
	struct profile_cases *ret, struct err *e)
{
	static const struct json_limits limits = {
		.max_bytes = CASES_MAX_BYTES,
		.max_depth = MESSAGE_DEPTH_MAX + 4,
		.max_keys = MESSAGE_KEYS_MAX,
		.allow_nul = true,
	};
	_cases_ struct profile_cases cases = {0};
	struct reader rd = {.file = file, .text = text, .e = e};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	struct json_value top;
	int r = s ? json_scan(s, text, len, &result) : -ENOMEM;

	json_scanner_free(s);
	if (r < 0)
		return err_set(e, r, "%s", file);
	if (r > 0)
		return fail(&rd, result.offset, json_fault_text(result.fault),
			"strict JSON");
	top = json_top(text, &result);
	r = read_top(&rd, &top, &cases);
	if (r < 0)
		return r;
	*ret = cases;
	cases = (struct profile_cases){0};
	return 0;
}

int profile_cases_read(
	const char *file, struct profile_cases *ret, struct err *e)
{
	_free_ char *text = NULL;
	size_t len;
	int r = fd_read_file(AT_FDCWD, file, CASES_MAX_BYTES, &text, &len);

	return r < 0 ? err_set(e, r, "%s", file)
		     : profile_cases_parse(file, text, len, ret, e);
}
