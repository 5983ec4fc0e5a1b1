/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/tools.h"

#define SECOND_US 1000000ULL

struct limit {
	enum rate_kind kind;
	char *name;          /* "site:rate:create_*", as the record names it */
	const char *pattern; /* inside of it; NULL: every call */
	uint64_t most;
	uint64_t used; /* BUSY: now; CALLS, BYTES: so far */
	uint64_t window_us;
	unsigned bit; /* of BUSY */
	/* WINDOW: when the last calls were made, a ring of .most */
	uint64_t *times;
	size_t n_times, next;
};

struct rates {
	struct limit limits[RATES_MAX];
	size_t n;
	unsigned n_busy;
	uint64_t n_times; /* of all rings */
};

static const char *const words[_RATE_N] = {
	[RATE_WINDOW] = "rate:",
	[RATE_BUSY] = "concurrent:",
	[RATE_CALLS] = "calls",
	[RATE_BYTES] = "bytes",
};

static const struct {
	const char *text;
	uint64_t us;
	const char *said;
} units[] = {
	{"s", SECOND_US, "a second"},
	{"min", 60 * SECOND_US, "a minute"},
	{"h", 3600 * SECOND_US, "an hour"},
};

struct rates *rates_new(void)
{
	return calloc(1, sizeof(struct rates));
}

void rates_free(struct rates *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		free(r->limits[i].name);
		free(r->limits[i].times);
	}
	free(r);
}

void rates_reset(struct rates *r)
{
	for (size_t i = 0; i < r->n; i++) {
		r->limits[i].used = 0;
		r->limits[i].n_times = r->limits[i].next = 0;
	}
}

size_t rates_count(const struct rates *r)
{
	return r->n;
}

/* Digits at the front, no zero before them; how many bytes, 0: none. */
static size_t read_count(const char *text, size_t len, uint64_t *ret)
{
	uint64_t n = 0;
	size_t i = 0;

	while (i < len && i < 6 && text[i] >= '0' && text[i] <= '9')
		n = 10 * n + (uint64_t)(text[i++] - '0');
	if (i == 0 || text[0] == '0' || n > RATES_COUNT_MAX)
		return 0;
	*ret = n;
	return i;
}

bool rates_parse(const char *text, size_t len, uint64_t *ret_count,
	uint64_t *ret_window_us)
{
	uint64_t count = 0;
	size_t i = read_count(text, len, &count);

	if (i == 0 || i == len || text[i] != '/')
		return false;
	text += i + 1;
	len -= i + 1;
	for (size_t u = 0; u < sizeof(units) / sizeof(*units); u++)
		if (strlen(units[u].text) == len &&
			memcmp(units[u].text, text, len) == 0) {
			*ret_count = count;
			*ret_window_us = units[u].us;
			return true;
		}
	return false;
}

static int add(struct rates *r, struct limit *l, const char *pattern,
	const char *label)
{
	size_t label_len = label ? strlen(label) + 1 : 0;
	size_t word_len = strlen(words[l->kind]);
	size_t size = strlen(pattern) + 1;
	char *p;

	if (r->n == RATES_MAX)
		return 1;
	p = malloc(label_len + word_len + size);
	if (p == NULL)
		return -ENOMEM;
	l->name = p;
	if (label) {
		memcpy(p, label, label_len - 1);
		p[label_len - 1] = ':';
	}
	memcpy(p + label_len, words[l->kind], word_len);
	memcpy(p + label_len + word_len, pattern, size);
	if (*pattern && strcmp(pattern, "*") != 0)
		l->pattern = p + label_len + word_len;
	r->limits[r->n++] = *l;
	return 0;
}

static int add_window(struct rates *r, struct limit *l, const char *pattern,
	const char *label)
{
	int x;

	if (r->n_times + l->most > RATES_CALLS_MAX)
		return 1;
	l->times = calloc(l->most, sizeof(*l->times));
	if (l->times == NULL)
		return -ENOMEM;
	x = add(r, l, pattern, label);
	if (x != 0)
		free(l->times);
	else
		r->n_times += l->most;
	return x;
}

int rates_add(struct rates *r, enum rate_kind kind, const char *text,
	const char *label)
{
	const char *blank = strchr(text, ' ');
	struct limit l = {.kind = kind};
	size_t n;
	int x;

	if (blank == NULL || blank[1] == '\0' ||
		strlen(blank + 1) > RATES_PATTERN_MAX)
		return 1;
	n = (size_t)(blank - text);
	if (kind == RATE_WINDOW)
		return rates_parse(text, n, &l.most, &l.window_us)
			       ? add_window(r, &l, blank + 1, label)
			       : 1;
	if (kind != RATE_BUSY || read_count(text, n, &l.most) != n ||
		r->n_busy == RATES_BUSY_MAX)
		return 1;
	l.bit = r->n_busy;
	x = add(r, &l, blank + 1, label);
	r->n_busy += x == 0;
	return x;
}

int rates_add_total(
	struct rates *r, enum rate_kind kind, uint64_t most, const char *label)
{
	struct limit l = {.kind = kind, .most = most};

	if (kind != RATE_CALLS && kind != RATE_BYTES)
		return 1;
	return add(r, &l, "", label);
}

