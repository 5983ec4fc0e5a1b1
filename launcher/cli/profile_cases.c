/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "plan/profile_key.h"
#include "policy/message.h"
#include "policy/out.h"

void profile_cases_deinit(struct profile_cases *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].what);
		free(c->v[i].why);
		free(c->v[i].message);
		free(c->v[i].rule);
		free(c->v[i].result);
		for (size_t k = 0; k < _CASE_NAME_N; k++)
			free(c->v[i].names[k]);
	}
	free(c->v);
	*c = (struct profile_cases){0};
}

/* What is being read. */
struct reader {
	const char *file, *text;
	struct profile_case *c; /* the case at hand */
	/* What of it stands apart in the file. */
	const struct named *named;
	struct json_value name, arguments, result;
	struct err *e;
};

/* What is asked for by name. */
static const struct named {
	const char *key, *method, *member;
} named[] = {
	{"tool", "tools/call", "name"},
	{"prompt", "prompts/get", "name"},
	{"resource", "resources/read", "uri"},
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
	struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	return copy(rd, v, &rd->c->why);
}

static int set_rule(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	return copy(rd, v, &rd->c->rule);
}

static int set_expect(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	static const char *const words[] = {
		"allow", "ask", "token", "deny", "client", "filter", "cut"};

	(void)arg;
	for (size_t i = 0; v->type == JSON_STRING && i < ELEMENTS(words); i++)
		if (json_string_eq(v, words[i])) {
			rd->c->expect = words[i];
			return 0;
		}
	return fail(rd, v->begin, "an unknown decision",
		"\"allow\", \"ask\", \"token\", \"deny\", \"client\", "
		"\"filter\" or \"cut\"");
}

static int check_only(const struct reader *rd, const struct json_value *v)
{
	return rd->c->message || rd->named
		       ? fail(rd, v->begin, "a second thing to try",
				 "one of tool, prompt, resource, message and "
				 "server")
		       : 0;
}

static int set_named(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	int r = check_only(rd, v);

	if (r == 0 && v->type != JSON_STRING)
		r = fail(rd, v->begin, json_type_text(v->type), "a string");
	for (size_t i = 0; r == 0 && i < ELEMENTS(named); i++)
		if (strcmp(named[i].key, arg) == 0)
			rd->named = &named[i];
	rd->name = *v;
	return r;
}

static int set_arguments(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	rd->arguments = *v;
	return 0;
}

static int set_result(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	rd->result = *v;
	return v->type == JSON_OBJECT
		       ? 0
		       : fail(rd, v->begin, json_type_text(v->type),
				 "a result as an object");
}

static int set_times(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	int64_t n;

	(void)arg;
	if (v->type != JSON_NUMBER || !json_to_int64(v, &n) || n < 1 ||
		n > CASE_TIMES_MAX)
		return fail(rd, v->begin, "no number of calls",
			"a number from 1 to 100000");
	rd->c->times = (unsigned)n;
	return 0;
}

/* A time as in a profile. */
static int take_time(
	const struct reader *rd, const struct json_value *v, uint64_t *ret)
{
	static const struct limit_info time = {
		.unit = UNIT_SECONDS, .least = 0, .most = 2592000};
	_free_ char *text = NULL;
	int r = copy(rd, v, &text);

	if (r == 0 && limit_parse_as(&time, text, ret, NULL) < 0)
		r = fail(rd, v->begin, "no time", "one such as \"61m\"");
	return r;
}

static int set_age(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	return take_time(rd, v, &rd->c->state.age_s);
}

static int set_takes(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	(void)arg;
	return take_time(rd, v, &rd->c->state.takes_s);
}

static int set_unlisted(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	int64_t n;

	(void)arg;
	if (v->type != JSON_NUMBER || !json_to_int64(v, &n) || n < 0 ||
		n > CASE_TIMES_MAX)
		return fail(rd, v->begin, "no number of calls",
			"a number from 0 to 100000");
	rd->c->state.unlisted = (uint64_t)n;
	return 0;
}

static int set_definition(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	struct case_state *s = &rd->c->state;
	bool text = v->type == JSON_STRING;

	(void)arg;
	s->changed = text && json_string_eq(v, "changed");
	s->news = text && json_string_eq(v, "new");
	if (s->changed || s->news || (text && json_string_eq(v, "accepted")))
		return 0;
	return fail(rd, v->begin, "an unknown state of a definition",
		"\"accepted\", \"changed\" or \"new\"");
}

static int set_session(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	static const char *const keys[_CASE_NAME_N] = {
		[CASE_ROLE] = "role",
		[CASE_TASK] = "task",
		[CASE_CONTEXT] = "context",
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < _CASE_NAME_N; i++)
		if (strcmp(keys[i], arg) == 0)
			r = copy(rd, v, &rd->c->names[i]);
	return r;
}

/* In a file a value may go over lines, a message is one. No string has an end
 * of line that is not escaped. */
static void join_lines(char *text)
{
	for (; *text; text++)
		if (*text == '\n' || *text == '\r')
			*text = ' ';
}

