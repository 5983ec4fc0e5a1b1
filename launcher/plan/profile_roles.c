/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_roles.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "plan/profile_rules.h"

/* Of one role, task or context. */
#define NAMED_BYTES_MAX ((size_t)512 * 1024)

static const struct limit_info expires = {"expires", UNIT_SECONDS,
	TASK_EXPIRES_DEFAULT, 1, 30 * 86400ULL, "how long a task may last"};
static const struct limit_info expected = {"expected", UNIT_SECONDS, 0, 1,
	30 * 86400ULL, "how long a task is expected to last"};

int profile_check_plain(const char *name, struct err *e)
{
	if (profile_name_check(name, NULL) == 0)
		return 0;
	return err_say(e, -EINVAL,
		"\"%.80s\" is no name; expected at most 64 letters, digits, "
		"\".\", \"_\" and \"-\", no \".\" or \"-\" first",
		name);
}

/* A key inside of a role or a task. */
struct part {
	const char *name, *expected;
	int (*check)(struct profile_parse *ps, const struct profile_key *k,
		const struct json_value *v);
	int (*check_entry)(const char *text, struct err *e);
};

static int check_list(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	_strv_ char **entries = NULL;

	return profile_strings(ps, k, v, &entries);
}

static int check_class(const char *name, struct err *e)
{
	if (class_find(name) != CLASS_NONE)
		return 0;
	return err_say(e, -EINVAL,
		"\"%.80s\" is no class; expected one of read, search, fetch, "
		"write, delete, send, execute, secret, config",
		name);
}

static int check_time(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	uint64_t seconds;

	return profile_quantity(ps, k, v,
		strcmp(k->name, expires.name) == 0 ? &expires : &expected,
		&seconds);
}

static const struct part role_parts[] = {
	{"classes", "a list of classes", check_list, check_class},
	{"tools", "a list of patterns", check_list, profile_check_pattern},
	{0},
};

static const struct part task_parts[] = {
	{"tools", "a list of patterns", check_list, profile_check_pattern},
	{"expires", "a time such as \"1h\"", check_time, NULL},
	{"expected", "a time such as \"15m\"", check_time, NULL},
	{0},
};

static bool is_why(const struct json_member *m)
{
	return json_string_eq(&m->name, "why") && m->value.type == JSON_STRING;
}

static int check_part(struct profile_parse *ps, const struct part *parts,
	const struct json_member *m, const char *what)
{
	char name[41] = "";

	for (; parts->name; parts++) {
		const struct profile_key k = {.name = parts->name,
			.expected = parts->expected,
			.check = parts->check_entry};

		if (json_string_eq(&m->name, parts->name))
			return parts->check(ps, &k, &m->value);
	}
	if (is_why(m))
		return 0;
	(void)json_string_copy(&m->name, name, sizeof(name) - 1);
	return profile_fail(ps, m->name.begin,
		"unknown key \"%s\" in a %s; expected %s", name, what,
		strcmp(what, "role") == 0 ? "classes, tools and why"
					  : "tools, expires, expected and why");
}

static int check_parts(struct profile_parse *ps, const struct part *parts,
	const struct json_value *v, const char *what)
{
	struct json_iter i = json_iter(v);
	struct json_value has;
	struct json_member m;
	int r = 0;

	while (r == 0 && json_next(&i, &m))
		r = check_part(ps, parts, &m, what);
	if (r == 0 && !json_get(v, "tools", &has) &&
		(parts != role_parts || !json_get(v, "classes", &has)))
		return profile_fail(ps, v->begin,
			"the %s says nothing of tools; expected \"tools\"%s",
			what, parts == role_parts ? " or \"classes\"" : "");
	return r;
}

static int check_role(struct profile_parse *ps, const struct json_value *v)
{
	return check_parts(ps, role_parts, v, "role");
}

static int check_task(struct profile_parse *ps, const struct json_value *v)
{
	return check_parts(ps, task_parts, v, "task");
}

/* As a file of --narrow would be, in the place where it stands. */
static int check_context(struct profile_parse *ps, const struct json_value *v)
{
	_layer_ struct profile_layer *l = calloc(1, sizeof(*l));
	struct profile_parse inner = *ps;

	if (!l || !(l->p = profile_new("context")))
		return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	inner.layer = l;
	inner.narrows = true;
	inner.site = NULL;
	return profile_object_parse(&inner, OBJECT_TOP, v);
}

