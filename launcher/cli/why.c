/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/digits.h"
#include "base/escape.h"
#include "base/folders.h"
#include "base/log.h"
#include "cli/log_set.h"
#include "cli/option.h"
#include "cli/verb.h"
#include "cli/why.h"
#include "keeper/chain.h"

struct why_cli {
	bool last;
	char session[SESSION_HEX + 1]; /* its first digits, "" for --last */
	uint64_t call;
	struct found found;
	struct found asked; /* --last: it may turn out to be refused */
	/* What was said last of a token that permits nothing. */
	struct {
		char session[SESSION_HEX + 1], tool[320], reason[96];
	} token;
};

static int set_last(void *context, const char *value, struct err *e)
{
	struct why_cli *w = context;

	(void)value;
	(void)e;
	w->last = true;
	return 0;
}

static const struct option_row options[] = {
	{"last", NULL, "the last call that was denied (without an operand too)",
		set_last, false},
};

static const struct verb_info info = {
	.name = "why",
	.usage = "[--last | SESSION:CALL]",
	.about =
		"Say why a call was denied or let through, and what would change that.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "SESSION is its first digits, CALL its number: \"session\" and \"call\" of\n"
		"stockade log --json. Exit status: 0, or 1 if there is no such call.",
};

static void copy(
	char *dst, size_t size, const struct audit_entry *e, const char *member)
{
	const char *text = audit_entry_text(e, member);

	(void)snprintf(dst, size, "%s", text ? text : "");
}

#define COPY(field, member) copy(f->field, sizeof(f->field), e, member)

static void take_subject(struct found *f, const struct audit_entry *e)
{
	static const char *const kinds[] = {"tool", "prompt", "uri"};

	f->kind[0] = f->subject[0] = '\0';
	for (size_t i = 0; i < ELEMENTS(kinds); i++)
		if (audit_entry_text(e, kinds[i])) {
			(void)snprintf(
				f->kind, sizeof(f->kind), "%s", kinds[i]);
			copy(f->subject, sizeof(f->subject), e, kinds[i]);
		}
}

static void take_rules(struct found *f, const struct audit_entry *e)
{
	const json_t *rules = json_object_get(e->root, "rules");
	const json_t *rule;
	size_t i;

	f->n_rules = 0;
	json_array_foreach(rules, i, rule)
	{
		if (!json_is_string(rule) || f->n_rules == RULES_SHOWN)
			continue;
		(void)snprintf(f->rules[f->n_rules++], sizeof(f->rules[0]),
			"%s", json_string_value(rule));
	}
}

static void note_token(struct why_cli *w, const struct log_stream *s)
{
	const struct audit_entry *e = &s->entry;

	memcpy(w->token.session, s->session, sizeof(w->token.session));
	copy(w->token.tool, sizeof(w->token.tool), e, "tool");
	copy(w->token.reason, sizeof(w->token.reason), e, "reason");
}

/* It stands before the call that it is about. */
static void take_token(struct why_cli *w, struct found *f)
{
	bool ours = strcmp(w->token.session, f->session) == 0;

	f->token[0] = '\0';
	if (ours && strcmp(f->decision, "token") == 0 &&
		strcmp(w->token.tool, f->subject) == 0)
		memcpy(f->token, w->token.reason, sizeof(f->token));
	if (ours)
		w->token.session[0] = '\0';
}

static void take_call(struct why_cli *w, struct found *f,
	const struct log_stream *s, uint64_t number)
{
	const struct audit_entry *e = &s->entry;

	memcpy(f->session, s->session, sizeof(f->session));
	memcpy(f->file, s->file, sizeof(f->file));
	(void)snprintf(f->server, sizeof(f->server), "%s", s->server);
	f->call = number;
	f->time_us = s->time_us;
	f->outcome[0] = f->answered[0] = '\0';
	f->observed = json_is_true(json_object_get(e->root, "observed"));
	if (!audit_entry_number(e, "approval", &f->approval))
		f->approval = 0;
	COPY(dir, "dir");
	COPY(method, "method");
	COPY(decision, "decision");
	COPY(reason, "reason");
	take_subject(f, e);
	take_rules(f, e);
	take_token(w, f);
}

static bool wanted(
	const struct why_cli *w, const struct log_stream *s, uint64_t number)
{
	const char *decision = audit_entry_text(&s->entry, "decision");

	if (w->session[0])
		return number == w->call &&
		       strncmp(s->session, w->session, strlen(w->session)) == 0;
	return decision && strcmp(decision, "deny") == 0;
}

/* What became of a call, and of the question that it is about. */
static void follow(struct found *f, const struct log_stream *s, uint64_t number)
{
	const struct audit_entry *e = &s->entry;
	char by[384];

	if (strcmp(s->session, f->session) != 0)
		return;
	if (strcmp(s->type, "result") == 0 && f->call == number)
		COPY(outcome, "outcome");
	if (strcmp(s->type, "approval.answered") != 0 || !f->approval ||
		number != f->approval)
		return;
	COPY(answered, "answer");
	copy(by, sizeof(by), e, "by.tty");
	(void)snprintf(f->answered + strlen(f->answered),
		sizeof(f->answered) - strlen(f->answered), "%s%s",
		by[0] ? ", at " : ", by a program", by);
	copy(by, sizeof(by), e, "reason");
	(void)snprintf(f->answered + strlen(f->answered),
		sizeof(f->answered) - strlen(f->answered), "%s%s",
		by[0] ? ": " : "", by);
}

