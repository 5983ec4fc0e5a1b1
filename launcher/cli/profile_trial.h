/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One message of a client's or a server's, judged as the relay judges it, with
 * nothing behind it: for `stockade profile test`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct case_state;
struct plan_options;
struct profile;
struct trial;

/* What is tried. Each text is one line, its end not needed. */
struct trial_ask {
	const char *message;
	size_t len;
	bool server;        /* it is the server's */
	const char *result; /* what the server answers, whole; or NULL */
	size_t result_len;
	unsigned times;                 /* so many such calls at once; 0 is 1 */
	const struct case_state *state; /* or NULL: nothing has been */
};

struct trial_result {
	/* "allow", "client", "ask", "token", "deny"; "filter" of roots/list;
	 * "cut" of a result of which not all goes on. NULL for an answer to a
	 * request of the other side's, which no policy is asked about. */
	const char *decision;
	const char *method; /* "unknown" for what is none */
	char *name;         /* of tool, prompt or resource; NULL if it has none
			       that was decided about */
	const char *const *rules; /* NULL-terminated; the trial's */
	size_t n_matched;         /* may be more than are named */
	char *answer; /* what whoever asked would be told now, one line without
			 its end; NULL: nothing, or it is very long */
};

void trial_result_deinit(struct trial_result *r);
#define _result_ _cleanup_(trial_result_deinit)

/* @profile is taken over, and freed where that fails. @o: what the session is
 * declared to be, and what narrows it; nothing else of it counts. */
int trial_new(struct profile *profile, const struct plan_options *o,
	struct trial **ret, struct err *e) _must_use_;
void trial_free(struct trial *t);
DEFINE_CLEANUP(trial);
#define _trial_ _cleanup_(trial_cleanup)

/* @ret lives until the next. */
int trial_run(struct trial *t, const struct trial_ask *ask,
	struct trial_result *ret, struct err *e) _must_use_;