static int keep(char ***list, const char *name, const struct json_value *v)
{
	struct out o = OUT_INIT(NAMED_BYTES_MAX);
	int r = profile_meaning_write(&o, v);

	if (r == 0)
		r = strv_addf(list, "%s=%s", name, o.data);
	out_deinit(&o);
	return r;
}

/* NAME: OBJECT, each of which passes @check. */
static int set_named(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v,
	int (*check)(struct profile_parse *ps, const struct json_value *v))
{
	const struct profile_key name = {
		.name = k->name, .check = profile_check_plain};
	char ***list = (char ***)((char *)ps->layer->p + k->field);
	struct json_member m;
	struct json_iter i;
	int r = 0;

	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	i = json_iter(v);
	while (r == 0 && json_next(&i, &m)) {
		_free_ char *text = NULL;

		if (is_why(&m))
			continue;
		r = profile_checked(ps, &name, &m.name, &text);
		if (r == 0 && m.value.type != JSON_OBJECT)
			return profile_fail(ps, m.value.begin,
				"\"%s\" is %s; expected an object", text,
				json_type_text(m.value.type));
		if (r == 0)
			r = check(ps, &m.value);
		if (r < 0)
			return r;
		r = keep(list, text, &m.value);
	}
	return r < 0 ? err_set(ps->e, r, "profile %s: %s", ps->file, k->name)
		     : 0;
}

int profile_set_roles(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return set_named(ps, k, v, check_role);
}

int profile_set_tasks(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return set_named(ps, k, v, check_task);
}

int profile_set_contexts(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	return set_named(ps, k, v, check_context);
}

int profile_set_session(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	_free_ char *name = NULL;
	int r = profile_checked(ps, k, v, &name);

	if (r == 0 &&
		strv_addf(&ps->layer->p->session, "%s=%s", k->name, name) < 0)
		return err_set(ps->e, -ENOMEM, "profile %s", ps->file);
	return r;
}

static int add_class(struct profile_parse *ps, const struct profile_key *k,
	const struct json_member *m)
{
	const struct profile_key name = {.name = k->name, .check = check_class};
	const struct profile_key globs = {.name = "classes",
		.expected = "a list of patterns",
		.check = profile_check_pattern};
	_strv_ char **patterns = NULL;
	_free_ char *class = NULL;
	int r = profile_checked(ps, &name, &m->name, &class);

	if (r == 0)
		r = profile_strings(ps, &globs, &m->value, &patterns);
	if (r < 0)
		return r;
	for (char **p = patterns; r == 0 && p && *p; p++)
		r = strv_addf(
			&ps->layer->p->protocol.classes, "%s=%s", class, *p);
	return r < 0 ? err_set(ps->e, r, "profile %s", ps->file) : 0;
}

int profile_set_classes(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	struct json_member m;
	struct json_iter i;
	int r = 0;

	if (v->type != JSON_OBJECT)
		return profile_fail_type(ps, k, v);
	i = json_iter(v);
	while (r == 0 && json_next(&i, &m))
		if (!is_why(&m))
			r = add_class(ps, k, &m);
	return r;
}

const char *profile_named(char *const *list, const char *name)
{
	return strv_env(list, name);
}

static int read_list(const struct json_value *v, const char *name, char ***ret)
{
	struct json_value list;
	struct json_member m;
	struct json_iter i;
	int r = 0;

	if (!json_get(v, name, &list))
		return 0;
	i = json_iter(&list);
	while (r == 0 && json_next(&i, &m)) {
		char entry[PROFILE_MAX_PATTERN + 1] = "";

		(void)json_string_copy(&m.value, entry, sizeof(entry) - 1);
		r = strv_add(ret, entry);
	}
	return r;
}

int profile_named_list(const char *text, const char *name, char ***ret)
{
	struct json_value v;
	int r = profile_kept_scan(text, strlen(text), &v);

	return r == 0 ? read_list(&v, name, ret) : r;
}

void role_lists_deinit(struct role_lists *r)
{
	strv_free(r->deny);
	strv_free(r->token);
	strv_free(r->allow);
	strv_free(r->over);
	*r = (struct role_lists){0};
}

