/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request of the client's is judged, recorded, then forwarded, or answered
 * here. It is judged anew each time it was held: until its record is in the
 * pipe, nothing of it has happened.
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "policy/answer.h"
#include "relay/session.h"
#include "relay/track.h"

static int record_call(
	struct relay *r, const struct message *m, const struct ruling *u)
{
	struct entry_call c = {
		.number = r->n_calls + 1,
		.m = m,
		.decision = u->decision,
		.reason = u->reason ? u->reason : u->text,
		.approval = u->approval,
		.token = u->token,
		.observed = u->observed,
		.is_tool = u->named,
		.listed = u->verdict.listed,
		.rules = u->verdict.rules,
		.n_rules = u->verdict.n_matched,
		.origin = tasks_origin(&r->tasks, m),
	};
	int sent;

	entry_call(&r->journal.rec, &r->scratch, &c);
	sent = journal_send(&r->journal, JOURNAL_CALL, r->calls.n);
	if (sent == 0) {
		r->call = ++r->n_calls;
		r->totals.calls++;
	}
	return sent;
}

static void answer_text(struct relay *r, const struct message *m, bool is_tool,
	int code, const char *text)
{
	const char *id = m->id.text + m->id.begin;
	size_t id_len = m->id.end - m->id.begin;

	if (is_tool)
		answer_tool_error(
			&r->answer, m->era, id, id_len, text, strlen(text));
	else
		answer_error(&r->answer, m->era, id, id_len, code, text,
			strlen(text));
}

/* The answer of ours, and its result record if the call was recorded. */
static void refuse(struct relay *r, const struct message *m,
	const struct ruling *u, bool recorded)
{
	struct entry_result x = {
		.outcome = u->answer == RULING_LOST ? "lost" : "refused",
	};
	struct call c = {.number = r->call, .start_us = clock_mono_us()};
	struct incident i = {.reason = "not listed", .call = c.number};
	char code[16];

	ruling_answer(u, m, &r->answer);
	if (!u->as_result) {
		(void)snprintf(code, sizeof(code), "%d", u->code);
		x.own_code = code;
	}
	x.sent_bytes = r->answer.len;
	if (u->answer == RULING_LOST)
		r->totals.errors++;
	else
		r->totals.refused++;
	session_to_client(r);
	if (recorded)
		session_result_now(r, &c, &x);
	if (u->answer == RULING_TOKEN && recorded)
		token_refused(r, u);
	if (u->answer == RULING_UNKNOWN && u->is_tool)
		breaker_unlisted(r, &i);
	else
		quota_refused(r, u, recorded ? r->call : 0);
	pinning_ask_again(r, u);
}

/* A call that the log did not take is not made. */
static void refuse_unrecorded(
	struct relay *r, const struct message *m, const struct ruling *u)
{
	r->totals.refused++;
	answer_text(r, m, u->is_tool, ANSWER_INTERNAL_ERROR,
		"Not run: this call could not be recorded. Nothing was run. "
		"Tell the user.");
	session_to_client(r);
	if (r->log_told)
		return;
	r->log_told = true;
	log_line("the audit log takes no record: every call is denied (is the "
		 "disk full?)");
}

static enum lane_step forward(
	struct relay *r, const struct message *m, const struct ruling *u)
{
	struct call *c = track_call(r, m);
	struct call lost = {.number = r->call, .start_us = clock_mono_us()};
	struct entry_result x = {.outcome = "refused", .own_code = "-32603"};

	/* Room and uniqueness were looked at before. */
	if (!c) {
		answer_text(r, m, false, ANSWER_INTERNAL_ERROR,
			"Internal error: out of memory");
		x.sent_bytes = r->answer.len;
		session_to_client(r);
		session_result_now(r, &lost, &x);
		return LANE_DROP;
	}
	agreed_take(r, m, u, c);
	c->first_page = pinning_asked(r, m);
	r->log_told = false;
	overdue_begin(r, c);
	if (m->method == METHOD_INITIALIZE)
		r->client_waits = ask_client_waits(m);
	if (m->method == METHOD_INITIALIZE)
		elicit_hello(&r->elicit, m);
	return LANE_PASS;
}

