/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/probe.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/strv.h"
#include "plan/stand_in.h"
#include "probe/target.h"
#include "supervisor/supervisor.h"

#define PROBE_MS 60000
#define LINE_MAX_BYTES 4096

extern char **environ;

char *probe_program(struct err *e)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (n < 0) {
		(void)err_set(e, -errno, "/proc/self/exe");
		return NULL;
	}
	path[n] = '\0';
	return strdup(path);
}

/* The next number of a line, which ends with the line or a blank. */
static bool take_number(const char **at, long long *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(*at, &end, 10);
	if (errno != 0 || end == *at || (*end != ' ' && *end != '\0'))
		return false;
	*at = end;
	return true;
}

/* "probe NONCE N R DEV INO", else nothing of ours. */
static bool take_line(struct probe_rows *rows, const char *nonce, bool inside,
	const char *line)
{
	long long n[4]; /* which row, and the result's three */
	size_t len = strlen(nonce);
	struct probe_row *w;

	if (strncmp(line, "probe ", 6) != 0 ||
		strncmp(line + 6, nonce, len) != 0)
		return false;
	line += 6 + len;
	for (size_t i = 0; i < ELEMENTS(n); i++)
		if (!take_number(&line, &n[i]))
			return false;
	if (n[0] < 0 || (unsigned long long)n[0] >= rows->n)
		return false;
	w = &rows->v[n[0]];
	*(inside ? &w->inside : &w->outside) = (struct act_result){
		.r = n[1], .dev = (uint64_t)n[2], .ino = (uint64_t)n[3]};
	*(inside ? &w->answered : &w->outside_answered) = true;
	return true;
}

/* Until the other end is closed. 0; -ETIMEDOUT. What is not ours is shown. */
static int take_lines(
	struct probe_rows *rows, const char *nonce, bool inside, int fd)
{
	uint64_t end = clock_mono_ms() + PROBE_MS;
	char line[LINE_MAX_BYTES];
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		uint64_t now = clock_mono_ms();
		char byte;
		ssize_t n;

		if (now >= end || poll(&p, 1, (int)(end - now)) == 0)
			return -ETIMEDOUT;
		n = read(fd, &byte, 1);
		if (n == 0 || (n < 0 && errno != EINTR))
			return 0;
		if (n == 1 && byte != '\n' && len < sizeof(line) - 1) {
			line[len++] = byte;
			continue;
		}
		line[len] = '\0';
		if (!take_line(rows, nonce, inside, line))
			(void)fprintf(stderr, "%s\n", line);
		len = 0;
	}
}

/* NONCE ACT:ARG... of the rows; the others are only counted. */
static int words(const struct probe_rows *rows, const char *nonce,
	const char *exe, bool inside, char ***ret)
{
	_strv_ char **v = NULL;
	int r = strv_add(&v, exe);

	if (r == 0)
		r = strv_add(&v, PROBE_WORD);
	if (r == 0)
		r = strv_add(&v, nonce);
	for (size_t i = 0; r == 0 && i < rows->n; i++) {
		const struct probe_row *w = &rows->v[i];
		bool tried = inside ? !w->skip : w->bare && !w->skip;

		r = strv_add(&v, tried ? w->act : "-");
	}
	if (r == 0)
		*ret = take_ptr(v);
	return r;
}

