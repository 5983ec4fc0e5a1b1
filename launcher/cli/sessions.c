/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sessions.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "cli/log_stream.h"

void sessions_deinit(struct sessions *s)
{
	for (size_t i = 0; i < s->n; i++)
		fd_close(&s->all[i].pidfd);
	free(s->all);
	*s = (struct sessions){0};
}

static void copy_member(
	char *dst, size_t size, const struct audit_entry *e, const char *member)
{
	const char *text = audit_entry_text(e, member);

	(void)snprintf(dst, size, "%s", text ? text : "");
}

static void read_start(struct running *r, const struct log_stream *s)
{
	const struct audit_entry *e = &s->entry;

	copy_member(r->server, sizeof(r->server), e, "server.name");
	copy_member(r->profile, sizeof(r->profile), e, "profile.name");
	copy_member(r->client, sizeof(r->client), e, "client.exe");
	copy_member(r->role, sizeof(r->role), e, "role");
	copy_member(r->task, sizeof(r->task), e, "task");
	copy_member(r->context, sizeof(r->context), e, "context");
	copy_member(r->tenant, sizeof(r->tenant), e, "tenant");
	copy_member(r->exe, sizeof(r->exe), e, "exe");
	if (!audit_entry_number(e, "pid", &r->pid))
		r->pid = 0;
	r->since_us = s->time_us;
}

/* 1; 0 if it has come to its end meanwhile, or is no server's; -errno. */
static int read_log(int dir, const char *file, struct running *r)
{
	struct log_stream *s = calloc(1, sizeof(*s));
	int n = s ? log_stream_open(s, dir, file) : -ENOMEM;
	bool runs = false;

	if (n != 0) {
		free(s);
		return n < 0 ? n : 0;
	}
	while ((n = log_stream_next(s)) == 0 && s->is) {
		if (strcmp(s->type, "session.start") == 0) {
			read_start(r, s);
			/* A log of something else that somebody does. */
			runs = s->purpose[0] == '\0';
		} else if (strcmp(s->type, "call") == 0) {
			const char *decision =
				audit_entry_text(&s->entry, "decision");

			r->calls++;
			r->denied += decision && strcmp(decision, "deny") == 0;
		} else if (strcmp(s->type, "session.end") == 0) {
			runs = false;
		}
	}
	log_stream_close(s);
	free(s);
	return n < 0 ? n : runs;
}

#define SLACK_US 2000000 /* a clock that is set, ticks that are rounded */

/* When a process was started, by the clock of now; 0 if that cannot be told. */
static uint64_t started_us(uint64_t pid)
{
	_free_ char *text = NULL;
	struct timespec boot;
	uint64_t ticks = 0, now_us = clock_real_us();
	const char *at;
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%" PRIu64 "/stat", pid);
	if (fd_read_file(-1, path, 4096, &text, NULL) < 0 ||
		clock_gettime(CLOCK_BOOTTIME, &boot) < 0)
		return 0;
	/* Field 22, proc(5); the name before may hold blanks and brackets. */
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (at)
		ticks = strtoull(at + 1, NULL, 10);
	return ticks == 0 ? 0
			  : now_us - (uint64_t)boot.tv_sec * 1000000 -
				    (uint64_t)boot.tv_nsec / 1000 +
				    ticks * 1000000 /
					    (uint64_t)sysconf(_SC_CLK_TCK);
}

/* Whether it was started as PROGRAM run …, whatever the program is called. */
static bool is_run(uint64_t pid)
{
	_close_ int fd = -1;
	char path[64], words[4096];
	const char *second;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%" PRIu64 "/cmdline", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, words, sizeof(words));
	second = n > 0 ? memchr(words, '\0', (size_t)n) : NULL;
	return second && words + n - second >= 5 &&
	       memcmp(second, "\0run", 5) == 0;
}

/*
 * Whether the process is what the log says. Its user may not read which program
 * it is, since it is not dumpable: then its words and age have to do.
 */
static bool is_supervisor(const struct running *r)
{
	char path[64], exe[sizeof(r->exe)];
	uint64_t started = started_us(r->pid);
	ssize_t n;

	if (started == 0 || started > r->since_us + SLACK_US || !is_run(r->pid))
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%" PRIu64 "/exe", r->pid);
	n = readlink(path, exe, sizeof(exe) - 1);
	if (n < 0)
		return errno == EACCES;
	exe[n] = '\0';
	/* " (deleted)" follows the name of one that was replaced since. */
	return strncmp(exe, r->exe, strlen(r->exe)) == 0;
}

static void open_supervisor(struct running *r)
{
	long fd = -1;

	if (r->pid > 1 && r->pid <= INT32_MAX)
		fd = syscall(SYS_pidfd_open, (pid_t)r->pid, 0U);
	r->pidfd = (int)fd;
	/* Looked at while the descriptor keeps the number from being others'.
	 */
	if (fd >= 0 && !is_supervisor(r))
		fd_close(&r->pidfd);
}

static int add(struct sessions *s, const struct running *r)
{
	struct running *grown = reallocarray(s->all, s->n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->all = grown;
	s->all[s->n++] = *r;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct running *x = a, *y = b;

	return x->since_us < y->since_us ? -1 : x->since_us > y->since_us;
}

/* What is wrong with the ledger is for verify to say. */
static void ignore(void *context, const struct finding *f)
{
	(void)context;
	(void)f;
}

/* One whose log cannot be read runs all the same: to leave it out would say
 * that it does not. */
static void read_unread(struct running *r, const char *file, int error)
{
	r->pid = 0;
	log_line("audit file %s: %s", file, strerror(-error));
}

static int read_all(
	int dir, const struct audit_roster *roster, struct sessions *ret)
{
	for (size_t i = 0; i < audit_roster_count(roster); i++) {
		const struct audit_session *a = audit_roster_get(roster, i);
		struct running r = {.pidfd = -1};
		int n;

		if (!a->running)
			continue;
		memcpy(r.session, a->session, sizeof(r.session));
		n = read_log(dir, a->file, &r);
		if (n == 0)
			continue;
		if (n < 0)
			read_unread(&r, a->file, n);
		open_supervisor(&r);
		if (add(ret, &r) < 0) {
			fd_close(&r.pidfd);
			return -ENOMEM;
		}
	}
	return 0;
}

int sessions_read(struct sessions *ret, struct err *e)
{
	_cleanup_(audit_roster_cleanup) struct audit_roster *roster = NULL;
	_close_ int path = -1, dir = -1;
	int r = folder_open(FOLDER_STATE, "audit", false, &path, e);

	*ret = (struct sessions){0};
	if (r != 0)
		return r < 0 ? r : 0;
	dir = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, -errno, "audit folder");
	r = audit_roster_read(dir, ignore, NULL, &roster, e);
	if (r < 0)
		return r;
	r = read_all(dir, roster, ret);
	if (r < 0) {
		sessions_deinit(ret);
		return err_set(e, r, "reading the running sessions");
	}
	qsort(ret->all, ret->n, sizeof(*ret->all), compare);
	return 0;
}
