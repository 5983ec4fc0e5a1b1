/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_trial.h"

#include <string.h>

#include "plan/plan.h"
#include "policy/answer.h"
#include "relay/ruling.h"

#define ANSWER_MAX (64U << 10)

struct trial {
	struct plan *plan;
	struct json_scanner *scanner;
	struct ruling ruling; /* of the last message */
};

void trial_result_deinit(struct trial_result *r)
{
	free(r->name);
	free(r->answer);
	*r = (struct trial_result){0};
}

void trial_free(struct trial *t)
{
	if (!t)
		return;
	plan_free(t->plan);
	json_scanner_free(t->scanner);
	free(t);
}

int trial_new(struct profile *profile, const struct plan_options *o,
	struct trial **ret, struct err *e)
{
	static const uint64_t key[2] = {0};
	_trial_ struct trial *t = calloc(1, sizeof(*t));
	int r;

	if (!t) {
		profile_free(profile);
		return err_set(e, -ENOMEM, "profile test");
	}
	t->scanner = message_scanner_new(key);
	r = plan_rules(profile, o, &t->plan, e);
	if (r == 0 && !t->scanner)
		r = err_set(e, -ENOMEM, "profile test");
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}

/* The line of ours without its end. */
static int take_answer(struct out *o, char **ret)
{
	if (o->failed)
		return -ENOMEM;
	if (o->len == 0)
		return 0;
	*ret = strndup(o->data, o->len - 1);
	return *ret ? 0 : -ENOMEM;
}

static void judge_request(
	struct trial *t, const struct message *m, struct trial_result *ret)
{
	const struct allowed a = {
		.tools = t->plan->tools,
		.prompts = t->plan->prompts,
		.resources = t->plan->resources,
		.rules = t->plan->rules,
		.proof = t->plan->proof,
	};

	ruling_make(&a, m, false, &t->ruling);
	ret->decision = t->ruling.decision;
	if (!t->ruling.named)
		return;
	ret->rules = t->ruling.verdict.rules;
	ret->n_matched = t->ruling.verdict.n_matched;
}

/* A line that is refused for its form, as the relay answers it. */
static void refuse(const struct message *m, struct out *o)
{
	bool answers = m->kind == MESSAGE_NONE || m->kind == MESSAGE_REQUEST;

	if (answers)
		answer_error(o, m->era,
			m->id_usable ? m->id.text + m->id.begin : NULL,
			m->id_usable ? m->id.end - m->id.begin : 0, m->code,
			m->reason, strlen(m->reason));
}

static int judge(struct trial *t, const struct message *m, struct out *o,
	struct trial_result *ret)
{
	ret->method = method_name(m->method);
	if (m->verdict == VERDICT_REFUSED) {
		ret->decision = "deny";
		refuse(m, o);
	} else if (m->kind == MESSAGE_NOTIFICATION) {
		ret->decision = method_permitted(m->method, DIR_C2S,
					MESSAGE_NOTIFICATION, m->era)
					? "allow"
					: "deny";
	} else if (m->kind == MESSAGE_REQUEST) {
		judge_request(t, m, ret);
		ruling_answer(&t->ruling, m, o);
		if (t->ruling.named)
			ret->name = strndup(t->ruling.name, t->ruling.name_len);
		if (t->ruling.named && !ret->name)
			return -ENOMEM;
	}
	return take_answer(o, &ret->answer);
}

int trial_run(struct trial *t, const char *message, size_t len,
	struct trial_result *ret, struct err *e)
{
	_result_ struct trial_result result = {0};
	struct out o = OUT_INIT(ANSWER_MAX);
	struct message m;
	int r;

	while (len > 0 && strchr("\r\n", message[len - 1]))
		len--;
	if (len > MESSAGE_LINE_MAX)
		return err_say(e, -EFBIG, "the message is over 8 MiB");
	r = message_read(t->scanner, DIR_C2S, message, len, &m);
	if (r == 0 && m.verdict == VERDICT_EMPTY)
		return err_say(e, -EINVAL,
			"there is no message; expected one line of a client's");
	if (r == 0)
		r = judge(t, &m, &o, &result);
	out_deinit(&o);
	if (r < 0)
		return err_set(e, r, "profile test");
	*ret = result;
	result = (struct trial_result){0};
	return 0;
}
