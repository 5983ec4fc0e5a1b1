/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counting a result, and writing one that is over its caps. Inside
 * policy/output*.c only; the rules are in output.h.
 */
#pragma once

#include "policy/output.h"
#include "policy/output_item.h"
#include "policy/output_spill.h"

/* What is known once a result has been counted. */
struct output_plan {
	const struct output_caps *caps;
	const struct output_spill *spill; /* or NULL */
	enum list_kind list;
	struct json_value result; /* what holds the list */
	struct json_value array;  /* the list, or the one string;
				     JSON_INVALID without either */
	bool drop_structured;     /* structuredContent goes */
	uint64_t text_left;       /* the cap less what cannot be cut */
	uint64_t text_total;      /* of what can be */
	struct output_cut seen;
};

/* Fills all of @ret but spill. What is to become of it. */
enum output_verdict output_measure(const struct output_caps *caps,
	enum method method, const struct json_value *result,
	struct output_plan *ret);

/* OUTPUT_CUT, or OUTPUT_WHOLE (what was written is not to be used). */
int output_write(const struct output_plan *plan, const char *line, size_t len,
	struct out *out);