/* A message as an object, or in a string: then it may be none. */
static int set_message(
	struct reader *rd, const struct json_value *v, const char *arg)
{
	struct profile_case *c = rd->c;
	int r = check_only(rd, v);

	c->server = strcmp(arg, "server") == 0;
	if (r < 0)
		return r;
	if (v->type != JSON_OBJECT && v->type != JSON_STRING)
		return fail(rd, v->begin, json_type_text(v->type),
			"a message as an object, or its text in a string");
	c->len = v->type == JSON_STRING ? json_string_copy(v, NULL, 0)
					: v->end - v->begin;
	c->message = malloc(c->len + 1);
	c->what = strdup(arg);
	if (!c->message || !c->what)
		return err_set(rd->e, -ENOMEM, "%s", rd->file);
	if (v->type == JSON_STRING)
		(void)json_string_copy(v, c->message, c->len);
	else
		memcpy(c->message, v->text + v->begin, c->len);
	c->message[c->len] = '\0';
	if (v->type == JSON_OBJECT)
		join_lines(c->message);
	return 0;
}

static const struct case_key {
	const char *name;
	int (*set)(
		struct reader *rd, const struct json_value *v, const char *arg);
} keys[] = {
	{"why", set_why},
	{"tool", set_named},
	{"prompt", set_named},
	{"resource", set_named},
	{"arguments", set_arguments},
	{"message", set_message},
	{"server", set_message},
	{"result", set_result},
	{"times", set_times},
	{"age", set_age},
	{"takes", set_takes},
	{"unlisted", set_unlisted},
	{"definition", set_definition},
	{"role", set_session},
	{"task", set_session},
	{"context", set_session},
	{"expect", set_expect},
	{"rule", set_rule},
};

static int read_member(struct reader *rd, const struct json_member *m)
{
	for (size_t i = 0; i < ELEMENTS(keys); i++)
		if (json_string_eq(&m->name, keys[i].name))
			return keys[i].set(rd, &m->value, keys[i].name);
	return fail(rd, m->begin, "an unknown key of a case",
		"one of why, tool, prompt, resource, arguments, message, "
		"server, result, times, age, takes, unlisted, definition, "
		"role, task, context, expect, rule");
}

static int length(const struct json_value *v)
{
	return (int)(v->end - v->begin);
}

/* As a client would ask for it. */
static int make_message(struct reader *rd)
{
	bool has = rd->arguments.type != JSON_INVALID;
	const struct json_value *args = &rd->arguments;
	_free_ char *name = NULL;
	int n, r = copy(rd, &rd->name, &name);

	if (r < 0)
		return r;
	n = asprintf(&rd->c->message,
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\","
		"\"params\":{\"%s\":%.*s%s%.*s}}",
		rd->named->method, rd->named->member, length(&rd->name),
		rd->name.text + rd->name.begin, has ? ",\"arguments\":" : "",
		has ? length(args) : 0, has ? args->text + args->begin : "");
	if (n < 0)
		rd->c->message = NULL;
	if (n < 0 ||
		asprintf(&rd->c->what, "%s %s", rd->named->method, name) < 0) {
		rd->c->what = NULL;
		return err_set(rd->e, -ENOMEM, "%s", rd->file);
	}
	rd->c->len = (size_t)n;
	join_lines(rd->c->message);
	return 0;
}

static int make_result(struct reader *rd)
{
	if (asprintf(&rd->c->result,
		    "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":%.*s}",
		    length(&rd->result),
		    rd->result.text + rd->result.begin) < 0) {
		rd->c->result = NULL;
		return err_set(rd->e, -ENOMEM, "%s", rd->file);
	}
	join_lines(rd->c->result);
	return 0;
}

/* What its keys mean together. */
static int finish(struct reader *rd, const struct json_value *v)
{
	const struct json_value *args = &rd->arguments, *result = &rd->result;

	if (!rd->c->message && !rd->named)
		return fail(rd, v->begin, "nothing to try",
			"one of tool, prompt, resource, message and server");
	if (!rd->c->expect)
		return fail(rd, v->begin, "no \"expect\"",
			"what is to become of it");
	if (args->type != JSON_INVALID &&
		(!rd->named || strcmp(rd->named->key, "resource") == 0))
		return fail(rd, args->begin, "arguments of nothing",
			"a tool or a prompt that they are of");
	if (result->type != JSON_INVALID && rd->c->server)
		return fail(rd, result->begin, "a result of nothing",
			"a call that it answers");
	if (rd->named && make_message(rd) < 0)
		return -ENOMEM;
	return result->type == JSON_INVALID ? 0 : make_result(rd);
}

static int read_case(struct reader *rd, const struct json_value *v)
{
	struct json_iter i = json_iter(v);
	struct json_member m;
	int r = 0;

	rd->named = NULL;
	rd->name.type = rd->arguments.type = rd->result.type = JSON_INVALID;
	rd->c->times = 1;
	json_position(rd->text, v->begin, &rd->c->line, &rd->c->column);
	if (v->type != JSON_OBJECT)
		return fail(rd, v->begin, json_type_text(v->type), "a case");
	while (r == 0 && json_next(&i, &m))
		r = read_member(rd, &m);
	return r < 0 ? r : finish(rd, v);
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
