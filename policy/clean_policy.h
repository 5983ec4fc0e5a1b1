/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of characters that people do not see, in what a server says;
 * what they are: clean.h.
 *
 * Pure; part of the plan, frozen before the session.
 */
#pragma once

/* The stricter the lower. */
enum clean_policy {
	CLEAN_STRIP = 0,
	CLEAN_SHOW, /* `<U+202E>` in its place */
	CLEAN_PASS,
	_CLEAN_N
};

/* "strip", "show", "pass": as a profile spells it. */
extern const char *const clean_words[_CLEAN_N];
