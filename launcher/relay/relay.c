/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The loop. Level by level: what the supervisor and the keeper say, then what
 * can be read is read once a side, then what was judged is written as far as
 * it goes; then the loop says what it wants next. Nothing in it blocks.
 */
#include "relay/relay.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/fd.h"
#include "base/log.h"
#include "relay/session.h"

/* Most of the server's standard error that one turn of the loop shows. */
#define STDERR_CHUNK 16384

static int take_ports(struct relay *r, const struct relay_config *c)
{
	int n = port_take_shared(&r->client_in, c->client_in, O_RDONLY);

	if (n == 0)
		n = port_take_shared(&r->client_out, c->client_out, O_WRONLY);
	if (n == 0)
		n = port_take_pipe(&r->server_in, c->server_in);
	if (n == 0)
		n = port_take_pipe(&r->server_out, c->server_out);
	if (n == 0)
		n = port_take_pipe(&r->server_err, c->server_err);
	return n;
}

static int take_records(struct relay *r, int fd)
{
	struct port p;
	int n = port_take_pipe(&p, fd);

	if (n == 0)
		journal_init(&r->journal, p.fd);
	return n;
}

static int make_scanner(struct relay *r)
{
	uint64_t key[2];

	randombytes_buf(key, sizeof(key));
	r->scanner = message_scanner_new(key);
	return r->scanner ? 0 : -ENOMEM;
}

static void init(struct relay *r, const struct relay_config *c)
{
	r->allowed = (struct allowed){
		.tools = c->tools,
		.prompts = c->prompts,
		.resources = c->resources,
		.rules = c->rules,
		.proof = c->proof,
	};
	r->observed = (struct allowed){
		.tools = c->observed_tools,
		.prompts = c->observed_prompts,
		.resources = c->observed_resources,
		.rules = c->observed_rules,
		.proof = c->proof,
	};
	r->observed_wishes = c->observed_wishes;
	looking_init(&r->looking);
	pinning_init(&r->pinning, c->pins, c->pins_observed, c->profile_name);
	if (r->pinning.pins) {
		r->allowed.pins = c->pins_observed ? NULL : c->pins;
		r->observed.pins = c->pins;
	}
	if (c->wishes)
		r->wishes = *c->wishes;
	r->caps = c->caps;
	r->server_name = c->server_name;
	r->session = c->session;
	r->hold_ms = c->hold_ms;
	r->stands = c->stands;
	term_init(&r->term, c, clock_mono_us());
	elicit_init(&r->elicit, c->elicit);
	randombytes_buf(r->handbacks.key, sizeof(r->handbacks.key));
	r->rates = c->rates;
	r->observed_rates = c->observed_rates;
	r->call_timeout_ms = c->call_timeout_ms;
	r->observed_timeout_ms = c->observed_timeout_ms;
	r->breaker.rule = c->breaker;
	if (r->breaker.rule.unlisted == 0)
		r->breaker.rule.unlisted = BREAKER_UNLISTED_DEFAULT;
	breaker_init(r, &c->observed_breaker);
	r->keeper_fd = c->keeper_fd;
	r->supervisor_fd = c->supervisor_fd;
	r->liveness_fd = c->liveness_fd;
	r->journal.fd = -1;
	r->era = ERA_LEGACY;
	r->asks_left = ASKS_BURST;
	r->asks_refill_ms = clock_mono_ms();
	r->answer = (struct out)OUT_INIT(SINK_HIGH);
	r->scratch = (struct out)OUT_INIT(2 * (size_t)MESSAGE_LINE_MAX);
	r->resumed_line = (struct out)OUT_INIT((size_t)MESSAGE_LINE_MAX);
	shapes_init(&r->shapes);
	r->client_in.fd = r->client_out.fd = -1;
	r->server_in.fd = r->server_out.fd = r->server_err.fd = -1;
	sink_init(&r->to_client, &r->client_out);
	sink_init(&r->to_server, &r->server_in);
	lane_init(&r->c2s, &r->client_in, &r->to_server, &client_ops, r);
	lane_init(&r->s2c, &r->server_out, &r->to_client, &server_ops, r);
	r->cleaned = (struct out)OUT_INIT(r->s2c.instead.max);
	r->typed = (struct out)OUT_INIT((size_t)MESSAGE_LINE_MAX);
	spill_init(&r->spill);
	r->parcel.fd = -1;
	display_init(&r->display, c->stderr_max);
}

