/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/looking.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "relay/session.h"

#define FRESH_MS 30000U /* so old may a list be */
#define WAIT_MS 5000U   /* so long a call waits for the next one */
#define GREET_MS 60000U /* and so long for a server that is starting */
#define LOOK_PAGES_MAX 100

void looking_init(struct looking *l)
{
	uint8_t random[6];
	char hex[2 * sizeof(random) + 1];

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	*l = (struct looking){0};
	(void)snprintf(l->stem, sizeof(l->stem), "look-%s-", hex);
}

/* A modern request says what its client is: ours speaks for the same one. */
static bool take_meta(struct looking *l, const struct message *m)
{
	static const char *const keys[] = {
		"io.modelcontextprotocol/protocolVersion",
		"io.modelcontextprotocol/clientCapabilities",
		"io.modelcontextprotocol/clientInfo",
	};
	struct out o = OUT_INIT(sizeof(l->meta) - 1);
	struct json_value v;
	bool fits;

	l->meta[0] = '\0';
	if (m->era != ERA_MODERN || m->meta.type != JSON_OBJECT)
		return m->era != ERA_MODERN;
	for (size_t i = 0; i < ELEMENTS(keys); i++) {
		if (!json_get(&m->meta, keys[i], &v))
			continue;
		out_str(&o, o.len ? ",\"" : "\"_meta\":{\"");
		out_str(&o, keys[i]);
		out_str(&o, "\":");
		out_bytes(&o, v.text + v.begin, v.end - v.begin);
	}
	out_str(&o, "}");
	fits = !o.failed && o.len > 1;
	if (fits) {
		memcpy(l->meta, o.data, o.len);
		l->meta[o.len] = '\0';
	}
	out_deinit(&o);
	return fits;
}

static void ask(struct relay *r, const struct json_value *cursor)
{
	struct looking *l = &r->looking;
	struct out *o = &r->answer;

	l->n++;
	out_str(o, "{\"jsonrpc\":\"2.0\",\"id\":\"");
	out_str(o, l->stem);
	out_u64(o, l->n);
	out_str(o, "\",\"method\":\"tools/list\"");
	if (l->meta[0] || cursor) {
		out_str(o, ",\"params\":{");
		out_str(o, l->meta);
		out_str(o, l->meta[0] && cursor ? "," : "");
	}
	if (cursor) {
		out_str(o, "\"cursor\":");
		out_bytes(o, cursor->text + cursor->begin,
			cursor->end - cursor->begin);
	}
	out_str(o, l->meta[0] || cursor ? "}}\n" : "}\n");
	l->outstanding = true;
	session_to_server(r);
}

/* One that works on a call may not hear us till that is done: to wait for it
 * would hold everything up, and to refuse would punish it for being slow. */
static bool is_busy(const struct relay *r)
{
	return r->calls.n > r->calls.n_held + r->calls.n_listens;
}

/* Till when a server that has not greeted yet is left alone: before that, many
 * answer nothing else. 0: it has, or is not to, or takes too long. */
static uint64_t greets_till_ms(const struct relay *r)
{
	uint64_t till_ms;

	for (const struct call *c = r->calls.oldest; c; c = c->newer)
		if (c->method == METHOD_INITIALIZE && !c->cancelled) {
			till_ms = c->start_us / 1000 + GREET_MS;
			return clock_mono_ms() < till_ms ? till_ms : 0;
		}
	return 0;
}

bool looking_is_fresh(const struct looking *l, uint64_t now_ms, bool busy)
{
	return l->looked_ms && !l->changed &&
	       (busy || now_ms - l->looked_ms < FRESH_MS);
}

static bool is_fresh(const struct relay *r, const struct message *m)
{
	const struct looking *l = &r->looking;

	/* Where nothing was accepted there is nothing to hold it to. */
	if (!r->pinning.pins || m->method != METHOD_TOOLS_CALL ||
		!pins_closed(r->pinning.pins, PIN_TOOL) || r->to_server.gone ||
		r->s2c.eof || r->ends.stopped)
		return true;
	return !pins_doubt(r->pinning.pins) &&
	       looking_is_fresh(l, clock_mono_ms(), is_busy(r));
}

