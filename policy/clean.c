/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/clean.h"

#include <errno.h>
#include <string.h>

#include "policy/clean_place.h"
#include "policy/clean_text.h"
#include "policy/json_skip.h"
#include "policy/message.h"
#include "policy/splice.h"

const char *const clean_words[_CLEAN_N] = {
	[CLEAN_STRIP] = "strip",
	[CLEAN_SHOW] = "show",
	[CLEAN_PASS] = "pass",
};

struct frame {
	enum place place;
	bool object;
};

struct cleaner {
	enum clean_policy policy;
	struct splice *s; /* NULL: only looked at */
	const char *text;
	struct clean_stats *stats;
	struct frame frames[MESSAGE_DEPTH_MAX + 1];
	unsigned depth;
	enum place place; /* of the next value */
	bool name;        /* a name comes next */
	bool refused;
};

static void show(struct out *o, uint32_t cp)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned digits = cp > 0xfffff ? 6 : cp > 0xffff ? 5 : 4;

	out_str(o, "<U+");
	while (digits-- > 0)
		out_bytes(o, &hex[cp >> 4 * digits & 0xf], 1);
	out_str(o, ">");
}

/* One string, without its quotes. */
static void clean_string(struct cleaner *c, const char *begin, const char *end,
	enum place place, bool name)
{
	bool strip = c->policy == CLEAN_STRIP && !name;
	struct clean_walk w = clean_walk(begin, end, strip);
	struct clean_hit hit;

	if (place == PLACE_OPAQUE)
		return;
	if (name ? place_fixes_names(place) : place == PLACE_FIXED) {
		c->refused |= !clean_is_plain(begin, end);
		return;
	}
	while (c->s && clean_next(&w, &hit)) {
		c->stats->of[hit.kind]++;
		c->stats->structured |= place == PLACE_STRUCTURED;
		c->stats->names |= place == PLACE_STRUCTURED && name;
		splice_drop(c->s, (size_t)(hit.begin - c->text),
			(size_t)(hit.end - c->text));
		if (!strip)
			show(c->s->out, hit.cp);
	}
}

static const char *take_string(
	struct cleaner *c, const char *p, const char *end)
{
	const char *after = json_skip(p, end);
	struct frame *f = &c->frames[c->depth];
	struct json_value key = {
		.text = p,
		.end = (size_t)(after - p),
		.type = JSON_STRING,
	};

	clean_string(
		c, p + 1, after - 1, c->name ? f->place : c->place, c->name);
	if (c->name)
		c->place = place_member(f->place, &key);
	c->name = false;
	return after;
}

/* Values follow each other in the order of the text; a stack of what is open
 * says where each stands. */
static void clean_value(
	struct cleaner *c, const char *p, const char *end, enum place place)
{
	c->place = place;
	while (p < end && !c->refused) {
		if (*p == '"') {
			p = take_string(c, p, end);
			continue;
		}
		if (*p == '{' || *p == '[') {
			if (++c->depth > MESSAGE_DEPTH_MAX) {
				c->refused = true;
				return;
			}
			c->frames[c->depth].place = c->place;
			c->frames[c->depth].object = *p == '{';
			c->name = *p == '{';
		} else if (*p == '}' || *p == ']') {
			c->depth--;
		} else if (*p == ',') {
			c->place = c->frames[c->depth].place;
			c->name = c->frames[c->depth].object;
		}
		p++;
	}
}

bool clean_may_change(enum clean_policy policy, const char *line, size_t len)
{
	return policy != CLEAN_PASS &&
	       unseen_find(line, line + len) != line + len;
}

int clean_message(enum clean_policy policy, const char *line, size_t len,
	struct out *out, struct clean_stats *ret)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct cleaner c = {
		.policy = policy,
		.s = &s,
		.text = line,
		.stats = ret,
	};
	bool any = false;

	*ret = (struct clean_stats){0};
	if (policy == CLEAN_PASS)
		return CLEAN_NOTHING;
	clean_value(&c, line, line + len, PLACE_MESSAGE);
	if (c.refused)
		return CLEAN_REFUSED;
	for (int i = 0; i < _UNSEEN_N; i++)
		any |= ret->of[i] > 0;
	if (!any)
		return CLEAN_NOTHING;
	splice_finish(&s);
	return out->failed ? -ENOMEM : CLEAN_CHANGED;
}

bool clean_item_passes(enum names of, const struct json_value *item)
{
	static const enum place places[_NAMES_N] = {
		[NAMES_TOOLS] = PLACE_TOOL,
		[NAMES_PROMPTS] = PLACE_PROMPT,
		[NAMES_RESOURCES] = PLACE_RESOURCE,
		[NAMES_TEMPLATES] = PLACE_RESOURCE,
	};
	const char *end = item->text + item->end;
	struct cleaner c = {.policy = CLEAN_SHOW};

	if (unseen_find(item->text + item->begin, end) == end)
		return true;
	clean_value(&c, item->text + item->begin, end, places[of]);
	return !c.refused;
}

/* Keywords by which a string that has become shorter, or other, can fail: what
 * their values begin with. A property may have the name too, and then there is
 * a schema behind it. */
static const struct {
	const char *name, *values; /* NULL: any */
} binding[] = {
	{"pattern", "\""},
	{"format", "\""},
	{"contentEncoding", "\""},
	{"enum", "["},
	{"minLength", "0123456789"},
	{"maxLength", "0123456789"},
	{"uniqueItems", "t"},
	{"const", NULL},
	{"not", NULL},
	{"if", NULL},
	{"$dynamicRef", NULL},
	{"contentSchema", NULL},
	{"dependentSchemas", NULL},
	{"dependencies", NULL},
};

/* What stands for the member that the string [p, after) names, or NULL where it
 * names none. */
static const char *schema_value(const char *after, const char *end)
{
	const char *p = after;

	while (p < end && strchr(" \t\r\n", *p))
		p++;
	if (p == end || *p != ':')
		return NULL;
	for (p++; p < end && strchr(" \t\r\n", *p); p++)
		;
	return p < end ? p : NULL;
}

static bool keyword_binds(
	const struct json_value *name, const char *value, const char *end)
{
	/* Of one that points elsewhere nobody knows; what lies in the schema
	 * itself is looked at like the rest of it. */
	if (json_string_eq(name, "$ref"))
		return end - value < 2 || value[0] != '"' || value[1] != '#';
	for (size_t i = 0; i < sizeof(binding) / sizeof(binding[0]); i++)
		if (json_string_eq(name, binding[i].name))
			return !binding[i].values ||
			       strchr(binding[i].values, *value);
	return false;
}

bool clean_schema_binds(const struct json_value *schema)
{
	const char *p = schema->text + schema->begin;
	const char *end = schema->text + schema->end, *after;

	for (; p < end; p = after) {
		struct json_value name = {.text = p, .type = JSON_STRING};
		const char *value;

		after = p + 1;
		if (*p != '"')
			continue;
		after = json_skip(p, end);
		name.end = (size_t)(after - p);
		value = schema_value(after, end);
		if (value && keyword_binds(&name, value, end))
			return true;
	}
	return false;
}
