/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the client says: its form, its notifications, its answers. Requests are
 * client_request.c's.
 */
#include <string.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "relay/session.h"
#include "relay/wish.h"

/* Refused for its form. @id: whether the answer may name the id. */
static void client_refuse(struct relay *r, const struct message *m,
	const char *line, size_t len, int code, const char *reason, bool id)
{
	struct incident i = {
		.reason = reason,
		.offset = m->offset,
		.bytes = len,
		.line = line,
	};
	enum message_era era = m->era == ERA_NONE ? r->era : m->era;

	r->totals.refused++;
	session_note(r, TALLY_CLIENT_LINE, &i);
	if (m->kind == MESSAGE_NOTIFICATION || m->kind == MESSAGE_RESULT ||
		m->kind == MESSAGE_ERROR)
		return;
	answer_error(&r->answer, era, id ? m->id.text + m->id.begin : NULL,
		id ? m->id.end - m->id.begin : 0, code, reason, strlen(reason));
	session_to_client(r);
}

/*
 * Whether a request waits: too many are outstanding, but the server may only
 * be slow. Not for long, since what the server itself waits for may stand in
 * line behind it.
 */
static bool client_waits(struct relay *r)
{
	uint64_t now;

	if (r->calls.n < r->calls.max) {
		r->full_us = 0;
		r->full_stuck = false;
		return false;
	}
	if (r->full_stuck)
		return false;
	now = clock_mono_us();
	/* A client that does not read waits for nothing but itself; and answers
	 * that wait for the log are no fault of the server's. */
	if (r->full_us == 0 || r->to_client.blocked || r->hold_s2c.since_us)
		r->full_us = now;
	if (now - r->full_us < FULL_US)
		return true;
	r->full_us = 0;
	r->full_stuck = true;
	return false;
}

/* Before anything else: may a request with this id be taken at all? */
static bool client_admits(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	const struct call *c = pending_find(&r->calls, &m->id);

	if (c) {
		/* An answer with the id would be taken for the other's. */
		client_refuse(r, m, line, len, ANSWER_INVALID_REQUEST,
			"Invalid request: the id is in use", c->cancelled);
		return false;
	}
	if (r->calls.n < r->calls.max)
		return true;
	client_refuse(r, m, line, len, ANSWER_INTERNAL_ERROR,
		"Too many requests outstanding", true);
	return false;
}

static enum lane_step client_cancels(struct relay *r, const struct message *m)
{
	struct entry_result x = {.outcome = "cancelled"};
	struct call *c = pending_find_named(&r->calls, m);

	/* Its answer has crossed the cancellation: nothing left to do. */
	if (!c || c->cancelled)
		return LANE_DROP;
	wish_ended(r, c, "cancelled");
	session_result_now(r, c, &x);
	if (c->held) {
		/* The server has never heard of it, or has answered. */
		hold_leave(r, c);
		pending_remove(&r->calls, c);
		return LANE_DROP;
	}
	pending_cancel(&r->calls, c);
	return LANE_PASS;
}

static const char *client_task_refuses(struct relay *r, const struct message *m)
{
	struct task *t = tasks_of(&r->client_tasks, ERA_LEGACY, &m->params);

	if (!t)
		return "an unknown task";
	tasks_note(&r->client_tasks, t, &m->params);
	return NULL;
}

static enum lane_step client_notifies(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	const char *reason = NULL;

	if (!method_permitted(
		    m->method, DIR_C2S, MESSAGE_NOTIFICATION, m->era)) {
		client_refuse(
			r, m, line, len, 0, "unknown notification", false);
		return LANE_DROP;
	}
	if (m->method == METHOD_N_CANCELLED)
		return client_cancels(r, m);
	if (m->method == METHOD_N_PROGRESS)
		reason = progress_refuses(&r->asks.progress, m);
	if (m->method == METHOD_N_TASKS_STATUS)
		reason = client_task_refuses(r, m);
	if (!reason)
		return LANE_PASS;
	client_refuse(r, m, line, len, 0, reason, false);
	return LANE_DROP;
}

/* The server is not left waiting for what cannot be passed on. */
static void client_loses(struct relay *r, struct call *c)
{
	static const char text[] = "The client's answer was malformed";
	struct entry_result x = {.outcome = "lost"};

	if (!c->cancelled) {
		answer_error(&r->answer, c->era, c->bytes, c->id_len,
			ANSWER_INTERNAL_ERROR, text, sizeof(text) - 1);
		session_to_server(r);
		session_result_now(r, c, &x);
	}
	pending_remove(&r->asks, c);
}

/* A bad answer of the client's. */
static void client_fails(struct relay *r, const struct message *m)
{
	struct call *c = NULL;

	if (m->id_usable &&
		(m->kind == MESSAGE_RESULT || m->kind == MESSAGE_ERROR))
		c = pending_find(&r->asks, &m->id);
	if (c && !c->held)
		client_loses(r, c);
}

/* Of the client's folders the server learns what it was granted, of its tasks
 * those that it has asked for. */
static enum lane_step filter(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c)
{
	int n = 1;

