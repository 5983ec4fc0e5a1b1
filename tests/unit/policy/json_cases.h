/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that are JSON and texts that are not, and what is said of each. */
#pragma once

#include <stddef.h>

#include "policy/json.h"

enum {                   /* how a case may differ elsewhere */
	CASE_FITS = 1,   /* inside a message the bytes become part of it */
	CASE_STRICT = 2, /* we refuse what the oracle takes */
	CASE_WIDE = 4,   /* we take what the oracle refuses */
};

struct json_case {
	const char *text;
	size_t len;
	enum json_fault fault;
	unsigned flags;
};

extern const struct json_case json_cases[];
extern const size_t n_json_cases;