int relay_new(const struct relay_config *c, struct relay **ret, struct err *e)
{
	_relay_ struct relay *r = calloc(1, sizeof(*r));
	int n;

	if (!r || sodium_init() < 0)
		return err_set(e, -ENOMEM, "set up the relay");
	init(r, c);
	pending_init(&r->calls, CALLS_MAX);
	pending_init(&r->asks, ASKS_MAX);
	elicited_init(&r->elicited);
	wanted_init(&r->wanted);
	pages_init(&r->pages);
	tasks_init(&r->tasks, &r->calls);
	tasks_init(&r->client_tasks, &r->asks);
	flood_init(&r->flood, clock_mono_ms());
	r->calls.rates[0] = r->rates;
	r->calls.rates[1] = r->observed_rates;
	(void)signal(SIGPIPE, SIG_IGN);
	/* A limit on the size of files is an error like a full disk. */
	if (signal(SIGXFSZ, SIG_IGN) == SIG_ERR)
		return err_set(e, -errno, "signals of the relay");
	n = watch_init(&r->watches);
	if (n < 0)
		return err_set(e, n, "make the relay's epoll set");
	n = make_scanner(r);
	if (n < 0)
		return err_set(e, n, "make the relay's scanner");
	n = take_ports(r, c);
	if (n == 0)
		n = take_records(r, c->record_fd);
	if (n < 0)
		return err_set(e, n,
			"take over the client's and the server's "
			"descriptors");
	*ret = take_ptr(r);
	return 0;
}

void relay_free(struct relay *r)
{
	if (!r)
		return;
	watch_deinit(&r->watches);
	lane_deinit(&r->c2s);
	lane_deinit(&r->s2c);
	sink_deinit(&r->to_client);
	sink_deinit(&r->to_server);
	pending_deinit(&r->calls);
	pending_deinit(&r->asks);
	tasks_deinit(&r->tasks);
	tasks_deinit(&r->client_tasks);
	listen_clear(&r->subscribed);
	json_scanner_free(r->scanner);
	spill_deinit(&r->spill);
	standing_deinit(&r->standings);
	out_deinit(&r->answer);
	out_deinit(&r->scratch);
	out_deinit(&r->resumed_line);
	sodium_memzero(&r->handbacks, sizeof(r->handbacks));
	out_deinit(&r->cleaned);
	out_deinit(&r->typed);
	pinning_deinit(&r->pinning);
	port_close(&r->client_in);
	port_close(&r->client_out);
	port_close(&r->server_in);
	port_close(&r->server_out);
	port_close(&r->server_err);
	fd_close(&r->journal.fd);
	free(r);
}

size_t relay_fds(const struct relay *r, int ret_fds[16])
{
	const int all[] = {
		r->client_in.fd,
		r->client_out.fd,
		r->server_in.fd,
		r->server_out.fd,
		r->server_err.fd,
		r->journal.fd,
		r->keeper_fd,
		r->supervisor_fd,
		r->liveness_fd,
		r->watches.epoll,
	};
	size_t n = 0;

	for (size_t i = 0; i < ELEMENTS(all); i++)
		if (all[i] >= 0)
			ret_fds[n++] = all[i];
	return n;
}

static uint32_t sink_events(const struct sink *s)
{
	return s->blocked ? (uint32_t)EPOLLOUT : WATCH_GONE;
}

