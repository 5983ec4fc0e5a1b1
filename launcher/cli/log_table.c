/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log_table.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "base/escape.h"

#define MIN_WIDTH 80U
#define MAX_WIDTH 120U

/* The reason has what is left; the other columns are as wide as this. */
#define RESULT_WIDTH 10
#define MS_WIDTH 6
#define BYTES_WIDTH 8

struct layout {
	unsigned time, server, what;
};

/* Without fractions of a second where there is little room. */
static const struct layout narrow = {8, 12, 20}, wide = {12, 14, 30};

static const struct layout *layout_of(const struct log_table *t)
{
	return t->width < 100 ? &narrow : &wide;
}

static unsigned layout_used(const struct layout *l)
{
	return l->time + l->server + l->what + RESULT_WIDTH + MS_WIDTH +
	       BYTES_WIDTH + 7;
}

struct row {
	char what[320], result[64], ms[24], bytes[24], reason[2048];
};

static unsigned screen_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size = {0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	if (columns && strtoul(columns, NULL, 10) <= 1000)
		return (unsigned)strtoul(columns, NULL, 10);
	return MAX_WIDTH;
}

void log_table_init(struct log_table *t)
{
	*t = (struct log_table){.width = screen_width()};
	if (t->width < MIN_WIDTH)
		t->width = t->width ? MIN_WIDTH : MAX_WIDTH;
}

/* Appends escaped text to what is in @dst; NULL adds nothing. */
static void put(char *dst, size_t size, const char *before, const char *text)
{
	size_t n = strlen(dst);

	if (!text)
		return;
	(void)snprintf(dst + n, size - n, "%s", before);
	n = strlen(dst);
	(void)escape_text(dst + n, size - n, text, strlen(text));
}

static void put_text(char *dst, size_t size, const char *before,
	const struct log_stream *s, const char *member)
{
	put(dst, size, before, audit_entry_text(&s->entry, member));
}

static void put_number(char *dst, size_t size, const char *before,
	const struct log_stream *s, const char *member)
{
	size_t n = strlen(dst);
	uint64_t value;

	if (audit_entry_number(&s->entry, member, &value))
		(void)snprintf(dst + n, size - n, "%s%" PRIu64, before, value);
}

#define PUT(field, before, member) \
	put_text(row->field, sizeof(row->field), before, s, member)
#define NUMBER(field, before, member) \
	put_number(row->field, sizeof(row->field), before, s, member)

/* Who did what outside a session of a server. */
static void row_deed(const struct log_stream *s, struct row *row)
{
	put(row->what, sizeof(row->what), "", s->purpose);
	put(row->reason, sizeof(row->reason), "session ", s->session);
	NUMBER(reason, ", by uid ", "uid");
	PUT(reason, " at ", "by.tty");
	PUT(reason, ", ", "by.ancestry");
}

static void row_start(const struct log_stream *s, struct row *row)
{
	if (s->purpose[0]) {
		row_deed(s, row);
		return;
	}
	put(row->what, sizeof(row->what), "", "session start");
	put(row->reason, sizeof(row->reason), "session ", s->session);
	PUT(reason, ", profile ", "profile.name");
	PUT(reason, ", role ", "role");
	PUT(reason, ", task ", "task");
	PUT(reason, ", context ", "context");
	PUT(reason, ", tenant ", "tenant");
	PUT(reason, ", client ", "client.exe");
	PUT(reason, ", server ", "server.exe");
}

static void row_end(const struct log_stream *s, struct row *row)
{
	put(row->what, sizeof(row->what), "",
		s->purpose[0] ? s->purpose : "session");
	put(row->what, sizeof(row->what), "", " end");
	NUMBER(result, "status ", "status");
	NUMBER(result, "signal ", "signal");
	PUT(reason, "", "cause");
	NUMBER(reason, ", calls ", "totals.calls");
	NUMBER(reason, ", refused ", "totals.refused");
	NUMBER(reason, ", errors ", "totals.errors");
}

