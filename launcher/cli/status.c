/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "base/log.h"
#include "cli/option.h"
#include "cli/pin.h"
#include "cli/sessions.h"
#include "cli/verb.h"

struct status_cli {
	bool json;
};

static int set_json(void *context, const char *value, struct err *e)
{
	struct status_cli *s = context;

	(void)value;
	(void)e;
	s->json = true;
	return 0;
}

static const struct option_row options[] = {
	{"json", NULL, "one JSON object a line", set_json, false},
};

static const struct verb_info info = {
	.name = "status",
	.usage = "[--json]",
	.about =
		"Show the sessions of yours that run now, the oldest first, and what is\npinned of your servers.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "Exit status: 0, or 1 if none runs. stockade stop ends them.",
};

/* In local time; with the day where it was not today. */
static void time_text(uint64_t us, char *dst, size_t size)
{
	time_t then = (time_t)(us / 1000000), now = time(NULL);
	struct tm at, today;

	dst[0] = '\0';
	if (!localtime_r(&then, &at) || !localtime_r(&now, &today))
		return;
	(void)strftime(dst, size,
		at.tm_year == today.tm_year && at.tm_yday == today.tm_yday
			? "%H:%M:%S"
			: "%Y-%m-%d %H:%M",
		&at);
}

/* "p, role ops, task triage" */
static void declared_text(const struct running *r, char *dst, size_t size)
{
	const struct {
		const char *what, *name;
	} rows[] = {
		{"role", r->role},
		{"task", r->task},
		{"context", r->context},
		{"tenant", r->tenant},
	};
	char text[512];
	size_t used = (size_t)snprintf(text, sizeof(text), "%s", r->profile);

	for (size_t i = 0; i < ELEMENTS(rows); i++)
		if (rows[i].name[0])
			used += (size_t)snprintf(text + used,
				sizeof(text) - used, ", %s %s", rows[i].what,
				rows[i].name);
	(void)escape_text(dst, size, text, strlen(text));
}

static void print_row(const struct running *r)
{
	char since[32], server[80], profile[600], client[256];

	time_text(r->since_us, since, sizeof(since));
	(void)escape_text(server, sizeof(server), r->server, strlen(r->server));
	declared_text(r, profile, sizeof(profile));
	(void)escape_text(client, sizeof(client), r->client, strlen(r->client));
	(void)printf("%.8s  %-16s  %-7" PRIu64 "  %-20s  %-12s  %6" PRIu64
		     "  %6" PRIu64 "  %s\n",
		r->session, since, r->pid, server, profile, r->calls, r->denied,
		client);
}

static int print_json(const struct running *r)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:b}",
		"session", r->session, "server", r->server, "profile",
		r->profile, "client", r->client, "role", r->role, "task",
		r->task, "context", r->context, "tenant", r->tenant, "since",
		(json_int_t)(r->since_us / 1000000), "pid", (json_int_t)r->pid,
		"calls", (json_int_t)r->calls, "denied", (json_int_t)r->denied,
		"here", r->pidfd >= 0);
	int n = o ? json_dumpf(o, stdout, JSON_COMPACT | JSON_ENSURE_ASCII)
		  : -1;

	json_decref(o);
	(void)putchar('\n');
	return n < 0 ? -ENOMEM : 0;
}

static int print_all(
	const struct status_cli *c, const struct sessions *s, struct err *e)
{
	int r = 0;

	if (!c->json && s->n)
		(void)printf("%-8s  %-16s  %-7s  %-20s  %-12s  %6s  %6s  %s\n",
			"SESSION", "SINCE", "PID", "SERVER", "PROFILE", "CALLS",
			"DENIED", "CLIENT");
	for (size_t i = 0; r == 0 && i < s->n; i++)
		if (c->json)
			r = print_json(&s->all[i]);
		else
			print_row(&s->all[i]);
	if (r == 0 && fflush(stdout) != 0)
		r = -errno;
	return r < 0 ? err_set(e, r, "status: standard output") : 0;
}

/* Whether sessions run or not: what waits, waits for somebody. */
static int print_pins(const struct status_cli *c, bool more, struct err *e)
{
	const struct pin_cli pins = {.json = c->json, .lenient = true};
	char *none[] = {NULL};
	_pin_servers_ struct pin_servers s = {0};
	int r = pin_servers_read(&pins, none, &s, e);

	if (r == 0)
		r = pin_status(&s, c->json, more);
	return r < 0 ? err_set(e, r, "status: pins") : 0;
}

int verb_status(int argc, char **argv)
{
	_sessions_ struct sessions s = {0};
	struct status_cli c = {0};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, &c, &args, &e);

	if (r == 1)
		return 0;
	if (r == 0 && args[0])
		r = err_status(&e, 2,
			"status: takes no operand; see stockade status --help");
	if (r == 0)
		r = sessions_read(&s, &e);
	if (r == 0)
		r = print_all(&c, &s, &e);
	if (r == 0)
		r = print_pins(&c, s.n > 0, &e);
	if (r < 0)
		return log_err(&e);
	if (s.n == 0 && !c.json)
		log_line("no session runs");
	return s.n ? 0 : 1;
}
