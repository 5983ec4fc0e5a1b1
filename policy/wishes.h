/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may ask of its client: the model's answer (sampling), the
 * person's (elicitation), the folders that are worked in (roots).
 *
 * Made before the session and frozen.
 */
#pragma once

#include <stdbool.h>

enum roots_rule {
	ROOTS_FILTER = 0, /* those inside a grant */
	ROOTS_ALLOW,
	ROOTS_DENY,
	_ROOTS_N
};

/* "filter", "allow", "deny": as a profile spells it. */
extern const char *const roots_words[_ROOTS_N];

/* All zero: sampling and elicitation denied, no root passes. */
struct wishes {
	bool sampling, elicitation;
	enum roots_rule roots;
	char *const *folders; /* for ROOTS_FILTER: absolute, no "." or "..";
				 NULL-terminated, or NULL for none */
};
