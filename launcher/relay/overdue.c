/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that take too long: they are answered here, the server is told, and
 * what it answers later is dropped. Progress does not give a call more time:
 * who reports it may never end.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/fd.h"
#include "relay/session.h"

static uint64_t due_of(const struct relay *r, const struct call *c)
{
	uint64_t start_ms = c->start_us / 1000, due = 0;

	if (c->method != METHOD_TOOLS_CALL || c->held || c->cancelled)
		return 0;
	if (r->call_timeout_ms)
		due = start_ms + r->call_timeout_ms;
	if (r->observed_timeout_ms && !c->seen_late)
		due = session_earliest(due, start_ms + r->observed_timeout_ms);
	return due;
}

void overdue_begin(struct relay *r, const struct call *c)
{
	r->overdue_ms = session_earliest(r->overdue_ms, due_of(r, c));
}

/* It may be at work still: so that it can stop. */
static void tell_server(struct relay *r, const struct call *c)
{
	if (r->to_server.gone)
		return;
	out_str(&r->answer,
		"{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
		"\"params\":{\"requestId\":");
	out_bytes(&r->answer, c->bytes, c->id_len);
	out_str(&r->answer, ",\"reason\":\"The call took too long.\"}}\n");
	session_to_server(r);
}

static void give_up(struct relay *r, struct call *c)
{
	struct entry_result x = {.outcome = "timeout"};
	struct incident i = {
		.value = r->call_timeout_ms / 1000, .call = c->number};
	char text[160];

	(void)snprintf(text, sizeof(text),
		"The server has not answered within %" PRIu64
		" s, and the call was given up. What it has done is not "
		"known.",
		r->call_timeout_ms / 1000);
	session_answer_lost(&r->answer, c, text);
	x.sent_bytes = r->answer.len;
	r->totals.errors++;
	session_to_client(r);
	session_result_now(r, c, &x);
	session_note(r, TALLY_CALL_TIMEOUT, &i);
	tell_server(r, c);
	c->given_up = true;
	/* May forget an older one, never this one. */
	pending_cancel(&r->calls, c);
}

/* Where the time is only observed, the log has it, once a call. */
static void see_late(struct relay *r, struct call *c)
{
	const struct incident i = {.value = r->observed_timeout_ms / 1000,
		.call = c->number,
		.observed = true};

	session_note(r, TALLY_CALL_TIMEOUT, &i);
	c->seen_late = true;
}

static bool is_overdue(
	const struct relay *r, const struct call *c, uint64_t now)
{
	return r->call_timeout_ms &&
	       c->start_us / 1000 + r->call_timeout_ms <= now;
}

void overdue_step(struct relay *r)
{
	uint64_t now, next = 0;

	if (r->overdue_ms == 0)
		return;
	now = clock_mono_ms();
	if (now < r->overdue_ms)
		return;
	/* Forgetting takes from the list: what was cancelled alone, which is
	 * looked at no more. */
	for (struct call *c = r->calls.oldest, *newer; c; c = newer) {
		uint64_t due = due_of(r, c);

		newer = c->newer;
		while (newer && newer->cancelled)
			newer = newer->newer;
		if (due && due <= now && is_overdue(r, c, now)) {
			give_up(r, c);
			continue;
		}
		if (due && due <= now)
			see_late(r, c);
		next = session_earliest(next, due_of(r, c));
	}
	r->overdue_ms = next;
}

uint64_t overdue_next_ms(const struct relay *r)
{
	return r->overdue_ms;
}
