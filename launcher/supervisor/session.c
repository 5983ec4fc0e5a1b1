/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The session from the first READY to the last record.
 */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "supervisor/run.h"

#define EOF_MS 5000     /* from the end of stdin to SIGTERM */
#define TERM_MS 2000    /* from SIGTERM to SIGKILL */
#define SIGNAL_MS 1200  /* from a signal of ours to SIGKILL */
#define END_MS 2000     /* from the same to the end of all */
#define FLUSH_MS 1500   /* for the client to read the rest */
#define FLUSHED_MS 500  /* after that, for the relay to report */
#define HURRY_MS 200    /* what the client has even when END_MS is over */
#define KEEPER_MS 10000 /* for the keeper to write what it has accepted */
#define UNREADY_MS 3000 /* the same for one that was still being set up */
#define LEAST_MS 800    /* what it has even when END_MS is over */

static void enter_stage(struct run *r, enum stage stage, uint64_t ms)
{
	if (stage <= r->stage)
		return;
	r->stage = stage;
	r->deadline_ms = ms ? clock_mono_ms() + ms : 0;
}

static void tell_both(struct run *r, enum peer_id id, enum ipc_type type,
	uint64_t a, uint64_t b)
{
	const struct ipc_msg m = {.type = type, .a = a, .b = b};

	if (r->peers[id].ipc >= 0)
		(void)!ipc_send(r->peers[id].ipc, ROLE_SUPERVISOR, &m);
}

static void tell(struct run *r, enum peer_id id, enum ipc_type type, uint64_t a)
{
	tell_both(r, id, type, a, 0);
}

static const char stdout_closed[] = "server closed its stdout";

static void set_cause(struct run *r, const char *cause)
{
	if (r->stage == STAGE_RUNNING)
		r->cause = cause;
}

/* The server is asked to end: first by the end of its stdin, since some
 * ignore signals while it is open. */
static void begin_eof(struct run *r, const char *cause)
{
	set_cause(r, cause);
	enter_stage(r, STAGE_EOF, EOF_MS);
}

static void begin_term(struct run *r, int sig, uint64_t ms)
{
	tell(r, PEER_RELAY, IPC_STOP, 0);
	tell(r, PEER_INIT, IPC_STOP, (uint64_t)sig);
	enter_stage(r, STAGE_TERM, ms);
}

static void begin_kill(struct run *r)
{
	tell(r, PEER_RELAY, IPC_STOP, 0);
	peer_kill(&r->peers[PEER_INIT]);
	enter_stage(r, STAGE_KILL, TERM_MS);
}

void session_kill(struct run *r)
{
	peer_kill(&r->peers[PEER_INIT]);
	peer_kill(&r->peers[PEER_RELAY]);
	(void)peer_reap(&r->peers[PEER_INIT], true);
	(void)peer_reap(&r->peers[PEER_RELAY], true);
}

static void hit_limit(struct run *r, enum limit_id id, uint64_t value)
{
	if (r->limit != LIMIT_NONE)
		return;
	r->limit = id;
	r->limit_value = value;
	set_cause(r, id == LIMIT_MEMORY ? "limit: memory" : "limit: session");
	report_limit(r, limit_table[id].name, value,
		id == LIMIT_MEMORY && !r->cgroup.memory ? "sampled" : "hard");
	begin_kill(r);
}

/* After a signal the keeper needs its part of what is left. */
static uint64_t flush_ms(const struct run *r)
{
	uint64_t until = clock_mono_ms() + LEAST_MS, left;

	if (!r->end_by_ms)
		return FLUSH_MS;
	left = r->end_by_ms > until ? r->end_by_ms - until : 0;
	if (left < HURRY_MS)
		return HURRY_MS;
	return left < FLUSH_MS ? left : FLUSH_MS;
}

/* The server's end, by its own will or ours. */
static void server_gone(struct run *r)
{
	uint64_t flush = flush_ms(r);

	if (r->stage >= STAGE_GONE)
		return;
	set_cause(r, "server ended");
	/* Its end closes its stdout too, which is often seen first. */
	if (r->stage == STAGE_EOF && r->cause == stdout_closed)
		r->cause = "server ended";
	tell_both(r, PEER_RELAY, IPC_SERVER_EXIT, (uint64_t)r->server_status,
		flush);
	enter_stage(r, STAGE_GONE, flush + FLUSHED_MS);
	if (r->peers[PEER_RELAY].pidfd < 0) /* nothing left to drain */
		enter_stage(r, STAGE_OVER, 0);
}

