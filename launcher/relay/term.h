/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The time for which a session has its role or task. Once it is over, each call
 * is asked for, until a person renews it: one question for all of them
 * (standing.h). And the time that a task was expected to take.
 *
 * Relay's process. By the monotonic clock: who sets the time of day changes
 * nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct message;
struct relay;
struct relay_config;
struct ruling;
struct standing;

struct term {
	const char *role, *task;   /* or NULL */
	uint64_t lasts_us;         /* 0: for ever */
	uint64_t over_us, late_us; /* 0: never */
	bool late_told;
};

void term_init(struct term *t, const struct relay_config *c, uint64_t now_us);
bool term_is_over(const struct term *t, uint64_t now_us);
void term_renew(struct term *t, uint64_t now_us);
/* Whether it takes longer than expected; true once. */
bool term_is_late(struct term *t, uint64_t now_us);

/* What would go to the server, or be asked for, waits for the session. */
void term_judge(struct relay *r, const struct message *m, struct ruling *u);

/* Somebody has answered. */
void term_answered(struct relay *r, const struct standing *q, bool yes,
	const char *reason);

/* What is due. */
void term_step(struct relay *r);
uint64_t term_next_ms(const struct relay *r); /* 0: nothing will be */