static bool is_about(const struct limit *l, const struct rates_call *c)
{
	if (l->pattern == NULL)
		return true;
	return c->tool && glob_match(l->pattern, c->tool, c->tool_len);
}

/* How long it is until the oldest call of the ring is out of the window; 0: it
 * is, or there are not so many. The ring's next place holds the oldest. */
static uint64_t window_wait(const struct limit *l, uint64_t now_us)
{
	uint64_t oldest = l->times[l->next];

	if (l->n_times < l->most || now_us >= oldest + l->window_us)
		return 0;
	return oldest + l->window_us - now_us;
}

/* Whether it refuses, and how long; 0: for good, or until something ends. */
static bool refuses(const struct limit *l, uint64_t now_us, uint64_t *wait_us)
{
	*wait_us = l->kind == RATE_WINDOW ? window_wait(l, now_us) : 0;
	return l->kind == RATE_WINDOW ? *wait_us > 0 : l->used >= l->most;
}

/* Of two that refuse: what does not pass by itself, then what takes longer. */
static bool is_worse(const struct limit *l, uint64_t wait_us,
	const struct rates_verdict *than)
{
	if (than->n_fired == 0)
		return true;
	if (l->kind != than->kind)
		return l->kind > than->kind;
	return wait_us > than->wait_us;
}

void rates_decide(const struct rates *r, const struct rates_call *c,
	struct rates_verdict *ret)
{
	struct rates_verdict v = {.kind = RATE_NONE};

	for (size_t i = 0; i < r->n; i++) {
		const struct limit *l = &r->limits[i];
		uint64_t wait_us;

		if ((c->only != RATE_NONE && c->only != l->kind) ||
			!is_about(l, c) || !refuses(l, c->now_us, &wait_us))
			continue;
		if (is_worse(l, wait_us, &v)) {
			v.kind = l->kind;
			v.most = l->most;
			v.window_us = l->window_us;
			v.wait_us = wait_us;
		}
		if (v.n_fired++ < RATES_FIRED_MAX)
			v.fired[v.n_fired - 1] = l->name;
	}
	*ret = v;
}

static void count(struct limit *l, uint64_t now_us)
{
	if (l->kind != RATE_WINDOW) {
		l->used++;
		return;
	}
	l->times[l->next] = now_us;
	l->next = (l->next + 1) % l->most;
	l->n_times += l->n_times < l->most;
}

uint64_t rates_begin(struct rates *r, const struct rates_call *c)
{
	uint64_t taken = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct limit *l = &r->limits[i];

		if (l->kind == RATE_BYTES || !is_about(l, c))
			continue;
		count(l, c->now_us);
		if (l->kind == RATE_BUSY)
			taken |= 1ULL << l->bit;
	}
	return taken;
}

void rates_end(struct rates *r, uint64_t taken)
{
	for (size_t i = 0; taken && i < r->n; i++) {
		struct limit *l = &r->limits[i];

		if (l->kind == RATE_BUSY && (taken >> l->bit & 1) &&
			l->used > 0)
			l->used--;
	}
}

void rates_bytes(struct rates *r, uint64_t bytes)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->limits[i].kind == RATE_BYTES &&
			__builtin_add_overflow(
				r->limits[i].used, bytes, &r->limits[i].used))
			r->limits[i].used = UINT64_MAX;
}

struct text {
	char *dst;
	size_t used;
};

static void put(struct text *t, const char *s)
{
	while (*s && t->used < RATES_TEXT_MAX - 1)
		t->dst[t->used++] = *s++;
	t->dst[t->used] = '\0';
}

static void put_number(struct text *t, uint64_t n)
{
	char digits[24];
	size_t i = sizeof(digits) - 1;

	digits[i] = '\0';
	do
		digits[--i] = (char)('0' + n % 10);
	while (n /= 10);
	put(t, digits + i);
}

static void put_size(struct text *t, uint64_t bytes)
{
	static const char suffixes[][2] = {"", "K", "M", "G", "T"};
	size_t i = 0;

	while (i + 1 < sizeof(suffixes) / sizeof(*suffixes) &&
		bytes % 1024 == 0) {
		bytes /= 1024;
		i++;
	}
	put_number(t, bytes);
	put(t, suffixes[i]);
}

static void put_window(struct text *t, const struct rates_verdict *v)
{
	put(t, " ");
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (units[i].us == v->window_us)
			put(t, units[i].said);
	put(t, " reached, next in ");
	/* Rounded up: who waits so long is not refused again. */
	put_number(t, v->wait_us / SECOND_US + (v->wait_us % SECOND_US > 0));
	put(t, " s.");
}

void rates_text(const struct rates_verdict *v, char dst[RATES_TEXT_MAX])
{
	struct text t = {.dst = dst};

	put(&t, "Not run: limit of ");
	if (v->kind == RATE_BYTES)
		put_size(&t, v->most);
	else
		put_number(&t, v->most);
	switch (v->kind) {
	case RATE_WINDOW:
		put_window(&t, v);
		break;
	case RATE_BUSY:
		put(&t, " at a time reached.");
		break;
	case RATE_CALLS:
		put(&t, " calls a session reached.");
		break;
	case RATE_BYTES:
		put(&t, " of results a session reached.");
		break;
	case RATE_NONE:
	case _RATE_N:
		break;
	}
}
