/* SPDX-License-Identifier: Apache-2.0 */
/* Two profiles, and what is said of their difference. */
#pragma once

#include "plan/profile.h"

#define NONE "{\"version\": 1}"
/* Where the digests differ and nothing else can be told. */
#define SAME                                                                \
	"other grants the same, as far as can be told, though the digests " \
	"differ;"

/* The test fails if it is none. */
struct profile *compared_parse(const char *text);

/* Lines, "KIND TEXT;" each; the caller frees them. */
char *compared_lines(const struct profile *a, const struct profile *b);
