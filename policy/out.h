/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes that policy writes: answers, filtered lists, cut results. Grows up to
 * a bound, remembers that it failed, so that callers check once at the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
void out_reset(struct out *o); /* keeps the memory */
void out_bytes(struct out *o, const char *bytes, size_t len);
void out_str(struct out *o, const char *s);
/* A JSON string with quotes; @text is UTF-8, ill-formed bytes give U+FFFD. */
void out_json_string(struct out *o, const char *text, size_t len);
