/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much a session may do, and when it is an incident: of the profile and of
 * what narrows it. Limits stand side by side, each counts for itself; of what
 * is one number or word the stricter holds.
 */
#include <stdio.h>

#include "plan/narrow.h"
#include "plan/profile_layer.h"
#include "plan/profile_quota.h"
#include "policy/rates.h"

static inline void cleanup_rates(struct rates **r)
{
	rates_free(*r);
}
#define _rates_ _cleanup_(cleanup_rates)

void plan_quotas_deinit(struct plan *p)
{
	rates_free(p->rates);
	rates_free(p->observed_rates);
}

static int add_list(struct rates *rates, enum rate_kind kind, char *const *list,
	const char *label)
{
	int r = 0;

	for (; r == 0 && list && *list; list++)
		r = rates_add(rates, kind, *list, label);
	return r;
}

static int add_all(
	struct rates *rates, const struct profile *f, const char *label)
{
	int r = add_list(rates, RATE_WINDOW, f->protocol.rate, label);

	if (r == 0)
		r = add_list(rates, RATE_BUSY, f->protocol.concurrent, label);
	if (r == 0 && f->protocol.calls)
		r = rates_add_total(
			rates, RATE_CALLS, f->protocol.calls, label);
	if (r == 0 && f->protocol.bytes)
		r = rates_add_total(
			rates, RATE_BYTES, f->protocol.bytes, label);
	return r;
}

/* The profile's, unless they are only observed, and those of what narrows. */
static int make_rates(
	const struct plan *p, bool own, struct rates **ret, struct err *e)
{
	_rates_ struct rates *rates = rates_new();
	int r = rates ? 0 : -ENOMEM;

	if (r == 0 && own)
		r = add_all(rates, p->profile, NULL);
	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++)
		r = add_all(rates, p->narrowings[i].profile,
			p->narrowings[i].label);
	if (r == 1)
		return err_say(e, -E2BIG,
			"protocol.rate, protocol.concurrent: more than can be "
			"counted with what narrows; expected at most %d "
			"limits, %d of them concurrent, and rates of %u calls "
			"together",
			RATES_MAX, RATES_BUSY_MAX, RATES_CALLS_MAX);
	if (r < 0)
		return err_set(e, r, "planning");
	*ret = take_ptr(rates);
	return 0;
}

static int narrow_timeout(struct plan *p, struct narrowing *w, struct err *e)
{
	uint64_t most = w->profile->protocol.call_timeout_s;
	char is[32];

	if (most == 0 || (p->call_timeout_s && p->call_timeout_s <= most))
		return 0;
	p->call_timeout_s = most;
	limit_write(UNIT_SECONDS, most, is, sizeof(is));
	return narrow_took(p, w, false, e, "call_timeout is %s", is);
}

static int narrow_breaker(struct plan *p, struct narrowing *w, struct err *e)
{
	const struct profile *n = w->profile;
	struct breaker_rule *b = &p->breaker;
	int r = 0;

	if (n->breaker_action_set && n->breaker_action > b->action) {
		b->action = (enum breaker_action)n->breaker_action;
		r = narrow_took(p, w, false, e, "breaker is %s",
			breaker_words[b->action]);
	}
	if (r == 0 && n->breaker_unlisted_set &&
		n->breaker_unlisted < b->unlisted) {
		b->unlisted = n->breaker_unlisted;
		r = narrow_took(p, w, false, e,
			"breaker counts to %llu calls of unlisted tools",
			(unsigned long long)b->unlisted);
	}
	return r;
}

int plan_quotas(struct plan *p, struct err *e)
{
	const struct profile *f = p->profile;
	int r = make_rates(p, !p->observe, &p->rates, e);

	if (r == 0 && p->observe)
		r = make_rates(p, true, &p->observed_rates, e);
	p->breaker.unlisted = f->breaker_unlisted_set && !p->observe
				      ? f->breaker_unlisted
				      : BREAKER_UNLISTED_DEFAULT;
	/* What only observes neither refuses nor gives up a call. */
	if (!p->observe) {
		p->call_timeout_s = f->protocol.call_timeout_s;
		p->breaker.action = (enum breaker_action)f->breaker_action;
	} else {
		p->observed_timeout_s = f->protocol.call_timeout_s;
		p->observed_breaker.action =
			(enum breaker_action)f->breaker_action;
		p->observed_breaker.unlisted = f->breaker_unlisted_set
						       ? f->breaker_unlisted
						       : p->breaker.unlisted;
	}
	for (size_t i = 0; r == 0 && i < p->n_narrowings; i++) {
		r = narrow_timeout(p, &p->narrowings[i], e);
		if (r == 0)
			r = narrow_breaker(p, &p->narrowings[i], e);
	}
	p->stands = p->stands || p->breaker.action == BREAKER_BLOCK;
	return r;
}
