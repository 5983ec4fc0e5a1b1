/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_exec.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/approve_program.h"
#include "cli/approve_queue.h"
#include "cli/approve_shown.h"
#include "cli/approve_term.h"

#define TICK_MS 1000

struct exec {
	const char *path;
	struct queue queue;
	struct program program;
	bool runs;
	/* What it is asked; NULL once that is gone. */
	struct waiting *asked;
	char about[400]; /* for lines: id, server, name */
	int signals;
};

static void describe(const struct waiting *w, char *dst, size_t size)
{
	char id[QUESTION_ID_MAX], server[128], name[160];

	question_id(w, id);
	(void)escape_text(server, sizeof(server), w->link->about.server,
		strlen(w->link->about.server));
	(void)escape_text(name, sizeof(name), w->name, w->name_len);
	(void)snprintf(dst, size, "%s %s: %s", id, server, name);
}

static void hear_gone(struct exec *x, const struct link_news *news)
{
	if (news->question != x->asked || !x->asked)
		return;
	x->asked = NULL;
	if (!x->runs)
		return;
	log_line("%s: not open any more (%s)", x->about,
		news->answer ? approval_answer_name(news->answer) : "closed");
	program_stop(&x->program);
}

static void hear(void *context, const struct link_news *news)
{
	struct exec *x = context;

	switch (news->type) {
	case NEWS_GONE:
		hear_gone(x, news);
		return;
	case NEWS_CHANGED:
		/* It was asked again: so the program is, too. */
		if (news->question->calls > news->question->put_calls &&
			news->question != x->asked)
			news->question->put = false;
		return;
	case NEWS_DONE:
		if (news->status != ANSWER_TAKEN && news->id)
			log_line("%.8s:%llu: %s%s%s", news->link->about.session,
				(unsigned long long)news->id,
				approval_status_text(news->status),
				news->fault ? ": " : "",
				news->fault ? approval_fault_text(news->fault)
					    : "");
		return;
	case NEWS_NOTICE:
		log_line("%.8s: %s", news->link->about.session, news->text);
		return;
	case NEWS_NONE:
	case NEWS_READY:
	case NEWS_OPEN:
	case NEWS_LOST:
	case _NEWS_N:
		return;
	}
}

static void say(void *context, const char *line, bool stale)
{
	(void)context;
	if (!stale)
		log_line("%s", line);
}

/* Of two that were not asked yet: a call that waits first, and of those the one
 * that has the least time left. */
static bool is_more_urgent(const struct waiting *a, const struct waiting *b)
{
	if (a->held != b->held)
		return a->held;
	return a->held ? a->hold_until_ms < b->hold_until_ms
		       : a->asked_ms < b->asked_ms;
}

static struct waiting *next_question(const struct queue *q)
{
	struct waiting *best = NULL;

	for (size_t i = 0; i < q->n; i++)
		for (size_t j = 0; j < q->links[i]->n; j++) {
			struct waiting *w = q->links[i]->questions[j];

			if (!w->put && (!best || is_more_urgent(w, best)))
				best = w;
		}
	return best;
}

static void ask(struct exec *x, struct waiting *w)
{
	struct out input = OUT_INIT(QUESTION_TEXT_MAX);
	char question[CONTRACT_QUESTION_MAX];
	int r = -EBADMSG;

	w->put = true;
	w->put_calls = w->calls;
	describe(w, x->about, sizeof(x->about));
	if (shown_is_readable(w)) {
		contract_question(w, question);
		question_json(&input, w, true);
		r = input.failed ? -ENOMEM
				 : program_start(&x->program, x->path, question,
					   &input);
		if (r < 0 && !input.failed)
			program_deinit(&x->program);
	}
	out_deinit(&input);
	if (r < 0) {
		log_line("%s: the program was not asked: %s", x->about,
			strerror(-r));
		return;
	}
	x->asked = w;
	x->runs = true;
	log_line("%s: the program is asked", x->about);
}

