/* SPDX-License-Identifier: Apache-2.0 */
/* Texts for the tests of policy/: scanned, built up, and at random. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/json.h"
#include "policy/out.h"

/* Whether @text is one unambiguous JSON value; *ret is that value. */
bool scans(const char *text, size_t len, struct json_value *ret);

/* The same, a failure of the test if not; @pointer to a value inside. */
struct json_value scanned(const char *text, size_t len, const char *pointer);

/* @frame with @text for its one `@`; a failure of the test if it is too long
 * for @size. Returns the length. */
size_t framed(char *dst, size_t size, const char *frame, const char *text);

/* What is in @o is exactly @text. */
void assert_out(const struct out *o, const char *text);

/* A vector of the words of a text: GLOBS("read_* list"); NULL gives NULL. */
struct words {
	char text[128];
	char *v[17];
};
char **words(struct words *w, const char *text);
#define GLOBS(text) words(&(struct words){0}, text)

/* The same numbers in every run: no test depends on chance. */
struct random {
	uint64_t state;
};
uint32_t random_below(struct random *r, uint32_t n);
