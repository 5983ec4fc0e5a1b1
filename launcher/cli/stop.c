/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/deeds.h"
#include "cli/option.h"
#include "cli/sessions.h"
#include "cli/token_verb.h"
#include "cli/verb.h"
#include "keeper/chain.h"

/* A session ends within two seconds of a signal; this is for a busy machine. */
#define END_MS 10000

struct stop_cli {
	bool all, revoke;
	unsigned stopped, failed;
};

static int set_all(void *context, const char *value, struct err *e)
{
	struct stop_cli *s = context;

	(void)value;
	(void)e;
	s->all = true;
	return 0;
}

static int set_revoke(void *context, const char *value, struct err *e)
{
	struct stop_cli *s = context;

	(void)value;
	(void)e;
	s->revoke = true;
	return 0;
}

static const struct option_row options[] = {
	{"all", NULL, "every session of yours that runs", set_all, false},
	{"revoke", NULL, "first, every operation token too", set_revoke, false},
};

static const struct verb_info info = {
	.name = "stop",
	.usage = "[--revoke] [--all | SESSION...]",
	.about = "End sessions that run.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "SESSION: its first digits, as stockade status shows them. The server is asked\n"
		"to end, then killed; the client sees it end. What does not end is killed.\n"
		"Exit status: 0, or 1 if there is no such session, 125 if one does not end.",
};

static void name_text(const struct running *r, char *dst, size_t size)
{
	char server[80];

	(void)escape_text(server, sizeof(server), r->server, strlen(r->server));
	(void)snprintf(dst, size, "%.8s (%s)", r->session, server);
}

static int send_signal(const struct running *r, int sig)
{
	if (syscall(SYS_pidfd_send_signal, r->pidfd, sig, NULL, 0U) < 0)
		return errno == ESRCH ? 0 : -errno;
	return 0;
}

/* True when the process is gone. */
static bool ends_by(const struct running *r, uint64_t deadline_ms)
{
	struct pollfd p = {.fd = r->pidfd, .events = POLLIN};
	uint64_t now = clock_mono_ms();

	return poll(&p, 1, deadline_ms > now ? (int)(deadline_ms - now) : 0) ==
	       1;
}

/* All are asked at once, so that none waits for another. */
static void ask(struct stop_cli *c, const struct running *r)
{
	char name[128];
	int x = r->pidfd < 0 ? -ESRCH : send_signal(r, SIGTERM);

	if (x == 0)
		return;
	name_text(r, name, sizeof(name));
	if (r->pidfd < 0)
		log_line("%s: its process is not seen from here, or not "
			 "yours; nothing was done",
			name);
	else
		log_line("%s: %s", name, strerror(-x));
	c->failed++;
}

static void await(
	struct stop_cli *c, const struct running *r, uint64_t deadline_ms)
{
	char name[128];

	if (r->pidfd < 0)
		return;
	name_text(r, name, sizeof(name));
	if (!ends_by(r, deadline_ms)) {
		/* Its parts die with it; the keeper says in the log why. */
		log_line("%s: does not end and is killed", name);
		if (send_signal(r, SIGKILL) < 0 ||
			!ends_by(r, clock_mono_ms() + END_MS)) {
			log_line("%s: cannot be killed", name);
			c->failed++;
			return;
		}
	}
	(void)printf("stopped %s\n", name);
	c->stopped++;
}

static bool wanted(
	const struct stop_cli *c, char *const *args, const struct running *r)
{
	for (char *const *a = args; *a; a++)
		if (strncmp(r->session, *a, strlen(*a)) == 0)
			return true;
	return c->all;
}

/* Each operand names one session: less would end what nobody meant. */
static int check_operands(const struct sessions *s, char *const *args,
	unsigned *ret_missing, struct err *e)
{
	*ret_missing = 0;
	for (char *const *a = args; *a; a++) {
		unsigned n = 0;

		if (!hex_valid(*a, strlen(*a)) || !**a ||
			strlen(*a) > SESSION_HEX)
			return err_status(e, 2,
				"stop: a session is named by its (first) hex "
				"digits");
		for (size_t i = 0; i < s->n; i++)
			n += strncmp(s->all[i].session, *a, strlen(*a)) == 0;
		if (n > 1)
			return err_status(e, 2,
				"stop: %u sessions begin with %s: more digits, "
				"or --all",
				n, *a);
		if (n == 0) {
			log_line("no session runs that begins with %s", *a);
			(*ret_missing)++;
		}
	}
	return 0;
}

static void stop(struct stop_cli *c, const struct sessions *s, char **args)
{
	uint64_t deadline_ms;

	for (size_t i = 0; i < s->n; i++)
		if (wanted(c, args, &s->all[i]))
			ask(c, &s->all[i]);
	deadline_ms = clock_mono_ms() + END_MS;
	for (size_t i = 0; i < s->n; i++)
		if (wanted(c, args, &s->all[i]))
			await(c, &s->all[i], deadline_ms);
}

static int revoke_tokens(struct token_taken *taken, struct err *e)
{
	_tokens_ struct token_store store;
	int r, written = 0;

	token_store_init(&store);
	r = token_store_open_revoking(&store, e);
	if (r == 0)
		r = token_take_all(&store, taken, e);
	(void)printf("revoked %u tokens\n", taken->live);
	if (taken->n)
		written = token_write_taken(taken, "stop --revoke", e);
	return r < 0 ? r : written;
}

/* What does not go well here keeps no session from being ended. */
static void revoke_first(struct stop_cli *c)
{
	_free_ struct token_taken *taken = calloc(1, sizeof(*taken));
	struct err e = {0};
	int r = taken ? revoke_tokens(taken, &e)
		      : err_set(&e, -ENOMEM, "stop --revoke");

	if (r < 0) {
		(void)log_err(&e);
		c->failed++;
	}
}

int verb_stop(int argc, char **argv)
{
	_sessions_ struct sessions s = {0};
	struct stop_cli c = {0};
	struct err e = {0};
	unsigned missing = 0;
	char **args;
	int r = options_parse(&info, argc, argv, &c, &args, &e);

	if (r == 1)
		return 0;
	deeds_guard();
	if (r == 0 && c.all == (args[0] != NULL) && (c.all || !c.revoke))
		r = err_status(&e, 2,
			"stop: name sessions, or --all; see stockade stop "
			"--help");
	if (r == 0 && c.revoke)
		revoke_first(&c);
	if (r == 0)
		r = sessions_read(&s, &e);
	if (r == 0)
		r = check_operands(&s, args, &missing, &e);
	if (r < 0)
		return log_err(&e);
	stop(&c, &s, args);
	if (c.failed)
		return EXIT_REFUSED;
	if (c.revoke && !c.all && !args[0])
		return 0;
	if (c.all && s.n == 0)
		log_line("no session runs");
	return missing || c.stopped == 0 ? 1 : 0;
}
