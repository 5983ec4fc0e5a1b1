/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/approve_shown.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include "base/fd.h"
#include "cli/approve_text.h"

static bool locate(struct shown *s)
{
	struct json_limits limits = {
		.max_bytes = APPROVAL_SHOWN_MAX,
		.max_depth = 160, /* the relay's 128 and some */
		.max_keys = 65536,
		.allow_nul = true,
		.allow_half_surrogate = true,
	};
	struct json_scan_result r;
	struct json_scanner *scanner;
	struct json_value top;
	bool good;

	if (getrandom(limits.hash_key, sizeof(limits.hash_key), 0) < 0)
		return false;
	scanner = json_scanner_new(&limits);
	if (!scanner)
		return false;
	good = json_scan(scanner, s->text, s->len, &r) == 0 &&
	       r.type == JSON_OBJECT;
	json_scanner_free(scanner);
	if (!good)
		return false;
	top = json_top(s->text, &r);
	if (!json_get(&top, "title", &s->title) ||
		s->title.type != JSON_STRING ||
		json_string_copy(&s->title, NULL, 0) == 0)
		s->title = (struct json_value){.type = JSON_INVALID};
	if (!json_get(&top, "reason", &s->reason) ||
		s->reason.type != JSON_STRING)
		s->reason = (struct json_value){.type = JSON_INVALID};
	return json_get(&top, "arguments", &s->arguments) &&
	       json_get(&top, "rules", &s->rules) &&
	       s->rules.type == JSON_ARRAY;
}

int shown_open(const struct waiting *w, struct shown *ret)
{
	struct shown s = {.len = w->shown_len};

	if (w->shown < 0)
		return 1;
	/* Sealed against shrinking: no access can fail (memfd_create(2)). */
	s.text = mmap(NULL, s.len, PROT_READ, MAP_PRIVATE, w->shown, 0);
	if (s.text == MAP_FAILED)
		return 1;
	if (!locate(&s)) {
		shown_deinit(&s);
		return 1;
	}
	*ret = s;
	return 0;
}

void shown_deinit(struct shown *s)
{
	if (s->text && s->text != MAP_FAILED)
		(void)munmap(s->text, s->len);
	s->text = NULL;
}

bool shown_is_readable(const struct waiting *w)
{
	_shown_ struct shown s = {0};

	return shown_open(w, &s) == 0;
}

void question_id(const struct waiting *w, char dst[QUESTION_ID_MAX])
{
	(void)snprintf(dst, QUESTION_ID_MAX, "%.8s:%" PRIu64,
		w->link->about.session, w->id);
}

void duration_text(uint64_t ms, char dst[DURATION_MAX])
{
	uint64_t s = ms / 1000;

	if (s < 100)
		(void)snprintf(dst, DURATION_MAX, "%" PRIu64 " s", s);
	else if (s < 5940)
		(void)snprintf(dst, DURATION_MAX,
			"%" PRIu64 ":%02" PRIu64 " min", s / 60, s % 60);
	else
		(void)snprintf(dst, DURATION_MAX, "%" PRIu64 " h", s / 3600);
}

void question_brief(struct out *o, const struct waiting *w, size_t max)
{
	_shown_ struct shown s = {0};

	if (shown_open(w, &s) == 0)
		text_brief(o, &s.arguments, max);
	else
		out_str(o, "(its arguments cannot be read)");
}

static uint64_t left_of(uint64_t until_ms)
{
	uint64_t now = clock_mono_ms();

	return until_ms > now ? until_ms - now : 0;
}

static void field(struct out *o, const char *name, const char *text, size_t len)
{
	char head[16];

	(void)snprintf(head, sizeof(head), "%-10s", name);
	out_str(o, head);
	text_bytes(o, text, len);
	out_str(o, "\n");
}

static void field_str(struct out *o, const char *name, const char *text)
{
	field(o, name, text, strlen(text));
}

static void rule_lines(struct out *o, const struct shown *s)
{
	struct json_iter i = json_iter(&s->rules);
	struct json_member m;
	bool first = true;

	for (; json_next(&i, &m); first = false) {
		out_str(o, first ? "because   " : "          ");
		text_plain(o, &m.value);
		out_str(o, "\n");
	}
}

/* "rule:own", "site:rule:own"; but not "ask:rule:x", which is a pattern: no
 * label is called as the kinds of patterns are. */
static bool is_rule(const char *name)
{
	static const char *const kinds[] = {
		"deny", "token", "ask", "always", "allow"};
	static const char rule[] = "rule:";
	size_t n = strcspn(name, ":");

	if (strncmp(name, rule, strlen(rule)) == 0)
		return true;
	for (size_t i = 0; i < ELEMENTS(kinds); i++)
		if (strlen(kinds[i]) == n && strncmp(name, kinds[i], n) == 0)
			return false;
	return name[n] == ':' && strncmp(name + n + 1, rule, strlen(rule)) == 0;
}

bool shown_by_rule(const struct waiting *w)
{
	_shown_ struct shown s = {0};
	struct json_iter i;
	struct json_member m;

	if (shown_open(w, &s) != 0)
		return false;
	i = json_iter(&s.rules);
	while (json_next(&i, &m)) {
		char name[256];
		size_t n = json_string_copy(&m.value, name, sizeof(name) - 1);

		name[n < sizeof(name) ? n : sizeof(name) - 1] = '\0';
		if (is_rule(name))
			return true;
	}
	return false;
}

