/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a server may ask of its client: the model's answer (sampling), the
 * person's (elicitation), the folders that are worked in (roots).
 *
 * Made before the session and frozen.
 */
#pragma once

enum roots_rule {
	ROOTS_FILTER = 0, /* those inside a grant */
	ROOTS_ALLOW,
	ROOTS_DENY,
	_ROOTS_N
};

/* "filter", "allow", "deny": as a profile spells it. */
extern const char *const roots_words[_ROOTS_N];

enum wish {
	WISH_DENY = 0,
	WISH_ALLOW,
	WISH_ASK, /* somebody has to agree to each */
	_WISH_N
};

/* "deny", "allow", "ask": as a profile spells it. */
extern const char *const wish_words[_WISH_N];

/* What both permit. */
enum wish wish_strictest(enum wish a, enum wish b);

/* All zero: sampling and elicitation denied, no root passes. */
struct wishes {
	enum wish sampling, elicitation;
	enum roots_rule roots;
	char *const *folders; /* for ROOTS_FILTER: absolute, no "." or "..";
				 NULL-terminated, or NULL for none */
};
