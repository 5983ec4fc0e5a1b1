/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "cli/log_args.h"
#include "cli/log_set.h"
#include "cli/log_table.h"
#include "cli/log_time.h"
#include "cli/option.h"
#include "cli/verb.h"
#include "policy/tools.h"

struct log_cli {
	const char *session, *server, *tool, *decision, *tenant;
	struct log_args *args; /* NULL: whatever their arguments are */
	uint64_t since_us, until_us;
	bool follow, json;
	uint64_t shown;
	struct log_table table;
};

static int set_session(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;
	size_t n = strlen(value);

	if (n == 0 || n > SESSION_HEX || !hex_valid(value, n))
		return err_say(e, -EINVAL,
			"log: --session takes the (first) hex digits of a "
			"session");
	l->session = value;
	return 0;
}

static int set_server(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	(void)e;
	l->server = value;
	return 0;
}

static int set_tenant(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	(void)e;
	l->tenant = value;
	return 0;
}

static int set_tool(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	(void)e;
	l->tool = value;
	return 0;
}

static int set_decision(void *context, const char *value, struct err *e)
{
	static const char *const known[] = {
		"allow", "client", "ask", "token", "deny"};
	struct log_cli *l = context;

	for (size_t i = 0; i < ELEMENTS(known); i++)
		if (strcmp(known[i], value) == 0) {
			l->decision = value;
			return 0;
		}
	return err_say(e, -EINVAL,
		"log: --decision is one of allow, client, ask, token, deny");
}

static int set_args(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	log_args_free(l->args);
	l->args = NULL;
	return log_args_new(value, &l->args, e);
}

static int set_time(
	const char *name, const char *value, uint64_t *ret_us, struct err *e)
{
	if (log_time_parse(value, clock_real_us(), ret_us) == 0)
		return 0;
	return err_say(e, -EINVAL,
		"log: --%s takes 2026-01-31, \"2026-01-31 10:20\", 10:20, "
		"today, yesterday, 90s, 15m, 2h or 3d",
		name);
}

static int set_since(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	return set_time("since", value, &l->since_us, e);
}

static int set_until(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	return set_time("until", value, &l->until_us, e);
}

static int set_follow(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	(void)value;
	(void)e;
	l->follow = true;
	return 0;
}

static int set_json(void *context, const char *value, struct err *e)
{
	struct log_cli *l = context;

	(void)value;
	(void)e;
	l->json = true;
	return 0;
}

static const struct option_row options[] = {
	{"session", "ID", "of this session; its first digits will do",
		set_session, false},
	{"server", "NAME", "of servers of this name", set_server, false},
	{"tool", "GLOB", "calls of these tools, and their results", set_tool,
		false},
	{"tenant", "NAME", "of sessions of this tenant", set_tenant, false},
	{"decision", "WORD", "calls so decided: allow client ask token deny",
		set_decision, false},
	{"args", "JSON", "calls with just these arguments, and their results",
		set_args, false},
	{"since", "TIME", "not before: 2026-01-31, \"2026-01-31 10:20\", 2h",
		set_since, false},
	{"until", "TIME", "not after", set_until, false},
	{"follow", NULL, "go on with what is written from now on", set_follow,
		false},
	{"json", NULL, "the records as they are, one a line", set_json, false},
};

static const struct verb_info info = {
	.name = "log",
	.usage = "[OPTION...]",
	.about =
		"Show what the wrapped servers were asked and what became of it.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "> goes to the server, < comes from it. Exit status: 0, or 1 if there is\n"
		"nothing to show. The log is described in stockade-audit(5).",
};

static bool call_wanted(const struct log_cli *l, const struct log_stream *s)
{
	if (!l->tool && !l->decision)
		return true;
	if (!s->call)
		return false;
	if (l->decision && strcmp(l->decision, s->call->decision) != 0)
		return false;
	return !l->tool ||
	       glob_match(l->tool, s->call->name, strlen(s->call->name));
}

static bool is_of(const struct log_stream *s, const char *tenant)
{
	const char *seen =
		s->entry.root ? audit_entry_text(&s->entry, "tenant") : NULL;

	return seen && strcmp(seen, tenant) == 0;
}

static bool wanted(const struct log_cli *l, const struct log_stream *s)
{
	if (s->time_us < l->since_us || s->time_us > l->until_us)
		return false;
	if (l->server && strcmp(l->server, s->server) != 0)
		return false;
	if (l->tenant && !is_of(s, l->tenant))
		return false;
	return call_wanted(l, s);
}

