/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file of cases for `stockade profile test`: what a client asks, and what is
 * to become of it. Strict JSON, stockade-profile(5).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define CASES_MAX_BYTES (8U << 20)
#define CASE_TIMES_MAX 100000

/* What the session of a case is declared to be. */
enum case_name { CASE_ROLE = 0, CASE_TASK, CASE_CONTEXT, _CASE_NAME_N };

/* What has been before the call, and what becomes of it at the server. */
struct case_state {
	uint64_t age_s;     /* so long the session has lasted */
	uint64_t takes_s;   /* so long the server takes to answer */
	uint64_t unlisted;  /* calls of tools that are not listed, before */
	bool changed, news; /* what is called is not as it was accepted; is new
			       of a server that is known */
};

struct profile_case {
	unsigned line, column; /* of the case, in the file */
	char *what;            /* "tool create_issue" */
	char *why;             /* or NULL */
	char *message;         /* what is sent */
	size_t len;
	bool server;    /* by the server */
	char *result;   /* what the server answers, a whole line; or NULL */
	unsigned times; /* so many calls at once; 1 */
	struct case_state state;
	char *names[_CASE_NAME_N]; /* of the session; NULL: as of the others */
	const char *expect;        /* the decision */
	char *rule;                /* one that has to match, or NULL */
};

struct profile_cases {
	struct profile_case *v;
	size_t n;
};

void profile_cases_deinit(struct profile_cases *c);
#define _cases_ _cleanup_(profile_cases_deinit)

/* <0 with e->text "FILE:LINE:COLUMN: what; expected …". */
int profile_cases_read(
	const char *file, struct profile_cases *ret, struct err *e) _must_use_;

/* Exposed for the fuzzer and the tests. */
int profile_cases_parse(const char *file, const char *text, size_t len,
	struct profile_cases *ret, struct err *e) _must_use_;
