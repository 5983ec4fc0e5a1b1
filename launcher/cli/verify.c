/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/folders.h"
#include "base/log.h"
#include "cli/option.h"
#include "cli/verb.h"
#include "keeper/audit_entry.h"
#include "keeper/audit_verify.h"

/* Findings shown for one file; one change can upset many lines. */
#define SHOWN_MAX 20

struct verify_cli {
	bool json;
	bool each; /* say it of intact sessions too */
	uint64_t sessions, records, states[_AUDIT_N];
	uint64_t bad; /* findings of any kind */
	/* While one file is looked at: */
	char name[256];
	uint64_t shown;
	json_t *list; /* its findings, for --json */
};

/* What an operand names. */
struct target {
	int dir;
	char *label;         /* of the folder, for people */
	const char *file;    /* one file of it, or NULL */
	const char *session; /* beginning of a session, or NULL */
};

static int set_json(void *context, const char *value, struct err *e)
{
	struct verify_cli *v = context;

	(void)value;
	(void)e;
	v->json = true;
	return 0;
}

static const struct option_row options[] = {
	{"json", NULL, "one JSON object a line", set_json, false},
};

static const struct verb_info info = {
	.name = "verify",
	.usage = "[--json] [SESSION|FILE|FOLDER...]",
	.about = "Check that the audit log is as it was written.",
	.options = options,
	.n_options = ELEMENTS(options),
	.more = "Without an operand: every session of the ledger. SESSION may be cut short; a\n"
		"FILE is compared with the ledger beside it.\n"
		"Exit status: 0 intact, 1 changed or missing, 125 could not be checked.\n"
		"A session that was killed is reported as cut short and is no change.",
};

static void out_json(json_t *object)
{
	char *text =
		object ? json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII)
		       : NULL;

	if (text)
		(void)printf("%s\n", text);
	free(text);
	json_decref(object);
}

static void on_finding(void *context, const struct finding *f)
{
	struct verify_cli *v = context;
	char text[256];

	v->bad++;
	if (++v->shown > SHOWN_MAX)
		return;
	finding_text(f, text, sizeof(text));
	if (!v->json) {
		(void)printf("%s: %s\n", v->name, text);
		return;
	}
	(void)json_array_append_new(v->list,
		json_pack("{s:s, s:I, s:I, s:I, s:s}", "what",
			finding_word(f->kind), "line", (json_int_t)f->line,
			"seq", (json_int_t)f->seq, "last",
			(json_int_t)(f->last > f->seq ? f->last : f->seq),
			"text", text));
}

static void file_begin(struct verify_cli *v, const char *name)
{
	(void)escape_text(v->name, sizeof(v->name), name, strlen(name));
	v->shown = 0;
	v->list = v->json ? json_array() : NULL;
}

static void file_end(struct verify_cli *v, json_t *object)
{
	if (v->json) {
		(void)json_object_set_new(object, "findings", v->list);
		out_json(object);
	} else if (v->shown > SHOWN_MAX) {
		(void)printf("%s: and %llu more\n", v->name,
			(unsigned long long)(v->shown - SHOWN_MAX));
	}
	v->list = NULL;
}

static void show_session(struct verify_cli *v, const struct audit_session *s,
	const struct audit_verdict *verdict)
{
	const char *state = audit_state_name(verdict->state);

	if (v->json) {
		file_end(v, json_pack("{s:s, s:s, s:s, s:I, s:b}", "session",
				    s->session, "file", s->file, "state", state,
				    "records", (json_int_t)verdict->records,
				    "half_record", verdict->half));
		return;
	}
	file_end(v, NULL);
	if (v->each || verdict->state != AUDIT_INTACT)
		(void)printf("%s: %llu records: %s%s\n", v->name,
			(unsigned long long)verdict->records, state,
			verdict->state == AUDIT_CUT_SHORT && verdict->half
				? ", in the middle of a record"
				: "");
}

static int verify_session(struct verify_cli *v, int dir,
	const struct audit_session *s, bool ledger, struct err *e)
{
	struct audit_verdict verdict = {AUDIT_NONE, 0, 0, false};
	int r;

	file_begin(v, s->file);
	r = audit_verify(dir, s, ledger, on_finding, v, &verdict, e);
	if (r < 0) {
		json_decref(v->list);
		v->list = NULL;
		return r;
	}
	v->sessions++;
	v->records += verdict.records;
	v->states[verdict.state]++;
	show_session(v, s, &verdict);
	return 0;
}

static bool target_wants(const struct target *t, const struct audit_session *s)
{
	if (t->file)
		return strcmp(t->file, s->file) == 0;
	return !t->session ||
	       strncmp(t->session, s->session, strlen(t->session)) == 0;
}

static void show_ledger(struct verify_cli *v, const struct audit_roster *roster)
{
	const struct audit_ledger_state *l = audit_roster_ledger(roster);
	const struct finding gone = {FINDING_NO_LEDGER, 0, 0, 0};
	bool complete = false;

	for (size_t i = 0; i < audit_roster_count(roster); i++)
		complete |= audit_roster_get(roster, i)->complete;
	if (!l->there && complete)
		on_finding(v, &gone);
	if (v->json) {
		file_end(v, json_pack("{s:s, s:b, s:I, s:I}", "file", v->name,
				    "there", l->there, "lines",
				    (json_int_t)l->lines, "half_lines",
				    (json_int_t)l->fragments));
		return;
	}
	file_end(v, NULL);
	if (l->fragments)
		(void)printf("%s: %llu half lines, left by a crash\n", v->name,
			(unsigned long long)l->fragments);
}

