/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys of a profile that say how much a session may do, and what happens when
 * it looks like an incident: how their values are parsed.
 *
 * Any process before it forks.
 */
#pragma once

#include "plan/profile_key.h"

enum quota_id {
	QUOTA_CALLS = 0, /* calls of a session */
	QUOTA_BYTES,     /* bytes of its results */
	QUOTA_TIMEOUT,   /* seconds of one call */
	_QUOTA_N
};

/* Units and bounds. 0 is no limit. */
extern const struct limit_info quota_table[_QUOTA_N];

profile_key_fn profile_set_rate, profile_set_concurrent, profile_set_quota,
	profile_set_breaker, profile_set_unlisted, profile_set_action;