/* The first of a call's rules; `--json` has all. */
static void row_rules(const struct log_stream *s, struct row *row)
{
	const json_t *rules = json_object_get(s->entry.root, "rules");
	size_t n = json_array_size(rules);

	for (size_t i = 0; i < n; i++)
		put(row->reason, sizeof(row->reason), i ? "," : " rules ",
			json_string_value(json_array_get(rules, i)));
}

/* Of a request about a task: which, and of which call the task is. */
static void row_origin(const struct log_stream *s, struct row *row)
{
	uint64_t call;

	if (!audit_entry_number(&s->entry, "origin", &call))
		return;
	PUT(reason, row->reason[0] ? ", " : "", "method");
	NUMBER(reason, " of call ", "origin");
}

static void row_observed(const struct log_stream *s, struct row *row)
{
	if (json_is_true(json_object_get(s->entry.root, "observed")))
		put(row->reason, sizeof(row->reason),
			row->reason[0] ? "; " : "", "only observed: it passed");
}

/* What stockade why takes, of a call that did not just pass. */
static void row_id(const struct log_stream *s, struct row *row)
{
	static const char *const plain[] = {"allow", "client"};
	const char *decision = audit_entry_text(&s->entry, "decision");
	char session[9];

	for (size_t i = 0; decision && i < ELEMENTS(plain); i++)
		if (strcmp(decision, plain[i]) == 0)
			return;
	if (!s->call || s->call->inward)
		return;
	(void)snprintf(session, sizeof(session), "%.8s", s->session);
	put(row->reason, sizeof(row->reason),
		row->reason[0] ? "; call " : "call ", session);
	NUMBER(reason, ":", "call");
}

static void row_call(const struct log_stream *s, struct row *row)
{
	bool inward = s->call && s->call->inward;

	put(row->what, sizeof(row->what), inward ? "< " : "> ",
		s->call ? s->call->name : "?");
	PUT(result, "", "decision");
	NUMBER(bytes, "", "args_bytes");
	PUT(reason, "", "reason");
	row_origin(s, row);
	row_observed(s, row);
	row_rules(s, row);
	row_id(s, row);
}

/* Characters that are not seen, by kind. */
static void row_stripped(const struct log_stream *s, struct row *row)
{
	json_t *of = json_object_get(s->entry.root, "stripped"), *n;
	const char *between = row->reason[0] ? ", taken out: " : "taken out: ";
	const char *kind;
	char count[32];

	json_object_foreach(of, kind, n)
	{
		(void)snprintf(count, sizeof(count), " %lld",
			(long long)json_integer_value(n));
		put(row->reason, sizeof(row->reason), between, kind);
		put(row->reason, sizeof(row->reason), "", count);
		between = ", ";
	}
}

static void row_result(const struct log_stream *s, struct row *row)
{
	bool inward = s->call && s->call->inward;

	put(row->what, sizeof(row->what), inward ? "> " : "< ",
		s->call ? s->call->name : "");
	if (!s->call)
		NUMBER(what, "call ", "call");
	PUT(result, "", "outcome");
	NUMBER(ms, "", "ms");
	NUMBER(bytes, "", "result_bytes");
	PUT(reason, "code ", "code");
	if (json_is_true(json_object_get(s->entry.root, "cut")))
		put(row->reason, sizeof(row->reason),
			row->reason[0] ? ", " : "", "cut");
	row_observed(s, row);
	row_stripped(s, row);
}

static void row_limit(const struct log_stream *s, struct row *row)
{
	PUT(what, "limit ", "limit");
	put(row->result, sizeof(row->result), "", "hit");
	NUMBER(reason, "at ", "value");
	PUT(reason, " ", "grade");
	row_observed(s, row);
}

static void row_refused(const struct log_stream *s, struct row *row)
{
	PUT(what, "message ", "dir");
	put(row->result, sizeof(row->result), "", "refused");
	NUMBER(bytes, "", "bytes");
	PUT(reason, "", "reason");
	NUMBER(reason, ", at byte ", "offset");
	NUMBER(reason, ", times ", "count");
	row_observed(s, row);
}