/* Standard input stays open as long as we hold *ret_in; 1 goes nowhere. */
static int child_stdio(int in, int err)
{
	_close_ int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(in, STDIN_FILENO) < 0 ||
		dup2(null, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

struct child_job {
	const struct plan *plan; /* or bare: */
	char *const *argv;
};

_Noreturn static void child_main(const struct child_job *job)
{
	struct err e = {0};
	int status;

	if (!job->plan) {
		if (job->argv)
			(void)execve(job->argv[0], job->argv, environ);
		_exit(EXIT_CANNOT_RUN);
	}
	(void)signal(SIGPIPE, SIG_IGN);
	for (char **n = job->plan->notes; n && *n; n++)
		log_line("%s", *n);
	status = supervisor_run(job->plan, &e);
	if (e.text[0])
		(void)log_err(&e);
	_exit(status);
}

/* Its exit status, or -errno. */
static int child_run(
	const struct child_job *job, struct probe_rows *rows, const char *nonce)
{
	_close_ int in_r = -1, in_w = -1, err_r = -1, err_w = -1;
	int in[2], err[2], status = 0, r;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	in_r = in[0];
	in_w = in[1];
	if (pipe2(err, O_CLOEXEC) < 0)
		return -errno;
	err_r = err[0];
	err_w = err[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		if (child_stdio(in_r, err_w) < 0)
			_exit(EXIT_REFUSED);
		fd_close(&in_w);
		child_main(job);
	}
	fd_close(&err_w);
	fd_close(&in_r);
	r = take_lines(rows, nonce, job->plan != NULL, err_r);
	if (r < 0)
		(void)kill(pid, job->plan ? SIGTERM : SIGKILL);
	fd_close(&in_w);
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	if (r < 0)
		return r;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What cannot be done outside proves nothing inside. */
static int check_outside(struct probe_rows *rows, struct err *e)
{
	for (size_t i = 0; i < rows->n; i++) {
		struct probe_row *w = &rows->v[i];
		bool done = w->kind == ROW_EFFECT
				    ? w->seen
				    : w->outside_answered && w->outside.r >= 0;

		if (w->must && !done)
			return err_say(e, -EPROTO,
				"the probe proves nothing here: outside of the "
				"sandbox, too, it could not %s: %s",
				w->what,
				w->outside_answered && w->outside.r < 0
					? strerror((int)-w->outside.r)
					: "nothing came of it");
		w->seen = false;
	}
	return 0;
}

static int fill(const struct target *t)
{
	int (*const areas[])(const struct target *t) = {target_files,
		target_writes, target_processes, target_sockets, target_network,
		target_environment, target_kernel};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ELEMENTS(areas); i++)
		r = areas[i](t);
	return r;
}

static int run_bare(struct probe_world *w, struct probe_rows *rows,
	const char *exe, struct err *e)
{
	_strv_ char **argv = NULL;
	int r = words(rows, w->nonce, exe, false, &argv);

	if (r == 0)
		r = child_run(
			&(struct child_job){.argv = argv}, rows, w->nonce);
	if (r != 0)
		return err_set(e, r < 0 ? r : -EPROTO,
			"the probe outside of the sandbox");
	probe_world_look(w, rows);
	return check_outside(rows, e);
}

static int run_inside(struct probe_world *w, struct probe_rows *rows,
	const char *exe, struct plan *p, struct err *e)
{
	_strv_ char **argv = NULL;
	int r = words(rows, w->nonce, exe, true, &argv);

	if (r == 0)
		r = plan_stand_in(p, exe, &argv);
	if (r < 0)
		return err_set(e, r, "the probe");
	r = child_run(&(struct child_job){.plan = p}, rows, w->nonce);
	if (r < 0)
		return err_set(e, r, "the probe in the sandbox");
	if (r != 0)
		return err_say(e, -EPROTO,
			"the probe in the sandbox ended with status %d", r);
	probe_world_look(w, rows);
	return probe_rows_judge(rows);
}

int probe_run(probe_plan_fn *plan, void *context, struct probe_rows *ret,
	struct err *e)
{
	_world_ struct probe_world w = PROBE_WORLD_INIT;
	_strv_ char **caller = strv_copy(environ);
	_free_ char *exe = probe_program(e);
	_plan_ struct plan *p = NULL;
	struct target t = {.rows = ret, .world = &w, .caller = caller};
	int r = exe && caller ? probe_world_init(&w, exe, e) : -ENOMEM;

	if (r == 0)
		r = plan(context, &p, e);
	t.plan = p;
	if (r == 0)
		r = fill(&t);
	if (r == 0)
		r = run_bare(&w, ret, exe, e);
	if (r == 0)
		r = run_inside(&w, ret, exe, p, e);
	return r < 0 ? err_set(e, r, "the probe") : 0;
}
