/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/wish.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/sha256.h"
#include "policy/answer.h"
#include "relay/question.h"
#include "relay/session.h"
#include "relay/track.h"
#include "relay/wish_subject.h"

/* As the specification has it where a person says no to sampling; outside of
 * what JSON-RPC keeps for itself. */
#define USER_REJECTED (-1)

#define WAITING                                                         \
	"Not done: the server wants to ask something, and that needs "  \
	"the user's approval, which is being asked for. Tell the user," \
	" and call again with the same arguments once they have agreed."
#define DECLINED \
	"Not done: the server wanted to ask something, and the user declined."
#define NOT_ASKED                                                           \
	"Not done: the server wants to ask something, and that needs the "  \
	"user's approval, for which the user could not be asked. Tell the " \
	"user."

/* One that is judged. */
struct wish_judged {
	struct wish_subject subject;
	struct question_key key;
	uint8_t args_hash[32];
	struct approvals_verdict verdict;
	const char *refused; /* for the log; NULL: it passes or waits */
	bool waits, declined;
};

static struct question_about about_wish(const struct wish_judged *j)
{
	return (struct question_about){
		.kind = APPROVAL_WISH,
		.name = j->subject.name,
		.name_len = strlen(j->subject.name),
		.reason = "the server asks this of its client",
		.arguments = j->subject.params,
		.args_hash = j->args_hash,
	};
}

static void rule(struct wish_judged *j)
{
	switch (j->verdict.ruling) {
	case APPROVALS_PASS:
		break;
	case APPROVALS_NEW:
	case APPROVALS_JOIN:
		j->waits = true;
		break;
	case APPROVALS_NEW_AWAY:
	case APPROVALS_JOIN_AWAY:
		j->refused = "nobody is there to answer";
		break;
	case APPROVALS_DECLINED:
		j->refused = "declined a moment ago";
		j->declined = true;
		break;
	case APPROVALS_FULL:
		j->refused = "too many questions are open";
		break;
	}
}

/* Sees only. -ENOMEM. @len: of the line that would be held. */
static int judge(struct relay *r, size_t len, struct wish_judged *j)
{
	struct out *o = &r->scratch;
	int x;

	out_reset(o);
	x = canonical_write(o, &j->subject.params);
	if (x == 0)
		sha256(o->data, o->len, j->args_hash);
	out_reset(o);
	if (x < 0)
		return -ENOMEM;
	question_key_make(APPROVAL_WISH, j->subject.name,
		strlen(j->subject.name), j->args_hash, &j->key);
	approvals_judge(&r->approvals, &j->key, clock_mono_ms(), &j->verdict);
	rule(j);
	if (!j->waits || question_has_room(r, len))
		return 0;
	j->waits = false;
	j->refused = "too much is held";
	j->verdict = (struct approvals_verdict){.ruling = APPROVALS_FULL};
	return 0;
}

static bool is_new(const struct wish_judged *j)
{
	return j->verdict.ruling == APPROVALS_NEW ||
	       j->verdict.ruling == APPROVALS_NEW_AWAY;
}

/* As journal_send(); @origin: the call in whose answer it is, or 0. */
static int record(struct relay *r, const struct message *m,
	const struct wish_judged *j, const struct entry_origin *origin)
{
	const char *reason = j->refused;
	struct entry_call c = {
		.number = r->n_calls + 1,
		.m = m,
		.decision = "ask",
		.approval = is_new(j) ? r->n_calls + 1 : j->verdict.id,
		.origin = *origin,
	};
	int sent;

	if (j->verdict.ruling == APPROVALS_PASS)
		reason = "approved before";
	c.reason = reason;
	entry_call(&r->journal.rec, &r->scratch, &c);
	sent = journal_send(&r->journal, JOURNAL_CALL, r->calls.n + r->asks.n);
	if (sent == 0) {
		r->n_calls++;
		r->totals.calls++;
		if (r->asks_left)
			r->asks_left--;
	}
	return sent;
}