static void row_anomaly(const struct log_stream *s, struct row *row)
{
	PUT(what, "anomaly ", "kind");
	PUT(result, "", "action");
	PUT(reason, "", "reason");
	PUT(reason, row->reason[0] ? ", " : "", "detail");
	PUT(reason, row->reason[0] ? ", " : "", "by.ancestry");
	NUMBER(reason, ", times ", "count");
}

static void row_subject(const struct log_stream *s, struct row *row)
{
	NUMBER(reason, "call ", "call");
	PUT(reason, ", tool ", "tool");
	PUT(reason, ", prompt ", "prompt");
	PUT(reason, ", resource ", "uri");
	PUT(reason, "", "kind");
	PUT(reason, ": ", "detail");
}

static void row_asked(const struct log_stream *s, struct row *row)
{
	put(row->what, sizeof(row->what), "", "approval asked");
	put(row->result, sizeof(row->result), "", "asked");
	row_subject(s, row);
}

static void row_answered(const struct log_stream *s, struct row *row)
{
	put(row->what, sizeof(row->what), "", "approval");
	PUT(result, "", "answer");
	NUMBER(ms, "", "waited_ms");
	row_subject(s, row);
	NUMBER(reason, ", by uid ", "by.uid");
	PUT(reason, " at ", "by.tty");
	PUT(reason, ", ", "channel");
	PUT(reason, ": ", "reason");
}

static void row_token(const struct log_stream *s, struct row *row)
{
	put(row->what, sizeof(row->what), "", "token");
	/* What became of it, behind "token.". */
	put(row->result, sizeof(row->result), "", s->type + strlen("token."));
	PUT(reason, "tool ", "tool");
	PUT(reason, ", token ", "token");
	PUT(reason, ", key ", "key_id");
	NUMBER(reason, ", uses ", "uses");
	PUT(reason, ", until ", "expires");
	PUT(reason, ", role ", "role");
	PUT(reason, ", session ", "only_session");
	PUT(reason, ", when ", "detail");
	PUT(reason, ": ", "reason");
}

/* The members in which two definitions differ. */
static void row_fields(const struct log_stream *s, struct row *row)
{
	const json_t *fields = json_object_get(s->entry.root, "fields");
	size_t n = json_array_size(fields);

	for (size_t i = 0; i < n; i++)
		put(row->reason, sizeof(row->reason), i ? "," : ", differs in ",
			json_string_value(json_array_get(fields, i)));
}

static void row_pin(const struct log_stream *s, struct row *row)
{
	PUT(what, "pin of ", "kind");
	/* Behind "pin.". */
	put(row->result, sizeof(row->result), "", s->type + strlen("pin."));
	PUT(reason, "", "name");
	NUMBER(reason, ", approval ", "approval");
	row_fields(s, row);
}

static void row_policy(const struct log_stream *s, struct row *row)
{
	put(row->what, sizeof(row->what), "", "policy");
	put(row->result, sizeof(row->result), "", "changed");
	PUT(what, " ", "name");
	PUT(reason, "", "reason");
	PUT(reason, ", now ", "new");
}

static const struct {
	const char *type;
	/* NULL: for `verify`, not for people. */
	void (*fill)(const struct log_stream *s, struct row *row);
} types[] = {
	{"session.start", row_start},
	{"session.end", row_end},
	{"call", row_call},
	{"result", row_result},
	{"limit.hit", row_limit},
	{"protocol.refused", row_refused},
	{"anomaly", row_anomaly},
	{"approval.asked", row_asked},
	{"approval.answered", row_answered},
	{"policy.changed", row_policy},
	{"pin.first", row_pin},
	{"pin.changed", row_pin},
	{"pin.accepted", row_pin},
	{"token.minted", row_token},
	{"token.spent", row_token},
	{"token.refused", row_token},
	{"token.revoked", row_token},
	{"checkpoint", NULL},
};

