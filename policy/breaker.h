/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What happens when a session looks like an incident: the words of a profile.
 *
 * Pure data, in every process.
 */
#pragma once

#include <stdint.h>

/* The published number: five calls of unlisted tools in a session. */
#define BREAKER_UNLISTED_DEFAULT 5
#define BREAKER_UNLISTED_MAX 1000

/* The stricter the higher. */
enum breaker_action {
	BREAKER_ALERT = 0, /* it is recorded, and told to the person */
	BREAKER_BLOCK,     /* no call until a person lets the session go on */
	BREAKER_STOP,      /* the session ends */
	_BREAKER_N
};

/* "alert", "block", "stop". */
extern const char *const breaker_words[_BREAKER_N];

struct breaker_rule {
	enum breaker_action action;
	uint64_t unlisted; /* calls of unlisted tools; 0: the default */
};
