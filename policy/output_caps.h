/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The caps on what a result may carry, and what happens to what is over; the
 * rules are in output.h.
 *
 * Pure; part of the plan, frozen before the session.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "policy/clean_policy.h"

enum output_over {
	OVER_TRUNCATE = 0, /* cut, and the rest is lost */
	OVER_SPILL,        /* cut, and the whole is kept in a file */
	OVER_ERROR,        /* an error in its place */
	_OVER_N
};

/* As a profile has them, by enum output_over. */
extern const char *const output_over_words[_OVER_N];

/* The site's policy, files, contexts and the profile itself. */
#define OUTPUT_TYPES_MAX 32

/* Lists of patterns of MIME types, each NULL-terminated or NULL: what content
 * is of has to be in each; see output_types.h. */
struct output_types {
	char *const *lists[OUTPUT_TYPES_MAX];
	size_t n; /* 0: all types pass */
};

struct output_caps {
	uint64_t text_bytes;   /* unescaped text of one result; default 1 MiB */
	uint64_t binary_bytes; /* base64 characters; default 6 MiB */
	enum output_over text_over, binary_over;
	enum clean_policy unseen; /* taken out before anything is counted */
	struct output_types types;
};

/* What a server says of itself (lists, capabilities) is bounded too, but by no
 * less than this: a small cap on results is to hide no tool. */
#define OUTPUT_LEAST (1ULL << 20)

#define OUTPUT_TEXT_DEFAULT (1ULL << 20)
#define OUTPUT_BINARY_DEFAULT (6ULL << 20)

/* The cap on what is no tool's result, prompt or resource. */
static inline uint64_t output_other_bytes(const struct output_caps *c)
{
	return c->text_bytes > OUTPUT_LEAST ? c->text_bytes : OUTPUT_LEAST;
}
