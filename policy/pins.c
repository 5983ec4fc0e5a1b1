/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/pins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/pins_table.h"

struct pins *pins_new(enum pins_mode mode)
{
	struct pins *p = calloc(1, sizeof(*p));

	if (p)
		p->mode = mode;
	return p;
}

void pins_free(struct pins *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++) {
		free(p->all[i]->name);
		free(p->all[i]->accepted);
		free(p->all[i]->other);
		free(p->all[i]);
	}
	free(p->all);
	free(p->news);
	free(p);
}

enum pins_mode pins_mode(const struct pins *p)
{
	return p->mode;
}

size_t pins_count(const struct pins *p)
{
	return p->n;
}

const struct pin *pins_at(const struct pins *p, size_t i)
{
	return p->all[i];
}

static int pin_compare(
	const struct pin *p, enum pin_kind kind, const char *name, size_t len)
{
	size_t least = p->name_len < len ? p->name_len : len;
	int d;

	if (p->kind != kind)
		return p->kind < kind ? -1 : 1;
	d = memcmp(p->name, name, least);
	if (d != 0 || p->name_len == len)
		return d;
	return p->name_len < len ? -1 : 1;
}

/* Where it is, or would have to be. */
static bool find(const struct pins *p, enum pin_kind kind, const char *name,
	size_t len, size_t *ret)
{
	size_t from = 0, to = p->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;
		int d = pin_compare(p->all[mid], kind, name, len);

		if (d == 0) {
			*ret = mid;
			return true;
		}
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	*ret = from;
	return false;
}

