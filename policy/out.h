/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that policy writes: answers, filtered lists, cut results. Grows up to
 * a bound, remembers that it failed, so that callers check once at the end.
 *
 * Pure. Embedded in its user; whoever has the OUT_INIT() has the out_deinit().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct out {
	char *data;
	size_t len, size, max;
	bool failed; /* over the bound or out of memory: content is not to be
			used */
};

#define OUT_INIT(max_bytes)        \
	{                          \
		.max = (max_bytes) \
	}

void out_deinit(struct out *o);
void out_reset(struct out *o); /* keeps the memory, forgets the failure */
void out_bytes(struct out *o, const char *bytes, size_t len);
void out_str(struct out *o, const char *s);
void out_u64(struct out *o, uint64_t n); /* in decimal */

/*
 * A JSON string with quotes; @text is UTF-8, ill-formed bytes give U+FFFD.
 * Control, bidirectional and invisible characters are written as escapes, so
 * that a line shown raw shows them; a reader of the JSON gets them back.
 */
void out_json_string(struct out *o, const char *text, size_t len);
/* The same without the quotes. */
void out_json_text(struct out *o, const char *text, size_t len);
