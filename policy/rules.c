/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules.h"

#include <stdlib.h>
#include <string.h>

#include "policy/rules_rule.h"

static void condition_deinit(struct condition *c)
{
	for (size_t i = 0; i < c->n_ops; i++)
		op_deinit(&c->ops[i]);
	for (size_t i = 0; i < c->n_tokens; i++)
		free(c->tokens[i].text);
	free(c->ops);
	free(c->pointer);
}

void rule_deinit(struct rule *r)
{
	for (size_t i = 0; i < r->n_conditions; i++)
		condition_deinit(&r->conditions[i]);
	for (char **t = r->tools; t != NULL && *t != NULL; t++)
		free(*t);
	free(r->conditions);
	free(r->tools);
	free(r->message);
	free(r->name);
}

struct rules *rules_new(void)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->work.scratch = malloc(RULES_TEXT_MAX);
	r->work.patterns = pattern_work_new();
	if (r->work.scratch == NULL || r->work.patterns == NULL) {
		rules_free(r);
		return NULL;
	}
	return r;
}

void rules_free(struct rules *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++)
		rule_deinit(&r->all[i]);
	free(r->all);
	rules_index_free(r->index);
	for (size_t i = 0; i < r->n_schemas; i++)
		rules_schema_deinit(&r->schemas[i]);
	free(r->schemas);
	schema_work_free(r->schema_work);
	free(r->work.scratch);
	pattern_work_free(r->work.patterns);
	free(r);
}

size_t rules_count(const struct rules *r)
{
	return r->n;
}

static bool has_effect(const struct rules *r, enum decision effect)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->all[i].effect == effect)
			return true;
	return false;
}

bool rules_may_ask(const struct rules *r)
{
	return has_effect(r, DECISION_ASK);
}

bool rules_may_need_token(const struct rules *r)
{
	return has_effect(r, DECISION_TOKEN);
}

static bool is_slow(const struct condition *c)
{
	for (size_t i = 0; i < c->n_ops; i++)
		if (op_is_slow(&c->ops[i]))
			return true;
	return false;
}

const char *rules_slow(const struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		for (size_t k = 0; k < r->all[i].n_conditions; k++)
			if (is_slow(&r->all[i].conditions[k]))
				return r->all[i].conditions[k].pointer;
	return NULL;
}

static bool is_about(const struct rule *r, const char *tool, size_t len)
{
	for (char *const *t = r->tools; !r->off && *t != NULL; t++)
		if (glob_match(*t, tool, len))
			return true;
	return false;
}

/* The condition that makes it fire, NULL if it does not. What cannot be
 * decided does, whatever the others say. */
static const struct condition *fires(
	struct rules *all, const struct rule *r, const struct json_value *args)
{
	const struct condition *failed = NULL;

	if (args->type != JSON_OBJECT)
		return &r->conditions[0];
	for (size_t i = 0; i < r->n_conditions; i++) {
		const struct condition *c = &r->conditions[i];
		enum truth t = condition_holds(c, args, r->unless, &all->work);

		if (t == TRUTH_UNDECIDED)
			return c;
		if (t == TRUTH_NO && failed == NULL)
			failed = c;
	}
	if (r->unless)
		return failed;
	return failed == NULL ? &r->conditions[0] : NULL;
}

static void note(struct rules_verdict *v, enum decision effect,
	const char *name, const char *id, const char *pointer)
{
	if (v->n_fired == 0) {
		v->id = id;
		v->pointer = pointer;
	}
	if (v->n_fired < RULES_FIRED_MAX)
		v->fired[v->n_fired] = name;
	v->n_fired++;
	if (effect < v->decision)
		v->decision = effect;
}

static void try_rules(struct rules *r, enum decision effect, const char *tool,
	size_t tool_len, const struct json_value *arguments,
	struct rules_verdict *v)
{
	for (size_t i = rules_index_next(r->index, 0); i < r->n;
		i = rules_index_next(r->index, i + 1)) {
		const struct rule *rule = &r->all[i];
		const struct condition *c;

		if (rule->effect != effect || !is_about(rule, tool, tool_len))
			continue;
		c = fires(r, rule, arguments);
		if (c == NULL)
			continue;
		if (v->n_fired == 0)
			v->message = rule->message;
		note(v, effect, rule->name, rule->id, c->pointer);
	}
}

/* The pointer of the first to fail stays in the work area. */
static void try_schemas(struct rules *r, const char *tool, size_t tool_len,
	const struct json_value *arguments, struct rules_verdict *v)
{
	for (size_t i = 0; i < r->n_schemas; i++) {
		const struct rules_schema *s = &r->schemas[i];

		if (!glob_match(s->glob, tool, tool_len) ||
			schema_check(s->schema, r->schema_work, arguments) ==
				TRUTH_YES)
			continue;
		if (v->n_fired == 0)
			memcpy(r->pointer, schema_pointer(r->schema_work),
				sizeof(r->pointer));
		note(v, DECISION_DENY, s->name, s->id, r->pointer);
	}
}

void rules_decide(struct rules *r, const char *tool, size_t tool_len,
	const struct json_value *arguments, struct rules_verdict *ret)
{
	static const struct json_value none = {
		.text = "{}", .end = 2, .type = JSON_OBJECT};

	if (arguments == NULL)
		arguments = &none;
	*ret = (struct rules_verdict){.decision = DECISION_ALLOW};
	op_work_begin(&r->work);
	if (r->schema_work != NULL)
		schema_work_begin(r->schema_work);
	if (r->index != NULL)
		rules_index_mark(r->index, tool, tool_len);
	try_rules(r, DECISION_DENY, tool, tool_len, arguments, ret);
	try_schemas(r, tool, tool_len, arguments, ret);
	try_rules(r, DECISION_TOKEN, tool, tool_len, arguments, ret);
	try_rules(r, DECISION_ASK, tool, tool_len, arguments, ret);
}