static char *copy_of(const char *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

static int grow(struct pins *p)
{
	size_t size = p->size ? p->size * 2 : 64;
	struct pin **all;

	if (p->n < p->size)
		return 0;
	all = reallocarray(p->all, size, sizeof(struct pin *));
	if (!all)
		return -ENOMEM;
	p->all = all;
	p->size = size;
	return 0;
}

int pins_find_or_add(struct pins *p, enum pin_kind kind, const char *name,
	size_t len, struct pin **ret)
{
	struct pin *pin;
	size_t at;

	if (find(p, kind, name, len, &at)) {
		*ret = p->all[at];
		return 0;
	}
	if (p->n >= PINS_ITEMS_MAX || len > PINS_NAME_MAX)
		return -ENOSPC;
	if (grow(p) < 0)
		return -ENOMEM;
	pin = calloc(1, sizeof(*pin));
	if (!pin)
		return -ENOMEM;
	pin->name = copy_of(name, len);
	if (!pin->name) {
		free(pin);
		return -ENOMEM;
	}
	pin->kind = kind;
	pin->name_len = len;
	pin->seen = PIN_UNSEEN;
	memmove(p->all + at + 1, p->all + at,
		(p->n - at) * sizeof(struct pin *));
	p->all[at] = pin;
	p->n++;
	*ret = pin;
	return 0;
}

/* Puts a copy of @def in the place of *bytes. */
static int replace(struct pins *p, char **bytes, size_t *bytes_len,
	const char *def, size_t len)
{
	size_t rest = p->bytes - *bytes_len;
	char *copy;

	if (len > PINS_BYTES_MAX - rest)
		return -ENOSPC;
	copy = copy_of(def, len);
	if (!copy)
		return -ENOMEM;
	free(*bytes);
	*bytes = copy;
	*bytes_len = len;
	p->bytes = rest + len;
	return 0;
}

static void drop_other(struct pins *p, struct pin *pin)
{
	free(pin->other);
	p->bytes -= pin->other_len;
	pin->other = NULL;
	pin->other_len = 0;
	pin->kept = false;
}

static bool equals(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a && a_len == b_len && memcmp(a, b, b_len) == 0;
}

int pins_accept(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len)
{
	struct pin *pin;
	int r = pins_find_or_add(p, kind, name, name_len, &pin);

	if (r == 0)
		r = replace(p, &pin->accepted, &pin->accepted_len, def, len);
	if (r < 0)
		return r;
	drop_other(p, pin);
	pins_unlink(pin);
	pin->retired = false;
	return 0;
}

int pins_retire(
	struct pins *p, enum pin_kind kind, const char *name, size_t name_len)
{
	struct pin *pin;
	int r = pins_find_or_add(p, kind, name, name_len, &pin);

	if (r < 0)
		return r;
	drop_other(p, pin);
	free(pin->accepted);
	p->bytes -= pin->accepted_len;
	pin->accepted = NULL;
	pin->accepted_len = 0;
	pins_unlink(pin);
	pin->retired = true;
	return 0;
}

int pins_wait(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len)
{
	struct pin *pin;
	int r = pins_find_or_add(p, kind, name, name_len, &pin);

	if (r == 0 && !equals(pin->accepted, pin->accepted_len, def, len))
		r = replace(p, &pin->other, &pin->other_len, def, len);
	if (r == 0)
		pin->kept = pin->other != NULL;
	return r;
}

int pins_first(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len)
{
	size_t at;

	if (find(p, kind, name, name_len, &at) &&
		(p->all[at]->accepted || p->all[at]->retired))
		return pins_wait(p, kind, name, name_len, def, len);
	return pins_accept(p, kind, name, name_len, def, len);
}

bool pins_push_news(struct pins *p, struct pin *pin)
{
	if (pin->told)
		return true;
	if (p->n_told == PINS_NEWS_MAX) {
		p->untold++;
		return false;
	}
	if (p->news_end == p->news_size) {
		size_t size = p->news_size ? p->news_size * 2 : 64;
		struct pin_news *news =
			reallocarray(p->news, size, sizeof(*news));

		if (!news)
			return false;
		p->news = news;
		p->news_size = size;
	}
	p->news[p->news_end++] = (struct pin_news){pin, pin->seen};
	p->n_told++;
	pin->told = pin->queued = true;
	return true;
}

const struct pin_news *pins_news(const struct pins *p)
{
	return p->news_begin < p->news_end ? &p->news[p->news_begin] : NULL;
}

void pins_told(struct pins *p)
{
	if (p->news_begin < p->news_end)
		p->news[p->news_begin++].pin->queued = false;
	if (p->news_begin == p->news_end)
		p->news_begin = p->news_end = 0;
}

size_t pins_untold(const struct pins *p)
{
	return p->untold;
}

/* It waits, if it was not known that it does. */
static enum pin_seen differs(struct pins *p, struct pin *pin, const char *def,
	size_t len, enum pin_seen seen)
{
	pin->seen = seen;
	if (!equals(pin->other, pin->other_len, def, len)) {
		if (replace(p, &pin->other, &pin->other_len, def, len) < 0) {
			drop_other(p, pin);
			p->full = true;
		}
		pins_unlink(pin);
		pin->kept = false;
		pin->told = false;
	}
	(void)pins_push_news(p, pin);
	return seen;
}

/* Two of one name: what is accepted is not there any more to be called. */
static enum pin_seen doubled(
	struct pins *p, struct pin *pin, const char *def, size_t len)
{
	bool again = pin->seen == PIN_DOUBLE;

	pin->told &= again;
	pin->seen = PIN_DOUBLE;
	if (equals(pin->accepted, pin->accepted_len, def, len))
		(void)pins_push_news(p, pin);
	else if (!again)
		(void)differs(p, pin, def, len, PIN_DOUBLE);
	return PIN_DOUBLE;
}

/* What was taken for renamed is there: the other one is new. */
static void is_back(struct pins *p, struct pin *pin)
{
	struct pin *now = pin->now;

	if (!now)
		return;
	pins_unlink(pin);
	now->told &= now->queued;
	(void)pins_push_news(p, now);
}

enum pin_seen pins_see(struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len, const char *def, size_t len, bool twice,
	const struct pin **ret_pin)
{
	struct pin *pin = NULL;

	*ret_pin = NULL;
	if (pins_find_or_add(p, kind, name, name_len, &pin) < 0) {
		p->full = true;
		return PIN_FULL;
	}
	*ret_pin = pin;
	pin->walk = p->walk[kind];
	pin->client = p->client;
	is_back(p, pin);
	if (twice)
		return doubled(p, pin, def, len);
	if (equals(pin->accepted, pin->accepted_len, def, len))
		return pin->seen = PIN_SAME;
	if (pin->accepted)
		return differs(p, pin, def, len, PIN_CHANGED);
	if (pins_closed(p, kind) || pin->other || pin->retired)
		return differs(p, pin, def, len, PIN_ADDED);
	if (replace(p, &pin->accepted, &pin->accepted_len, def, len) < 0) {
		p->full = true;
		return pin->seen = PIN_FULL;
	}
	pin->seen = PIN_FIRST;
	(void)pins_push_news(p, pin);
	return PIN_FIRST;
}

bool pins_accepted(const struct pins *p, enum pin_kind kind, const char *name,
	size_t name_len)
{
	size_t at;

	return find(p, kind, name, name_len, &at) && p->all[at]->accepted;
}

struct pin *pins_at_name(
	struct pins *p, enum pin_kind kind, const char *name, size_t len)
{
	size_t at;

	return find(p, kind, name, len, &at) ? p->all[at] : NULL;
}

const struct pin *pins_find(const struct pins *p, enum pin_kind kind,
	const char *name, size_t name_len)
{
	size_t at;

	return find(p, kind, name, name_len, &at) ? p->all[at] : NULL;
}

void pins_take(
	struct pins *p, enum pin_kind kind, const char *name, size_t name_len)
{
	size_t at;
	struct pin *pin =
		find(p, kind, name, name_len, &at) ? p->all[at] : NULL;

	if (!pin || !pin->other)
		return;
	if (pin->was)
		(void)pins_retire(p, kind, pin->was->name, pin->was->name_len);
	pins_unlink(pin);
	pin->retired = false;
	free(pin->accepted);
	p->bytes -= pin->accepted_len;
	pin->accepted = pin->other;
	pin->accepted_len = pin->other_len;
	pin->other = NULL;
	pin->other_len = 0;
	pin->kept = pin->told = false;
	pin->seen = PIN_SAME;
}

void pins_set_doubt(struct pins *p, bool doubt)
{
	p->doubt = doubt;
}

bool pins_doubt(const struct pins *p)
{
	return p->doubt;
}

enum pin_call pins_call(const struct pins *p, enum pin_kind kind,
	const char *name, size_t name_len)
{
	size_t at;

	if (!find(p, kind, name, name_len, &at)) {
		/* Of what no list is pinned nothing is known. Resources are
		 * read that no list has. */
		bool must_be = kind == PIN_TOOL || kind == PIN_PROMPT;

		return must_be && (p->full || pins_closed(p, kind))
			       ? PIN_CALL_UNKNOWN
			       : PIN_CALL_FINE;
	}
	switch (p->all[at]->seen) {
	case PIN_CHANGED:
		return PIN_CALL_CHANGED;
	case PIN_FIRST:
	case PIN_SAME:
	case PIN_UNSEEN:
		if (!p->all[at]->accepted)
			break;
		return p->doubt && kind == PIN_TOOL ? PIN_CALL_CHANGED
						    : PIN_CALL_FINE;
	case PIN_FULL:
	case PIN_ADDED:
	case PIN_DOUBLE:
		break;
	}
	return PIN_CALL_UNKNOWN;
}