static int record_asked(struct relay *r, const struct wish_judged *j)
{
	struct record *rec = &r->journal.rec;

	record_init(rec, RECORD_APPROVAL_ASKED);
	record_put_u64(rec, FIELD_APPROVAL, r->n_calls);
	record_put_u64(rec, FIELD_CALL, r->n_calls);
	record_put_str(rec, FIELD_METHOD, j->subject.name);
	record_put_hash(rec, FIELD_ARGS_HASH, j->args_hash);
	return journal_send(&r->journal, JOURNAL_OTHER, r->calls.n);
}

/*
 * Once it stands in the log as the call r->n_calls: what was allowed is used
 * up, or the question is put. The question that it waits for; NULL: none, and
 * .refused says whether it passes.
 */
static struct question *take(
	struct relay *r, struct wish_judged *j, uint64_t hold_ms)
{
	struct question_about about = about_wish(j);
	struct question *q = approvals_take(&r->approvals, &j->verdict, &j->key,
		r->n_calls, clock_mono_ms());
	int x = 0;

	if (!q && j->waits)
		j->refused = "the question could not be put";
	if (!q)
		return NULL;
	if (is_new(j))
		x = record_asked(r, j);
	if (x == 0)
		x = question_put(r, &about, q->id, j->waits ? hold_ms : 0);
	if (x == 0 && is_new(j))
		question_tell(r, &about, q->id);
	if (x == 0)
		return j->waits ? q : NULL;
	j->refused = "the question could not be put";
	if (is_new(j))
		hold_withdraw(r, q);
	else if (j->waits)
		approvals_leave(&r->approvals, q, clock_mono_ms());
	return NULL;
}

/* Nobody waits for it after all. */
static void take_back(
	struct relay *r, struct question *q, const struct wish_judged *j)
{
	if (is_new(j))
		hold_withdraw(r, q);
	else
		approvals_leave(&r->approvals, q, clock_mono_ms());
}

static struct held *held_for(enum held_kind kind, const char *line, size_t len,
	uint64_t question, uint64_t hold_ms)
{
	struct held *h = held_new(line, len, NULL, 0);

	if (!h)
		return NULL;
	h->kind = kind;
	h->question = question;
	h->let_go_ms = clock_mono_ms() + hold_ms;
	return h;
}

/* What the server is told in place of the client's answer. */
static void say_no(struct relay *r, const char *id, size_t id_len,
	bool declined, const char *reason)
{
	char text[APPROVAL_REASON_MAX + 64];

	(void)snprintf(text, sizeof(text), "%s%s%s",
		declined ? "The user declined."
			 : "The user has not approved this request.",
		reason[0] ? " " : "", reason);
	answer_error(&r->answer, ERA_LEGACY, id, id_len,
		declined ? USER_REJECTED : ANSWER_INTERNAL_ERROR, text,
		strlen(text));
	session_to_server(r);
}

static const char *code_of(bool declined)
{
	return declined ? "-1" : "-32603";
}

static enum lane_step refuse_request(struct relay *r, const struct message *m,
	const struct wish_judged *j, bool recorded)
{
	struct entry_result x = {
		.outcome = "refused", .own_code = code_of(j->declined)};
	struct call c = {.number = r->n_calls, .start_us = clock_mono_us()};

	say_no(r, m->id.text + m->id.begin, m->id.end - m->id.begin,
		j->declined, "");
	r->totals.refused++;
	if (recorded)
		session_result_now(r, &c, &x);
	return LANE_DROP;
}

static enum lane_step hold_request(struct relay *r, const struct message *m,
	const char *line, size_t len, struct wish_judged *j)
{
	uint64_t hold_ms = question_patience_ms(r, false);
	struct question *q = take(r, j, hold_ms);
	struct held *h;
	struct call *c;

	if (!q)
		return refuse_request(r, m, j, true);
	h = held_for(HELD_WISH, line, len, q->id, hold_ms);
	c = h ? track_ask(r, m) : NULL;
	if (!c) {
		held_free(h);
		take_back(r, q, j);
		return refuse_request(r, m, j, true);
	}
	pending_hold(&r->asks, c, h);
	return LANE_DROP;
}

