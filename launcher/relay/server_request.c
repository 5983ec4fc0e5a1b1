/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server asks of its client, in the legacy era: judged, recorded, then
 * passed on, held until somebody agrees (wish.h), or answered here.
 */
#include <string.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "policy/page.h"
#include "relay/rework_clean.h"
#include "relay/session.h"
#include "relay/tasks.h"
#include "relay/track.h"
#include "relay/wish.h"

void server_refuse_request(
	struct relay *r, const struct message *m, int code, const char *text)
{
	answer_error(&r->answer, ERA_LEGACY, m->id.text + m->id.begin,
		m->id.end - m->id.begin, code, text, strlen(text));
	session_to_server(r);
}

/* A burst is free, then so many a second: each is a record in the log. */
static bool asks_allow(struct relay *r)
{
	uint64_t now = clock_mono_ms(), more;

	more = (now - r->asks_refill_ms) / ASKS_REFILL_MS;
	r->asks_refill_ms += more * ASKS_REFILL_MS;
	r->asks_left += more;
	if (r->asks_left > ASKS_BURST)
		r->asks_left = ASKS_BURST;
	return r->asks_left > 0 && r->asks.n < r->asks.max;
}

/* What policy would have said where it is only observed. */
static enum wish observed_wish(const struct relay *r, const struct message *m)
{
	return r->observed_wishes ? wishes_permit(r->observed_wishes, m->method)
				  : WISH_ALLOW;
}

static int record_ask(
	struct relay *r, const struct message *m, const char *reason)
{
	enum wish is = reason ? WISH_DENY : observed_wish(r, m);
	struct entry_call c = {
		.number = r->n_calls + 1,
		.m = m,
		.decision = wish_words[is],
		.reason = is == WISH_ALLOW ? NULL
			  : is == WISH_ASK ? "asked for"
					   : "denied by policy",
		.observed = !reason && is != WISH_ALLOW,
		.origin = tasks_origin(&r->client_tasks, m),
	};
	int sent;

	entry_call(&r->journal.rec, &r->scratch, &c);
	sent = journal_send(&r->journal, JOURNAL_CALL, r->calls.n + r->asks.n);
	if (sent == 0) {
		r->n_calls++;
		r->totals.calls++;
		r->asks_left--;
	}
	return sent;
}

/* It was not offered, and is asked for all the same. */
static enum lane_step server_denied(struct relay *r, const struct message *m)
{
	struct entry_result x = {.outcome = "refused", .own_code = "-32601"};
	int sent = record_ask(r, m, "denied by policy");
	struct call c = {.start_us = clock_mono_us()};

	if (session_holds(r, &r->hold_s2c, sent))
		return LANE_HOLD;
	c.number = r->n_calls;
	r->totals.refused++;
	server_refuse_request(
		r, m, ANSWER_METHOD_NOT_FOUND, "Method not found");
	if (sent == 0)
		session_result_now(r, &c, &x);
	return LANE_DROP;
}

static enum lane_step server_ask(struct relay *r, const struct message *m)
{
	struct entry_result x = {.outcome = "refused", .own_code = "-32603"};
	int sent = record_ask(r, m, NULL);
	struct call lost = {.start_us = clock_mono_us()};
	struct call *c;

	if (session_holds(r, &r->hold_s2c, sent))
		return LANE_HOLD;
	c = sent == 0 ? track_ask(r, m) : NULL;
	if (c) {
		track_asked(r, m);
		return LANE_PASS;
	}
	server_refuse_request(r, m, ANSWER_INTERNAL_ERROR,
		"The request could not be recorded");
	lost.number = r->n_calls;
	if (sent == 0)
		session_result_now(r, &lost, &x);
	return LANE_DROP;
}

/* What cannot be asked whatever policy says; it is answered then. */
static bool refused(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct refusal {
		const char *reason, *text; /* .text NULL: no answer */
		int code;
		bool is;
	};
	struct json_value token;
	const struct refusal all[] = {
		/* In the modern era a server asks nothing. */
		{"method not permitted", "Method not found",
			ANSWER_METHOD_NOT_FOUND,
			!r->client_legacy || m->era == ERA_MODERN ||
				!method_permitted(m->method, DIR_S2C,
					MESSAGE_REQUEST, ERA_LEGACY)},
		{"a bad progressToken", "Invalid params", ANSWER_INVALID_PARAMS,
			progress_wish(m, &token) == PROGRESS_BAD},
		/* An answer would be taken for the other's. */
		{"the id is in use", NULL, 0,
			pending_find(&r->asks, &m->id) != NULL},
		{"an unknown task", "Task not found", ANSWER_INVALID_PARAMS,
			tasks_is_about(m->method) &&
				!tasks_of(&r->client_tasks, ERA_LEGACY,
					&m->params)},
		{"a bad elicitation", "Invalid params", ANSWER_INVALID_PARAMS,
			m->method == METHOD_ELICITATION_CREATE &&
				!page_params_valid(&m->params)},
	};

	for (size_t i = 0; i < ELEMENTS(all); i++) {
		if (!all[i].is)
			continue;
		session_note_server(r, m, line, len, all[i].reason);
		if (all[i].text)
			server_refuse_request(r, m, all[i].code, all[i].text);
		return true;
	}
	return false;
}

static enum lane_step decide(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct incident i = {.reason = "requests of the server"};

	if (!asks_allow(r)) {
		session_note(r, TALLY_BURST, &i);
		server_refuse_request(
			r, m, ANSWER_INTERNAL_ERROR, "Too many requests");
		return LANE_DROP;
	}
	switch (wishes_permit(&r->wishes, m->method)) {
	case WISH_ALLOW:
		return server_ask(r, m);
	case WISH_ASK:
		return wish_request(r, m, line, len);
	case WISH_DENY:
	case _WISH_N:
		break;
	}
	return server_denied(r, m);
}

/* What it asks is known before it is recorded and waited for. */
enum lane_step server_request(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	enum clean_verdict verdict = CLEAN_NOTHING;
	struct clean_stats stats;
	struct message cleaned;

	if (clean_may_change(r->caps.unseen, line, len))
		verdict = rework_clean(r, line, len, &cleaned, &stats);
	if (verdict == CLEAN_REFUSED) {
		session_note_server(r, m, line, len, RELAY_CANNOT_CLEAN);
		server_refuse_request(r, m, ANSWER_INVALID_PARAMS,
			"Invalid params: characters that are not seen");
		return LANE_DROP;
	}
	if (refused(r, m, line, len))
		return LANE_DROP;
	if (verdict == CLEAN_NOTHING)
		return decide(r, m, line, len);
	return rework_clean_said(r,
		decide(r, &cleaned, r->cleaned.data, r->cleaned.len), &stats);
}
