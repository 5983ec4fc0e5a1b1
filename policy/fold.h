/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names but for their case, as some readers of JSON match them: by simple
 * folding, so far as it ends in ASCII.
 *
 * Pure; no state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FOLD_SHRINKS 3 /* at most so many bytes become one */

bool fold_same(const char *a, size_t a_len, const char *b, size_t b_len);

/* Folds in place; returns the length, which is at most @len. */
size_t fold_name(char *name, size_t len);