/* What the server may not ask is not offered to it either. */
static enum lane_step mask(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct wanted_here here;
	const struct wishes_answers answers = {wanted_has, &here};
	bool answered = track_answers(r, m, &here);
	int n;

	/* Of the legacy era only initialize has what could be masked. */
	if (m->era == ERA_LEGACY && m->method != METHOD_INITIALIZE)
		return LANE_PASS;
	n = wishes_mask(&r->wishes, answered ? &answers : NULL, m, line, len,
		&r->c2s.instead);
	if (n == 1)
		return LANE_PASS;
	out_str(&r->c2s.instead, "\n");
	return n == 0 && !r->c2s.instead.failed ? LANE_INSTEAD : LANE_DROP;
}

/* Nothing that needs a record has happened when this is called. */
static enum lane_step judge(struct relay *r, const struct message *m,
	const char *line, size_t len, struct ruling *u, struct asking *a)
{
	bool lost = r->to_server.gone || r->s2c.eof;
	enum lane_step step = LANE_PASS;

	if (r->observed.tools)
		ruling_make_observed(&r->allowed, &r->observed, m, lost, u);
	else
		ruling_make(&r->allowed, m, lost, u);
	term_judge(r, m, u);
	if (u->answer == RULING_FORWARD || u->answer == RULING_ASK ||
		u->answer == RULING_TOKEN)
		track_admit(r, m, u);
	quota_judge(r, m, u);
	agreed_judge(r, m, u);
	if (u->answer == RULING_TOKEN && token_judge(r, m, u))
		return LANE_HOLD;
	/* What is refused for want of one counts as little as what is denied.
	 */
	if (u->answer == RULING_TOKEN)
		u->counts = u->counts_observed = false;
	if (u->answer == RULING_ASK && ask_judge(r, m, u, a) < 0)
		step = LANE_DROP;
	if (u->answer == RULING_FORWARD || u->answer == RULING_HOLD)
		step = mask(r, m, line, len);
	if (step == LANE_DROP)
		ruling_error(u, ANSWER_INTERNAL_ERROR,
			"Internal error: out of memory");
	return step;
}

/* What policy asks for is put, held or allowed now that it is in the log. */
static void take(struct relay *r, const struct message *m, const char *line,
	size_t len, enum lane_step step, struct ruling *u, struct asking *a)
{
	/* What goes on in its place is a whole line. */
	if (step == LANE_INSTEAD) {
		line = r->c2s.instead.data;
		len = r->c2s.instead.len - 1;
	}
	ask_take(r, m, line, len, u, a);
}

/* What is left out of it is no secret of ours. */
static void tell_forged(struct relay *r, const struct message *m)
{
	struct incident i = {
		.reason = "inputResponses that nobody asked for",
		.call = r->call,
	};

	if (track_forges(r, m))
		session_note(r, TALLY_FORGED, &i);
}

/* What was judged is done, now that it stands in the log, or could not. */
static enum lane_step act(struct relay *r, const struct message *m,
	const char *line, size_t len, enum lane_step step, int sent,
	struct ruling *u, struct asking *a)
{
	if (sent == 0 &&
		(u->answer == RULING_FORWARD || u->answer == RULING_HOLD))
		tell_forged(r, m);
	if (sent == 0 && a->judged)
		take(r, m, line, len, step, u, a);
	if (u->answer == RULING_HOLD && sent == 0)
		return LANE_DROP;
	if (m->era == ERA_LEGACY && u->answer == RULING_FORWARD)
		r->client_legacy = true;
	if (u->answer != RULING_FORWARD && u->answer != RULING_HOLD) {
		refuse(r, m, u, sent == 0);
		return LANE_DROP;
	}
	if (sent != 0) {
		refuse_unrecorded(r, m, u);
		return LANE_DROP;
	}
	return forward(r, m, u) == LANE_PASS ? step : LANE_DROP;
}

enum lane_step client_request(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct asking asking = {0};
	enum lane_step step;
	struct ruling u;
	int sent;

	r->era = m->era;
	if (looking_holds(r, m))
		return LANE_HOLD;
	step = judge(r, m, line, len, &u, &asking);
	if (step == LANE_HOLD)
		return LANE_HOLD;
	sent = record_call(r, m, &u);
	if (session_holds(r, &r->hold_c2s, sent))
		return LANE_HOLD;
	step = act(r, m, line, len, step, sent, &u, &asking);
	token_forget(&r->token);
	if (sent == 0)
		quota_count(r, m, &u);
	if (sent == 0 && u.observed && u.is_tool && u.named &&
		!u.verdict.listed)
		breaker_observed(r, r->call);
	return step;
}
