/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/quota.h"

#include <string.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "relay/session.h"

/* What a limit of all calls is about. */
static bool runs(const struct message *m)
{
	return m->method == METHOD_TOOLS_CALL ||
	       m->method == METHOD_PROMPTS_GET ||
	       m->method == METHOD_RESOURCES_READ;
}

/* What a task brings is a result of its call. */
static bool fetches(const struct message *m)
{
	return m->method == METHOD_TASKS_GET ||
	       m->method == METHOD_TASKS_RESULT;
}

/* What a session in quarantine does not do: all but to look and to end. */
static bool acts(const struct message *m)
{
	return runs(m) || m->method == METHOD_TASKS_UPDATE ||
	       m->method == METHOD_RESOURCES_SUBSCRIBE ||
	       m->method == METHOD_COMPLETION_COMPLETE ||
	       m->method == METHOD_SUBSCRIPTIONS_LISTEN;
}

static bool is_open(const struct ruling *u)
{
	return u->answer == RULING_FORWARD || u->answer == RULING_ASK ||
	       u->answer == RULING_TOKEN;
}

static void add_rule(struct tool_verdict *v, const char *name)
{
	size_t n = 0;

	while (v->rules[n])
		n++;
	v->n_matched++;
	if (n == TOOL_RULES_MAX)
		return;
	v->rules[n] = name;
	v->rules[n + 1] = NULL;
}

static void name_limits(struct ruling *u, const struct rates_verdict *v)
{
	for (size_t i = 0; v->fired[i]; i++)
		add_rule(&u->verdict, v->fired[i]);
	u->verdict.n_matched +=
		v->n_fired > RATES_FIRED_MAX ? v->n_fired - RATES_FIRED_MAX : 0;
}

static void refuse(struct ruling *u, const char *text)
{
	ruling_error(u, ANSWER_INTERNAL_ERROR, text);
	u->as_result = u->is_tool;
}

static struct rates_call call_of(const struct ruling *u)
{
	return (struct rates_call){
		.tool = u->is_tool ? u->name : NULL,
		.tool_len = u->name_len,
		.now_us = clock_mono_us(),
	};
}

/* Policy is only observed: what it would have refused goes to the log. */
static void observe(
	struct relay *r, const struct rates_call *c, struct ruling *u)
{
	struct rates_verdict v;
	char text[RATES_TEXT_MAX];

	if (!r->observed_rates ||
		(u->observed && strcmp(u->decision, "ask") != 0))
		return;
	rates_decide(r->observed_rates, c, &v);
	u->counts_observed = v.n_fired == 0 && c->only == RATE_NONE;
	if (v.n_fired == 0)
		return;
	rates_text(&v, text);
	memcpy(u->said, text, sizeof(text));
	name_limits(u, &v);
	u->observed = true;
	u->decision = "deny";
	u->reason = u->said;
}

/* @only: what is asked for was run before, and is no call. */
static void judge_rates(struct relay *r, struct ruling *u, enum rate_kind only)
{
	struct rates_call c = call_of(u);
	struct rates_verdict v = {.kind = RATE_NONE};
	char text[RATES_TEXT_MAX];

	c.only = only;
	if (r->rates)
		rates_decide(r->rates, &c, &v);
	if (v.n_fired == 0) {
		u->counts = only == RATE_NONE;
		observe(r, &c, u);
		return;
	}
	rates_text(&v, text);
	memcpy(u->said, text, sizeof(text));
	refuse(u, u->said);
	name_limits(u, &v);
	u->limit = v.kind;
	u->limit_most = v.most;
}

void quota_judge(struct relay *r, const struct message *m, struct ruling *u)
{
	u->counts = u->counts_observed = u->quarantined = false;
	u->limit = RATE_NONE;
	if (!is_open(u))
		return;
	if (r->breaker.tripped && acts(m)) {
		refuse(u, QUARANTINED);
		add_rule(&u->verdict, "breaker");
		u->quarantined = true;
	} else if (runs(m)) {
		judge_rates(r, u, RATE_NONE);
	} else if (fetches(m)) {
		judge_rates(r, u, RATE_BYTES);
	}
}

static uint64_t begin(struct rates *rates, bool counts, struct rates_call *c)
{
	return counts && rates ? rates_begin(rates, c) : 0;
}

void quota_count(struct relay *r, const struct message *m, struct ruling *u)
{
	struct rates_call c = call_of(u);
	uint64_t taken[2];
	struct call *to;

	if (!u->counts || (!r->rates && !r->observed_rates))
		return;
	taken[0] = begin(r->rates, true, &c);
	taken[1] = begin(r->observed_rates, u->counts_observed, &c);
	to = pending_find(&r->calls, &m->id);
	/* It was answered at once: it occupies nothing. */
	if (!to || to->cancelled)
		pending_give_back(&r->calls, taken);
	else
		memcpy(to->taken, taken, sizeof(taken));
}

void quota_refused(struct relay *r, const struct ruling *u, uint64_t call)
{
	static const enum tally_id ids[_RATE_N] = {
		[RATE_WINDOW] = TALLY_RATE,
		[RATE_BUSY] = TALLY_CONCURRENT,
		[RATE_CALLS] = TALLY_CALLS,
		[RATE_BYTES] = TALLY_BYTES,
	};
	struct incident i = {.value = u->limit_most, .call = call};

	if (u->quarantined)
		breaker_ask(r);
	if (u->limit != RATE_NONE)
		session_note(r, ids[u->limit], &i);
}

void quota_result(struct relay *r, const struct call *c, uint64_t bytes)
{
	struct message m = {.method = c->of};

	if (!runs(&m) && !fetches(&m))
		return;
	if (r->rates)
		rates_bytes(r->rates, bytes);
	if (r->observed_rates)
		rates_bytes(r->observed_rates, bytes);
}
