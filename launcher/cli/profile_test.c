/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cli/profile_cases.h"
#include "cli/profile_show.h"
#include "cli/profile_trial.h"
#include "cli/profile_verb.h"
#include "plan/plan.h"

#define MESSAGE_MAX (8U << 20)

static bool has_rule(const struct trial_result *x, const char *rule)
{
	for (const char *const *v = x->rules; v && *v; v++)
		if (strcmp(*v, rule) == 0)
			return true;
	return false;
}

static bool passes(const struct profile_case *c, const struct trial_result *x)
{
	return x->decision && strcmp(x->decision, c->expect) == 0 &&
	       (!c->rule || has_rule(x, c->rule));
}

static const char *decision_of(const struct trial_result *x)
{
	return x->decision ? x->decision : "not judged";
}

static void print_rules(const struct trial_result *x)
{
	for (const char *const *v = x->rules; v && *v; v++) {
		(void)fputs(v == x->rules ? " (" : ", ", stdout);
		print_escaped(*v);
	}
	(void)fputs(x->rules && *x->rules ? ")" : "", stdout);
}

/* "pass  tools/call x: ask (ask:x)", and for a failure where and why. */
static void print_case(const char *file, const struct profile_case *c,
	const struct trial_result *x, bool passed)
{
	(void)fputs(passed ? "pass  " : "FAIL  ", stdout);
	if (!passed) {
		print_escaped(file);
		(void)printf(":%u:%u: ", c->line, c->column);
	}
	print_escaped(c->what);
	(void)printf(": %s", decision_of(x));
	print_rules(x);
	if (!passed) {
		(void)printf("; expected %s", c->expect);
		if (c->rule) {
			(void)fputs(" by ", stdout);
			print_escaped(c->rule);
		}
	}
	if (!passed && c->why) {
		(void)fputs(": ", stdout);
		print_escaped(c->why);
	}
	(void)putchar('\n');
}

/* Foreign bytes in what is to be JSON. */
static json_t *text_json(const char *text)
{
	json_t *s = text ? json_string(text) : json_null();

	return s ? s : json_string("(not UTF-8)");
}

static json_t *result_json(const struct trial_result *x)
{
	json_t *rules = json_array();

	for (const char *const *v = x->rules; rules && v && *v; v++)
		(void)json_array_append_new(rules, text_json(*v));
	return json_pack("{s:s?, s:s, s:o, s:o, s:o}", "decision", x->decision,
		"method", x->method, "name", text_json(x->name), "rules", rules,
		"answer", text_json(x->answer));
}

static json_t *case_json(
	const struct profile_case *c, const struct trial_result *x, bool passed)
{
	json_t *row = result_json(x);

	if (row && json_object_update_new(row,
			   json_pack("{s:i, s:i, s:o, s:s, s:o, s:b}", "line",
				   (int)c->line, "column", (int)c->column,
				   "why", text_json(c->why), "expect",
				   c->expect, "expect_rule", text_json(c->rule),
				   "passed", (int)passed)) < 0) {
		json_decref(row);
		return NULL;
	}
	return row;
}

static int print_json(json_t *top)
{
	int r = top && json_dumpf(top, stdout,
			       JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0
			? 0
			: -ENOMEM;

	(void)putchar('\n');
	json_decref(top);
	return r;
}

/* The session of a case, where that is another than for all. */
struct session {
	struct trial *trial;
	char *names[_CASE_NAME_N]; /* of the case that it was made for */
};

static bool is_for(const struct session *s, const struct profile_case *c)
{
	for (size_t i = 0; i < _CASE_NAME_N; i++)
		if (!s->names[i] != !c->names[i] ||
			(s->names[i] && strcmp(s->names[i], c->names[i]) != 0))
			return false;
	return s->trial != NULL;
}

static int trial_make(const struct profile_request *q, char *const *names,
	struct trial **ret, struct err *e)
{
	_profile_ struct profile *p = NULL;
	_chain_ struct profile_chain c = {0};
	const struct plan_options o = {
		.role = names[CASE_ROLE] ? names[CASE_ROLE] : q->role,
		.task = names[CASE_TASK] ? names[CASE_TASK] : q->task,
		.context =
			names[CASE_CONTEXT] ? names[CASE_CONTEXT] : q->context,
		.narrow = q->narrow,
		.at_site = q->site,
	};
	int r = operand_load(q, q->operands[0], &c, &p, e);

	return r < 0 ? r : trial_new(take_ptr(p), &o, ret, e);
}

/* Cases of one session often stand together. The names stay the case's. */
static int session_take(const struct profile_request *q, struct session *s,
	const char *file, const struct profile_case *c, struct err *e)
{
	struct err inner = {0};
	int r;

	if (is_for(s, c))
		return 0;
	trial_free(s->trial);
	s->trial = NULL;
	memcpy(s->names, c->names, sizeof(s->names));
	r = trial_make(q, s->names, &s->trial, &inner);
	return r < 0 ? err_say(e, r, "%s:%u:%u: %s", file, c->line, c->column,
			       inner.text)
		     : 0;
}

static int try_case(struct trial *t, const struct profile_case *c,
	struct trial_result *ret, struct err *e)
{
	const struct trial_ask ask = {
		.message = c->message,
		.len = c->len,
		.server = c->server,
		.result = c->result,
		.result_len = c->result ? strlen(c->result) : 0,
		.times = c->times,
		.state = &c->state,
	};

	return trial_run(t, &ask, ret, e);
}

/* 0 all passed, 1 not. */
static int try_all(const struct profile_request *q, const char *file,
	const struct profile_cases *cases, json_t *rows, struct err *e)
{
	struct session s = {0};
	size_t failed = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < cases->n; i++) {
		const struct profile_case *c = &cases->v[i];
		_result_ struct trial_result x = {0};
		bool passed;

		r = session_take(q, &s, file, c, e);
		if (r == 0)
			r = try_case(s.trial, c, &x, e);
		passed = r == 0 && passes(c, &x);
		failed += !passed;
		if (r == 0 && q->json)
			(void)json_array_append_new(
				rows, case_json(c, &x, passed));
		else if (r == 0)
			print_case(file, c, &x, passed);
	}
	trial_free(s.trial);
	if (r == 0 && !q->json)
		(void)printf(
			"%zu passed, %zu failed\n", cases->n - failed, failed);
	if (r == 0 && q->json)
		r = print_json(json_pack("{s:O, s:I, s:I}", "cases", rows,
			"passed", (json_int_t)(cases->n - failed), "failed",
			(json_int_t)failed));
	return r < 0 ? r : failed > 0;
}

