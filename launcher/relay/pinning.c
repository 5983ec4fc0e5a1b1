/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/pinning.h"

#include <string.h>

#include "base/sha256.h"
#include "policy/answer.h"
#include "policy/splice.h"
#include "relay/session.h"

/* A list that is begun so often and never ends has ended. */
#define BEGUN_MAX 8

void pinning_init(struct pinning *p, struct pins *pins, bool observed,
	const char *profile)
{
	*p = (struct pinning){
		.pins = pins && pins_mode(pins) != PINS_OFF ? pins : NULL,
		.observed = observed,
		.profile = profile ? profile : "",
		.batch = BUF_INIT(PIN_BATCH_MAX),
	};
}

void pinning_deinit(struct pinning *p)
{
	buf_deinit(&p->batch);
}

static enum pin_kind kind_of(enum names names)
{
	static const enum pin_kind kinds[_NAMES_N] = {
		[NAMES_TOOLS] = PIN_TOOL,
		[NAMES_PROMPTS] = PIN_PROMPT,
		[NAMES_RESOURCES] = PIN_RESOURCE,
		[NAMES_TEMPLATES] = PIN_TEMPLATE,
	};

	return kinds[names];
}

/* What the server does not hear of makes no other client of it. */
static bool is_masked(const struct wishes *w, const struct json_value *name)
{
	return (json_string_eq(name, "sampling") && w->sampling == WISH_DENY) ||
	       (json_string_eq(name, "elicitation") &&
		       w->elicitation == WISH_DENY) ||
	       (json_string_eq(name, "roots") && w->roots == ROOTS_DENY);
}

static void hash_able(
	struct relay *r, const struct json_value *able, uint8_t ret[32])
{
	struct out *o = &r->scratch;
	struct json_iter i;
	struct json_member m;

	out_reset(o);
	if (able->type == JSON_OBJECT) {
		i = json_iter(able);
		while (json_next(&i, &m)) {
			if (is_masked(&r->wishes, &m.name))
				continue;
			out_bytes(o, m.name.text + m.name.begin,
				m.name.end - m.name.begin);
			(void)canonical_write(o, &m.value);
			out_str(o, "\n");
		}
	}
	sha256(o->failed ? "" : o->data, o->failed ? 0 : o->len, ret);
	out_reset(o);
}

static bool is_list(enum method m)
{
	return m == METHOD_TOOLS_LIST || m == METHOD_PROMPTS_LIST ||
	       m == METHOD_RESOURCES_LIST ||
	       m == METHOD_RESOURCES_TEMPLATES_LIST;
}

void pinning_able(struct relay *r, const struct message *m)
{
	static const char able_key[] =
		"io.modelcontextprotocol/clientCapabilities";
	struct json_value able = {.type = JSON_INVALID};
	uint8_t hash[32];

	if (!r->pinning.pins)
		return;
	if (m->era == ERA_MODERN && m->meta.type == JSON_OBJECT)
		(void)json_get(&m->meta, able_key, &able);
	else if (m->params.type == JSON_OBJECT)
		(void)json_get(&m->params, "capabilities", &able);
	hash_able(r, &able, hash);
	pins_able(r->pinning.pins, hash);
}

bool pinning_asked(struct relay *r, const struct message *m)
{
	struct json_value cursor;
	bool list = is_list(m->method);

	if (m->method == METHOD_INITIALIZE || m->method == METHOD_DISCOVER ||
		(list && m->era == ERA_MODERN))
		pinning_able(r, m);
	return list && (m->params.type != JSON_OBJECT ||
			       !json_get(&m->params, "cursor", &cursor));
}

/* Its lists of this kind are known from here on: what comes is in addition. */
static void close_kind(struct relay *r, enum pin_kind kind)
{
	const unsigned char *able;

	if (!pins_close(r->pinning.pins, kind, &able))
		return;
	pinning_keep(r, PIN_EVENT_KNOWN, kind, able, "{}", 2);
	r->pinning.urgent = true;
}

/* Of a list that is read page after page, from the first on. */
static unsigned walk_on(
	struct relay *r, enum pin_kind kind, const struct call *c)
{
	struct pinning_walk *w = &r->pinning.walks[kind];

	if (c->first_page)
		w->walk = pins_walk(r->pinning.pins, kind);
	else if (!c->paged || !mark_equal(&c->subject, &w->next))
		w->walk = 0;
	return w->walk;
}

