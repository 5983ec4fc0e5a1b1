/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server's outputSchema asks of a tool's results, as far as it matters
 * to one that was changed: kept from a list to a call.
 *
 * Relay's process; bounded, one gives way to another.
 */
#pragma once

#include <stdint.h>

#include "policy/json.h"

enum shape {
	SHAPE_UNKNOWN = 0, /* the tool was in no list */
	SHAPE_NONE,        /* no outputSchema */
	SHAPE_LOOSE,       /* text in it may be any */
	SHAPE_STRICT,
};

#define SHAPES_SLOTS 4096U
#define SHAPES_PROBES 16U /* neighbours that take what finds its slot taken */

struct shapes {
	unsigned char key[16]; /* of the hash: names are the server's */
	struct {
		uint64_t name; /* its hash, 0 for none */
		enum shape shape;
	} slots[SHAPES_SLOTS];
};

void shapes_init(struct shapes *s);

/* Takes what a `tools/list` result says. */
void shapes_note(struct shapes *s, const struct json_value *result);

/* @name is a tool's, a JSON string. */
enum shape shapes_find(const struct shapes *s, const struct json_value *name);
/* The same for its bytes, unescaped. */
enum shape shapes_find_bytes(
	const struct shapes *s, const char *name, size_t len);
