/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the way of a call that names, rules and limits let through:
 * an incident, a role's time, a definition that changed, a server that takes
 * too long. For `stockade profile test`; sees only.
 */
#pragma once

#include <stdbool.h>

#include "cli/profile_cases.h"

struct plan;

struct trial_refusal {
	const char *decision, *rule; /* as the log and the manual have them */
	const char *text;            /* what the client is told */
	bool unknown;                /* or that there is no such thing */
};

/* Before the call is made: what comes first of it. */
bool trial_state_refuses(const struct plan *p, const struct case_state *s,
	struct trial_refusal *ret);
/* While it is. */
bool trial_time_refuses(const struct plan *p, const struct case_state *s,
	struct trial_refusal *ret);