static void walk_end(struct pinned_list *l, const struct json_value *result)
{
	struct pinning_walk *w = &l->r->pinning.walks[l->kind];
	struct json_value cursor;

	w->walk = 0;
	if (l->cut || l->walk == 0)
		return;
	if (!json_get(result, "nextCursor", &cursor) ||
		cursor.type != JSON_STRING)
		pins_walked(l->r->pinning.pins, l->kind, l->walk);
	else if (mark_make(&l->r->pages.key, &cursor, &w->next))
		w->walk = l->walk;
}

void pinning_list(struct relay *r, enum names names, const struct call *c,
	struct pinned_list *ret)
{
	struct pinning *p = &r->pinning;

	*ret = (struct pinned_list){.r = r, .kind = kind_of(names)};
	if (p->pins)
		ret->walk = walk_on(r, ret->kind, c);
	if (p->pins && c->first_page && p->begun[ret->kind]++ >= BEGUN_MAX)
		close_kind(r, ret->kind);
}

void pinning_list_end(struct pinned_list *l, const struct call *c,
	const struct json_value *result)
{
	struct json_value cursor;

	if (!l->r->pinning.pins || result->type != JSON_OBJECT)
		return;
	walk_end(l, result);
	if (!json_get(result, "nextCursor", &cursor) ||
		cursor.type != JSON_STRING)
		close_kind(l->r, l->kind);
	if (l->kind == PIN_TOOL)
		looking_page(l->r, c, result);
}

static enum pin_seen see(struct relay *r, enum pin_kind kind,
	const struct json_value *def, const struct json_value *name, bool twice,
	const struct pin **ret_pin)
{
	struct out *o = &r->scratch;
	char text[PINS_NAME_MAX];
	enum pin_seen seen = PIN_FULL;
	size_t len = name ? json_string_copy(name, text, sizeof(text)) : 0;

	*ret_pin = NULL;
	out_reset(o);
	if (len <= sizeof(text) && pins_write(o, kind, def) == 0)
		seen = pins_see(r->pinning.pins, kind, text, len, o->data,
			o->len, twice, ret_pin);
	out_reset(o);
	if (seen == PIN_SAME || seen == PIN_DOUBLE)
		pinning_unask(r, kind, text, len);
	return seen;
}

bool pinning_judge(void *ctx, const struct json_value *item,
	const struct json_value *name, bool twice, const char **ret_by,
	size_t *ret_len)
{
	struct pinned_list *l = ctx;
	const struct pin *pin;
	enum pin_seen seen = see(l->r, l->kind, item, name, twice, &pin);

	if (l->r->pinning.observed)
		return true;
	switch (seen) {
	case PIN_FIRST:
	case PIN_SAME:
		return true;
	case PIN_CHANGED:
		*ret_by = pin->accepted;
		*ret_len = pin->accepted_len;
		return true;
	case PIN_FULL:
	case PIN_ADDED:
	case PIN_DOUBLE:
	case PIN_UNSEEN:
		break;
	}
	return false;
}

/* Where it gives none it says so, unless it gave some before: to go away is
 * nothing. */
static bool see_none(struct relay *r)
{
	const struct json_value none = json_value_of("null", 0, 4, JSON_NULL);
	const struct pin *pin;

	if (!pins_closed(r->pinning.pins, PIN_INSTRUCTIONS) &&
		!pins_accepted(r->pinning.pins, PIN_INSTRUCTIONS, "", 0))
		(void)see(r, PIN_INSTRUCTIONS, &none, NULL, false, &pin);
	return false;
}

bool pinning_hello(struct relay *r, const struct message *m, const char *line,
	size_t len, struct out *o)
{
	struct splice s = {.out = o, .text = line, .len = len};
	struct json_value v;
	const struct pin *pin;
	enum pin_seen seen;
	bool known;

	if (!r->pinning.pins || m->result.type != JSON_OBJECT)
		return false;
	pinning_announces(r, m);
	if (!json_get(&m->result, "instructions", &v) || v.type == JSON_NULL)
		return see_none(r);
	seen = see(r, PIN_INSTRUCTIONS, &v, NULL, false, &pin);
	if (seen == PIN_FIRST || seen == PIN_SAME || r->pinning.observed)
		return false;
	known = pin && pin->accepted && pin->accepted[0] == '"';
	splice_replace(&s, v.begin, v.end, known ? pin->accepted : "\"\"",
		known ? pin->accepted_len : 2);
	splice_finish(&s);
	return true;
}
