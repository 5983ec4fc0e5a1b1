/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `stockade why` found of a call, and how it says it. In that command's
 * process; lives as long as it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "keeper/audit_roster.h"
#include "keeper/chain.h"

#define RULES_SHOWN 32

/* One call of the log, as far as it explains itself. Cut; to be escaped. */
struct found {
	char session[SESSION_HEX + 1], file[AUDIT_NAME_LEN + 1];
	char server[512], profile[64], source[256];
	char role[72], task[72], context[72]; /* of the session, or "" */
	uint64_t call, time_us;
	char dir[8], method[64], kind[12], subject[320];
	char decision[12], reason[256], outcome[24];
	char rules[RULES_SHOWN][320];
	size_t n_rules;
	bool observed;
	uint64_t approval;  /* the call whose question it was, or 0 */
	char answered[512]; /* how, by whom */
	char token[96]; /* why one that was there did not permit it, or "" */
};

/* The call and what was decided. */
void why_print_head(const struct found *f);
/* Why, and what would change that. */
void why_print_advice(const struct found *f);