/* Says what is wanted of each descriptor now. */
static int arm(struct relay *r)
{
	const bool on = r->ends.started;
	const struct {
		enum watch_id id;
		int fd;
		uint32_t events;
	} want[] = {
		{WATCH_SUPERVISOR, r->supervisor_fd, EPOLLIN},
		{WATCH_LIVENESS, r->liveness_fd, EPOLLIN},
		{WATCH_KEEPER, r->keeper_fd, EPOLLIN},
		{WATCH_RECORDS, r->journal.fd,
			r->journal.dead         ? 0
			: r->journal.wants_room ? (uint32_t)EPOLLOUT
						: WATCH_GONE},
		{WATCH_CLIENT_IN, r->client_in.fd,
			on && lane_reads(&r->c2s) ? EPOLLIN : 0},
		{WATCH_CLIENT_OUT, r->client_out.fd,
			on ? sink_events(&r->to_client) : 0},
		{WATCH_SERVER_IN, r->server_in.fd,
			on ? sink_events(&r->to_server) : 0},
		{WATCH_SERVER_OUT, r->server_out.fd,
			on && lane_reads(&r->s2c) ? EPOLLIN : 0},
		{WATCH_SERVER_ERR, r->server_err.fd, EPOLLIN},
	};

	for (size_t i = 0; i < ELEMENTS(want); i++) {
		int n = watch_want(
			&r->watches, want[i].id, want[i].fd, want[i].events);

		if (n < 0)
			return n;
	}
	return 0;
}

static bool has_slack(const struct relay *r)
{
	return r->c2s.in.size > LANE_SMALL || r->s2c.in.size > LANE_SMALL ||
	       r->s2c.instead.size > LANE_SMALL ||
	       r->to_client.queue.size > LANE_SMALL ||
	       r->scratch.size > LANE_SMALL || r->cleaned.size > LANE_SMALL ||
	       r->typed.size > LANE_SMALL;
}

static void give_back(struct relay *r)
{
	lane_shrink(&r->c2s);
	lane_shrink(&r->s2c);
	buf_shrink(&r->to_client.queue, LANE_SMALL);
	buf_shrink(&r->to_server.queue, LANE_SMALL);
	if (r->scratch.size > LANE_SMALL)
		out_deinit(&r->scratch);
	if (r->cleaned.size > LANE_SMALL)
		out_deinit(&r->cleaned);
	if (r->typed.size > LANE_SMALL)
		out_deinit(&r->typed);
}

/* Milliseconds until something is due without any event; -1 never. */
static int timeout_ms(const struct relay *r)
{
	uint64_t at = 0, now;

	if (r->ends.server_exit && lane_reads(&r->s2c))
		return 0;
	if (r->c2s.held && r->hold_c2s.since_us)
		at = (r->hold_c2s.since_us + HOLD_US) / 1000 + 1;
	if (r->c2s.held && r->full_us)
		at = session_earliest(at, (r->full_us + FULL_US) / 1000 + 1);
	if (r->s2c.held && r->hold_s2c.since_us)
		at = session_earliest(
			at, (r->hold_s2c.since_us + HOLD_US) / 1000 + 1);
	at = session_earliest(at, hold_next_ms(r));
	at = session_earliest(at, looking_next_ms(r));
	at = session_earliest(at, standing_next_ms(r));
	at = session_earliest(at, overdue_next_ms(r));
	at = session_earliest(at, term_next_ms(r));
	if (r->c2s.held && token_waits(&r->token))
		at = session_earliest(
			at, (r->token.since_us + TOKEN_WAIT_US) / 1000 + 1);
	if (spill_waits(&r->spill) && !spill_due(r))
		at = session_earliest(
			at, (r->spill.since_us + SPILL_WAIT_US) / 1000 + 1);
	if (r->ends.server_exit)
		at = session_earliest(at, r->ends.flush_by_ms);
	if (!r->ends.client_eof && !r->ends.client_gone)
		at = session_earliest(at, r->ends.stuck_by_ms);
	if (at == 0)
		return has_slack(r) ? SHRINK_MS : -1;
	now = clock_mono_ms();
	return at <= now ? 0 : (int)(at - now);
}

/* Whether a held line is worth another look. */
static bool hold_due(const struct relay *r, const struct hold *h)
{
	if (h == &r->hold_c2s && r->full_us)
		return r->calls.n < r->calls.max ||
		       clock_mono_us() - r->full_us >= FULL_US;
	if (h == &r->hold_c2s && token_waits(&r->token))
		return token_due(r);
	if (h == &r->hold_s2c && spill_waits(&r->spill) && !spill_due(r))
		return false;
	if (h->since_us == 0)
		return !sink_high(&r->to_client) && !sink_high(&r->to_server);
	return h->news != r->journal.news ||
	       clock_mono_us() - h->since_us >= HOLD_US;
}

