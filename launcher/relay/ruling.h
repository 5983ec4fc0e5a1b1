/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What policy says of one request of the client's. Sees only: nothing has
 * happened afterwards, so that a request that has to wait is judged anew.
 *
 * Relay's process; a ruling lives for one line.
 */
#pragma once

#include "policy/message.h"
#include "policy/pins.h"
#include "policy/rates.h"
#include "policy/rules.h"
#include "policy/tools.h"

#define RULING_TEXT_MAX 1024

/* What the model is told of a call that nobody has agreed to yet, of any in
 * quarantine, and where the pins hold it back. */
#define ASK_WAITING                                                      \
	"Not run: this needs the user's approval, which is being asked " \
	"for. Tell the user, and call again with the same arguments "    \
	"once they have agreed."
#define QUARANTINED                                                      \
	"Not run: this session is in quarantine; the user must look at " \
	"it first. Tell the user."
#define PIN_REFUSED                                                      \
	"Not run: the tool's definition changed; the user must look at " \
	"it first."

enum ruling_answer {
	RULING_NONE = 0,
	RULING_FORWARD,
	RULING_TOKEN,   /* needs an operation token */
	RULING_ASK,     /* somebody has to agree first */
	RULING_HOLD,    /* is asked, and waits */
	RULING_ERROR,   /* .code, .text */
	RULING_UNKNOWN, /* -32602 Unknown tool, or Unknown prompt */
	RULING_LOST,    /* the server is not there any more */
};

struct ruling {
	enum ruling_answer answer;
	int code;
	const char *text;     /* what the client is told */
	const char *reason;   /* for the log, where that is not .text */
	bool as_result;       /* of tools: told to the model */
	bool observed;        /* would have been refused or asked for */
	uint64_t approval;    /* the question's number, or 0 */
	const char *token;    /* the one that was spent on it, or NULL */
	const char *decision; /* as the log has it */
	/* quota.h: what it counts for, and what has refused it. */
	bool counts, counts_observed, quarantined;
	enum rate_kind limit;
	uint64_t limit_most;
	enum pin_kind pin; /* what has refused it, or NONE */
	bool is_tool;
	bool agreed; /* as one before that it goes on with (agreed.h) */
	bool named;  /* .verdict is about a name */
	struct tool_verdict verdict;
	/* Where rules about arguments ask: what fired. An answer for a whole
	 * tool is none for what these are about. */
	struct rules_verdict by_rules;
	char name[URI_NAME_MAX + 1];
	size_t name_len;
	char said[RULING_TEXT_MAX]; /* .text, where it is of this ruling alone
				     */
};

/* Which may be called, got and read: each a policy of its own. */
struct allowed {
	const struct tools *tools, *prompts, *resources;
	struct rules *rules;     /* of tools' arguments; NULL: none */
	const struct pins *pins; /* of definitions; NULL: none */
	bool proof; /* a prompt is not enough for what is asked for */
};

/* @lost: there is no server any more. */
void ruling_make(const struct allowed *a, const struct message *m, bool lost,
	struct ruling *ret);

/*
 * The same where policy is only observed: @a decides what is done, @observed
 * what stands in the log, and .observed says that they differ.
 */
void ruling_make_observed(const struct allowed *a,
	const struct allowed *observed, const struct message *m, bool lost,
	struct ruling *ret);

/* What the client is told now, into @o; of what is forwarded or asked for,
 * nothing. */
void ruling_answer(
	const struct ruling *u, const struct message *m, struct out *o);

void ruling_error(struct ruling *u, int code, const char *text);
