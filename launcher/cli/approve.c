/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/approve_exec.h"
#include "cli/approve_id.h"
#include "cli/approve_list.h"
#include "cli/approve_person.h"
#include "cli/approve_shown.h"
#include "cli/approve_watch.h"
#include "cli/option.h"
#include "cli/verb.h"

struct approve_cli {
	bool json, watch;
	const char *tool, *server, *exec;
	/* Of the operands: */
	bool named;
	struct approve_id id;
	struct verdict verdict; /* .answer is NONE when none was said */
	char reason[APPROVAL_REASON_MAX + 1];
};

static int set_json(void *context, const char *value, struct err *e)
{
	struct approve_cli *c = context;

	(void)value;
	(void)e;
	c->json = true;
	return 0;
}

static int set_watch(void *context, const char *value, struct err *e)
{
	struct approve_cli *c = context;

	(void)value;
	(void)e;
	c->watch = true;
	return 0;
}

static int set_exec(void *context, const char *value, struct err *e)
{
	struct approve_cli *c = context;

	if (!value[0])
		return err_status(e, 2, "approve: --exec needs a program");
	c->exec = value;
	return 0;
}

static int set_tool(void *context, const char *value, struct err *e)
{
	struct approve_cli *c = context;

	(void)e;
	c->tool = value;
	return 0;
}

static int set_server(void *context, const char *value, struct err *e)
{
	struct approve_cli *c = context;

	(void)e;
	c->server = value;
	return 0;
}

static const struct option_row options[] = {
	{"tool", "NAME", "answer all questions of this tool", set_tool, false},
	{"server", "NAME", "only those of this server", set_server, false},
	{"watch", NULL, "a screen on which questions come and are answered",
		set_watch, false},
	{"exec", "PROGRAM",
		"with --watch: ask this program, no terminal needed", set_exec,
		false},
	{"json", NULL, "one JSON object a line", set_json, false},
};

static const struct verb_info info = {
	.name = "approve",
	.usage = "[OPTION...] [ID] [once|session|always|deny [REASON]]",
	.about = "Show what waits for your approval, and answer.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "ID is SESSION:CALL as it was shown, or CALL alone where that is clear; without\n"
		"an answer it is shown whole, then asked for. Without ID: all that is open.\n\n"
		"once      these arguments, one time\n"
		"session   these arguments while the session lasts; with --tool, any\n"
		"always    every call of that name; shows what the profile gets, and asks\n"
		"deny      the model is told, with the reason\n\n"
		"Answers count only from the foreground of a terminal that the client has not\n"
		"started. Exit status: 0; 1 if nothing is open, or the answer does not count.",
};

/* What is behind the answer, with blanks between: a reason needs no quotes. */
static int join_reason(struct approve_cli *c, char **words, struct err *e)
{
	size_t n = 0;

	for (; *words; words++) {
		size_t len = strlen(*words);

		if (n + len + 1 > APPROVAL_REASON_MAX)
			return err_status(e, 2,
				"approve: a reason has at most %d bytes",
				APPROVAL_REASON_MAX);
		if (n)
			c->reason[n++] = ' ';
		memcpy(c->reason + n, *words, len);
		n += len;
	}
	c->reason[n] = '\0';
	return 0;
}

static int take_answer(struct approve_cli *c, char **words, struct err *e)
{
	c->verdict.answer = approval_answer_find(words[0]);
	if (!c->verdict.answer)
		return err_status(e, 2,
			"approve: %s: expected once, session, always or deny; "
			"see stockade approve --help",
			words[0]);
	if (words[1] && c->verdict.answer != APPROVAL_DENY)
		return err_status(e, 2,
			"approve: %s takes no reason: only deny does",
			words[0]);
	c->verdict.reason = c->reason;
	return join_reason(c, words + 1, e);
}

static int take_operands(struct approve_cli *c, char **args, struct err *e)
{
	if (c->watch && (args[0] || c->tool || c->server || c->json))
		return err_status(e, 2,
			"approve: --watch shows all that comes: no ID, answer "
			"or other option goes with it");
	if (c->exec && !c->watch)
		return err_status(e, 2, "approve: --exec goes with --watch");
	if (args[0] && !c->tool) {
		c->named = approve_id_parse(args[0], &c->id);
		if (!c->named)
			return err_status(e, 2,
				"approve: %s: a question is SESSION:CALL, such "
				"as 1f00ab12:3, or CALL",
				args[0]);
		args++;
	}
	if (c->tool && !args[0])
		return err_status(e, 2,
			"approve: --tool needs an answer: once, session, "
			"always or deny");
	if (c->json && args[0])
		return err_status(e, 2, "approve: --json only shows");
	return args[0] ? take_answer(c, args, e) : 0;
}

