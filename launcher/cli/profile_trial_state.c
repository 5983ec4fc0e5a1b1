/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/profile_trial_state.h"

#include "plan/plan.h"
#include "policy/pins.h"
#include "relay/ruling.h"

static const struct trial_refusal incident = {
	.decision = "deny",
	.rule = "breaker",
	.text = QUARANTINED,
};
static const struct trial_refusal expired = {
	.decision = "ask",
	.rule = "expires",
	.text = ASK_WAITING,
};
static const struct trial_refusal changed = {
	.decision = "deny",
	.rule = "pins",
	.text = PIN_REFUSED,
};
static const struct trial_refusal unaccepted = {
	.decision = "deny",
	.rule = "pins",
	.unknown = true,
};
static const struct trial_refusal late = {
	.decision = "deny",
	.rule = "call_timeout",
	.text = "The server has not answered in time, and the call was given "
		"up. What it has done is not known.",
};

bool trial_state_refuses(const struct plan *p, const struct case_state *s,
	struct trial_refusal *ret)
{
	if (p->breaker.action != BREAKER_ALERT &&
		s->unlisted >= p->breaker.unlisted)
		*ret = incident;
	else if (p->pins_mode != PINS_OFF && s->news)
		*ret = unaccepted;
	else if (p->expires_s && s->age_s >= p->expires_s)
		*ret = expired;
	else if (p->pins_mode != PINS_OFF && s->changed)
		*ret = changed;
	else
		return false;
	return true;
}

bool trial_time_refuses(const struct plan *p, const struct case_state *s,
	struct trial_refusal *ret)
{
	if (!p->call_timeout_s || s->takes_s < p->call_timeout_s)
		return false;
	*ret = late;
	return true;
}
