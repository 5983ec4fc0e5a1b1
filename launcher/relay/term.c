/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/term.h"

#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "policy/answer.h"
#include "relay/session.h"

#define SECOND_US 1000000U
#define EXPIRED "the session has expired"

static uint64_t later(uint64_t now_us, uint64_t us)
{
	uint64_t at;

	return __builtin_add_overflow(now_us, us, &at) ? UINT64_MAX : at;
}

void term_init(struct term *t, const struct relay_config *c, uint64_t now_us)
{
	*t = (struct term){
		.role = c->role,
		.task = c->task,
		.lasts_us = c->expires_s * SECOND_US,
	};
	term_renew(t, now_us);
	if (c->expected_s)
		t->late_us = later(now_us, c->expected_s * SECOND_US);
}

bool term_is_over(const struct term *t, uint64_t now_us)
{
	return t->over_us && now_us >= t->over_us;
}

void term_renew(struct term *t, uint64_t now_us)
{
	t->over_us = t->lasts_us ? later(now_us, t->lasts_us) : 0;
}

bool term_is_late(struct term *t, uint64_t now_us)
{
	bool late = t->late_us && now_us >= t->late_us && !t->late_told;

	t->late_told |= late;
	return late;
}

/* "role ops, task triage"; the names are plain. */
static void name_it(const struct term *t, char *dst, size_t size)
{
	(void)snprintf(dst, size, "%s%s%s%s%s", t->role ? "role " : "",
		t->role ? t->role : "", t->role && t->task ? ", " : "",
		t->task ? "task " : "", t->task ? t->task : "");
}

static bool is_call(const struct message *m)
{
	return m->method == METHOD_TOOLS_CALL ||
	       m->method == METHOD_PROMPTS_GET ||
	       m->method == METHOD_RESOURCES_READ;
}

/* The number of the question, 0 if there is none; *ret_declined: it was
 * denied a while ago. */
static uint64_t ask(struct relay *r, bool *ret_declined)
{
	char what[192], reason[256], details[256];
	const struct standing_subject subject = {
		.topic = STANDING_EXPIRED,
		.details = details,
		.reason = reason,
		.details_len = (size_t)snprintf(details, sizeof(details),
			"{\"role\":\"%s\",\"task\":\"%s\",\"seconds\":%llu}",
			r->term.role ? r->term.role : "",
			r->term.task ? r->term.task : "",
			(unsigned long long)(r->term.lasts_us / SECOND_US)),
	};
	const struct standing *q;
	uint64_t id = 0;

	name_it(&r->term, what, sizeof(what));
	(void)snprintf(reason, sizeof(reason),
		"the time of its %s is over; to go on, renew it", what);
	if (standing_ask(r, &subject, &id) == 0)
		return id;
	q = standing_find(&r->standings, STANDING_EXPIRED, NULL, 0);
	*ret_declined = q && q->denied;
	return 0;
}

void term_judge(struct relay *r, const struct message *m, struct ruling *u)
{
	bool declined = false;

	if (!is_call(m) || !term_is_over(&r->term, clock_mono_us()) ||
		(u->answer != RULING_FORWARD && u->answer != RULING_ASK &&
			u->answer != RULING_TOKEN))
		return;
	u->decision = "ask";
	u->reason = EXPIRED;
	if (r->observed.tools) {
		u->observed = true;
		return;
	}
	u->approval = ask(r, &declined);
	u->answer = RULING_ERROR;
	u->code = ANSWER_INTERNAL_ERROR;
	u->as_result = u->is_tool;
	u->text = declined ? hold_declined_text(r, "") : ASK_WAITING;
}

void term_answered(
	struct relay *r, const struct standing *q, bool yes, const char *reason)
{
	(void)q;
	(void)reason;
	if (!yes)
		return;
	term_renew(&r->term, clock_mono_us());
	log_line("%s: the session was renewed", r->server_name);
}

void term_step(struct relay *r)
{
	char what[192], detail[256];
	const struct incident i = {.reason = detail};

	if (!term_is_late(&r->term, clock_mono_us()))
		return;
	name_it(&r->term, what, sizeof(what));
	(void)snprintf(
		detail, sizeof(detail), "%s takes longer than expected", what);
	session_note(r, TALLY_OVERRUN, &i);
	log_line("anomaly: overrun: %s: %s", r->server_name, detail);
}

uint64_t term_next_ms(const struct relay *r)
{
	const struct term *t = &r->term;

	return t->late_us && !t->late_told ? t->late_us / 1000 + 1 : 0;
}
