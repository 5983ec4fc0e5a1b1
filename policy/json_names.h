/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names of the objects that are open during a scan, to find two that are
 * the same after unescaping. Inside policy/json*.c only.
 *
 * Most objects have a handful of members, so the first few names are compared
 * one by one behind a cheap sketch. An object with more, or with an escape in
 * a name, moves into one hash table for all of them, keyed (SipHash), so that
 * whoever writes the names cannot make them collide. Objects close in the
 * reverse order of opening; that makes removal from an open-addressed table
 * exact without tombstones. Eight bytes a name, at most eight more in the
 * table.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_name;

struct json_names {
	uint64_t key[2];
	struct json_name *names; /* of all open objects, innermost last */
	uint32_t n, size, max;
	uint32_t *slots; /* 1 + index of a name, 0 is free */
	uint32_t n_slots, n_hashed;
};

struct json_names_scope { /* one open object */
	uint32_t first;
	bool hashed;
};

void json_names_init(
	struct json_names *t, const uint64_t key[2], uint32_t max_names);
void json_names_deinit(struct json_names *t);

/* Forgets everything, keeps the memory: a scan may end anywhere. */
void json_names_reset(struct json_names *t);

static inline struct json_names_scope json_names_open(
	const struct json_names *t)
{
	return (struct json_names_scope){.first = t->n};
}

static inline uint32_t json_names_count(
	const struct json_names *t, const struct json_names_scope *scope)
{
	return t->n - scope->first;
}

void json_names_close(struct json_names *t, struct json_names_scope *scope);

/*
 * Adds the name text[begin..begin+len), quotes excluded, to the innermost
 * scope; the text has @size bytes. 0; 1 it is there already; 2 more than
 * max_names are open; -ENOMEM.
 */
int json_names_add(struct json_names *t, struct json_names_scope *scope,
	const char *text, size_t size, size_t begin, size_t len, bool escaped);