/* 0 if it counts; 1. */
static int answered(enum person_outcome o)
{
	return o == PERSON_ANSWERED ? 0 : 1;
}

static int show_one(
	struct approve_cli *c, struct approver *a, struct waiting *w)
{
	struct out o = OUT_INIT(QUESTION_TEXT_MAX);
	int r = 0;

	if (c->verdict.answer)
		return answered(person_answer(a, w, &c->verdict));
	if (person_is_here() && !c->json)
		return answered(person_ask(a, w));
	if (c->json)
		question_json(&o, w, false);
	else
		question_whole(&o, w, 80);
	if (o.failed || fwrite(o.data, 1, o.len, stdout) != o.len ||
		fflush(stdout) != 0)
		r = EXIT_REFUSED;
	out_deinit(&o);
	return r;
}

static int do_one(struct approve_cli *c, struct approver *a, struct err *e)
{
	struct waiting *w;
	int r = approve_id_find(&a->queue, &c->id, &w, e);

	if (r == 1)
		log_line("%s", approval_status_text(ANSWER_UNKNOWN));
	return r == 0 ? show_one(c, a, w) : r;
}

static bool matches(const struct approve_cli *c, const struct waiting *w)
{
	return (!c->tool || strcmp(c->tool, w->name) == 0) &&
	       (!c->server || strcmp(c->server, w->link->about.server) == 0);
}

/* Those that are wanted to the front. */
static size_t keep_wanted(
	const struct approve_cli *c, struct waiting **all, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		if (matches(c, all[i]))
			all[kept++] = all[i];
	return kept;
}

/* A question that another answer took away meanwhile. */
static bool is_open(const struct queue *q, const struct waiting *w)
{
	for (size_t i = 0; i < q->n; i++)
		for (size_t j = 0; j < q->links[i]->n; j++)
			if (q->links[i]->questions[j] == w)
				return true;
	return false;
}

static int answer_all(struct approve_cli *c, struct approver *a,
	struct waiting **all, size_t n)
{
	int worst = n ? 0 : 1;

	if (n == 0)
		log_line("no question of that tool is open");
	c->verdict.any = c->verdict.answer == APPROVAL_SESSION;
	/* The one that has waited longest first. */
	for (size_t i = n; i > 0; i--) {
		struct verdict v = c->verdict;

		if (is_open(&a->queue, all[i - 1]) && matches(c, all[i - 1]) &&
			answered(person_answer(a, all[i - 1], &v)))
			worst = 1;
	}
	return worst;
}

static int ask_all(struct approver *a, struct waiting **all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_open(&a->queue, all[i]))
			continue;
		(void)putchar('\n');
		if (person_ask(a, all[i]) == PERSON_QUIT)
			break;
	}
	return 0;
}

static int do_all(struct approve_cli *c, struct approver *a, struct err *e)
{
	_free_ struct waiting **all = NULL;
	size_t n;
	int r = queue_all(&a->queue, &all, &n);

	if (r < 0)
		return err_set(e, r, "approve");
	n = keep_wanted(c, all, n);
	if (c->tool)
		return answer_all(c, a, all, n);
	r = list_print(all, n, c->json, e);
	if (r < 0)
		return r;
	if (n == 0 && !c->json)
		log_line("nothing waits for approval");
	if (n && !c->json && person_is_here())
		return ask_all(a, all, n);
	return n ? 0 : 1;
}

/* Who only looks is not counted among those that could answer. */
static enum approval_channel channel_of(const struct approve_cli *c)
{
	if (c->verdict.answer || (person_is_here() && !c->json))
		return CHANNEL_TERMINAL;
	return CHANNEL_READER;
}

int verb_approve(int argc, char **argv)
{
	_approver_ struct approver a = {.queue = {.folder = -1}};
	struct approve_cli c = {.json = false};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, &c, &args, &e);

	if (r == 1)
		return 0;
	if (r == 0)
		r = take_operands(&c, args, &e);
	if (r == 0 && c.watch) {
		r = c.exec ? exec_run(c.exec, &e) : watch_run(&e);
		return r < 0 ? log_err(&e) : r;
	}
	if (r == 0) {
		approver_init(&a, channel_of(&c));
		r = approver_attach(&a, &e);
	}
	if (r == 0)
		r = c.named ? do_one(&c, &a, &e) : do_all(&c, &a, &e);
	return r < 0 ? log_err(&e) : r;
}
