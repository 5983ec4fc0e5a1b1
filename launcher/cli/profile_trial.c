/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_trial.h"

#include <string.h>

#include "cli/profile_trial_answer.h"
#include "cli/profile_trial_state.h"
#include "plan/plan.h"
#include "policy/answer.h"
#include "policy/wishes_cut.h"
#include "relay/ruling.h"

#define ANSWER_MAX (64U << 10)

struct trial {
	struct plan *plan;
	struct json_scanner *scanner;
	struct ruling ruling; /* of the last message */
	/* The names in its result: those of the ruling, then what else. */
	const char *named[TOOL_RULES_MAX + RATES_FIRED_MAX +
			  TRIAL_ANSWER_RULES_MAX + 1];
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
	if (o->failed || o->len == 0)
		return 0;
	*ret = strndup(o->data, o->len - 1);
	return *ret ? 0 : -ENOMEM;
}

static void name_all(
	struct trial *t, const char *const *rules, struct trial_result *ret)
{
	size_t n = 0, i = 0;

	while (t->named[n])
		n++;
	for (; rules[i] && n + 1 < ELEMENTS(t->named); i++)
		t->named[n++] = rules[i];
	t->named[n] = NULL;
	ret->rules = t->named;
	ret->n_matched += i;
}

static bool is_call(const struct message *m)
{
	return m->method == METHOD_TOOLS_CALL ||
	       m->method == METHOD_PROMPTS_GET ||
	       m->method == METHOD_RESOURCES_READ;
}

static bool is_open(const struct ruling *u)
{
	return u->answer == RULING_FORWARD || u->answer == RULING_ASK ||
	       u->answer == RULING_TOKEN;
}

static void refuse_by_rate(struct trial *t, const struct rates_verdict *v,
	struct trial_result *ret)
{
	char text[RATES_TEXT_MAX];

	rates_text(v, text);
	memcpy(t->ruling.said, text, sizeof(text));
	ruling_error(&t->ruling, ANSWER_INTERNAL_ERROR, t->ruling.said);
	t->ruling.as_result = t->ruling.is_tool;
	ret->decision = t->ruling.decision;
	name_all(t, v->fired, ret);
}

/* The last of so many calls at one moment: none is answered before, or, where
 * it is said what the answer is, each. */
static void count_calls(
	struct trial *t, const struct trial_ask *ask, struct trial_result *ret)
{
	struct rates *rates = t->plan->rates;
	const struct rates_call c = {
		.tool = t->ruling.is_tool ? t->ruling.name : NULL,
		.tool_len = t->ruling.name_len,
	};
	struct rates_verdict v = {.kind = RATE_NONE};

	if (!rates || rates_count(rates) == 0)
		return;
	rates_reset(rates);
	for (unsigned i = 1; v.n_fired == 0; i++) {
		uint64_t taken;

		rates_decide(rates, &c, &v);
		if (v.n_fired || i >= ask->times)
			break;
		taken = rates_begin(rates, &c);
		if (!ask->result)
			continue;
		rates_end(rates, taken);
		rates_bytes(rates, ask->result_len);
	}
	if (v.n_fired)
		refuse_by_rate(t, &v, ret);
}

static void refuse_by(struct trial *t, const struct trial_refusal *by,
	struct trial_result *ret)
{
	const char *const rules[] = {by->rule, NULL};

	ruling_error(&t->ruling, ANSWER_INTERNAL_ERROR, by->text);
	t->ruling.as_result = t->ruling.is_tool;
	if (by->unknown)
		t->ruling.answer = RULING_UNKNOWN;
	ret->decision = by->decision;
	name_all(t, rules, ret);
}

static void judge_state(
	struct trial *t, const struct trial_ask *ask, struct trial_result *ret)
{
	struct trial_refusal by;

	if (ask->state && trial_state_refuses(t->plan, ask->state, &by))
		refuse_by(t, &by, ret);
}

static void judge_time(struct trial *t, const struct trial_ask *ask,
	const struct message *m, struct trial_result *ret)
{
	struct trial_refusal by;

	if (ask->state && m->method == METHOD_TOOLS_CALL &&
		trial_time_refuses(t->plan, ask->state, &by))
		refuse_by(t, &by, ret);
}

