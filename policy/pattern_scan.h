/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a regular expression, before the library sees it. Inside policy/
 * only.
 *
 * Pure; no state.
 */
#pragma once

#include "policy/pattern.h"

struct pattern_traits {
	bool dot;       /* has a `.` */
	bool look;      /* looks ahead */
	bool slow;      /* pattern_is_slow() */
	unsigned parts; /* of a text, at most, that one step compares */
};

/* 0; 1 and *ret_fault: it has a part that is not permitted. What is no pattern
 * at all may pass: the library says so. */
int pattern_scan(const char *text, size_t len, struct pattern_traits *ret,
	struct pattern_fault *ret_fault);

void pattern_fault_set(
	struct pattern_fault *f, size_t offset, const char *text);