void task_deinit(struct task *t)
{
	strv_free(t->tools);
	*t = (struct task){0};
}

/* Of one that the profile has: its classes, and its own tools. */
static int read_role(
	const char *text, enum grant of[_CLASS_N], char ***ret_tools)
{
	_strv_ char **classes = NULL;
	struct json_value v;
	int r = profile_kept_scan(text, strlen(text), &v);

	for (int i = 0; i < _CLASS_N; i++)
		of[i] = GRANT_DENY;
	if (r == 0)
		r = read_list(&v, "classes", &classes);
	for (char **c = classes; c && *c; c++)
		of[class_find(*c)] = GRANT_ALLOW;
	return r < 0 ? r : read_list(&v, "tools", ret_tools);
}

/* What each class has of the role, pattern by pattern. */
static int sort_classes(const struct profile *f, const enum grant of[_CLASS_N],
	struct role_lists *ret)
{
	char ***const lists[_GRANT_N] = {
		[GRANT_DENY] = &ret->deny,
		[GRANT_TOKEN] = &ret->token,
		[GRANT_ALLOW] = &ret->allow,
	};
	int r = 0;

	for (char **c = f->protocol.classes; r == 0 && c && *c; c++) {
		size_t n = strcspn(*c, "=");
		char name[16] = "";

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, *c);
		r = strv_add(lists[of[class_find(name)]], *c + n + 1);
	}
	ret->otherwise = of[CLASS_EXECUTE];
	return r;
}

bool profile_has_role(const struct profile *f, const char *name)
{
	return profile_named(f->roles, name) != NULL;
}

int profile_role_lists(
	const struct profile *f, const char *name, struct role_lists *ret)
{
	const char *own = profile_named(f->roles, name);
	struct role_lists lists = {0};
	enum grant of[_CLASS_N];
	int r = 0;

	if (!own && !role_builtin(name, of))
		return 1;
	if (own)
		r = read_role(own, of, &lists.over);
	if (r == 0)
		r = sort_classes(f, of, &lists);
	if (r < 0) {
		role_lists_deinit(&lists);
		return r;
	}
	*ret = lists;
	return 0;
}

static int read_time(
	const struct json_value *v, const struct limit_info *l, uint64_t *ret)
{
	struct json_value text;
	char bytes[64] = "";

	if (!json_get(v, l->name, &text))
		return 0;
	if (text.type == JSON_STRING)
		(void)json_string_copy(&text, bytes, sizeof(bytes) - 1);
	else if (text.end - text.begin < sizeof(bytes))
		memcpy(bytes, text.text + text.begin, text.end - text.begin);
	return limit_parse_as(l, bytes, ret, NULL);
}

int profile_task(const struct profile *f, const char *name, struct task *ret)
{
	const char *text = profile_named(f->tasks, name);
	struct task t = {.expires_s = TASK_EXPIRES_DEFAULT};
	struct json_value v;
	int r = text ? profile_kept_scan(text, strlen(text), &v) : 1;

	if (r == 0)
		r = read_list(&v, "tools", &t.tools);
	if (r == 0)
		r = read_time(&v, &expires, &t.expires_s);
	if (r == 0)
		r = read_time(&v, &expected, &t.expected_s);
	if (r != 0) {
		task_deinit(&t);
		return r;
	}
	*ret = t;
	return 0;
}

void profile_names_text(char *const *list, bool builtin, char *dst, size_t size)
{
	size_t used = 0;

	(void)snprintf(dst, size, "none");
	for (size_t i = 0; builtin && i < ROLES_BUILTIN; i++)
		used += (size_t)snprintf(dst + used, size - used, "%s%s",
			used ? ", " : "", role_words[i]);
	for (char *const *v = list; v && *v && used < size; v++) {
		size_t n = strcspn(*v, "=");
		enum grant of[_CLASS_N];
		char name[PROFILE_MAX_NAME + 1];

		(void)snprintf(name, sizeof(name), "%.*s", (int)n, *v);
		if (builtin && role_builtin(name, of))
			continue;
		used += (size_t)snprintf(dst + used, size - used, "%s%s",
			used ? ", " : "", name);
	}
}
