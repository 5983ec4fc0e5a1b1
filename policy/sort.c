/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/sort.h"

#include <stddef.h>

/* One chain of 2^i for each bit of what has been taken so far. */
#define N_BINS 32

struct sorter {
	uint32_t *next;
	sort_compare *compare;
	const void *context;
};

/* Where they are equal, @a comes first. */
static uint32_t merge(const struct sorter *s, uint32_t a, uint32_t b)
{
	uint32_t first = SORT_END, *end = &first;

	while (a != SORT_END && b != SORT_END) {
		uint32_t *from = s->compare(s->context, a, b) <= 0 ? &a : &b;

		*end = *from;
		end = &s->next[*from];
		*from = *end;
	}
	*end = a != SORT_END ? a : b;
	return first;
}

uint32_t sort_chain(uint32_t *next, uint32_t first, sort_compare *compare,
	const void *context)
{
	const struct sorter s = {
		.next = next, .compare = compare, .context = context};
	uint32_t bins[N_BINS], sorted = SORT_END;
	size_t i;

	for (i = 0; i < N_BINS; i++)
		bins[i] = SORT_END;
	while (first != SORT_END) {
		uint32_t chain = first;

		first = next[first];
		next[chain] = SORT_END;
		for (i = 0; i < N_BINS - 1 && bins[i] != SORT_END; i++) {
			chain = merge(&s, bins[i], chain);
			bins[i] = SORT_END;
		}
		bins[i] =
			bins[i] != SORT_END ? merge(&s, bins[i], chain) : chain;
	}
	for (i = 0; i < N_BINS; i++)
		sorted = merge(&s, bins[i], sorted);
	return sorted;
}
