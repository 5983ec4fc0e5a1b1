/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_probe.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/profile_show.h"
#include "cli/run_options.h"
#include "cli/verb.h"
#include "probe/probe.h"

#define OPTIONS_MAX 40

static const char *const verdicts[_ROW_N] = {
	[ROW_NONE] = "nothing",
	[ROW_HELD] = "held",
	[ROW_GRANTED] = "granted",
	[ROW_REACHED] = "REACHED",
};

struct probe_request {
	struct run_request run; /* first: the options of run take it */
	char **command;         /* after "--", or none */
};

bool profile_probe_is_meant(int argc, char **argv)
{
	bool test = false, probe = false;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		test = test || strcmp(argv[i], "test") == 0;
		probe = probe || strcmp(argv[i], "--probe") == 0;
	}
	return test && probe;
}

static int set_json(void *context, const char *value, struct err *e)
{
	(void)value;
	(void)e;
	((struct probe_request *)context)->run.json = true;
	return 0;
}

static int set_probe(void *context, const char *value, struct err *e)
{
	(void)context;
	(void)value;
	(void)e;
	return 0;
}

static int probe_plan(void *context, struct plan **ret, struct err *e)
{
	struct probe_request *q = context;
	_free_ char *exe = q->command[0] ? NULL : probe_program(e);
	char *own[] = {exe, NULL};

	if (!q->command[0] && !exe)
		return -ENOMEM;
	return plan_new(&q->run.plan, q->command[0] ? q->command : own, ret, e);
}

static void count(const struct probe_rows *rows, size_t ret[_ROW_N])
{
	for (size_t i = 0; i < rows->n; i++)
		ret[rows->v[i].verdict]++;
}

static void print_text(const struct probe_rows *rows, const size_t n[_ROW_N])
{
	for (size_t i = 0; i < rows->n; i++) {
		const struct probe_row *w = &rows->v[i];

		(void)printf("%-8s %-12s", verdicts[w->verdict], w->area);
		print_escaped(w->what);
		(void)fputs(": ", stdout);
		print_escaped(w->detail);
		(void)putchar('\n');
	}
	(void)printf("%zu held, %zu granted, %zu not there, %zu reached\n",
		n[ROW_HELD], n[ROW_GRANTED], n[ROW_NONE], n[ROW_REACHED]);
}

/* A path need not be UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *s = json_string(text);

	return s ? s : json_string("(not UTF-8)");
}

static int print_json(const struct probe_rows *rows, const size_t n[_ROW_N])
{
	json_t *list = json_array(), *top;
	int r;

	for (size_t i = 0; list && i < rows->n; i++) {
		const struct probe_row *w = &rows->v[i];
		bool outside = w->outside_answered && w->outside.r >= 0;

		(void)json_array_append_new(list,
			json_pack("{s:s, s:o, s:s, s:o, s:b, s:b}", "area",
				w->area, "what", text_json(w->what), "verdict",
				verdicts[w->verdict], "detail",
				text_json(w->detail), "tried_outside",
				(int)w->outside_answered, "reached_outside",
				(int)outside));
	}
	top = json_pack("{s:o, s:I, s:I, s:I, s:I}", "probes", list, "held",
		(json_int_t)n[ROW_HELD], "granted", (json_int_t)n[ROW_GRANTED],
		"nothing", (json_int_t)n[ROW_NONE], "reached",
		(json_int_t)n[ROW_REACHED]);
	r = top && json_dumpf(
			   top, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0
		    ? 0
		    : -ENOMEM;
	(void)putchar('\n');
	json_decref(top);
	return r;
}

static int probe(struct probe_request *q, struct err *e)
{
	_rows_ struct probe_rows rows = {0};
	size_t n[_ROW_N] = {0};
	int r = probe_run(probe_plan, q, &rows, e);

	if (r < 0)
		return r;
	count(&rows, n);
	if (q->run.json)
		r = print_json(&rows, n);
	else
		print_text(&rows, n);
	return r < 0 ? r : n[ROW_REACHED] > 0;
}

/* Operands: "test", and a profile; what follows "--" is a command. */
static int operands(struct probe_request *q, char **words, struct err *e)
{
	size_t n = strv_len(words);

	if (n < 1 || n > 2 || strcmp(words[0], "test") != 0 ||
		(n == 2 && q->run.plan.profile))
		return err_status(e, 2,
			"profile test --probe: expected one profile, options "
			"of run, and -- COMMAND at most");
	if (n == 2) {
		q->run.plan.profile = strdup(words[1]);
		return q->run.plan.profile ? 0 : err_set(e, -ENOMEM, "profile");
	}
	return 0;
}

/* Cuts argv at "--". */
static char **split_command(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			argv[i] = NULL;
			*argc = i;
			return argv + i + 1;
		}
	return argv + *argc;
}

int profile_probe_main(int argc, char **argv)
{
	struct option_row rows[OPTIONS_MAX] = {
		{"json", NULL, "print JSON instead of text", set_json, false},
		{"probe", NULL, "this", set_probe, false},
	};
	const struct verb_info info = {
		.name = "profile test --probe",
		.usage = "[OPTION...] [PROFILE] [-- COMMAND [ARG...]]",
		.about = "Try to get out of a profile's sandbox, from inside.",
		.more = "Exit status: 0 all held; 1 something was reached; "
			"125 it could not be tried.",
		.options = rows,
		.n_options = n_run_options + 2,
	};
	struct probe_request q = {.command = split_command(&argc, argv)};
	struct err e = {0};
	char **words;
	int r;

	memcpy(rows + 2, run_options, n_run_options * sizeof(rows[0]));
	r = options_parse(&info, argc, argv, &q, &words, &e);
	if (r == 0)
		r = operands(&q, words, &e);
	if (r == 0) {
		r = probe(&q, &e);
		if (r < 0 && e.status == 0)
			e.status = EXIT_REFUSED;
	} else if (r > 0) {
		r = 0;
	}
	plan_options_deinit(&q.run.plan);
	return r < 0 ? log_err(&e) : r;
}
