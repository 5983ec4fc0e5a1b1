/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call and its result look like in the log: the fields of one record,
 * gathered from a message. Builds, does not send.
 */
#pragma once

#include "base/record.h"
#include "policy/message.h"
#include "policy/out.h"
#include "policy/output_spill.h"

/* Where a request about a task comes from: the call that made the task. */
struct entry_origin {
	uint64_t call;    /* 0: it is about none */
	const char *tool; /* of that call, tool_len bytes; none: 0 bytes */
	size_t tool_len;
};

struct entry_call {
	uint64_t number;
	const struct message *m;
	const char *decision; /* allow, client, deny */
	const char *reason;   /* or NULL */
	bool is_tool;         /* listed counts */
	bool listed;
	const char *const *rules; /* NULL-terminated, or NULL */
	bool observed;     /* it was not refused, though policy says so */
	uint64_t approval; /* number of the question, or 0 */
	const char *token; /* that was spent on it, or NULL */
	size_t n_rules;    /* that matched, if they are named or not */
	struct entry_origin origin;
};

/* @scratch is for the canonical arguments; it is reset before and after. */
void entry_call(
	struct record *rec, struct out *scratch, const struct entry_call *c);

/* params.arguments where they count, or JSON_INVALID. */
struct json_value entry_arguments(const struct message *m);

/*
 * SHA-256 of the canonical arguments of a request, as the log and approvals
 * have them; of a request without, of {}. -ENOMEM. Resets @scratch.
 */
int entry_args_hash(struct out *scratch, const struct message *m,
	uint8_t ret[32]) _must_use_;

/* The record of a question; @number is that of the call that asks. */
void entry_asked(struct record *rec, const struct message *m, uint64_t number,
	const uint8_t args_hash[32]);

struct entry_result {
	uint64_t call;
	const char *outcome;
	struct json_value code;  /* of an error the server sent, or invalid */
	const char *own_code;    /* of an error of ours, or NULL */
	struct json_value value; /* result or error of the server's, or
				    invalid */
	uint64_t sent_bytes, ms;
	bool cut, observed;               /* observed: it would have been cut */
	const struct output_spill *spill; /* what of it was kept, or NULL */
	const uint64_t *stripped;         /* by enum unseen, or NULL */
	bool is_hello;                    /* the server tells its version */
	struct entry_origin origin;
};

void entry_result(struct record *rec, const struct entry_result *x);

/* What a request is about: tool, prompt or URI. False if it names none. */
bool entry_subject(const struct message *m, struct json_value *ret_value,
	enum record_field *ret_field);