enum lane_step wish_request(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	static const struct entry_origin none;
	struct wish_judged j = {0};
	int x, sent;

	wish_subject_of_request(m, &j.subject);
	x = judge(r, len, &j);
	if (x < 0)
		return refuse_request(r, m, &j, false);
	sent = record(r, m, &j, &none);
	if (session_holds(r, &r->hold_s2c, sent))
		return LANE_HOLD;
	if (sent != 0)
		return refuse_request(r, m, &j, false);
	if (j.verdict.ruling != APPROVALS_PASS)
		return hold_request(r, m, line, len, &j);
	(void)take(r, &j, 0);
	if (!track_ask(r, m))
		return refuse_request(r, m, &j, true);
	track_asked(r, m);
	return LANE_PASS;
}

bool wish_in_answer(
	struct relay *r, const struct message *m, const struct call *c)
{
	struct wish_subject s;

	return !c->wish_passed && !c->wish_refused &&
	       wish_subject_of_answer(&r->wishes, m, c->era, &s);
}

/* The line that goes on, in @line, read anew if it is another one. */
static int read_on(struct relay *r, const struct message *m, const char **line,
	size_t *len, const struct reworked *w, struct message *ret)
{
	*ret = *m;
	if (w->step != LANE_INSTEAD)
		return 0;
	*line = r->s2c.instead.data;
	*len = r->s2c.instead.len - 1;
	if (message_read(r->scanner, DIR_S2C, *line, *len, ret) < 0 ||
		ret->verdict != VERDICT_OK)
		return -EBADMSG;
	return 0;
}

static void refuse_answer(struct relay *r, struct call *c,
	const struct wish_judged *j, uint64_t recorded)
{
	struct entry_result x = {.outcome = "refused"};
	struct call wish = {.number = recorded, .start_us = clock_mono_us()};

	c->wish_refused =
		j->declined ? DECLINED
		: j->verdict.ruling == APPROVALS_NEW_AWAY ||
				j->verdict.ruling == APPROVALS_JOIN_AWAY
			? WAITING
			: NOT_ASKED;
	if (recorded)
		session_result_now(r, &wish, &x);
}

/* It is the wish's call that is recorded now, whose number is r->n_calls. */
static enum lane_step hold_answer(struct relay *r, const char *line, size_t len,
	struct call *c, struct wish_judged *j, struct reworked *w)
{
	uint64_t hold_ms = question_patience_ms(r, false);
	struct question *q = take(r, j, hold_ms);
	struct held *h = NULL;

	if (q)
		h = held_for(HELD_ANSWER, line, len, q->id, hold_ms);
	if (h)
		h->said = malloc(sizeof(*h->said));
	if (!q || !h || !h->said) {
		held_free(h);
		if (q)
			take_back(r, q, j);
		refuse_answer(r, c, j, r->n_calls);
		return LANE_PASS;
	}
	*h->said = *w;
	h->wish = r->n_calls;
	h->wish_us = clock_mono_us();
	spill_forget(r);
	pending_hold(&r->calls, c, h);
	return LANE_DROP;
}

static enum lane_step settle(struct relay *r, struct call *c,
	struct wish_judged *j, const char *line, size_t len, struct reworked *w)
{
	struct entry_result x = {.outcome = "ok"};
	struct call wish = {.number = r->n_calls, .start_us = clock_mono_us()};

	if (j->verdict.ruling != APPROVALS_PASS)
		return hold_answer(r, line, len, c, j, w);
	(void)take(r, j, 0);
	c->wish_passed = true;
	session_result_now(r, &wish, &x);
	return LANE_PASS;
}