static void check_oom(struct run *r)
{
	if (cgroup_oom_killed(&r->cgroup))
		hit_limit(r, LIMIT_MEMORY, r->plan->limits[LIMIT_MEMORY]);
}

static void from_init(struct run *r, const struct ipc_msg *m)
{
	if (m->type == IPC_SERVER_EXIT) {
		r->server_exited = true;
		r->server_status = (int)m->a;
		/* What it wrote is in the pipe: the relay can drain it while
		 * the sandbox goes. */
		check_oom(r);
		server_gone(r);
	} else if (m->type == IPC_LIMIT && m->a == LIMIT_MEMORY) {
		hit_limit(r, LIMIT_MEMORY, m->b);
	}
}

/* Its records are in the pipe by then: while it goes, the log can end. */
static void last_word(struct run *r, const struct ipc_msg *m)
{
	r->totals = m->totals;
	if (r->stage == STAGE_GONE)
		enter_stage(r, STAGE_OVER, 0);
}

/* An incident, by the profile's own word. */
static void trip(struct run *r)
{
	if (r->stage >= STAGE_GONE || r->limit != LIMIT_NONE || r->tripped)
		return;
	r->tripped = true;
	set_cause(r, "breaker");
	begin_kill(r);
}

static void from_relay(struct run *r, const struct ipc_msg *m)
{
	if (m->type == IPC_TRIPPED)
		trip(r);
	if (m->type == IPC_CLIENT_EOF)
		begin_eof(r, "client closed its end");
	else if (m->type == IPC_CLIENT_GONE)
		begin_eof(r, "client is gone");
	else if (m->type == IPC_SERVER_EOF)
		begin_eof(r, stdout_closed);
	else if (m->type == IPC_TOTALS)
		last_word(r, m);
}

static void from_keeper(struct run *r, const struct ipc_msg *m)
{
	if (m->type == IPC_LOOK)
		kin_look(r, m);
	if (m->type != IPC_KEEPER_DONE)
		return;
	r->keeper_done = true;
	if (m->a && r->err->text[0] == '\0')
		(void)err_set(r->err, -(int)m->a, "the log is not whole");
}

/* All that a peer has said; its socket is closed when it is gone. */
static void listen_to(struct run *r, enum peer_id id,
	void (*handle)(struct run *r, const struct ipc_msg *m))
{
	struct peer *p = &r->peers[id];

	while (p->ipc >= 0) {
		struct ipc_msg m;
		int x = ipc_recv(p->ipc, peer_role[id], false, &m);

		if (x == -EAGAIN)
			return;
		if (x == 0) {
			handle(r, &m);
			continue;
		}
		if (x < 0) /* said what it may not: not ours any more */
			peer_kill(p);
		fd_close(&p->ipc);
	}
}

int session_signal(struct run *r)
{
	struct signalfd_siginfo info;

	if (read(r->signals, &info, sizeof(info)) <= 0)
		return 0;
	if (!r->end_by_ms)
		r->end_by_ms = clock_mono_ms() + END_MS;
	return (int)info.ssi_signo;
}

/* SIGTERM, SIGINT, SIGHUP to us: close stdin, pass it on, end inside 2 s. */
static void on_signal(struct run *r)
{
	uint64_t kill_by_ms;
	int sig;

	while ((sig = session_signal(r)) > 0) {
		set_cause(r, "signal");
		r->signalled = true;
		begin_term(r, sig, SIGNAL_MS);
	}
	/* It may have been asked to end already, and been given more time. */
	kill_by_ms = r->end_by_ms - (END_MS - SIGNAL_MS);
	if (r->signalled && r->stage == STAGE_TERM &&
		r->deadline_ms > kill_by_ms)
		r->deadline_ms = kill_by_ms;
}

static void on_deadline(struct run *r)
{
	switch (r->stage) {
	case STAGE_EOF:
		r->forced = "did not end with its input";
		begin_term(r, SIGTERM, TERM_MS);
		break;
	case STAGE_TERM:
		r->forced = "did not end when it was asked to";
		begin_kill(r);
		break;
	case STAGE_GONE:
		peer_kill(&r->peers[PEER_RELAY]);
		r->deadline_ms = 0;
		break;
	case STAGE_KILL:
	case STAGE_RUNNING:
	case STAGE_OVER:
		r->deadline_ms = 0;
		break;
	}
}