	if (m->kind != MESSAGE_RESULT)
		return LANE_PASS;
	if (message_result_confused(&m->result) ||
		tasks_refuses(&r->client_tasks, m, c))
		return LANE_DROP;
	if (c->method == METHOD_ROOTS_LIST)
		n = wishes_filter_roots(
			&r->wishes, line, len, &m->result, &r->c2s.instead);
	else if (c->method == METHOD_TASKS_LIST)
		n = tasks_cut(&r->client_tasks, line, len, &m->result,
			&r->c2s.instead);
	if (n == 1)
		return LANE_PASS;
	out_str(&r->c2s.instead, "\n");
	return n == 0 && !r->c2s.instead.failed ? LANE_INSTEAD : LANE_DROP;
}

/* Whether folders would have been left out if policy were not observed. */
static bool would_filter(struct relay *r, const struct message *m,
	const char *line, size_t len, const struct call *c)
{
	bool would;

	if (!r->observed_wishes || m->kind != MESSAGE_RESULT ||
		c->method != METHOD_ROOTS_LIST)
		return false;
	out_reset(&r->scratch);
	would = wishes_filter_roots(r->observed_wishes, line, len, &m->result,
			&r->scratch) != 1;
	out_reset(&r->scratch);
	return would;
}

/* An answer to a request of the server's. */
static enum lane_step client_answers(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct call *c = pending_find(&r->asks, &m->id);
	struct entry_result x = {
		.outcome = m->kind == MESSAGE_ERROR ? "rpc_error" : "ok",
		.value = m->kind == MESSAGE_ERROR ? m->error : m->result,
		.sent_bytes = len + 1,
	};
	enum lane_step step;
	int sent;

	if (!c && form_answered(r, m))
		return LANE_DROP;
	/* Of a request that is held the client has not heard yet. */
	if (!c || c->held) {
		client_refuse(
			r, m, line, len, 0, "an answer to no request", false);
		return LANE_DROP;
	}
	/* It has crossed the cancellation, which was the result. */
	if (c->cancelled) {
		pending_remove(&r->asks, c);
		return LANE_DROP;
	}
	if (m->kind == MESSAGE_ERROR)
		(void)json_get(&m->error, "code", &x.code);
	step = filter(r, m, line, len, c);
	if (step == LANE_DROP) {
		client_loses(r, c);
		return LANE_DROP;
	}
	if (step == LANE_INSTEAD) {
		x.sent_bytes = r->c2s.instead.len;
		x.cut = true;
	}
	x.observed = step == LANE_PASS && would_filter(r, m, line, len, c);
	sent = session_result(r, c, &x);
	if (session_holds(r, &r->hold_c2s, sent))
		return LANE_HOLD;
	if (sent != 0)
		session_note(r, TALLY_UNRECORDED,
			&(struct incident){
				.reason = "a result was not recorded",
				.call = c->number});
	tasks_settle(&r->client_tasks, m, c);
	pending_remove(&r->asks, c);
	return step;
}

static enum lane_step client_line(void *ctx, char *line, size_t len)
{
	struct relay *r = ctx;
	struct message m;

	/* A client that does not read its answers is not read. */
	if (sink_high(&r->to_client))
		return LANE_HOLD;
	if (message_read(r->scanner, DIR_C2S, line, len, &m) < 0)
		m = (struct message){
			.verdict = VERDICT_REFUSED,
			.code = ANSWER_INTERNAL_ERROR,
			.reason = "Internal error: out of memory",
		};
	if (m.verdict == VERDICT_EMPTY)
		return LANE_DROP;
	if (m.verdict != VERDICT_OK) {
		client_fails(r, &m);
		client_refuse(r, &m, line, len, m.code, m.reason, m.id_usable);
		return LANE_DROP;
	}
	if (m.kind == MESSAGE_NOTIFICATION)
		return client_notifies(r, &m, line, len);
	if (m.kind != MESSAGE_REQUEST)
		return client_answers(r, &m, line, len);
	if (client_waits(r))
		return LANE_HOLD;
	if (!client_admits(r, &m, line, len))
		return LANE_DROP;
	return resume_request(r, &m, line, len);
}

static void client_excess(void *ctx, const struct lane_excess *x)
{
	static const char text[] = "Invalid request: the line is over 8 MiB";
	struct relay *r = ctx;
	struct incident i = {
		.reason = "line over the limit",
		.bytes = x->bytes,
		.value = x->bytes,
	};
	struct message m = {.era = r->era};

	if (x->id && x->kind != MESSAGE_REQUEST) {
		struct json_value id = json_value_of(x->id, 0, x->id_len,
			x->id[0] == '"' ? JSON_STRING : JSON_NUMBER);

		m.kind = x->kind;
		m.id = id;
		m.id_usable = true;
		client_fails(r, &m);
	} else {
		answer_error(&r->answer, r->era, x->id, x->id_len,
			ANSWER_INVALID_REQUEST, text, sizeof(text) - 1);
		session_to_client(r);
	}
	r->totals.refused++;
	session_note(r, TALLY_CLIENT_LINE, &i);
	session_note(r, TALLY_LINE, &i);
}

const struct lane_ops client_ops = {
	.line = client_line,
	.excess = client_excess,
};