enum lane_step wish_answer(struct relay *r, const struct message *m,
	const char *line, size_t len, struct call *c, struct reworked *w)
{
	struct entry_origin origin = {c->number, c->tool, c->tool_len};
	struct wish_judged j = {0};
	struct message on, asking;
	int sent;

	/* Files that are named in what waits could not be recorded with it. */
	if (read_on(r, m, &line, &len, w, &on) < 0 ||
		spill_files(&r->spill, c->number) ||
		!wish_subject_of_answer(&r->wishes, &on, c->era, &j.subject) ||
		judge(r, len, &j) < 0) {
		refuse_answer(r, c, &j, 0);
		return LANE_PASS;
	}
	asking = (struct message){
		.kind = MESSAGE_REQUEST,
		.dir = DIR_S2C,
		.era = c->era,
		.method = METHOD_ELICITATION_CREATE,
		.method_name = j.subject.method,
		.params = j.subject.params,
	};
	sent = record(r, &asking, &j, &origin);
	if (session_holds(r, &r->hold_s2c, sent))
		return LANE_HOLD;
	if (sent == 0)
		return settle(r, c, &j, line, len, w);
	refuse_answer(r, c, &j, 0);
	return LANE_PASS;
}

void wish_ended(struct relay *r, const struct call *c, const char *outcome)
{
	struct entry_result x = {.outcome = outcome};
	struct call wish = {0};

	if (!c->held || c->held->kind != HELD_ANSWER)
		return;
	wish.number = c->held->wish;
	wish.start_us = c->held->wish_us;
	session_result_now(r, &wish, &x);
}

static void pass_request(struct relay *r, struct call *c, struct message *m)
{
	const struct held *h = c->held;

	if (sink_answer(&r->to_client, h->line, h->len) < 0)
		return;
	track_asked(r, m);
	c->start_us = clock_mono_us();
	pending_release(&r->asks, c);
}

/* As if it came now; what was to be said of it is known. */
static void pass_answer(struct relay *r, struct call *c, struct message *m)
{
	const struct held *h = c->held;
	struct reworked w = *h->said;

	wish_ended(r, c, "ok");
	w.step = LANE_PASS;
	server_answer_passes(r, m, c, h->len - 1, &w);
	/* There is room: it was looked for. */
	(void)!sink_answer(&r->to_client, h->line, h->len);
	pending_remove(&r->calls, c);
}

void wish_pass(struct relay *r, struct call *c)
{
	const struct held *h = c->held;
	struct message m;

	/* The longest line fits behind what is allowed to wait. */
	if (sink_high(&r->to_client))
		return;
	/* It was read before: only memory can be missing. And a server that has
	 * ended waits for no answer. */
	if (message_read(r->scanner, DIR_S2C, h->line, h->len - 1, &m) < 0 ||
		m.verdict != VERDICT_OK ||
		(h->kind == HELD_WISH && r->ends.server_eof))
		wish_let_go(r, c);
	else if (h->kind == HELD_ANSWER)
		pass_answer(r, c, &m);
	else
		pass_request(r, c, &m);
}

/* It ends without the client having heard of it. */
static void end(
	struct relay *r, struct call *c, bool declined, const char *reason)
{
	struct entry_result x = {.outcome = "refused"};
	char text[APPROVAL_REASON_MAX + 128];

	r->totals.refused++;
	if (c->held->kind == HELD_WISH) {
		x.own_code = code_of(declined);
		say_no(r, c->bytes, c->id_len, declined, reason);
		session_result_now(r, c, &x);
		pending_remove(&r->asks, c);
		return;
	}
	wish_ended(r, c, "refused");
	(void)snprintf(text, sizeof(text), "%s%s%s",
		declined ? DECLINED : WAITING, reason[0] ? " " : "", reason);
	session_answer_lost(&r->answer, c, text);
	x.sent_bytes = r->answer.len;
	session_to_client(r);
	session_result_now(r, c, &x);
	pending_remove(&r->calls, c);
}

void wish_decline(struct relay *r, struct call *c, const char *reason)
{
	end(r, c, true, reason);
}

void wish_let_go(struct relay *r, struct call *c)
{
	end(r, c, false, "");
}
