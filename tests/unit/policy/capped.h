/* SPDX-License-Identifier: Apache-2.0 */
/* Results put under caps, for the tests of policy/output.h. */
#pragma once

#include "scanned.h"

#include "policy/output.h"

struct capped {
	int status;
	struct output_cut cut;
	struct out out;
};

/* @line's result under these caps; nothing was written unless it was cut. */
struct capped cap_len(enum method m, uint64_t text, uint64_t binary,
	const char *line, size_t len);