static void on_init_end(struct run *r)
{
	if (!peer_reap(&r->peers[PEER_INIT], false))
		return;
	listen_to(r, PEER_INIT, from_init);
	check_oom(r);
	if (!r->server_exited && r->stage < STAGE_KILL) {
		r->peers[PEER_INIT].lost = true;
		r->cause = "init lost";
		(void)err_say(r->err, -EPIPE,
			"init ended unexpectedly, and the server with it");
	}
	if (!r->server_exited) {
		/* Killed by us or for want of memory: so was the server. */
		r->server_exited = true;
		r->server_status = SIGKILL;
	}
	server_gone(r);
}

/* A part of ours that ends before its time ends the session. */
static void on_part_end(struct run *r, enum peer_id id)
{
	if (!peer_reap(&r->peers[id], false))
		return;
	listen_to(r, id, id == PEER_RELAY ? from_relay : from_keeper);
	if (id == PEER_RELAY && r->stage >= STAGE_GONE) {
		/* Past the deadline it was killed, and that is all. Its death
		 * ends a server too, which then may be seen first. */
		if (r->deadline_ms && r->peers[id].status != 0)
			(void)err_say(r->err, -EPIPE,
				"the relay ended unexpectedly; the session's "
				"last messages may be lost");
		enter_stage(r, STAGE_OVER, 0);
		return;
	}
	r->peers[id].lost = true;
	r->cause = id == PEER_RELAY ? "relay lost" : "keeper lost";
	(void)err_say(r->err, -EPIPE,
		"%s ended unexpectedly; the session was ended with it",
		peer_name[id]);
	begin_kill(r);
}

static void on_protected(void *context, const char *what, const char *path)
{
	struct run *r = context;
	char text[4096 + 64];

	(void)snprintf(text, sizeof(text), "%s %s", path, what);
	report_anomaly(r, "protected_name", text);
	tell(r, PEER_RELAY, IPC_TRIP, 0);
}

static int next_timeout(const struct run *r)
{
	uint64_t now = clock_mono_ms(), next = r->deadline_ms;

	if (r->session_deadline_ms && (!next || r->session_deadline_ms < next))
		next = r->session_deadline_ms;
	if (!next)
		return -1;
	return next > now ? (int)(next - now) : 0;
}

static void check_deadlines(struct run *r)
{
	uint64_t now = clock_mono_ms();

	if (r->session_deadline_ms && now >= r->session_deadline_ms) {
		r->session_deadline_ms = 0;
		hit_limit(r, LIMIT_SESSION, r->plan->limits[LIMIT_SESSION]);
	}
	if (r->deadline_ms && now >= r->deadline_ms)
		on_deadline(r);
}

void session_loop(struct run *r)
{
	if (r->plan->limits[LIMIT_SESSION])
		r->session_deadline_ms =
			clock_mono_ms() + r->plan->limits[LIMIT_SESSION] * 1000;
	while (r->stage < STAGE_OVER) {
		struct pollfd p[] = {
			{.fd = r->signals, .events = POLLIN},
			{.fd = r->tripwire.inotify, .events = POLLIN},
			{.fd = r->peers[PEER_RELAY].ipc, .events = POLLIN},
			{.fd = r->peers[PEER_INIT].ipc, .events = POLLIN},
			{.fd = r->peers[PEER_KEEPER].ipc, .events = POLLIN},
			{.fd = r->peers[PEER_INIT].pidfd, .events = POLLIN},
			{.fd = r->peers[PEER_RELAY].pidfd, .events = POLLIN},
			{.fd = r->peers[PEER_KEEPER].pidfd, .events = POLLIN},
		};
		int n = poll(p, ELEMENTS(p), next_timeout(r));

		if (n > 0 && p[0].revents)
			on_signal(r);
		if (n > 0 && p[1].revents)
			tripwire_read(&r->tripwire, on_protected, r);
		if (n > 0 && p[2].revents)
			listen_to(r, PEER_RELAY, from_relay);
		if (n > 0 && p[3].revents)
			listen_to(r, PEER_INIT, from_init);
		if (n > 0 && p[4].revents)
			listen_to(r, PEER_KEEPER, from_keeper);
		if (n > 0 && p[5].revents)
			on_init_end(r);
		if (n > 0 && p[6].revents)
			on_part_end(r, PEER_RELAY);
		if (n > 0 && p[7].revents && r->peers[PEER_KEEPER].pidfd >= 0)
			on_part_end(r, PEER_KEEPER);
		check_deadlines(r);
	}
}