static int verify_target(
	struct verify_cli *v, const struct target *t, struct err *e)
{
	_cleanup_(audit_roster_cleanup) struct audit_roster *roster = NULL;
	uint64_t before = v->sessions;
	bool ledger;
	int r;

	file_begin(v, "ledger.jsonl");
	r = audit_roster_read(t->dir, on_finding, v, &roster, e);
	if (r < 0) {
		json_decref(v->list);
		return r;
	}
	show_ledger(v, roster);
	ledger = audit_roster_ledger(roster)->there;
	for (size_t i = 0; r == 0 && i < audit_roster_count(roster); i++) {
		const struct audit_session *s = audit_roster_get(roster, i);

		if (target_wants(t, s))
			r = verify_session(v, t->dir, s, ledger, e);
	}
	if (r == 0 && v->sessions == before && (t->file || t->session))
		return err_say(e, -ENOENT, "verify: no session %s in %s",
			t->file ? t->file : t->session, t->label);
	return r;
}

/* A log under another name: its first record says whose it is. */
static int verify_stray(
	struct verify_cli *v, const struct target *t, struct err *e)
{
	struct audit_session s = {.seen = true};
	_entry_ struct audit_entry entry = {NULL};
	struct audit_reader reader;
	struct audit_line line;
	const char *session;
	int r = audit_reader_open(&reader, t->dir, t->file);

	if (r != 0)
		return err_set(e, r < 0 ? r : -ENOENT, "%s", t->file);
	r = audit_reader_next(&reader, &line);
	if (r == 1)
		(void)audit_entry_parse(&entry, line.text, line.len);
	session = entry.root ? audit_entry_text(&entry, "session") : NULL;
	audit_reader_deinit(&reader);
	if (!session || strlen(session) != SESSION_HEX ||
		strlen(t->file) >= sizeof(s.file))
		return err_say(
			e, -EINVAL, "verify: %s is no audit log", t->file);
	memcpy(s.session, session, SESSION_HEX);
	memcpy(s.file, t->file, strlen(t->file));
	return verify_session(v, t->dir, &s, false, e);
}

static int target_open_state(struct target *t, struct err *e)
{
	_close_ int path = -1;
	int r = folder_open(FOLDER_STATE, "audit", false, &path, e);

	if (r == 1)
		return err_say(e, -ENOENT,
			"there is no audit log yet: stockade run writes it");
	if (r < 0)
		return r;
	t->dir = openat(path, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return err_set(e, -errno, "audit folder");
	return asprintf(&t->label, "the audit folder") < 0 ? -ENOMEM : 0;
}

/* A path: a folder, or a file in one. */
static int target_open_path(struct target *t, char *path, struct err *e)
{
	_free_ char *copy = strdup(path);
	const char *folder = path;
	struct stat st;

	if (!copy)
		return err_set(e, -ENOMEM, "%s", path);
	if (stat(path, &st) < 0)
		return err_set(e, -errno, "verify: %s", path);
	if (!S_ISDIR(st.st_mode)) {
		folder = dirname(copy);
		t->file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	}
	t->dir = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t->dir < 0)
		return err_set(e, -errno, "verify: %s", folder);
	t->label = strdup(folder);
	return t->label ? 0 : -ENOMEM;
}

static bool is_session(const char *word)
{
	size_t n = strlen(word);

	return n >= 4 && n <= SESSION_HEX && hex_valid(word, n);
}

static int verify_operand(struct verify_cli *v, char *word, struct err *e)
{
	struct target t = {.dir = -1};
	char session[SESSION_HEX + 1];
	int r;

	if (word && !is_session(word)) {
		r = target_open_path(&t, word, e);
	} else {
		t.session = word;
		r = target_open_state(&t, e);
	}
	if (r == 0 && t.file && !audit_name_parse(t.file, session))
		r = verify_stray(v, &t, e);
	else if (r == 0)
		r = verify_target(v, &t, e);
	free(t.label);
	fd_close(&t.dir);
	return r;
}

static void show_summary(const struct verify_cli *v)
{
	if (v->json)
		return;
	(void)printf("%llu session%s, %llu record%s: %s",
		(unsigned long long)v->sessions, v->sessions == 1 ? "" : "s",
		(unsigned long long)v->records, v->records == 1 ? "" : "s",
		v->bad ? "NOT INTACT" : "intact");
	for (enum audit_state s = AUDIT_RUNNING; s < _AUDIT_N; s++)
		if (v->states[s])
			(void)printf(", %llu %s",
				(unsigned long long)v->states[s],
				audit_state_name(s));
	(void)printf("\n");
}

int verb_verify(int argc, char **argv)
{
	struct verify_cli v = {.json = false};
	struct err e = {0};
	char **args;
	int r = options_parse(&info, argc, argv, &v, &args, &e);

	if (r == 1)
		return 0;
	if (r < 0)
		return log_err(&e);
	v.each = args[0] != NULL;
	if (!args[0])
		r = verify_operand(&v, NULL, &e);
	for (; r == 0 && *args; args++)
		r = verify_operand(&v, *args, &e);
	if (r < 0)
		(void)err_set(&e, r, "verify");
	else
		show_summary(&v);
	if (fflush(stdout) != 0 && r == 0)
		r = err_set(&e, -errno, "verify: standard output");
	if (r < 0)
		return log_err(&e);
	return v.bad ? 1 : 0;
}
