/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy/json_hash.h"
#include "policy/json_string.h"

#define NAMES_MIN 64
#define SLOTS_MIN 128
#define UNHASHED_MAX 16 /* names of one object compared one by one */

struct json_name {
	uint32_t mark; /* sketch or hash */
	uint32_t begin : 31;
	uint32_t hashed : 1;
};

void json_names_init(
	struct json_names *t, const uint64_t key[2], uint32_t max_names)
{
	*t = (struct json_names){.key = {key[0], key[1]}, .max = max_names};
}

void json_names_deinit(struct json_names *t)
{
	free(t->names);
	free(t->slots);
	*t = (struct json_names){0};
}

void json_names_reset(struct json_names *t)
{
	if (t->n_hashed > 0)
		memset(t->slots, 0, t->n_slots * sizeof(*t->slots));
	t->n = 0;
	t->n_hashed = 0;
}

/* The inside of the name that begins at @begin, of unknown length: it ends at
 * the quote, which the scanner has seen. */
static struct json_runs name_runs(const char *text, size_t begin)
{
	const char *p = text + begin, *q = p;

	while (*q != '"')
		q += *q == '\\' ? 2 : 1;
	return json_runs(p, (size_t)(q - p));
}

/* Differs for most names that differ; only says "not the same". Of short names
 * what follows them is masked out; @left bytes can be read. */
static inline uint32_t name_sketch(const char *s, size_t len, size_t left)
{
	char end[8] = {0};
	uint64_t a, b = 0;

	if (left < 8)
		s = memcpy(end, s, len < 8 ? len : 8);
	a = json_word(s);
	if (len < 8)
		a &= (UINT64_C(1) << (8 * len)) - 1;
	else
		b = json_word(s + len - 8);
	a ^= b * 0x9e3779b97f4a7c15ULL;
	a = (a ^ len) * 0xd6e8feb86659fd93ULL;
	return (uint32_t)(a >> 32);
}

/* The scope goes into the key: equal names of nested objects do not meet. */
static uint32_t name_hash(const struct json_names *t,
	const struct json_names_scope *scope, struct json_runs runs)
{
	struct json_hash h;
	const char *p;
	size_t n;

	json_hash_init(&h, t->key[0] ^ scope->first, t->key[1]);
	while (json_runs_next(&runs, &p, &n))
		json_hash_update(&h, p, n);
	return (uint32_t)json_hash_final(&h);
}

static int names_grow(struct json_names *t)
{
	uint32_t size = t->size == 0 ? NAMES_MIN : t->size * 2;
	void *p;

	if (t->n >= t->max)
		return 2;
	if (size > t->max)
		size = t->max;
	p = realloc(t->names, size * sizeof(*t->names));
	if (p == NULL)
		return -ENOMEM;
	t->names = p;
	t->size = size;
	return 0;
}

static void slot_set(struct json_names *t, uint32_t index)
{
	uint32_t mask = t->n_slots - 1;
	uint32_t i = t->names[index].mark & mask;

	while (t->slots[i] != 0)
		i = (i + 1) & mask;
	t->slots[i] = index + 1;
}

static void slot_clear(struct json_names *t, uint32_t index)
{
	uint32_t mask = t->n_slots - 1;
	uint32_t i = t->names[index].mark & mask;

	while (t->slots[i] != index + 1)
		i = (i + 1) & mask;
	t->slots[i] = 0;
}

/* At most half full. Names go back in the order in which they came, so that
 * the last one can still be taken out first. */
static int slots_reserve(struct json_names *t, uint32_t more)
{
	uint32_t need = (t->n_hashed + more) * 2;
	uint32_t n = t->n_slots == 0 ? SLOTS_MIN : t->n_slots;
	uint32_t *slots;

	while (n < need)
		n *= 2;
	if (n == t->n_slots)
		return 0;
	slots = calloc(n, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	free(t->slots);
	t->slots = slots;
	t->n_slots = n;
	for (uint32_t i = 0; i < t->n; i++) {
		if (t->names[i].hashed)
			slot_set(t, i);
	}
	return 0;
}

static int scope_hash(
	struct json_names *t, struct json_names_scope *scope, const char *text)
{
	int r = slots_reserve(t, t->n - scope->first + 1);

	if (r < 0)
		return r;
	for (uint32_t i = scope->first; i < t->n; i++) {
		struct json_name *name = &t->names[i];

		name->mark = name_hash(t, scope, name_runs(text, name->begin));
		name->hashed = 1;
		slot_set(t, i);
		t->n_hashed++;
	}
	scope->hashed = true;
	return 0;
}

static int add_unhashed(struct json_names *t,
	const struct json_names_scope *scope, const char *text, size_t size,
	size_t begin, size_t len)
{
	uint32_t mark = name_sketch(text + begin, len, size - begin);

	for (uint32_t i = scope->first; i < t->n; i++) {
		const char *other = text + t->names[i].begin;

		/* The other name lies before this one, so it may be read on
		 * for as many bytes; its closing quote ends it. */
		if (t->names[i].mark == mark &&
			memcmp(other, text + begin, len) == 0 &&
			other[len] == '"')
			return 1;
	}
	t->names[t->n++] = (struct json_name){
		.mark = mark, .begin = (uint32_t)begin & INT32_MAX};
	return 0;
}

static int add_hashed(struct json_names *t,
	const struct json_names_scope *scope, const char *text, size_t begin,
	size_t len)
{
	struct json_runs runs = json_runs(text + begin, len);
	uint32_t mark = name_hash(t, scope, runs);
	uint32_t mask, i;
	int r = slots_reserve(t, 1);

	if (r < 0)
		return r;
	mask = t->n_slots - 1;
	for (i = mark & mask; t->slots[i] != 0; i = (i + 1) & mask) {
		uint32_t index = t->slots[i] - 1;
		struct json_runs a = runs, b;

		if (index < scope->first || t->names[index].mark != mark)
			continue;
		b = name_runs(text, t->names[index].begin);
		if (json_runs_equal(&a, &b))
			return 1;
	}
	t->names[t->n] = (struct json_name){.mark = mark,
		.begin = (uint32_t)begin & INT32_MAX,
		.hashed = 1};
	t->slots[i] = ++t->n;
	t->n_hashed++;
	return 0;
}

int json_names_add(struct json_names *t, struct json_names_scope *scope,
	const char *text, size_t size, size_t begin, size_t len, bool escaped)
{
	int r = t->n == t->size ? names_grow(t) : 0;

	if (r != 0)
		return r;
	if (!scope->hashed &&
		(escaped || json_names_count(t, scope) >= UNHASHED_MAX)) {
		r = scope_hash(t, scope, text);
		if (r < 0)
			return r;
	}
	if (!scope->hashed)
		return add_unhashed(t, scope, text, size, begin, len);
	return add_hashed(t, scope, text, begin, len);
}

void json_names_close(struct json_names *t, struct json_names_scope *scope)
{
	if (scope->hashed) {
		for (uint32_t i = t->n; i > scope->first; i--)
			slot_clear(t, i - 1);
		t->n_hashed -= t->n - scope->first;
	}
	t->n = scope->first;
}
