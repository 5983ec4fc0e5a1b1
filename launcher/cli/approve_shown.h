/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is shown of a question: its arguments and the rules that ask for it, out
 * of the sealed memory that came with it.
 */
#pragma once

#include "cli/approve_link.h"
#include "policy/json.h"
#include "policy/out.h"

struct shown {
	char *text; /* mapped */
	size_t len;
	struct json_value arguments, rules;
	struct json_value title;  /* INVALID: none; the server's own word */
	struct json_value reason; /* INVALID: the profile asks for it */
};

/* 0; 1 if it cannot be read: then nobody can know what would be approved. */
int shown_open(const struct waiting *w, struct shown *ret) _must_use_;
void shown_deinit(struct shown *s);
#define _shown_ _cleanup_(shown_deinit)

/* Of what nobody can read, nobody can approve. */
bool shown_is_readable(const struct waiting *w);

/* A rule about arguments asks for it, which no name in "always" lifts. */
bool shown_by_rule(const struct waiting *w);

/* "SESSION:CALL", as people type it. */
#define QUESTION_ID_MAX 40
void question_id(const struct waiting *w, char dst[QUESTION_ID_MAX]);

/* "5 s", "3 min", "2 h". */
#define DURATION_MAX 24
void duration_text(uint64_t ms, char dst[DURATION_MAX]);

/* The arguments on one line of about @max columns. */
void question_brief(struct out *o, const struct waiting *w, size_t max);

/* All of a question, for a pager or a terminal. */
void question_whole(struct out *o, const struct waiting *w, size_t width);

/* A line of JSON; @armoured: for a program that prints what it decodes. */
void question_json(struct out *o, const struct waiting *w, bool armoured);

#define QUESTION_TEXT_MAX ((size_t)256 << 20)