static void times(struct out *o, const struct waiting *w)
{
	char ago[DURATION_MAX], left[DURATION_MAX], text[160];

	duration_text(clock_mono_ms() - w->asked_ms, ago);
	duration_text(
		left_of(w->held ? w->hold_until_ms : w->expires_ms), left);
	(void)snprintf(text, sizeof(text), "%s ago, %u time%s; %s for %s", ago,
		w->calls, w->calls == 1 ? "" : "s",
		w->held                         ? "held"
		: approval_kind_stands(w->kind) ? "open"
						: "let go, waits for a retry",
		left);
	field_str(o, "asked", text);
}

void question_whole(struct out *o, const struct waiting *w, size_t width)
{
	const struct approval_session *about = &w->link->about;
	_shown_ struct shown s = {0};
	char text[QUESTION_ID_MAX];
	bool good = shown_open(w, &s) == 0;

	question_id(w, text);
	field_str(o, "question", text);
	field_str(o, "server", about->server);
	field(o, approval_kind_name(w->kind), w->name, w->name_len);
	field_str(o, "client", about->client[0] ? about->client : "not known");
	field_str(o, "profile",
		about->profile[0] ? about->profile : "none of its own");
	if (about->workspace[0])
		field_str(o, "workspace", about->workspace);
	times(o, w);
	if (!good) {
		out_str(o, "\nIts arguments cannot be read: it can only be "
			   "denied.\n");
		return;
	}
	if (s.title.type == JSON_STRING) {
		out_str(o, "title     ");
		text_plain(o, &s.title);
		out_str(o, " (the server's own word)\n");
	}
	if (s.reason.type == JSON_STRING) {
		out_str(o, "because   ");
		text_plain(o, &s.reason);
		out_str(o, "\n");
	}
	rule_lines(o, &s);
	out_str(o, approval_kind_stands(w->kind) ? "details\n" : "arguments\n");
	text_pretty(o, &s.arguments, width);
	out_str(o, "\n");
}

static void put_string(
	struct out *o, const char *text, size_t len, bool armoured)
{
	struct out plain = OUT_INIT((size_t)1 << 20);

	if (!armoured) {
		text_quote(o, text, len);
		return;
	}
	text_bytes(&plain, text, len);
	text_quote(o, plain.failed ? "" : plain.data, plain.len);
	out_deinit(&plain);
}

static void member(
	struct out *o, const char *name, const char *text, bool armoured)
{
	out_str(o, ",\"");
	out_str(o, name);
	out_str(o, "\":");
	put_string(o, text, strlen(text), armoured);
}

static void number(struct out *o, const char *name, uint64_t n)
{
	out_str(o, ",\"");
	out_str(o, name);
	out_str(o, "\":");
	out_u64(o, n);
}

static void hash_text(const uint8_t hash[32], char dst[65])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(dst + 2 * i, 3, "%02x", hash[i]);
}

static void date_text(uint64_t in_ms, char dst[32])
{
	time_t at = (time_t)((clock_real_us() / 1000 + in_ms) / 1000);
	struct tm tm;

	dst[0] = '\0';
	if (gmtime_r(&at, &tm))
		(void)strftime(dst, 32, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

static void asked_for(struct out *o, const struct shown *s, bool armoured)
{
	void (*put)(struct out *, const struct json_value *) =
		armoured ? text_armoured : text_compact;

	out_str(o, ",\"title\":");
	if (s->title.type == JSON_STRING)
		put(o, &s->title);
	else
		out_str(o, "\"\"");
	out_str(o, ",\"arguments\":");
	put(o, &s->arguments);
	out_str(o, ",\"rules\":");
	put(o, &s->rules);
	if (s->reason.type != JSON_STRING)
		return;
	out_str(o, ",\"reason\":");
	put(o, &s->reason);
}

void question_json(struct out *o, const struct waiting *w, bool armoured)
{
	const struct approval_session *about = &w->link->about;
	_shown_ struct shown s = {0};
	char id[QUESTION_ID_MAX], hash[65], expires[32];

	question_id(w, id);
	hash_text(w->args_hash, hash);
	date_text(left_of(w->expires_ms), expires);
	out_str(o, "{\"id\":");
	put_string(o, id, strlen(id), false);
	member(o, "server", about->server, armoured);
	member(o, "client", about->client, armoured);
	member(o, "kind", approval_kind_name(w->kind), armoured);
	member(o, "tool", w->name, armoured);
	if (shown_open(w, &s) == 0)
		asked_for(o, &s, armoured);
	else
		out_str(o, ",\"title\":\"\",\"arguments\":null,\"rules\":[]");
	member(o, "args_hash", hash, armoured);
	if (s.reason.type != JSON_STRING)
		member(o, "reason", "the profile asks for it", armoured);
	member(o, "expires", expires, armoured);
	if (!armoured) {
		member(o, "session", about->session, false);
		member(o, "profile", about->profile, false);
		member(o, "workspace", about->workspace, false);
		number(o, "pid", about->pid);
		number(o, "calls", w->calls);
		number(o, "age_ms", clock_mono_ms() - w->asked_ms);
		number(o, "hold_ms", w->held ? left_of(w->hold_until_ms) : 0);
		number(o, "left_ms", left_of(w->expires_ms));
		out_str(o, w->held ? ",\"held\":true" : ",\"held\":false");
	}
	out_str(o, "}\n");
}
