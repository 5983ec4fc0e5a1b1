/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server says: an answer goes on once and only to a request that
 * waits for it, lists are filtered, results capped; what is no message is kept
 * from the client and shown to the person.
 */
#include <string.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "policy/page.h"
#include "relay/rework.h"
#include "relay/rework_clean.h"
#include "relay/session.h"
#include "relay/tasks.h"
#include "relay/track.h"
#include "relay/wish.h"

#define MALFORMED "The server's answer was malformed and was dropped."
#define TOO_LONG "The server's answer was over 8 MiB and was dropped."

/* What a result record says does not change while it waits for the log. */
static int record_answer(struct relay *r, const struct message *m,
	const struct call *c, size_t len, const struct reworked *w)
{
	struct entry_result x = {
		.outcome = w->outcome,
		.value = m->kind == MESSAGE_ERROR ? m->error : m->result,
		.sent_bytes =
			w->step == LANE_PASS ? len + 1 : r->s2c.instead.len,
		.cut = w->cut,
		.stripped = w->stripped.of,
		.spill = spill_files(&r->spill, c->number),
		.is_hello = c->method == METHOD_INITIALIZE ||
			    c->method == METHOD_DISCOVER,
	};

	if (m->kind == MESSAGE_ERROR)
		(void)json_get(&m->error, "code", &x.code);
	if (r->to_client.gone)
		x.sent_bytes = 0;
	return session_result(r, c, &x);
}

/* It goes on, and stands in the log, or could not. */
static void note_answer(struct relay *r, struct call *c, size_t bytes,
	const struct reworked *w, int sent)
{
	struct incident i = {
		.reason = "a result was not recorded", .call = c->number};

	if (sent != 0)
		session_note(r, TALLY_UNRECORDED, &i);
	rework_note(r, c, w);
	/* One that was held may pass while another's files are written. */
	if (r->spill.call == c->number)
		spill_forget(r);
	quota_result(r, c, bytes);
	if (strcmp(w->outcome, "refused") == 0)
		r->totals.refused++;
	else if (strcmp(w->outcome, "ok") != 0)
		r->totals.errors++;
}

void server_answer_passes(struct relay *r, const struct message *m,
	struct call *c, size_t len, const struct reworked *w)
{
	note_answer(r, c, len + 1, w, record_answer(r, m, c, len, w));
	track_answer(r, m, c);
}

/* What it asks for may have to be asked for first; LANE_PASS: it has been, or
 * has not to be, and @w says what goes on. */
static enum lane_step wish(struct relay *r, const struct message *m,
	const char *line, size_t len, struct call *c, struct reworked *w)
{
	enum lane_step step = LANE_PASS;

	if (!w->replaced && wish_in_answer(r, m, c))
		step = wish_answer(r, m, line, len, c, w);
	if (step == LANE_PASS && c->wish_refused) {
		rework_replace(r, c, c->wish_refused, w);
		w->outcome = "refused";
	}
	return step;
}

static enum lane_step server_answers(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct call *c = pending_find(&r->calls, &m->id);
	struct incident i = {.reason = "an answer to no request"};
	enum lane_step step;
	struct reworked w;
	int sent;

	if (!c && looking_answered(r, m, line, len, &step))
		return step;
	/* Of a call that is held the server has not heard yet. */
	if (!c || c->held) {
		session_note(r, TALLY_FORGED, &i);
		return LANE_DROP;
	}
	/* Its answer has crossed the cancellation. */
	if (c->cancelled) {
		i.reason = "an answer to a call that was given up";
		i.bytes = len;
		i.line = line;
		if (c->given_up)
			session_note(r, TALLY_SERVER_LINE, &i);
		spill_forget(r);
		pending_remove(&r->calls, c);
		return LANE_DROP;
	}
	rework_answer(r, m, line, len, c, &w);
	if (w.step == LANE_HOLD)
		return LANE_HOLD;
	step = wish(r, m, line, len, c, &w);
	if (step != LANE_PASS)
		return step;
	sent = pinning_report(r);
	if (session_holds(r, &r->hold_s2c, sent))
		return LANE_HOLD;
	sent = record_answer(r, m, c, len, &w);
	if (session_holds(r, &r->hold_s2c, sent))
		return LANE_HOLD;
	note_answer(r, c, w.step == LANE_PASS ? len + 1 : r->s2c.instead.len,
		&w, sent);
	if (!w.replaced)
		track_answer(r, m, c);
	pending_remove(&r->calls, c);
	return w.step;
}

/* Answers a call whose answer cannot be passed on. */
static void server_loses(struct relay *r, struct call *c, const char *text)
{
	struct entry_result x = {.outcome = "lost"};

	if (c && c->held)
		return;
	if (c && !c->cancelled) {
		session_answer_lost(&r->answer, c, text);
		x.sent_bytes = r->answer.len;
		r->totals.errors++;
		session_to_client(r);
		session_result_now(r, c, &x);
	}
	if (c)
		pending_remove(&r->calls, c);
}

