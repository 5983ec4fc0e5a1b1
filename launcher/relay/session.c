/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/session.h"

#include <poll.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "policy/answer.h"
#include "relay/wish.h"

bool session_holds(struct relay *r, struct hold *h, int sent)
{
	uint64_t now;

	h->news = r->journal.news;
	if (sent <= 0 || r->journal.stuck || r->ends.over) {
		h->since_us = 0;
		return false;
	}
	now = clock_mono_us();
	if (h->since_us == 0)
		h->since_us = now;
	if (now - h->since_us < HOLD_US)
		return true;
	h->since_us = 0;
	r->journal.stuck = true;
	return false;
}

void session_note(struct relay *r, enum tally_id id, const struct incident *i)
{
	(void)tally_note(&r->tallies, &r->journal, r->calls.n, id, i);
}

void session_note_server(struct relay *r, const struct message *m,
	const char *line, size_t len, const char *reason)
{
	struct incident i = {
		.reason = reason,
		.offset = m->offset,
		.bytes = len,
		.line = line,
	};

	r->totals.refused++;
	session_note(r, TALLY_SERVER_LINE, &i);
}

void session_note_display(struct relay *r)
{
	struct incident i = {.value = r->display.max};

	if (r->display.capped && r->tallies.of[TALLY_STDERR].count == 0)
		session_note(r, TALLY_STDERR, &i);
}

int session_result(
	struct relay *r, const struct call *c, struct entry_result *x)
{
	x->call = c->number;
	x->ms = (clock_mono_us() - c->start_us) / 1000;
	if (c->origin)
		x->origin =
			(struct entry_origin){c->origin, c->tool, c->tool_len};
	entry_result(&r->journal.rec, x);
	return journal_send(&r->journal, JOURNAL_RESULT, 0);
}

static void result_missing(struct relay *r, const struct call *c)
{
	struct incident i = {
		.reason = "a result was not recorded",
		.call = c->number,
	};

	session_note(r, TALLY_UNRECORDED, &i);
}

void session_result_now(
	struct relay *r, const struct call *c, struct entry_result *x)
{
	if (session_result(r, c, x) != 0)
		result_missing(r, c);
}

/* Waits for credit or room; false when the time for that is over. */
static bool log_wait(struct relay *r)
{
	struct pollfd p[] = {
		{.fd = r->keeper_fd, .events = POLLIN},
		{.fd = r->journal.wants_room ? r->journal.fd : -1,
			.events = POLLOUT},
	};
	uint64_t now = clock_mono_ms();

	if (r->ends.log_by_ms == 0) {
		r->ends.log_by_ms = now + HOLD_US / 1000;
		/* The supervisor does not wait much longer than that. */
		if (r->ends.server_exit &&
			r->ends.log_by_ms > r->ends.flush_by_ms + LAST_MS)
			r->ends.log_by_ms = r->ends.flush_by_ms + LAST_MS;
	}
	if (now >= r->ends.log_by_ms ||
		poll(p, ELEMENTS(p), (int)(r->ends.log_by_ms - now)) <= 0)
		return false;
	/* Who answers a question now changes nothing any more: calls are being
	 * ended, and the record that waits is in the making. */
	r->ends.logging = true;
	if (p[0].revents)
		control_keeper(r);
	r->ends.logging = false;
	if (p[1].revents & POLLERR)
		journal_dead(&r->journal);
	else if (p[1].revents)
		journal_room(&r->journal);
	return true;
}

void session_result_last(
	struct relay *r, const struct call *c, struct entry_result *x)
{
	int sent = session_result(r, c, x);

	while (sent == 1 && log_wait(r))
		sent = journal_send(&r->journal, JOURNAL_RESULT, 0);
	if (sent != 0)
		result_missing(r, c);
}

static void session_queue(struct relay *r, struct sink *to)
{
	/* The bound holds an answer to all that may be outstanding. */
	if (r->answer.failed ||
		sink_answer(to, r->answer.data, r->answer.len) < 0)
		log_line("an answer was lost: out of memory");
	out_reset(&r->answer);
}

void session_to_client(struct relay *r)
{
	session_queue(r, &r->to_client);
}

void session_to_server(struct relay *r)
{
	session_queue(r, &r->to_server);
}

void session_answer_lost(struct out *o, const struct call *c, const char *text)
{
	/* What brings a tool's result brings its error. */
	if (c->method == METHOD_TOOLS_CALL ||
		(c->method == METHOD_TASKS_RESULT &&
			c->of == METHOD_TOOLS_CALL))
		answer_tool_error(
			o, c->era, c->bytes, c->id_len, text, strlen(text));
	else
		answer_error(o, c->era, c->bytes, c->id_len,
			ANSWER_INTERNAL_ERROR, text, strlen(text));
}

static void session_lose(struct relay *r, struct call *c)
{
	struct entry_result x = {.outcome = "lost"};

	if (c->cancelled)
		return;
	session_answer_lost(&r->answer, c,
		c->held && c->held->kind == HELD_CALL
			? "Not run: the server has ended."
			: "The server ended before it answered.");
	x.sent_bytes = r->answer.len;
	r->totals.errors++;
	session_to_client(r);
	wish_ended(r, c, "lost");
	session_result_last(r, c, &x);
}

void session_lose_all(struct relay *r)
{
	while (r->calls.oldest) {
		session_lose(r, r->calls.oldest);
		pending_remove(&r->calls, r->calls.oldest);
	}
}
