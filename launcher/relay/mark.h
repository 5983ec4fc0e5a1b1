/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A string or number of a message, remembered in 16 bytes: progress tokens,
 * task ids and the like, that peers choose and that are only ever compared.
 *
 * Keyed, so that nobody finds two that look the same. As values: 1 is not "1",
 * but "a" is "\u0061". Relay's process; the key lives as long as the session.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/json.h"

struct mark_key {
	unsigned char bytes[16];
};

struct mark {
	unsigned char bytes[16];
};

void mark_key_make(struct mark_key *ret);

/* False: neither a string nor a number, or out of memory. */
bool mark_make(const struct mark_key *key, const struct json_value *v,
	struct mark *ret);
/* One of several. */
void mark_join(const struct mark_key *key, const struct mark *parts, size_t n,
	struct mark *ret);

bool mark_equal(const struct mark *a, const struct mark *b);
