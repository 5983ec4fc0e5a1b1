/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON for the eyes of a person: all of it, in printable ASCII, and the same
 * value as the original. What JSON may spell in several ways has one form here
 * (\u0072\u006d is shown as rm), and whatever is not printable ASCII is an
 * escape, so that nothing can drive a terminal, hide or turn text around.
 *
 * Pure; given only what json_scan() accepted.
 */
#pragma once

#include "policy/json.h"
#include "policy/out.h"

/* On one line. */
void text_compact(struct out *o, const struct json_value *v);

/* As text_compact(), at most about @max bytes, with ... where it was cut. */
void text_brief(struct out *o, const struct json_value *v, size_t max);

/*
 * By structure, in lines of about @width where strings allow it. A string that
 * has line ends and does not fit goes on in a new pair of quotes, as in C.
 */
void text_pretty(struct out *o, const struct json_value *v, size_t width);

/* The beginning of that, about @max bytes; false if it is all. */
bool text_pretty_head(
	struct out *o, const struct json_value *v, size_t width, size_t max);

/* The content of a string value as above, without its quotes and escapes of
 * quotes: what a person reads, in ASCII. */
void text_plain(struct out *o, const struct json_value *string);

/* The same of UTF-8 that stands in no JSON; ill-formed bytes are \xNN. */
void text_bytes(struct out *o, const char *text, size_t len);

/* UTF-8 as a JSON string in ASCII; ill-formed bytes are U+FFFD. */
void text_quote(struct out *o, const char *text, size_t len);

/*
 * The value as text_compact(), but strings hold what text_compact() would show
 * of them: a program that decodes and prints them prints escapes, not what
 * they stand for.
 */
void text_armoured(struct out *o, const struct json_value *v);
