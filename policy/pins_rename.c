/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Renames: a definition that is not shown any more, and a new one that says the
 * same but for its name.
 *
 * All candidates are sorted by what they say without it, by its length first:
 * a gigantic list costs a few times what it took to read.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/json.h"
#include "policy/out.h"
#include "policy/pins.h"
#include "policy/pins_table.h"
#include "policy/sort.h"

/* A canonical definition without the member that names it: what lies before
 * and behind that. */
struct nameless {
	struct pin *pin;
	const char *text;
	size_t begin, end, len; /* cut out is begin to end */
	bool is_new;
};

void pins_unlink(struct pin *pin)
{
	if (pin->was)
		pin->was->now = NULL;
	if (pin->now)
		pin->now->was = NULL;
	pin->was = pin->now = NULL;
}

static bool find_name(struct nameless *n, const char *key)
{
	struct json_value def = json_value_of(n->text, 0, n->len, JSON_OBJECT);
	struct json_iter i = json_iter(&def);
	struct json_member m;

	while (json_next(&i, &m)) {
		if (!json_string_eq(&m.name, key))
			continue;
		n->begin = m.name.begin;
		n->end = m.value.end;
		if (n->text[n->begin - 1] == ',')
			n->begin--;
		else if (n->text[n->end] == ',')
			n->end++;
		return true;
	}
	return false;
}

static size_t rest(const struct nameless *n)
{
	return n->len - (n->end - n->begin);
}

/* The byte at @i, and in *ret_run how many follow it without a gap. */
static const char *run_at(const struct nameless *n, size_t i, size_t *ret_run)
{
	if (i < n->begin) {
		*ret_run = n->begin - i;
		return n->text + i;
	}
	i += n->end - n->begin;
	*ret_run = n->len - i;
	return n->text + i;
}

static int compare(const void *context, uint32_t x, uint32_t y)
{
	const struct nameless *all = context, *a = &all[x], *b = &all[y];
	size_t left = rest(a), at = 0;

	if (left != rest(b))
		return left < rest(b) ? -1 : 1;
	while (at < left) {
		size_t n, m;
		const char *s = run_at(a, at, &n), *t = run_at(b, at, &m);
		int d = memcmp(s, t, n < m ? n : m);

		if (d != 0)
			return d;
		at += n < m ? n : m;
	}
	return 0;
}

/* Whether it was shown to this kind of client, and is not any more. */
static bool is_gone(const struct pins *p, const struct pin *pin)
{
	if (!pin->accepted || pin->now || pin->walk == p->walk[pin->kind])
		return false;
	return pin->walk > 0 ? pin->client == p->client
			     : pins_known_alone(p, pin->kind);
}

static bool is_new(const struct pins *p, const struct pin *pin)
{
	return pin->seen == PIN_ADDED && pin->other && !pin->was &&
	       pin->walk == p->walk[pin->kind];
}

static size_t collect(struct pins *p, enum pin_kind kind, struct nameless *all)
{
	const char *key = pin_kind_key(kind);
	size_t n = 0, n_new = 0;

	for (size_t i = 0; i < p->n; i++) {
		struct pin *pin = p->all[i];
		bool new = is_new(p, pin);

		if (pin->kind != kind || (!new && !is_gone(p, pin)))
			continue;
		all[n] = (struct nameless){
			.pin = pin,
			.text = new ? pin->other : pin->accepted,
			.len = new ? pin->other_len : pin->accepted_len,
			.is_new = new,
		};
		if (!find_name(&all[n], key))
			continue;
		n_new += new;
		n++;
	}
	return n_new > 0 && n_new < n ? n : 0;
}

static void link_two(struct pins *p, struct pin *now, struct pin *was)
{
	now->was = was;
	was->now = now;
	now->named = true;
	now->told &= now->queued;
	(void)pins_push_news(p, now);
}

unsigned pins_walk(struct pins *p, enum pin_kind kind)
{
	return ++p->walk[kind];
}

/* Those that say the same stand beside one another. Of three of them nobody
 * knows which is which. */
static void link_all(struct pins *p, const struct nameless *all,
	const uint32_t *next, uint32_t first)
{
	uint32_t a, b, n;

	for (a = first; a != SORT_END; a = b) {
		n = 1;
		for (b = next[a]; b != SORT_END && compare(all, a, b) == 0;
			b = next[b])
			n++;
		if (n == 2 && all[a].is_new != all[next[a]].is_new)
			link_two(p, all[all[a].is_new ? a : next[a]].pin,
				all[all[a].is_new ? next[a] : a].pin);
	}
}

void pins_walked(struct pins *p, enum pin_kind kind, unsigned walk)
{
	struct nameless *all;
	uint32_t *next;
	size_t n;

	/* Somebody else has begun to walk it meanwhile. */
	if (walk != p->walk[kind] || !pin_kind_key(kind) || p->n == 0)
		return;
	all = calloc(p->n, sizeof(*all));
	next = calloc(p->n, sizeof(*next));
	n = all && next ? collect(p, kind, all) : 0;
	for (uint32_t i = 0; i < n; i++)
		next[i] = i + 1 < n ? i + 1 : SORT_END;
	if (n > 0)
		link_all(p, all, next, sort_chain(next, 0, compare, all));
	free(all);
	free(next);
}

void pins_write_names(
	struct out *o, const struct pin *pin, const struct pin *was, bool both)
{
	out_str(o, both ? "[" : "");
	out_json_string(o, pin->name, pin->name_len);
	if (both)
		out_str(o, ",");
	if (both && was)
		out_json_string(o, was->name, was->name_len);
	else if (both)
		out_str(o, "null");
	out_str(o, both ? "]" : "");
}

void pins_renamed(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *old, size_t old_len)
{
	struct pin *now = pins_at_name(p, kind, name, name_len);
	struct pin *was = old ? pins_at_name(p, kind, old, old_len) : NULL;

	if (!now)
		return;
	pins_unlink(now);
	if (!was || was == now || !was->accepted || !now->other ||
		now->accepted)
		return;
	pins_unlink(was);
	now->was = was;
	was->now = now;
	now->named = true;
}
