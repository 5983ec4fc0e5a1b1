/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/rules_index.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/rules_rule.h"

#define WORD_BITS 64

/* A pattern up to its first wildcard. */
struct entry {
	const char *text;
	size_t len;
	bool whole;       /* there is none: a name */
	const char *tail; /* behind its last wildcard */
	size_t tail_len;
	size_t rule;
};

struct rules_index {
	struct entry *entries; /* sorted */
	size_t n;
	bool lengths[RULES_PATTERN_MAX + 1]; /* that entries have */
	uint64_t *marks;                     /* a bit a rule */
	size_t n_words;
};

static int compare(const struct entry *a, const struct entry *b)
{
	int r = memcmp(a->text, b->text, a->len < b->len ? a->len : b->len);

	if (r == 0)
		r = (a->len > b->len) - (a->len < b->len);
	return r != 0 ? r : (int)a->whole - (int)b->whole;
}

static int compare_entries(const void *a, const void *b)
{
	return compare(a, b);
}

static size_t count_patterns(const struct rules *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		for (char *const *t = r->all[i].tools; *t != NULL; t++)
			n++;
	return n;
}

static void add_rule(struct rules_index *x, const struct rule *r, size_t at)
{
	for (char *const *t = r->tools; *t != NULL; t++) {
		size_t len = strcspn(*t, "*?");
		const char *tail = *t + strlen(*t);

		while (tail > *t && tail[-1] != '*' && tail[-1] != '?')
			tail--;
		x->entries[x->n++] = (struct entry){.text = *t,
			.len = len,
			.whole = (*t)[len] == '\0',
			.tail = tail,
			.tail_len = strlen(tail),
			.rule = at};
		x->lengths[len] = true;
	}
}

int rules_index_anew(struct rules *r)
{
	struct rules_index *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return -ENOMEM;
	x->n_words = r->n / WORD_BITS + 1;
	x->marks = calloc(x->n_words, sizeof(*x->marks));
	x->entries = calloc(count_patterns(r) + 1, sizeof(*x->entries));
	if (x->marks == NULL || x->entries == NULL) {
		rules_index_free(x);
		return -ENOMEM;
	}
	for (size_t i = 0; i < r->n; i++)
		add_rule(x, &r->all[i], i);
	qsort(x->entries, x->n, sizeof(*x->entries), compare_entries);
	rules_index_free(r->index);
	r->index = x;
	return 0;
}

void rules_index_free(struct rules_index *x)
{
	if (x == NULL)
		return;
	free(x->entries);
	free(x->marks);
	free(x);
}

/* The first entry that is not before @key. */
static size_t lower_bound(const struct rules_index *x, const struct entry *key)
{
	size_t low = 0, high = x->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare(&x->entries[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Many patterns begin with a star: their ends tell them apart as fast. */
static bool ends_so(const struct entry *e, const char *tool, size_t len)
{
	return e->tail_len <= len &&
	       memcmp(e->tail, tool + len - e->tail_len, e->tail_len) == 0;
}

static void mark_equal(
	struct rules_index *x, const struct entry *key, size_t len)
{
	for (size_t i = lower_bound(x, key);
		i < x->n && compare(&x->entries[i], key) == 0; i++) {
		size_t rule = x->entries[i].rule;

		if (ends_so(&x->entries[i], key->text, len))
			x->marks[rule / WORD_BITS] |= (uint64_t)1
						      << rule % WORD_BITS;
	}
}

void rules_index_mark(struct rules_index *x, const char *tool, size_t len)
{
	struct entry key = {.text = tool};

	memset(x->marks, 0, x->n_words * sizeof(*x->marks));
	for (; key.len <= len && key.len <= RULES_PATTERN_MAX; key.len++)
		if (x->lengths[key.len])
			mark_equal(x, &key, len);
	if (len > RULES_PATTERN_MAX)
		return;
	key.len = len;
	key.whole = true;
	mark_equal(x, &key, len);
}

size_t rules_index_next(const struct rules_index *x, size_t from)
{
	uint64_t word;

	if (x == NULL)
		return SIZE_MAX;
	for (size_t i = from / WORD_BITS; i < x->n_words; i++) {
		word = x->marks[i];
		if (i == from / WORD_BITS)
			word &= ~(uint64_t)0 << from % WORD_BITS;
		if (word != 0)
			return i * WORD_BITS + (size_t)__builtin_ctzll(word);
	}
	return SIZE_MAX;
}
