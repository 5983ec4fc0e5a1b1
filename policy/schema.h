/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Schema (2020-12), a subset, over values of strangers: time and memory
 * are bounded whatever the value is, and what readers of JSON take differently
 * is not taken for valid.
 *
 * Pure: made before a session from trusted text and frozen; the relay checks,
 * with one work area.
 *
 *   any value   type enum const allOf anyOf oneOf not, true and false
 *   numbers     minimum maximum exclusiveMinimum exclusiveMaximum multipleOf
 *   strings     minLength maxLength pattern (pattern.h)
 *   lists       items prefixItems minItems maxItems uniqueItems
 *   objects     properties patternProperties additionalProperties required
 *               minProperties maxProperties
 *   no meaning  $schema $comment title description default examples
 *
 * Any other keyword is an error: none is ignored.
 *
 * Undecided, where a keyword looks at it: a number that readers keep
 * differently (decimal.h), a NUL in a string that is compared, a text that a
 * pattern cannot be decided for, a member whose name is that of a property but
 * for its case, what takes more than the work there is.
 */
#pragma once

#include "policy/json.h"
#include "policy/truth.h"

#define SCHEMA_DEPTH_MAX 32    /* schemas inside each other */
#define SCHEMA_NODES_MAX 20000 /* of one schema */
#define SCHEMA_NAME_MAX 256    /* bytes of a property's name */
#define SCHEMA_POINTER_MAX 256 /* bytes of what a verdict names */
#define SCHEMA_VALUE_DEPTH_MAX 128

struct schema;
struct schema_work; /* the work area */

struct schema_fault {
	size_t offset; /* in the text of the value */
	char text[200];
};

/* Of a value in a text that json_scan() accepted; all is copied. 0; 1 and
 * *ret_fault: it is no schema; -ENOMEM. */
int schema_new(const struct json_value *v, struct schema **ret,
	struct schema_fault *ret_fault);
void schema_free(struct schema *s);

/* Whether one of its patterns is slow (pattern.h). */
bool schema_is_slow(const struct schema *s);

struct schema_work *schema_work_new(void); /* NULL: out of memory */
void schema_work_free(struct schema_work *w);

/* All checks between two of these share 16 million steps. */
void schema_work_begin(struct schema_work *w);

/*
 * Whether @v is valid. If that is not TRUTH_YES, schema_pointer() names the
 * first value that is not: a JSON Pointer, cut to SCHEMA_POINTER_MAX bytes,
 * control characters made "?"; empty for @v itself.
 */
enum truth schema_check(const struct schema *s, struct schema_work *w,
	const struct json_value *v);

/* Of the last check; stays until the next. */
const char *schema_pointer(const struct schema_work *w);