static void judge_request(struct trial *t, const struct trial_ask *ask,
	const struct message *m, struct trial_result *ret)
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
	if (t->ruling.named) {
		name_all(t, t->ruling.verdict.rules, ret);
		ret->n_matched = t->ruling.verdict.n_matched;
	}
	if (is_call(m) && is_open(&t->ruling))
		judge_state(t, ask, ret);
	if (is_call(m) && is_open(&t->ruling))
		count_calls(t, ask, ret);
	if (is_open(&t->ruling))
		judge_time(t, ask, m, ret);
}

/* What the server answers to a call that was let through. */
static int judge_answer(struct trial *t, const struct trial_ask *ask,
	const struct message *m, struct out *o, struct trial_result *ret)
{
	const struct trial_answer a = {
		.caps = &t->plan->caps,
		.wishes = &t->plan->wishes,
		.scanner = t->scanner,
		.call = m,
	};
	const char *rules[TRIAL_ANSWER_RULES_MAX + 1] = {0};
	const char *decision;
	int r = trial_answer_judge(
		&a, ask->result, ask->result_len, o, rules, &decision);

	if (r < 0)
		return r;
	if (decision)
		ret->decision = decision;
	name_all(t, rules, ret);
	return 0;
}

/* What it asks of its client. */
static void judge_wish(const struct trial *t, const struct message *m,
	struct out *o, struct trial_result *ret)
{
	enum wish is = wishes_permit(&t->plan->wishes, m->method);

	if (m->era == ERA_MODERN || !method_permitted(m->method, DIR_S2C,
					    MESSAGE_REQUEST, ERA_LEGACY))
		is = WISH_DENY;
	ret->decision = wish_words[is];
	if (is == WISH_ALLOW && m->method == METHOD_ROOTS_LIST &&
		t->plan->wishes.roots == ROOTS_FILTER)
		ret->decision = "filter";
	if (is == WISH_DENY)
		answer_error(o, ERA_LEGACY, m->id.text + m->id.begin,
			m->id.end - m->id.begin, ANSWER_METHOD_NOT_FOUND,
			"Method not found", strlen("Method not found"));
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

static int judge_client(struct trial *t, const struct trial_ask *ask,
	const struct message *m, struct out *o, struct trial_result *ret)
{
	judge_request(t, ask, m, ret);
	if (t->ruling.named)
		ret->name = strndup(t->ruling.name, t->ruling.name_len);
	if (t->ruling.named && !ret->name)
		return -ENOMEM;
	if (ask->result && is_call(m) && is_open(&t->ruling))
		return judge_answer(t, ask, m, o, ret);
	ruling_answer(&t->ruling, m, o);
	return 0;
}

static int judge(struct trial *t, const struct trial_ask *ask,
	const struct message *m, struct out *o, struct trial_result *ret)
{
	enum message_dir dir = ask->server ? DIR_S2C : DIR_C2S;
	int r = 0;

	t->named[0] = NULL;
	ret->method = method_name(m->method);
	if (m->verdict == VERDICT_REFUSED) {
		ret->decision = "deny";
		refuse(m, o);
	} else if (m->kind == MESSAGE_NOTIFICATION) {
		ret->decision = method_permitted(m->method, dir,
					MESSAGE_NOTIFICATION, m->era)
					? "allow"
					: "deny";
	} else if (m->kind == MESSAGE_REQUEST && ask->server) {
		judge_wish(t, m, o, ret);
	} else if (m->kind == MESSAGE_REQUEST) {
		r = judge_client(t, ask, m, o, ret);
	}
	return r < 0 ? r : take_answer(o, &ret->answer);
}

int trial_run(struct trial *t, const struct trial_ask *ask,
	struct trial_result *ret, struct err *e)
{
	_result_ struct trial_result result = {0};
	struct out o = OUT_INIT(ANSWER_MAX);
	size_t len = ask->len;
	struct message m;
	int r;

	while (len > 0 && strchr("\r\n", ask->message[len - 1]))
		len--;
	if (len > MESSAGE_LINE_MAX || ask->result_len > MESSAGE_LINE_MAX)
		return err_say(e, -EFBIG, "the message is over 8 MiB");
	r = message_read(t->scanner, ask->server ? DIR_S2C : DIR_C2S,
		ask->message, len, &m);
	if (r == 0 && m.verdict == VERDICT_EMPTY)
		return err_say(e, -EINVAL,
			"there is no message; expected one line of a client's");
	if (r == 0)
		r = judge(t, ask, &m, &o, &result);
	out_deinit(&o);
	if (r < 0)
		return err_set(e, r, "profile test");
	*ret = result;
	result = (struct trial_result){0};
	return 0;
}
