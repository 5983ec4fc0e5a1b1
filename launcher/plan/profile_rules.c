/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/profile_rules.h"
#include "plan/profile_roles.h"

#include <stdio.h>
#include <string.h>

#include "policy/answer.h"

/* Of one rule; a thousand conditions fit. */
#define RULE_BYTES_MAX ((size_t)256 * 1024)

int profile_kept_scan(const char *text, size_t len, struct json_value *ret)
{
	static const struct json_limits limits = {
		.max_bytes = PROFILE_RULES_BYTES_MAX,
		.max_depth = PROFILE_MAX_DEPTH,
		.max_keys = PROFILE_MAX_ITEMS,
	};
	struct json_scanner *s = json_scanner_new(&limits);
	struct json_scan_result result;
	int r = s ? json_scan(s, text, len, &result) : -ENOMEM;

	json_scanner_free(s);
	if (r != 0)
		return r < 0 ? r : -EINVAL;
	*ret = json_top(text, &result);
	return 0;
}

/* All of it but its "why", in the order of the text. */
static int write_meaning(struct out *o, const struct json_value *rule)
{
	struct json_iter i = json_iter(rule);
	struct json_member m;
	bool any = false;

	out_str(o, "{");
	while (json_next(&i, &m)) {
		if (json_string_eq(&m.name, "why"))
			continue;
		out_str(o, any ? "," : "");
		out_bytes(o, rule->text + m.begin, m.end - m.begin);
		any = true;
	}
	out_str(o, "}");
	return o->failed ? -E2BIG : 0;
}

int profile_meaning_write(struct out *o, const struct json_value *rule)
{
	struct out meaning = OUT_INIT(RULE_BYTES_MAX);
	struct json_value v = *rule, why;
	int r = 0;

	if (json_get(rule, "why", &why)) {
		r = write_meaning(&meaning, rule);
		if (r == 0)
			r = profile_kept_scan(meaning.data, meaning.len, &v);
	}
	if (r == 0)
		r = canonical_write(o, &v);
	out_bytes(o, "", 1);
	out_deinit(&meaning);
	return r == 0 && o->failed ? -E2BIG : r;
}

static int keep(char ***list, const struct json_value *rules)
{
	struct json_iter i = json_iter(rules);
	struct out o = OUT_INIT(RULE_BYTES_MAX);
	struct json_member m;
	int r = 0;

	while (r == 0 && json_next(&i, &m)) {
		out_reset(&o);
		r = profile_meaning_write(&o, &m.value);
		if (r == 0)
			r = strv_add(list, o.data);
	}
	out_deinit(&o);
	return r;
}

int profile_set_rules(struct profile_parse *ps, const struct profile_key *k,
	const struct json_value *v)
{
	/* Whether they are there is known when a server is started. */
	static const struct rules_places any = {
		.workspace = "/workspace", .home = "/home"};
	_rules_ struct rules *rules = rules_new();
	struct rules_fault fault;
	int r = rules ? 0 : -ENOMEM;

	if (v->type != JSON_ARRAY)
		return profile_fail_type(ps, k, v);
	if (r == 0)
		r = rules_add(rules, v, NULL, &any, &fault);
	if (r == 1)
		return profile_fail(ps, fault.offset, "%s", fault.text);
	if (r == 0)
		r = keep(&ps->layer->p->protocol.rules, v);
	return r < 0 ? err_set(ps->e, r, "profile %s", ps->file) : 0;
}

int profile_rule_name(const char *text, struct profile_rule_name *ret)
{
	struct json_value rule, v;
	int r = profile_kept_scan(text, strlen(text), &rule);

	if (r < 0)
		return r;
	*ret = (struct profile_rule_name){.kind = rules_kind(&rule)};
	if (!ret->kind || !json_get(&rule, "id", &v))
		return -EINVAL;
	(void)json_string_copy(&v, ret->id, sizeof(ret->id) - 1);
	return 0;
}

