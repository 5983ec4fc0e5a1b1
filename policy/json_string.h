/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of a JSON string as runs of unescaped bytes. Inside policy/ only.
 *
 * Nothing is copied: a run is a piece of the text between escapes, or the
 * bytes of one escape, kept in the struct until the next step.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/utf8.h"

struct json_value;

/* Four hexadecimal digits, -1 if @p does not begin with four. */
int32_t json_hex4(const char *p, const char *end);

struct json_runs {
	const char *p, *end; /* what is left, without quotes */
	char escape[UTF8_MAX];
};

/* @text[0..len) is the inside of a string that was accepted, or one that is
 * being scanned, up to its closing quote. */
struct json_runs json_runs(const char *text, size_t len);
struct json_runs json_runs_of(const struct json_value *string);

/* The next run (never empty), false at the end. */
bool json_runs_next(struct json_runs *r, const char **ret, size_t *ret_len);

/* Whether two insides of strings unescape to the same bytes. */
bool json_runs_equal(struct json_runs *a, struct json_runs *b);