static bool lane_due(
	const struct relay *r, const struct lane *l, const struct hold *h)
{
	if (!lane_clear(l))
		return !l->to->blocked;
	return l->held && hold_due(r, h);
}

static void output_seen(struct sink *s, uint32_t seen)
{
	if (seen & (EPOLLERR | EPOLLHUP))
		sink_drop(s);
	else if (seen & EPOLLOUT)
		s->blocked = false;
}

static void records_seen(struct relay *r, uint32_t seen)
{
	if (seen & EPOLLERR)
		journal_dead(&r->journal);
	else if (seen & EPOLLOUT)
		journal_room(&r->journal);
}

static void stderr_seen(struct relay *r)
{
	char bytes[STDERR_CHUNK];
	ssize_t n = port_read(&r->server_err, bytes, sizeof(bytes));

	/* A read that failed took nothing: what is in the pipe is still to be
	   had. Only one that fails again ends the display. */
	if (n < 0 && n != -EAGAIN)
		n = port_read(&r->server_err, bytes, sizeof(bytes));
	if (n > 0)
		display_bytes(&r->display, bytes, (size_t)n);
	else if (n != -EAGAIN) {
		if (n < 0)
			log_line("the server's standard error is not shown any "
				 "more: %s",
				strerror((int)-n));
		watch_drop(&r->watches, WATCH_SERVER_ERR, r->server_err.fd);
		port_close(&r->server_err);
		display_end(&r->display);
	}
}

static void lane_turn(
	struct relay *r, struct lane *l, const struct hold *h, uint32_t seen)
{
	bool news = seen && lane_reads(l) && lane_read(l);

	if (news || lane_due(r, l, h))
		lane_pump(l);
}

static int turn(struct relay *r)
{
	const uint32_t *seen = r->watches.seen;
	int n = control_supervisor(r, seen[WATCH_SUPERVISOR]);

	if (n < 0)
		return n;
	if (seen[WATCH_LIVENESS])
		r->ends.over = r->ends.abandoned = true;
	if (r->ends.over)
		return 0;
	if (seen[WATCH_KEEPER])
		control_keeper(r);
	records_seen(r, seen[WATCH_RECORDS]);
	output_seen(&r->to_client, seen[WATCH_CLIENT_OUT]);
	/* It reads again: only from now on can the server be what is slow. */
	if (seen[WATCH_CLIENT_OUT] && r->full_us)
		r->full_us = clock_mono_us();
	output_seen(&r->to_server, seen[WATCH_SERVER_IN]);
	lane_turn(r, &r->s2c, &r->hold_s2c, seen[WATCH_SERVER_OUT]);
	lane_turn(r, &r->c2s, &r->hold_c2s, seen[WATCH_CLIENT_IN]);
	if (seen[WATCH_SERVER_ERR])
		stderr_seen(r);
	hold_step(r);
	overdue_step(r);
	standing_step(r);
	term_step(r);
	session_note_display(r);
	if (!r->to_client.blocked)
		sink_flush(&r->to_client);
	if (!r->to_server.blocked)
		sink_flush(&r->to_server);
	return ending_step(r);
}

static int loop(struct relay *r)
{
	while (!r->ends.over) {
		int timeout = timeout_ms(r);
		int n = arm(r);

		if (n == 0)
			n = watch_wait(&r->watches, timeout);
		if (n < 0)
			return n;
		if (timeout == SHRINK_MS && n == 1)
			give_back(r);
		n = turn(r);
		if (n < 0)
			return n;
	}
	return 0;
}

int relay_run(struct relay *r, struct err *e)
{
	int n = loop(r);

	if (n == 0 && r->ends.abandoned)
		return 1;
	if (n == 0)
		n = ending_report(r);
	return n < 0 ? err_set(e, n, "relay messages") : 0;
}
