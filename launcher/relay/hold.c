/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that are held: signs of life for the client while somebody is asked,
 * then the server's or our answer. A held call is in the table of calls, so
 * that its id is taken, but no answer of the server's fits it.
 */
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "policy/answer.h"
#include "relay/session.h"
#include "relay/wish.h"

#define PROGRESS_MS 5000

const char *hold_declined_text(struct relay *r, const char *reason)
{
	(void)snprintf(r->declined, sizeof(r->declined),
		"Not run: the user declined.%s%s", reason[0] ? " " : "",
		reason);
	return r->declined;
}

static void tell_keeper(struct relay *r, enum ipc_type type, uint64_t question)
{
	const struct ipc_msg m = {.type = (uint32_t)type, .a = question};

	/* One that is gone is noticed where it is read. */
	if (r->keeper_fd >= 0)
		(void)!ipc_send(r->keeper_fd, ROLE_RELAY, &m);
}

/* One call less waits for its question; the last one leaves it to the queue. */
static void leave(struct relay *r, const struct call *c)
{
	struct question *q = approvals_find(&r->approvals, c->held->question);

	if (!q || q->state != QUESTION_OPEN)
		return;
	approvals_leave(&r->approvals, q, clock_mono_ms());
	if (q->waiting == 0)
		tell_keeper(r, IPC_LET_GO, q->id);
}

void hold_form(struct relay *r, uint64_t question, enum approval_answer answer)
{
	const struct ipc_msg m = {
		.type = IPC_FORM, .a = question, .b = (uint64_t)answer};

	if (r->keeper_fd >= 0)
		(void)!ipc_send(r->keeper_fd, ROLE_RELAY, &m);
}

void hold_leave(struct relay *r, const struct call *c)
{
	leave(r, c);
}

void hold_withdraw(struct relay *r, struct question *q)
{
	tell_keeper(r, IPC_WITHDRAW, q->id);
	form_over(r, q->id);
	approvals_forget(&r->approvals, q);
}

/* What is in r->answer goes to the client; the call is gone afterwards. */
static void refuse_with(struct relay *r, struct call *c, const char *code)
{
	struct entry_result x = {.outcome = "refused", .own_code = code};

	x.sent_bytes = r->answer.len;
	r->totals.refused++;
	session_to_client(r);
	session_result_now(r, c, &x);
	pending_remove(&r->calls, c);
}

/* Answers a held call ourselves. */
static void refuse(struct relay *r, struct call *c, const char *text)
{
	session_answer_lost(&r->answer, c, text);
	refuse_with(r, c, NULL);
}

/*
 * While it waited, the server may have become another one: what somebody agreed
 * to is not what would run. True if it is not forwarded now: it waits for a
 * look, or it is refused and gone.
 */
static bool pin_stops(struct relay *r, struct call *c)
{
	const struct held *h = c->held;
	struct message m;
	struct ruling u;
	char code[16];

	if (!r->pinning.pins)
		return false;
	/* It was read before: only memory can be missing, and is no reason to
	 * run it. */
	if (message_read(r->scanner, DIR_C2S, h->line, h->len - 1, &m) < 0)
		return true;
	if (looking_holds(r, &m))
		return true;
	ruling_make(&r->allowed, &m, false, &u);
	if (!u.pin)
		return false;
	(void)snprintf(code, sizeof(code), "%d", u.code);
	ruling_answer(&u, &m, &r->answer);
	refuse_with(r, c, u.as_result ? NULL : code);
	pinning_ask_again(r, &u);
	return true;
}

/* Into the server's input, whole; what is too much for now stays held. */
static void forward(struct relay *r, struct call *c)
{
	struct held *h = c->held;

	if (r->to_server.gone)
		return; /* it is answered with all that are lost */
	if (pin_stops(r, c))
		return;
	if (sink_answer(&r->to_server, h->line, h->len) < 0)
		return;
	c->agreement.holds = c->era == ERA_MODERN;
	c->agreement.approval = h->question;
	memcpy(c->agreement.key, h->key, sizeof(h->key));
	c->start_us = clock_mono_us();
	pending_release(&r->calls, c);
	overdue_begin(r, c);
}

static struct call *next_held(struct call *c)
{
	while (c && !c->held)
		c = c->newer;
	return c;
}