static void server_refused(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	display_line(&r->display,
		"stockade: kept from the client, no message: ", line, len);
	session_note_server(r, m, line, len, m->reason);
	if (!m->id_usable)
		return;
	if (m->kind == MESSAGE_REQUEST)
		server_refuse_request(r, m, m->code, m->reason);
	else if (m->kind != MESSAGE_NOTIFICATION)
		server_loses(r, pending_find(&r->calls, &m->id), MALFORMED);
}

/* What tells of a task may carry the result of its tool. */
static bool note_is_valid(struct relay *r, const struct message *m,
	const struct clean_stats *stats)
{
	struct task *t = tasks_of(&r->tasks, m->era, &m->params);
	enum shape shape =
		t ? shapes_find_bytes(&r->shapes, t->name, t->name_len)
		  : SHAPE_UNKNOWN;
	struct json_value result;

	if (m->method == METHOD_N_CANCELLED)
		return true;
	if (!json_get(&m->params, "result", &result))
		result = m->params;
	return rework_clean_valid(shape, &result, stats);
}

/* A cancellation that cannot be passed on is none: else the client would wait
 * for an answer that no longer comes. */
static bool cancels_in_vain(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct clean_stats stats;
	struct message cleaned;

	return m->method == METHOD_N_CANCELLED &&
	       clean_may_change(r->caps.unseen, line, len) &&
	       rework_clean(r, line, len, &cleaned, &stats) == CLEAN_REFUSED;
}

/* A notification; what passes is cleaned. */
static enum lane_step server_notifies(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	enum lane_step step = LANE_DROP;
	enum clean_verdict verdict = CLEAN_NOTHING;
	const char *left = line;
	struct clean_stats stats;
	struct message cleaned;
	size_t left_len = len;

	if (cancels_in_vain(r, m, line, len)) {
		session_note_server(r, m, line, len, RELAY_CANNOT_CLEAN);
		return LANE_DROP;
	}
	step = notify_client(r, m, line, len);
	if (step == LANE_INSTEAD) {
		left = r->s2c.instead.data;
		left_len = r->s2c.instead.len - 1;
	}
	if ((step == LANE_PASS || step == LANE_INSTEAD) &&
		clean_may_change(r->caps.unseen, left, left_len))
		verdict = rework_clean(r, left, left_len, &cleaned, &stats);
	if (verdict == CLEAN_NOTHING)
		return step;
	if (verdict == CLEAN_CHANGED && note_is_valid(r, &cleaned, &stats))
		return rework_clean_said(r, LANE_PASS, &stats);
	session_note_server(r, m, line, len, RELAY_CANNOT_CLEAN);
	return LANE_DROP;
}

static enum lane_step server_line(void *ctx, char *line, size_t len)
{
	struct relay *r = ctx;
	struct message m;

	/* A server that does not read our answers is not read; nor is one
	 * whose lines are answered faster than the client reads. */
	if (sink_high(&r->to_server) || sink_high(&r->to_client))
		return LANE_HOLD;
	if (message_read(r->scanner, DIR_S2C, line, len, &m) < 0)
		m = (struct message){
			.verdict = VERDICT_REFUSED,
			.reason = "out of memory",
		};
	if (m.verdict == VERDICT_EMPTY)
		return LANE_DROP;
	if (m.verdict != VERDICT_OK) {
		server_refused(r, &m, line, len);
		return LANE_DROP;
	}
	if (m.n_half_surrogates)
		(void)json_mend_surrogates(line, len);
	if (m.method == METHOD_N_TOOLS_LIST_CHANGED)
		looking_changed(&r->looking);
	if (m.kind == MESSAGE_NOTIFICATION)
		return server_notifies(r, &m, line, len);
	if (m.kind == MESSAGE_REQUEST)
		return server_request(r, &m, line, len);
	return server_answers(r, &m, line, len);
}

static void server_excess(void *ctx, const struct lane_excess *x)
{
	struct relay *r = ctx;
	struct incident i = {
		.reason = "line over the limit",
		.bytes = x->bytes,
		.value = x->bytes,
	};

	session_note(r, TALLY_LINE, &i);
	r->totals.refused++;
	session_note(r, TALLY_SERVER_LINE, &i);
	if (x->id && (x->kind == MESSAGE_RESULT || x->kind == MESSAGE_ERROR))
		server_loses(r, pending_find_bytes(&r->calls, x->id, x->id_len),
			TOO_LONG);
}

const struct lane_ops server_ops = {
	.line = server_line,
	.excess = server_excess,
};
