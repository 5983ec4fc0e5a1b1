/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a result that is over its caps. Inside policy/output*.c only; the
 * rules are in output.h.
 */
#pragma once

#include "policy/output.h"
#include "policy/output_item.h"

/* What is known once a result has been counted. */
struct output_plan {
	const struct output_caps *caps;
	enum list_kind list;
	struct json_value result;
	struct json_value array; /* the list; JSON_INVALID without one */
	bool drop_structured;    /* structuredContent goes */
	uint64_t text_left;      /* the cap less what cannot be cut */
	uint64_t text_total;     /* of what can be */
};

/* 1 written, 2 it cannot be cut (what was written is not to be used). */
int output_write(const struct output_plan *plan, const char *line, size_t len,
	struct out *out);
