/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a session comes to its end: each side closes in its own way, what was
 * asked is answered, and nobody who does not read holds it up.
 */
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "policy/answer.h"
#include "relay/session.h"

static void note_rest(struct relay *r, enum tally_id id, struct lane *l)
{
	struct incident i = {
		.reason = "the last line has no end",
		.bytes = lane_rest(l),
	};

	if (i.bytes == 0)
		return;
	r->totals.refused++;
	session_note(r, id, &i);
}

static void answer_half_line(struct relay *r)
{
	static const char text[] = "Parse error: the last line has no end";

	if (lane_rest(&r->c2s) == 0)
		return;
	answer_error(&r->answer, r->era, NULL, 0, ANSWER_PARSE_ERROR, text,
		sizeof(text) - 1);
	session_to_client(r);
}

/* That nobody is at the other end is no fault. */
static void say_fault(const char *what, int error)
{
	if (error != 0 && error != -EPIPE && error != -ECONNRESET)
		log_line("%s: %s; the session ends", what, strerror(-error));
}

/* The client reads no more: the server is told by the end of its input. */
static int client_gone(struct relay *r)
{
	if (!r->to_client.gone || r->ends.client_gone)
		return 0;
	r->ends.client_gone = true;
	say_fault("the client cannot be written to", r->to_client.error);
	sink_drop(&r->to_server);
	r->c2s.eof = true;
	lane_discard(&r->c2s);
	r->c2s.held = false;
	return control_say(r, IPC_CLIENT_GONE);
}

/* True while the client's last lines are on their way to the server. */
static bool client_lingers(struct relay *r)
{
	if (!r->c2s.held && (lane_clear(&r->c2s) || r->to_server.gone))
		return false;
	if (r->ends.stuck_by_ms == 0)
		r->ends.stuck_by_ms = clock_mono_ms() + STUCK_MS;
	return clock_mono_ms() < r->ends.stuck_by_ms;
}

static int client_eof(struct relay *r)
{
	if (!r->c2s.eof || r->ends.client_eof || r->ends.client_gone ||
		client_lingers(r))
		return 0;
	r->ends.client_eof = true;
	say_fault("the client cannot be read from", r->c2s.error);
	if (lane_clear(&r->c2s)) {
		answer_half_line(r);
		note_rest(r, TALLY_CLIENT_LINE, &r->c2s);
	}
	sink_drop(&r->to_server);
	lane_discard(&r->c2s);
	return control_say(r, IPC_CLIENT_EOF);
}

static int server_eof(struct relay *r)
{
	if (!r->s2c.eof || r->ends.server_eof || r->s2c.held ||
		!lane_clear(&r->s2c))
		return 0;
	r->ends.server_eof = true;
	say_fault("the server cannot be read from", r->s2c.error);
	note_rest(r, TALLY_SERVER_LINE, &r->s2c);
	lane_discard(&r->s2c);
	session_lose_all(r);
	return r->ends.server_exit ? 0 : control_say(r, IPC_SERVER_EOF);
}

/* What the server wrote before it ended is all in the pipes already. */
static void drain_server(struct relay *r)
{
	if (!lane_reads(&r->s2c))
		return;
	if (lane_read(&r->s2c))
		lane_pump(&r->s2c);
	else
		r->s2c.eof = true;
}

/* Once that was told: no event comes after it, so in the same step. */
static void drain_rest(struct relay *r)
{
	char bytes[4096];
	ssize_t n;

	if (!r->ends.server_eof || r->ends.drained)
		return;
	r->ends.drained = true;
	while (clock_mono_ms() < r->ends.flush_by_ms) {
		n = port_read(&r->server_err, bytes, sizeof(bytes));
		if (n <= 0)
			break;
		display_bytes(&r->display, bytes, (size_t)n);
	}
	/* What the client had asked meanwhile is answered too. */
	if (lane_reads(&r->c2s) && lane_read(&r->c2s))
		lane_pump(&r->c2s);
}

static bool flushed(const struct relay *r)
{
	if (r->to_client.gone)
		return true;
	return r->ends.drained && !r->c2s.held && lane_clear(&r->s2c) &&
	       buf_len(&r->to_client.queue) == 0;
}

static void close_ended(struct relay *r, enum watch_id id, struct port *p)
{
	if (p->fd < 0)
		return;
	watch_drop(&r->watches, id, p->fd);
	port_close(p);
}

int ending_step(struct relay *r)
{
	int n;

	if (r->ends.server_exit)
		drain_server(r);
	n = client_gone(r);
	if (n == 0)
		n = client_eof(r);
	if (n == 0)
		n = server_eof(r);
	if (n < 0)
		return n;
	if (r->ends.server_exit)
		drain_rest(r);
	if (r->to_client.gone)
		close_ended(r, WATCH_CLIENT_OUT, &r->client_out);
	if (r->to_server.gone)
		close_ended(r, WATCH_SERVER_IN, &r->server_in);
	if (r->c2s.eof)
		close_ended(r, WATCH_CLIENT_IN, &r->client_in);
	if (r->s2c.eof)
		close_ended(r, WATCH_SERVER_OUT, &r->server_out);
	if (r->ends.server_exit &&
		(flushed(r) || clock_mono_ms() >= r->ends.flush_by_ms))
		r->ends.over = true;
	return 0;
}

/* The last words to the log, and the sums. */
int ending_report(struct relay *r)
{
	struct entry_result x = {.outcome = "lost"};

	sink_drop(&r->to_client);
	session_lose_all(r);
	while (r->asks.oldest) {
		if (!r->asks.oldest->cancelled)
			session_result_last(r, r->asks.oldest, &x);
		pending_remove(&r->asks, r->asks.oldest);
	}
	display_end(&r->display);
	session_note_display(r);
	tally_end(&r->tallies, &r->journal);
	r->totals.bytes_in = r->c2s.offset + buf_len(&r->c2s.in);
	r->totals.bytes_out = r->to_client.bytes;
	return control_say(r, IPC_TOTALS);
}