static uint64_t keeper_deadline(const struct run *r, uint64_t began_ms)
{
	bool ready = r->peers[PEER_KEEPER].ready;
	uint64_t by = began_ms + (ready ? KEEPER_MS : UNREADY_MS);

	if (!r->end_by_ms || by < r->end_by_ms)
		return by;
	by = began_ms + LEAST_MS;
	return by > r->end_by_ms ? by : r->end_by_ms;
}

/* False when its time is over; a signal that comes meanwhile cuts it. */
static bool keeper_ends(struct run *r)
{
	struct pollfd p[] = {
		{.fd = r->peers[PEER_KEEPER].pidfd, .events = POLLIN},
		{.fd = r->signals, .events = POLLIN},
	};
	uint64_t began = clock_mono_ms();

	for (uint64_t now = began;; now = clock_mono_ms()) {
		uint64_t by = keeper_deadline(r, began);
		int n = poll(p, ELEMENTS(p), by > now ? (int)(by - now) : 0);

		if (n > 0 && p[0].revents)
			return true;
		if (now >= by)
			return false;
		if (n > 0 && p[1].revents && session_signal(r) == 0)
			p[1].fd = -1;
	}
}

static void keeper_failed(struct run *r, const char *how)
{
	static const char text[] =
		"the keeper %s; the log is not whole: its end is missing";

	if (r->err->text[0] == '\0')
		(void)err_say(r->err, -EPIPE, text, how);
	else
		log_line(text, how);
}

/* The keeper ends when all writers have: ours is the last. */
static void wait_keeper(struct run *r)
{
	struct peer *k = &r->peers[PEER_KEEPER];
	bool ended;

	if (k->pidfd < 0)
		return;
	ended = keeper_ends(r);
	if (!ended)
		peer_kill(k);
	(void)peer_reap(k, true);
	listen_to(r, PEER_KEEPER, from_keeper);
	if (r->keeper_done)
		return;
	if (!ended)
		keeper_failed(r, "does not end and was killed");
	else if (k->ready) /* one that was not has said why */
		keeper_failed(r, "ended unexpectedly");
}

void session_finish(struct run *r)
{
	tripwire_read(&r->tripwire, on_protected, r);
	tripwire_compare(&r->tripwire, on_protected, r);
	report_end(r);
	fd_close(
		&r->own_records_w); /* the keeper ends while the sandbox goes */
	session_kill(r);
	wait_keeper(r);
	if (!r->keeper_done)
		kin_sweep(r);
}

static int server_status(const struct run *r)
{
	int status = r->server_status;

	if (WIFEXITED(status)) {
		int code = WEXITSTATUS(status);

		if (code >= EXIT_LIMIT && code <= EXIT_NOT_FOUND)
			log_line("%s ended with status %d: its own, not "
				 "stockade's",
				r->plan->server_name, code);
		return code;
	}
	/* A signal that the client sent us is no news to it. */
	if (r->forced || !r->signalled)
		log_line("%s was ended by signal %d (%s)%s%s",
			r->plan->server_name, WTERMSIG(status),
			strsignal(WTERMSIG(status)), r->forced ? ": it " : "",
			r->forced ? r->forced : "");
	return 128 + WTERMSIG(status);
}

int session_status(struct run *r)
{
	if (r->err->text[0])
		return r->err->status ? r->err->status : EXIT_REFUSED;
	if (r->limit == LIMIT_NONE && !r->tripped)
		return server_status(r);
	if (r->tripped)
		(void)err_status(r->err, EXIT_LIMIT,
			"%s was ended: the breaker is set to stop",
			r->plan->server_name);
	else
		(void)err_status(r->err, EXIT_LIMIT,
			"%s was ended: limit %s reached (--limit %s=VALUE "
			"sets another)",
			r->plan->server_name, limit_table[r->limit].name,
			limit_table[r->limit].name);
	return EXIT_LIMIT;
}