static struct call *first_held(const struct pending *p)
{
	return p->n_held ? next_held(p->oldest) : NULL;
}

static void declined(struct relay *r, struct call *c, const char *reason)
{
	if (c->held->kind == HELD_CALL)
		refuse(r, c, hold_declined_text(r, reason));
	else
		wish_decline(r, c, reason);
}

/* Those of one table that wait for it. */
static void settle(struct relay *r, struct pending *p, uint64_t question,
	bool agreed, const char *reason)
{
	for (struct call *c = first_held(p), *next; c; c = next) {
		next = next_held(c->newer);
		if (c->held->question != question || c->held->released)
			continue;
		if (agreed)
			c->held->released = true;
		else
			declined(r, c, reason);
	}
}

void hold_answered(struct relay *r, uint64_t question, uint64_t answer,
	const char *reason, size_t len)
{
	bool any = answer & APPROVAL_ANY;
	uint64_t what = answer & ~(uint64_t)APPROVAL_ANY;
	char text[APPROVAL_REASON_MAX + 1] = "";

	if (len > APPROVAL_REASON_MAX || what <= APPROVAL_NONE ||
		what >= _APPROVAL_N)
		return;
	memcpy(text, reason, len);
	text[len] = '\0';
	/* It may have expired while the answer was on its way. */
	if (approvals_answer(&r->approvals, question,
		    (enum approval_answer)what, any, text, len,
		    clock_mono_ms()) != 0)
		return;
	form_over(r, question);
	settle(r, &r->calls, question, what != APPROVAL_DENY, text);
	settle(r, &r->asks, question, what != APPROVAL_DENY, text);
	hold_step(r);
}

static void sign_of_life(struct relay *r, struct held *h, uint64_t now)
{
	static const char message[] = "stockade: waiting for your approval";
	char number[32];

	if (h->progress_ms == 0 || now < h->progress_ms)
		return;
	h->progress_ms = now + PROGRESS_MS;
	/* Who does not read its answers needs no signs of life. */
	if (sink_high(&r->to_client))
		return;
	(void)snprintf(
		number, sizeof(number), "%lld", (long long)h->progress++);
	out_str(&r->answer,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
		"\"params\":{\"progressToken\":");
	out_bytes(&r->answer, h->token, h->token_len);
	out_str(&r->answer, ",\"progress\":");
	out_str(&r->answer, number);
	out_str(&r->answer, ",\"message\":\"");
	out_str(&r->answer, message);
	out_str(&r->answer, "\"}}\n");
	session_to_client(r);
}

static void one(struct relay *r, struct call *c, uint64_t now)
{
	bool is_call = c->held->kind == HELD_CALL;

	if (c->held->released) {
		(is_call ? forward : wish_pass)(r, c);
	} else if (now >= c->held->let_go_ms) {
		leave(r, c);
		if (!is_call)
			wish_let_go(r, c);
		else if (!resume_later(r, c))
			refuse(r, c, ASK_WAITING);
	} else {
		sign_of_life(r, c->held, now);
	}
}

static void expired(void *context, uint64_t question)
{
	tell_keeper(context, IPC_WITHDRAW, question);
	form_over(context, question);
}

static void step(struct relay *r, struct pending *p, uint64_t now)
{
	for (struct call *c = first_held(p), *next; c; c = next) {
		next = next_held(c->newer);
		one(r, c, now);
	}
}

void hold_step(struct relay *r)
{
	uint64_t now;

	if (r->calls.n_held == 0 && r->asks.n_held == 0 &&
		r->approvals.n_open == 0)
		return;
	now = clock_mono_ms();
	step(r, &r->calls, now);
	step(r, &r->asks, now);
	approvals_expire(&r->approvals, now, expired, r);
}

static uint64_t next_of(const struct pending *p)
{
	uint64_t next = 0;

	for (const struct call *c = first_held(p); c; c = next_held(c->newer)) {
		if (c->held->released)
			continue;
		next = session_earliest(next, c->held->let_go_ms);
		next = session_earliest(next, c->held->progress_ms);
	}
	return next;
}

uint64_t hold_next_ms(const struct relay *r)
{
	uint64_t next = approvals_next_ms(&r->approvals);

	next = session_earliest(next, next_of(&r->calls));
	return session_earliest(next, next_of(&r->asks));
}