bool log_table_knows(const char *type)
{
	for (size_t i = 0; i < ELEMENTS(types); i++)
		if (strcmp(types[i].type, type) == 0)
			return true;
	return false;
}

static void row_unknown(const struct log_stream *s, struct row *row)
{
	if (s->entry.root) {
		put(row->what, sizeof(row->what), "", s->type);
		return;
	}
	(void)snprintf(
		row->what, sizeof(row->what), "line %" PRIu64, s->line.number);
	put(row->result, sizeof(row->result), "", "unreadable");
	put(row->reason, sizeof(row->reason), "", "see stockade verify");
}

static bool row_fill(const struct log_stream *s, struct row *row)
{
	for (size_t i = 0; s->entry.root && i < ELEMENTS(types); i++) {
		if (strcmp(types[i].type, s->type) != 0)
			continue;
		if (types[i].fill)
			types[i].fill(s, row);
		return types[i].fill != NULL;
	}
	row_unknown(s, row);
	return true;
}

/* At most @width columns; what is left out shows as two dots. */
static void cell(const char *text, unsigned width)
{
	if (strlen(text) <= width)
		(void)printf("%-*s ", (int)width, text);
	else
		(void)printf("%.*s.. ", (int)width - 2, text);
}

/* How much of @text goes into @width columns, if possible whole words. */
static size_t fold(const char *text, size_t width)
{
	size_t n = strlen(text);

	if (n <= width)
		return n;
	for (n = width; n > width / 2; n--)
		if (text[n] == ' ')
			return n;
	return width;
}

/* Long reasons go on below, so that nothing is lost. */
static void reason(const struct log_table *t, const char *text)
{
	const struct layout *l = layout_of(t);
	unsigned indent = l->time + 1 + l->server + 1;
	size_t room = t->width - layout_used(l);

	if (strlen(text) > room) {
		(void)printf("\n%*s", (int)indent, "");
		room = t->width - indent;
	}
	while (strlen(text) > room) {
		size_t n = fold(text, room);

		(void)printf("%.*s\n%*s", (int)n, text, (int)indent, "");
		text += n + (text[n] == ' ');
	}
	(void)printf("%s\n", text);
}

static void head(struct log_table *t, const struct tm *tm)
{
	const struct layout *l = layout_of(t);
	char day[16] = "", zone[16] = "";

	(void)strftime(day, sizeof(day), "%F", tm);
	(void)strftime(zone, sizeof(zone), "%Z", tm);
	if (strcmp(day, t->day) == 0)
		return;
	if (t->day[0] == '\0')
		(void)printf("%-*s %-*s %-*s %-*s %*s %*s  %s\n", (int)l->time,
			"TIME", (int)l->server, "SERVER", (int)l->what, "WHAT",
			RESULT_WIDTH, "RESULT", MS_WIDTH, "MS", BYTES_WIDTH,
			"BYTES", "REASON");
	(void)printf("%s %s\n", day, zone);
	memcpy(t->day, day, sizeof(t->day));
}

bool log_table_row(struct log_table *t, const struct log_stream *s)
{
	const struct layout *l = layout_of(t);
	time_t when = (time_t)(s->time_us / 1000000);
	struct row row = {"", "", "", "", ""};
	char clock[16] = "", server[128] = "";
	struct tm tm;

	if (!row_fill(s, &row) || !localtime_r(&when, &tm))
		return false;
	head(t, &tm);
	(void)strftime(clock, sizeof(clock), "%T", &tm);
	(void)snprintf(clock + strlen(clock), sizeof(clock) - strlen(clock),
		".%03u", (unsigned)(s->time_us / 1000 % 1000));
	(void)printf("%.*s ", (int)l->time, clock);
	put(server, sizeof(server), "", s->server);
	cell(server, l->server);
	cell(row.what, l->what);
	cell(row.result, RESULT_WIDTH);
	(void)printf("%*s %*s  ", MS_WIDTH, row.ms, BYTES_WIDTH, row.bytes);
	reason(t, row.reason);
	return true;
}
