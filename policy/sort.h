/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sorting of chains of indices. Inside policy/ only: qsort() asks the system
 * how much memory there is, which a confined process may not.
 *
 * Pure; no memory of its own.
 */
#pragma once

#include <stdint.h>

#define SORT_END UINT32_MAX

/* Below, at or above 0 for what stands at @a and @b. */
typedef int sort_compare(const void *context, uint32_t a, uint32_t b);

/*
 * Sorts the chain @first, next[@first], … up to SORT_END by merging: n log n
 * whatever is in it, equals stay in their order. Returns the new first.
 */
uint32_t sort_chain(uint32_t *next, uint32_t first, sort_compare *compare,
	const void *context);