static int try_cases(
	const struct profile_request *q, const char *file, struct err *e)
{
	_cases_ struct profile_cases cases = {0};
	json_t *rows = q->json ? json_array() : NULL;
	int r = profile_cases_read(file, &cases, e);

	if (r == 0)
		r = try_all(q, file, &cases, rows, e);
	json_decref(rows);
	return r < 0 ? err_set(e, r, "profile test") : r;
}

static void print_row(const char *what, const char *text)
{
	(void)printf("%-10s", what);
	print_escaped(text);
	(void)putchar('\n');
}

static void print_result(const struct trial_result *x)
{
	print_row("decision", decision_of(x));
	print_row("method", x->method);
	if (x->name)
		print_row("name", x->name);
	for (const char *const *v = x->rules; v && *v; v++)
		print_row(v == x->rules ? "matched" : "", *v);
	if (x->answer)
		print_row("answer", x->answer);
	else if (x->decision && strcmp(x->decision, "ask") == 0)
		print_row("answer", "none yet: it is held until somebody has "
				    "agreed");
	else if (x->decision && strcmp(x->decision, "deny") == 0)
		print_row("answer", "none: it is dropped");
	else
		print_row("answer", "the server's");
}

/* Of a file, or of standard input; one byte over the bound is seen. */
static int message_text(
	const char *file, char **ret_text, size_t *ret_len, struct err *e)
{
	_close_ int opened = -1;
	_free_ char *text = NULL;
	int fd = STDIN_FILENO;
	ssize_t n;

	if (strcmp(file, "-") != 0) {
		opened = open(file, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		if (opened < 0)
			return err_set(e, -errno, "%s", file);
		fd = opened;
	}
	text = malloc(MESSAGE_MAX + 16);
	n = text ? fd_read_all(fd, text, MESSAGE_MAX + 16) : -ENOMEM;
	if (n < 0)
		return err_set(e, (int)n, "%s", file);
	*ret_text = take_ptr(text);
	*ret_len = (size_t)n;
	return 0;
}

/* 1 if it is denied. */
static int try_message(
	const struct profile_request *q, struct trial *t, struct err *e)
{
	_result_ struct trial_result x = {0};
	_free_ char *text = NULL;
	struct trial_ask ask = {0};
	int r = message_text(q->message, &text, &ask.len, e);

	ask.message = text;
	if (r == 0)
		r = trial_run(t, &ask, &x, e);
	if (r == 0 && q->json)
		r = print_json(result_json(&x));
	else if (r == 0)
		print_result(&x);
	if (r < 0)
		return err_set(e, r, "profile test");
	return x.decision && strcmp(x.decision, "deny") == 0;
}

int profile_test_verb(struct profile_request *q, struct err *e)
{
	_trial_ struct trial *t = NULL;
	char *const names[_CASE_NAME_N] = {NULL};
	int r;

	if (!q->operands[1] == !q->message)
		return err_status(e, 2,
			"profile test: expected a profile, and CASES.json or "
			"--message FILE");
	r = trial_make(q, names, &t, e);
	if (r < 0)
		return r;
	return q->message ? try_message(q, t, e)
			  : try_cases(q, q->operands[1], e);
}
