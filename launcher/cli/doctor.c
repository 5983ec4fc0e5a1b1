/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/doctor.h"

#include <assert.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/option.h"
#include "cli/verb.h"

#define CHECK_TIMEOUT_MS 10000
#define CHECKS_MAX 64

/* A finding goes through a pipe in one piece. */
static_assert(sizeof(struct finding) <= PIPE_BUF, "a finding in one write");

static const struct doctor_checks *const groups[] = {&doctor_user,
	&doctor_mount, &doctor_kernel, &doctor_host, &doctor_site};

static const char *const state_names[_DOCTOR_N] = {
	[DOCTOR_NONE] = "FAILS",
	[DOCTOR_OK] = "ok",
	[DOCTOR_WEAKER] = "weaker",
	[DOCTOR_FAILS] = "FAILS",
};

static void finding_fill(struct finding *f, enum doctor_state state,
	const char *fix, const char *fmt, va_list ap) _printf_(4, 0);

static void finding_fill(struct finding *f, enum doctor_state state,
	const char *fix, const char *fmt, va_list ap)
{
	if (f->state != DOCTOR_NONE)
		return;
	f->state = state;
	(void)vsnprintf(f->detail, sizeof(f->detail), fmt, ap);
	if (fix)
		(void)snprintf(f->fix, sizeof(f->fix), "%s", fix);
}

void finding_ok(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_fill(f, DOCTOR_OK, NULL, fmt, ap);
	va_end(ap);
}

void finding_weaker(struct finding *f, const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_fill(f, DOCTOR_WEAKER, fix, fmt, ap);
	va_end(ap);
}

void finding_fails(struct finding *f, const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	finding_fill(f, DOCTOR_FAILS, fix, fmt, ap);
	va_end(ap);
}

long doctor_sysctl(const char *path)
{
	_free_ char *text = NULL;
	char *end;
	long value;

	if (fd_read_file(AT_FDCWD, path, 64, &text, NULL) < 0)
		return -1;
	value = strtol(text, &end, 10);
	return end == text ? -1 : value;
}

_Noreturn static void check_child(const struct doctor_check *c, int up)
{
	struct finding f = {0};

	/* What a check leaves running ends with it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	c->probe(c, &f);
	_exit(fd_write_all(up, &f, sizeof(f)) < 0);
}

/* @f stays as it was where nothing whole came in time. */
static void check_collect(int from, struct finding *f)
{
	struct pollfd p = {.fd = from, .events = POLLIN};
	struct finding got;

	if (poll(&p, 1, CHECK_TIMEOUT_MS) != 1 ||
		fd_read_all(from, &got, sizeof(got)) != sizeof(got) ||
		got.state <= DOCTOR_NONE || got.state >= _DOCTOR_N)
		return;
	got.detail[sizeof(got.detail) - 1] = '\0';
	got.fix[sizeof(got.fix) - 1] = '\0';
	*f = got;
}

static void check_run(const struct doctor_check *c, struct finding *ret)
{
	struct finding f = {.detail = "the check itself did not end well"};
	int pipes[2], status = 0;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0) {
		*ret = f;
		return;
	}
	pid = fork();
	if (pid == 0)
		check_child(c, pipes[1]);
	(void)close(pipes[1]);
	if (pid > 0) {
		check_collect(pipes[0], &f);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, &status, 0);
	}
	(void)close(pipes[0]);
	*ret = f;
}

/* Lines of ours, with paths and names of others in them. */
static void print_indented(const char *prefix, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		char line[512];

		(void)escape_text(line, sizeof(line), text, n);
		(void)printf("%s%s\n", prefix, line);
		text += n + (text[n] == '\n');
		prefix = "                ";
	}
}