int profile_rule_tools(const char *text, char ***ret)
{
	struct json_value rule, tools;
	struct json_iter i;
	struct json_member m;
	int r = profile_kept_scan(text, strlen(text), &rule);

	if (r == 0 && !json_get(&rule, "tools", &tools))
		r = -EINVAL;
	if (r < 0)
		return r;
	i = json_iter(&tools);
	while (r == 0 && json_next(&i, &m)) {
		char pattern[PROFILE_MAX_PATTERN + 1] = "";

		(void)json_string_copy(&m.value, pattern, sizeof(pattern) - 1);
		r = strv_add(ret, pattern);
	}
	return r;
}

static int join(struct out *o, char *const *texts)
{
	out_str(o, "[");
	for (size_t i = 0; texts && texts[i]; i++) {
		out_str(o, i ? "," : "");
		out_str(o, texts[i]);
	}
	out_str(o, "]");
	return o->failed ? -E2BIG : 0;
}

int profile_rules_add(struct rules *rules, char *const *texts,
	const char *label, const struct rules_places *places, const char *whose,
	struct err *e)
{
	struct out o = OUT_INIT(PROFILE_RULES_BYTES_MAX);
	struct rules_fault fault = {0};
	struct json_value list;
	int r = join(&o, texts);

	if (r == 0)
		r = profile_kept_scan(o.data, o.len, &list);
	if (r == 0)
		r = rules_add(rules, &list, label, places, &fault);
	out_deinit(&o);
	if (r == 1)
		return err_say(e, -EINVAL, "%s: %s: %s%s", whose,
			fault.name[0] ? fault.name : "rules", fault.text,
			places->workspace ? ""
					  : " (there is no workspace here; "
					    "--workspace DIR names one)");
	return r < 0 ? err_set(e, r, "rules of %s", whose) : 0;
}

int profile_rule_slow(const char *text, char **ret)
{
	static const struct rules_places any = {
		.workspace = "/workspace", .home = "/home"};
	char *const one[] = {(char *)(uintptr_t)text, NULL};
	_rules_ struct rules *rules = rules_new();
	struct err e = {0};
	const char *pointer;
	int r = rules ? 0 : -ENOMEM;

	if (r == 0)
		r = profile_rules_add(rules, one, NULL, &any, "", &e);
	pointer = r == 0 ? rules_slow(rules) : NULL;
	if (!pointer)
		return r;
	*ret = strdup(pointer);
	return *ret ? 0 : -ENOMEM;
}

static int check_excepted(const char *text, const struct profile *f,
	const struct profile *also, const char *whose, struct err *e)
{
	struct profile_rule_name rule;
	struct json_value v, names;
	struct json_member m;
	struct json_iter i;
	int r = profile_kept_scan(text, strlen(text), &v);

	if (r == 0)
		r = profile_rule_name(text, &rule);
	names = r == 0 ? rules_excepted(&v) : (struct json_value){0};
	if (r < 0 || names.type == JSON_INVALID)
		return r;
	i = json_iter(&names);
	while (json_next(&i, &m)) {
		char name[PROFILE_MAX_NAME + 1] = "";
		enum grant of[_CLASS_N];

		(void)json_string_copy(&m.value, name, sizeof(name) - 1);
		if (!role_builtin(name, of) && !profile_has_role(f, name) &&
			!(also && profile_has_role(also, name)))
			return err_say(e, -EINVAL,
				"%s: rule %s: \"except_roles\": there is no "
				"role %s",
				whose, rule.id, name);
	}
	return 0;
}

int profile_rules_excepted(const struct profile *f, const struct profile *also,
	const char *whose, struct err *e)
{
	int r = 0;

	for (char **v = f->protocol.rules; r == 0 && v && *v; v++)
		r = check_excepted(*v, f, also, whose, e);
	return r == -ENOMEM ? err_set(e, r, "rules of %s", whose) : r;
}

int profile_rules_check(const struct profile *p, struct err *e)
{
	static const struct rules_places any = {
		.workspace = "/workspace", .home = "/home"};
	_rules_ struct rules *rules = rules_new();
	_free_ char *whose = NULL;

	if (!rules || asprintf(&whose, "profile %s", p->name) < 0) {
		whose = NULL;
		return err_set(e, -ENOMEM, "profile %s", p->name);
	}
	if (profile_rules_add(rules, p->protocol.rules, NULL, &any, whose, e) <
		0)
		return -EINVAL;
	return profile_rules_excepted(p, NULL, whose, e);
}