static void take_answer(struct exec *x)
{
	struct waiting *w = x->asked;
	char reason[APPROVAL_REASON_MAX + 1];
	struct program_end end;
	struct verdict v;
	const char *why;
	int r;

	program_result(&x->program, &end);
	if (!w || x->program.told) {
		if (w && x->program.overrun)
			log_line("%s: no answer: it wrote too much", x->about);
		return;
	}
	if (!contract_read(&end, &v, reason, &why)) {
		log_line("%s: no answer: %s", x->about, why);
		return;
	}
	/* Of what stands there is one yes, by whatever name. */
	if (approval_kind_stands(w->kind) && v.answer == APPROVAL_SESSION)
		v.answer = APPROVAL_ONCE;
	r = link_answer(w, &v);
	if (r < 0)
		log_line("%s: the answer was not sent: %s", x->about,
			strerror(-r));
	else
		log_line("%s: %s", x->about, approval_answer_name(v.answer));
}

static void end_program(struct exec *x)
{
	take_answer(x);
	program_deinit(&x->program);
	x->runs = false;
	x->asked = NULL;
}

/* Its time is over; or it was let go, and a call that waits needs its place:
 * then it has another turn. */
static void mind_deadline(struct exec *x)
{
	struct waiting *w = x->asked, *next;

	if (!w || x->program.told)
		return;
	next = next_question(&x->queue);
	if (!w->held && next && next->held) {
		log_line("%s: waits: another call is held", x->about);
		w->put = false;
		w->put_calls = 0;
		x->asked = NULL;
	} else if (clock_mono_ms() < w->expires_ms) {
		return;
	} else {
		log_line("%s: no answer in time", x->about);
	}
	program_stop(&x->program);
}

static int timeout_of(const struct exec *x, uint64_t look_ms)
{
	uint64_t now = clock_mono_ms(), due = look_ms;

	if (x->runs && program_due_ms(&x->program) &&
		program_due_ms(&x->program) < due)
		due = program_due_ms(&x->program);
	return due > now ? (int)(due - now) : 0;
}

/* 0; N > 0: signal N. */
static int step(struct exec *x, uint64_t look_ms)
{
	struct pollfd fds[1 + PROGRAM_FDS] = {
		{.fd = x->signals, .events = POLLIN}};
	struct signalfd_siginfo s;
	size_t n = 1;
	int r;

	if (x->runs)
		n += program_fds(&x->program, fds + 1);
	r = queue_wait(&x->queue, fds, n, timeout_of(x, look_ms));
	if (r < 0)
		return r == -EINTR ? 0 : r;
	if (fds[0].revents &&
		read(x->signals, &s, sizeof(s)) == (ssize_t)sizeof(s) &&
		s.ssi_signo != SIGPIPE)
		return (int)s.ssi_signo;
	if (x->runs) {
		mind_deadline(x);
		program_step(&x->program);
	}
	if (x->runs && x->program.ended)
		end_program(x);
	return 0;
}

static int loop(struct exec *x, struct err *e)
{
	uint64_t look_ms = 0;
	int r = 0;

	while (r == 0) {
		struct waiting *next;

		if (clock_mono_ms() >= look_ms) {
			r = queue_look(&x->queue, e);
			look_ms = clock_mono_ms() + TICK_MS;
		}
		next = x->runs ? NULL : next_question(&x->queue);
		if (r == 0 && next)
			ask(x, next);
		if (r == 0)
			r = step(x, look_ms);
	}
	return r < 0 ? err_set(e, r, "approve --watch --exec") : r;
}

static int catch_signals(struct exec *x, sigset_t *before)
{
	static const int caught[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ELEMENTS(caught); i++)
		(void)sigaddset(&set, caught[i]);
	if (sigprocmask(SIG_BLOCK, &set, before) < 0)
		return -errno;
	x->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return x->signals < 0 ? -errno : 0;
}

int exec_run(const char *program, struct err *e)
{
	struct exec x = {.path = program, .signals = -1};
	sigset_t before;
	int r = program_check(program, e);

	if (r < 0)
		return r;
	x.program = (struct program){.pidfd = -1, .in = -1, .out = -1};
	queue_init(&x.queue, CHANNEL_PROGRAM, hear, &x);
	x.queue.say = say;
	x.queue.patient = true;
	r = catch_signals(&x, &before);
	if (r < 0)
		return err_set(e, r, "approve --watch --exec");
	r = loop(&x, e);
	program_finish(&x.program);
	program_deinit(&x.program);
	queue_deinit(&x.queue);
	fd_close(&x.signals);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return r > 0 ? term_die(r) : r;
}
