/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Base64 (RFC 4648 section 4) read in pieces, strictly: no white space, no
 * other alphabet, whole groups of four, padding only at the end and over bits
 * that are zero. Inside policy/ only.
 *
 * Pure; lives for one string.
 */
#pragma once

#include "policy/out.h"

struct base64 {
	uint32_t bits;
	unsigned n;    /* characters of the group that is begun */
	unsigned pads; /* of the last group */
	bool bad;
};

/* Decodes a piece into @out, which may be NULL: then it is only checked. */
void base64_feed(
	struct base64 *b, const char *text, size_t len, struct out *out);

/* Whether that was all of it, and good. */
bool base64_end(const struct base64 *b);