static bool is_call(const struct log_stream *s, const char *decision)
{
	const char *seen = audit_entry_text(&s->entry, "decision");

	return strcmp(s->type, "call") == 0 && seen &&
	       strcmp(seen, decision) == 0;
}

static int look(struct why_cli *w, const struct log_stream *s, struct err *e)
{
	struct found *f = &w->found;
	uint64_t number;

	if (strcmp(s->type, "token.refused") == 0)
		note_token(w, s);
	if (!s->entry.root || !audit_entry_number(&s->entry, "call", &number))
		return 0;
	if (strcmp(s->type, "call") == 0 && wanted(w, s, number)) {
		if (w->session[0] && f->call &&
			strcmp(f->session, s->session) != 0)
			return err_status(e, 2,
				"why: two sessions with such a call begin with "
				"%s: more digits",
				w->session);
		take_call(w, f, s, number);
		return 0;
	}
	follow(f, s, number);
	if (w->session[0])
		return 0;
	/* What these come to is known later. */
	if (is_call(s, "ask") || is_call(s, "token"))
		take_call(w, &w->asked, s, number);
	follow(&w->asked, s, number);
	if (w->asked.call && strcmp(w->asked.outcome, "refused") == 0) {
		*f = w->asked;
		w->asked.call = 0;
	}
	return 0;
}

/* Of the session's first record. */
static int take_profile(struct found *f, int dir, struct err *err)
{
	struct log_stream *s = calloc(1, sizeof(*s));
	int r = s ? log_stream_open(s, dir, f->file) : -ENOMEM;

	if (r == 0) {
		const struct audit_entry *e = &s->entry;

		r = log_stream_next(s);
		if (r == 0 && s->is && e->root) {
			const json_t *sources = json_object_get(
				json_object_get(e->root, "profile"), "sources");
			const char *source =
				json_string_value(json_array_get(sources, 0));

			COPY(profile, "profile.name");
			COPY(role, "role");
			COPY(task, "task");
			COPY(context, "context");
			(void)snprintf(f->source, sizeof(f->source), "%s",
				source ? source : "");
		}
		log_stream_close(s);
	}
	free(s);
	return r < 0 ? err_set(err, r, "audit file %s", f->file) : 0;
}

static int search(struct why_cli *w, int dir, struct err *e)
{
	const struct log_stream *s;
	struct log_set set;
	int r;

	log_set_init(&set, dir);
	set.until_us = UINT64_MAX;
	r = log_set_scan(&set, e);
	while (r >= 0 && (r = log_set_next(&set, &s, e)) == 1)
		r = look(w, s, e);
	log_set_deinit(&set);
	if (r == 0 && w->found.call)
		r = take_profile(&w->found, dir, e);
	return r;
}

/* SESSION:CALL. */
static int parse_operand(struct why_cli *w, const char *text, struct err *e)
{
	const char *colon = strchr(text, ':'), *number = colon ? colon + 1 : "";
	size_t len = colon ? (size_t)(colon - text) : 0;

	if (len > 0 && len <= SESSION_HEX)
		memcpy(w->session, text, len);
	if (!w->session[0] || !hex_valid(w->session, len) ||
		!digits_take(&number, 19, &w->call) || *number || !w->call)
		return err_status(e, 2,
			"why: a call is SESSION:CALL, such as 1f00ab12:3");
	return 0;
}

static int explain(struct why_cli *w, struct err *e)
{
	_close_ int path = -1, dir = -1;
	int r = folder_open(FOLDER_STATE, "audit", false, &path, e);

	if (r != 0)
		return r < 0 ? r : 0;
	dir = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_set(e, -errno, "audit folder");
	r = search(w, dir, e);
	if (r < 0 || !w->found.call)
		return r;
	why_print_head(&w->found);
	why_print_advice(&w->found);
	return fflush(stdout) != 0 ? err_set(e, -errno, "why: standard output")
				   : 0;
}

int verb_why(int argc, char **argv)
{
	struct why_cli w = {.last = false};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, &w, &args, &e);

	if (r == 1)
		return 0;
	if (r == 0 && args[0] && (args[1] || w.last))
		r = err_status(&e, 2,
			"why: takes one call, or --last; see stockade why "
			"--help");
	if (r == 0 && args[0])
		r = parse_operand(&w, args[0], &e);
	if (r == 0)
		r = explain(&w, &e);
	if (r < 0)
		return log_err(&e);
	if (!w.found.call)
		log_line(w.session[0] ? "there is no such call in the log"
				      : "no call was denied");
	return w.found.call ? 0 : 1;
}