/* @first: the first check with this fix, which may be @c. */
static void print_finding(const struct doctor_check *c, const struct finding *f,
	const struct doctor_check *first)
{
	char detail[1024];

	(void)escape_text(detail, sizeof(detail), f->detail, strlen(f->detail));
	(void)printf("%-7s %-30s %s\n", state_names[f->state], c->what, detail);
	if (first == c)
		print_indented("           fix: ", f->fix);
	else
		(void)printf("           fix: as for %s\n", first->what);
}

/* A path of somebody's in it may be no UTF-8, which JSON is. */
static json_t *text_value(const char *text)
{
	char escaped[6144];
	json_t *value = json_string(text);

	if (value)
		return value;
	(void)escape_text(escaped, sizeof(escaped), text, strlen(text));
	return json_string(escaped);
}

static int add_finding(
	json_t *list, const struct doctor_check *c, const struct finding *f)
{
	return json_array_append_new(list,
		json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", c->id, "state",
			state_names[f->state], "what", c->what, "detail",
			text_value(f->detail), "fix", text_value(f->fix)));
}

static bool finding_stops(const struct finding *f)
{
	return f->state == DOCTOR_NONE || f->state == DOCTOR_FAILS;
}

static void print_table(const struct doctor_check *const *checks,
	const struct finding *found, size_t n, size_t failed)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (strcmp(found[k].fix, found[i].fix) != 0)
			k++;
		print_finding(checks[i], &found[i],
			found[i].fix[0] ? checks[k] : checks[i]);
	}
	if (failed)
		(void)printf("\nstockade run is refused here: %zu of %zu "
			     "checks fail.\n",
			failed, n);
	else
		(void)printf("\nstockade run works here.\n");
}

static int print_json(const struct doctor_check *const *checks,
	const struct finding *found, size_t n, size_t failed)
{
	json_t *list = json_array();
	json_t *all;
	int r = list ? 0 : -1;

	for (size_t i = 0; i < n && r == 0; i++)
		r = add_finding(list, checks[i], &found[i]);
	all = json_pack("{s:b, s:o}", "works", failed == 0, "checks", list);
	if (r == 0 && all)
		r = json_dumpf(all, stdout, JSON_INDENT(1) | JSON_ENSURE_ASCII);
	else
		r = -1;
	json_decref(all);
	(void)printf("\n");
	return r;
}

static int doctor(bool json)
{
	static const struct doctor_check *checks[CHECKS_MAX];
	static struct finding found[CHECKS_MAX];
	size_t n = 0, failed = 0;

	(void)fflush(stdout);
	for (size_t g = 0; g < ELEMENTS(groups); g++)
		for (size_t i = 0; i < groups[g]->n && n < CHECKS_MAX; i++) {
			checks[n] = &groups[g]->check[i];
			check_run(checks[n], &found[n]);
			failed += finding_stops(&found[n]);
			n++;
		}
	if (!json)
		print_table(checks, found, n, failed);
	else if (print_json(checks, found, n, failed) < 0)
		return EXIT_REFUSED;
	if (fflush(stdout) != 0 || ferror(stdout))
		return EXIT_REFUSED;
	return failed ? 1 : 0;
}

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	*(bool *)context = true;
	return 0;
}

int verb_doctor(int argc, char **argv)
{
	static const struct option_row options[] = {
		{"json", NULL, "print JSON instead of a table", set_json,
			false},
	};
	static const struct verb_info info = {
		.name = "doctor",
		.about = "Try what this kernel and user can do, and say how to "
			 "mend what fails.",
		.usage = "[--json]",
		.more = "Exit status: 0 stockade run works here, 1 it does "
			"not.",
		.options = options,
		.n_options = ELEMENTS(options),
	};
	struct err e = {0};
	bool json = false;
	char **args;
	int r = options_parse(&info, argc, argv, &json, &args, &e);

	if (r == 0 && args[0])
		r = err_status(&e, 2, "doctor: takes no operand");
	if (r < 0)
		return log_err(&e);
	return r > 0 ? 0 : doctor(json);
}