static int show(struct log_cli *l, const struct log_stream *s, struct err *e)
{
	int r = l->args ? log_args_match(l->args, s) : 1;

	if (r < 0)
		return err_set(e, r, "log: --args");
	if (r == 0 || !wanted(l, s))
		return 0;
	if (!l->json) {
		l->shown += log_table_row(&l->table, s);
	} else if (s->entry.root) {
		(void)fwrite(s->line.text, 1, s->line.len, stdout);
		(void)fputc('\n', stdout);
		l->shown++;
	}
	if (ferror(stdout))
		return err_set(e, -EIO, "log: standard output");
	return 0;
}

static int show_all(struct log_cli *l, struct log_set *set, struct err *e)
{
	const struct log_stream *s;
	int r;

	while ((r = log_set_next(set, &s, e)) == 1) {
		r = show(l, s, e);
		if (r < 0)
			return r;
	}
	if (r == 0 && fflush(stdout) != 0)
		r = err_set(e, -errno, "log: standard output");
	return r;
}

/* New files are taken in; that a file grew says only to look. */
static int follow_events(int watch, struct log_set *set, struct err *e)
{
	_Alignas(struct inotify_event) char bytes[4096];
	ssize_t n = read(watch, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN
			       ? 0
			       : err_set(e, -errno, "log: --follow");
	for (ssize_t at = 0; at < n;) {
		const struct inotify_event *event =
			(const struct inotify_event *)(const void *)(bytes +
								     at);
		int r = event->mask & IN_CREATE && event->len
				? log_set_add(set, event->name, e)
				: 0;

		if (r < 0)
			return r;
		at += (ssize_t)(sizeof(*event) + event->len);
	}
	return log_set_refresh(set, e);
}

static int follow(
	struct log_cli *l, int watch, struct log_set *set, struct err *e)
{
	struct pollfd p[] = {{.fd = watch, .events = POLLIN},
		/* Whoever reads us may go away while nothing happens. */
		{.fd = STDOUT_FILENO}};
	int r = 0;

	while (r == 0) {
		if (poll(p, ELEMENTS(p), -1) < 0 && errno != EINTR)
			return err_set(e, -errno, "log: --follow");
		if (p[1].revents & (POLLERR | POLLNVAL))
			return 0;
		if (p[0].revents)
			r = follow_events(watch, set, e);
		if (r == 0)
			r = show_all(l, set, e);
	}
	return r;
}

static int watch_open(
	const struct log_cli *l, int dir, int *ret_fd, struct err *e)
{
	_close_ int fd = -1;
	char path[40];

	if (!l->follow)
		return 0;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", dir);
	fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (fd < 0 || inotify_add_watch(fd, path, IN_CREATE | IN_MODIFY) < 0)
		return err_set(e, -errno, "log: --follow");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* 1 if there is none yet. To follow, one is made: it is about to be needed. */
static int folder(const struct log_cli *l, int *ret_dir, struct err *e)
{
	_close_ int path = -1;
	int r = folder_open(FOLDER_STATE, "audit", l->follow, &path, e);

	if (r != 0)
		return r;
	*ret_dir = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_dir < 0 ? err_set(e, -errno, "audit folder") : 0;
}

/* Sessions that ran side by side are open side by side. */
static void raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int log_run(struct log_cli *l, struct err *e)
{
	_close_ int dir = -1, watch = -1;
	struct log_set set;
	int r = folder(l, &dir, e);

	if (r == 1)
		return 0;
	if (r == 0)
		r = watch_open(l, dir, &watch, e);
	if (r < 0)
		return r;
	if (l->args)
		r = log_args_open(l->args, dir, e);
	if (r < 0)
		return r;
	raise_limit();
	log_set_init(&set, dir);
	set.session = l->session;
	set.until_us = l->until_us;
	set.follow = l->follow;
	r = log_set_scan(&set, e);
	if (r == 0)
		r = show_all(l, &set, e);
	if (r == 0 && l->follow)
		r = follow(l, watch, &set, e);
	log_set_deinit(&set);
	return r;
}

int verb_log(int argc, char **argv)
{
	struct log_cli l = {.until_us = UINT64_MAX};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, &l, &args, &e);

	if (r == 0 && args[0])
		r = err_status(&e, 2,
			"log: takes no operand; see stockade log --help");
	log_table_init(&l.table);
	if (r == 0)
		r = log_run(&l, &e);
	log_args_free(l.args);
	if (r == 1)
		return 0;
	if (r < 0)
		return log_err(&e);
	return l.shown || l.follow ? 0 : 1;
}