bool looking_holds(struct relay *r, const struct message *m)
{
	struct looking *l = &r->looking;

	/* What it can do it says with each request; till the first list it has
	 * not been heard. */
	if (m->method == METHOD_TOOLS_CALL && m->era == ERA_MODERN &&
		l->looked_ms == 0)
		pinning_able(r, m);
	l->greeting_ms = 0;
	if (is_fresh(r, m))
		return false;
	if (!l->outstanding && m->era == ERA_LEGACY) {
		l->greeting_ms = greets_till_ms(r);
		if (l->greeting_ms)
			return true;
	}
	if (!l->outstanding) {
		l->asked_ms = clock_mono_ms();
		l->pages = 0;
		if (take_meta(l, m)) {
			ask(r, NULL);
			return true;
		}
	} else if (clock_mono_ms() - l->asked_ms < WAIT_MS) {
		return true;
	}
	/* In vain: what is not known not to have changed is refused. */
	l->outstanding = false;
	pins_set_doubt(r->pinning.pins, true);
	return false;
}

uint64_t looking_next_ms(const struct relay *r)
{
	const struct looking *l = &r->looking;

	if (!r->c2s.held && !r->calls.n_held)
		return 0;
	if (l->greeting_ms)
		return l->greeting_ms;
	return l->outstanding ? l->asked_ms + WAIT_MS + 1 : 0;
}

void looking_changed(struct looking *l)
{
	l->changed = true;
	l->reading = false;
}

static void seen(struct relay *r)
{
	r->looking.looked_ms = clock_mono_ms();
	r->looking.changed = false;
	if (r->pinning.pins)
		pins_set_doubt(r->pinning.pins, false);
}

void looking_page(
	struct relay *r, const struct call *c, const struct json_value *result)
{
	struct looking *l = &r->looking;
	struct json_value cursor;

	if (c->first_page)
		l->reading = true;
	else if (!c->paged || !mark_equal(&c->subject, &l->next))
		l->reading = false;
	if (!l->reading)
		return;
	if (json_get(result, "nextCursor", &cursor) &&
		cursor.type == JSON_STRING) {
		l->reading = mark_make(&r->pages.key, &cursor, &l->next);
		return;
	}
	l->reading = false;
	seen(r);
}

static bool is_ours(
	const struct looking *l, const struct json_value *id, bool *ret_last)
{
	char text[LOOKING_ID_MAX], last[LOOKING_ID_MAX];
	size_t len, stem = strlen(l->stem);

	if (id->type != JSON_STRING || l->n == 0)
		return false;
	len = json_string_copy(id, text, sizeof(text) - 1);
	if (len >= sizeof(text) || len < stem ||
		memcmp(text, l->stem, stem) != 0)
		return false;
	text[len] = '\0';
	(void)snprintf(last, sizeof(last), "%s%llu", l->stem,
		(unsigned long long)l->n);
	*ret_last = l->outstanding && strcmp(text, last) == 0;
	return true;
}

/* Held against what was accepted as any list is; nothing of it goes on. */
static int judge_page(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct looking *l = &r->looking;
	struct pinned_list pinned = {.r = r, .kind = PIN_TOOL};
	const struct list_judge judge = {pinning_judge, &pinned};
	struct filter_stats stats = {0};
	struct json_value cursor;
	int n;

	if (l->pages == 0)
		l->walk = pins_walk(r->pinning.pins, PIN_TOOL);
	n = names_judge_list(r->allowed.tools, NAMES_TOOLS, NULL, &judge, line,
		len, &m->result, &r->s2c.instead, &stats);
	if (n >= 0 && m->result.type == JSON_OBJECT &&
		(!json_get(&m->result, "nextCursor", &cursor) ||
			cursor.type != JSON_STRING))
		pins_walked(r->pinning.pins, PIN_TOOL, l->walk);
	out_reset(&r->s2c.instead);
	return n < 0 ? n : 0;
}

bool looking_answered(struct relay *r, const struct message *m,
	const char *line, size_t len, enum lane_step *ret_step)
{
	struct looking *l = &r->looking;
	struct json_value cursor;
	bool last = false;
	int n = 0;

	if (!is_ours(l, &m->id, &last))
		return false;
	*ret_step = LANE_DROP;
	/* A late one says what was; a server that has no tools has none. */
	if (!last)
		return true;
	if (m->kind == MESSAGE_RESULT)
		n = judge_page(r, m, line, len);
	if (session_holds(r, &r->hold_s2c, pinning_report(r))) {
		*ret_step = LANE_HOLD;
		return true;
	}
	/* No list at all: the call waits, and is refused. */
	if (n < 0)
		return true;
	if (m->kind == MESSAGE_RESULT &&
		json_get(&m->result, "nextCursor", &cursor) &&
		cursor.type == JSON_STRING && ++l->pages < LOOK_PAGES_MAX) {
		ask(r, &cursor);
		return true;
	}
	l->outstanding = false;
	seen(r);
	return true;
}
