/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Five calls of unlisted tools are an incident. By choice nothing of this
 * session is run any more until a person lets it go on, or it ends. Nothing
 * that a client or a server can send undoes that.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "relay/session.h"

#define STARTED_BY_FILES "a protected name appeared or changed in a folder"

void breaker_init(struct relay *r, const struct breaker_rule *observed)
{
	const struct breaker_rule *rule = &r->breaker.rule;
	struct tallies *t = &r->tallies;

	t->action = breaker_words[rule->action];
	t->observed_action = breaker_words[observed->action];
	t->unlisted_from = rule->unlisted;
	if (observed->unlisted && observed->unlisted < rule->unlisted)
		t->unlisted_from = observed->unlisted;
}

static void end_session(struct relay *r, uint64_t count)
{
	const struct ipc_msg m = {.type = IPC_TRIPPED, .a = count};

	(void)!ipc_send(r->supervisor_fd, ROLE_RELAY, &m);
}

static void trip(struct relay *r, const char *reason, uint64_t count)
{
	struct breaker *b = &r->breaker;

	if (b->rule.action == BREAKER_ALERT || b->tripped)
		return;
	b->tripped = true;
	b->reason = reason;
	if (b->rule.action == BREAKER_STOP) {
		end_session(r, count);
		return;
	}
	log_line("every call is refused until you let the session go on");
	breaker_ask(r);
}

void breaker_unlisted(struct relay *r, const struct incident *i)
{
	uint64_t most = r->breaker.rule.unlisted;
	uint64_t n = tally_note(
		&r->tallies, &r->journal, r->calls.n, TALLY_UNLISTED, i);

	if (n == most)
		log_line("the client has called tools that are not listed %llu "
			 "times in this session",
			(unsigned long long)most);
	if (n >= most)
		trip(r, "calls of tools that are not listed", n);
}

void breaker_observed(struct relay *r, uint64_t call)
{
	const struct incident i = {
		.reason = "not listed", .call = call, .observed = true};

	(void)tally_note(
		&r->tallies, &r->journal, r->calls.n, TALLY_UNLISTED, &i);
}

void breaker_told(struct relay *r)
{
	trip(r, STARTED_BY_FILES, 1);
}

void breaker_ask(struct relay *r)
{
	char details[64];
	int n = snprintf(details, sizeof(details), "{\"unlisted_calls\":%llu}",
		(unsigned long long)r->breaker.rule.unlisted);
	const struct standing_subject s = {
		.topic = STANDING_QUARANTINE,
		.details = r->breaker.reason[0] == 'c' ? details : NULL,
		.details_len = (size_t)n,
		.reason = r->breaker.reason,
	};
	uint64_t id;

	(void)!standing_ask(r, &s, &id);
}

void breaker_answered(
	struct relay *r, const struct standing *q, bool yes, const char *reason)
{
	(void)q;
	(void)reason;
	if (!yes)
		return;
	r->breaker.tripped = false;
	/* It takes as many again. */
	tally_restart(&r->tallies, TALLY_UNLISTED);
	log_line("the session goes on: you have let it");
}
