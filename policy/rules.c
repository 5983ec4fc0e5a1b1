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
	free(r->work.scratch);
	pattern_work_free(r->work.patterns);
	free(r);
}

size_t rules_count(const struct rules *r)
{
	return r->n;
}

bool rules_may_ask(const struct rules *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->all[i].effect == DECISION_ASK)
			return true;
	return false;
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
	for (char *const *t = r->tools; *t != NULL; t++)
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

static void note(struct rules_verdict *v, const struct rule *r,
	const struct condition *c)
{
	if (v->n_fired == 0) {
		v->id = r->id;
		v->message = r->message;
		v->pointer = c->pointer;
	}
	if (v->n_fired < RULES_FIRED_MAX)
		v->fired[v->n_fired] = r->name;
	v->n_fired++;
	if (r->effect < v->decision)
		v->decision = r->effect;
}

void rules_decide(struct rules *r, const char *tool, size_t tool_len,
	const struct json_value *arguments, struct rules_verdict *ret)
{
	static const enum decision order[] = {
		DECISION_DENY, DECISION_TOKEN, DECISION_ASK};
	static const struct json_value none = {
		.text = "{}", .end = 2, .type = JSON_OBJECT};

	if (arguments == NULL)
		arguments = &none;
	*ret = (struct rules_verdict){.decision = DECISION_ALLOW};
	pattern_work_begin(r->work.patterns);
	for (size_t o = 0; o < sizeof(order) / sizeof(order[0]); o++)
		for (size_t i = 0; i < r->n; i++) {
			const struct rule *rule = &r->all[i];
			const struct condition *c;

			if (rule->effect != order[o] ||
				!is_about(rule, tool, tool_len))
				continue;
			c = fires(r, rule, arguments);
			if (c != NULL)
				note(ret, rule, c);
		}
}
