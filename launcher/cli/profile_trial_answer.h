/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What becomes of a result of the server's, judged as the relay does it: types,
 * what is not seen, what it asks for, caps. Nothing is put into files.
 *
 * Part of a trial (profile_trial.h); keeps nothing.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"
#include "policy/output_caps.h"
#include "policy/wishes.h"

#define TRIAL_ANSWER_RULES_MAX 4

struct trial_answer {
	const struct output_caps *caps;
	const struct wishes *wishes;
	struct json_scanner *scanner;
	const struct message *call; /* that it answers; its line is not read */
};

/*
 * *ret_decision: "cut", "ask", "deny", or NULL, it goes on as it is. @o has
 * what the client is told in its place, @ret_rules the keys of the profile that
 * have changed it, NULL-terminated. -ENOMEM.
 */
int trial_answer_judge(const struct trial_answer *a, const char *line,
	size_t len, struct out *o,
	const char *ret_rules[TRIAL_ANSWER_RULES_MAX + 1],
	const char **ret_decision);
