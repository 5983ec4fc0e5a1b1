/* SPDX-License-Identifier: Apache-2.0 */
#include "base/approval.h"

#include <stddef.h>
#include <string.h>

static const char *const answers[_APPROVAL_N] = {
	[APPROVAL_ONCE] = "once",
	[APPROVAL_SESSION] = "session",
	[APPROVAL_ALWAYS] = "always",
	[APPROVAL_DENY] = "deny",
};

static const char *const kinds[_APPROVAL_KIND_N] = {
	[APPROVAL_TOOL] = "tool",
	[APPROVAL_PROMPT] = "prompt",
	[APPROVAL_RESOURCE] = "resource",
	[APPROVAL_SESSION_GOES_ON] = "session",
	[APPROVAL_PIN] = "pin",
	[APPROVAL_WISH] = "request",
};

static const char *const channels[_CHANNEL_N] = {
	[CHANNEL_TERMINAL] = "terminal",
	[CHANNEL_PROGRAM] = "program",
	[CHANNEL_READER] = "reader",
};

static const char *const faults[] = {
	[PEER_FINE] = "nothing is wrong with it",
	[PEER_GONE] = "the process that answers is gone",
	[PEER_DESCENDS] = "who answers was started by the client or its server",
	[PEER_NO_TERMINAL] = "it is not in the foreground of a terminal",
};

static const char *const statuses[_ANSWER_N] = {
	[ANSWER_TAKEN] = "done",
	[ANSWER_LATE] = "answered already, or not waiting any more",
	[ANSWER_UNKNOWN] = "there is no such question",
	[ANSWER_REFUSED] = "this answer does not count",
	[ANSWER_UNRECORDED] = "it does not count: the log could not take it",
	[ANSWER_TOO_MANY] = "too many approvers are attached",
	[ANSWER_NOT_OFFERED] = "only once or deny answer this",
};

const char *approval_fault_text(enum approval_fault f)
{
	return (size_t)f < ELEMENTS(faults) ? faults[f] : "not known";
}

const char *approval_status_text(enum approval_status s)
{
	return (size_t)s < ELEMENTS(statuses) ? statuses[s] : "not known";
}

const char *approval_answer_name(enum approval_answer a)
{
	return a > APPROVAL_NONE && a < _APPROVAL_N ? answers[a] : NULL;
}

enum approval_answer approval_answer_find(const char *name)
{
	for (int i = APPROVAL_NONE + 1; i < _APPROVAL_N; i++)
		if (strcmp(name, answers[i]) == 0)
			return (enum approval_answer)i;
	return APPROVAL_NONE;
}

const char *approval_kind_name(enum approval_kind k)
{
	return k < _APPROVAL_KIND_N ? kinds[k] : NULL;
}

bool approval_kind_stands(enum approval_kind k)
{
	return k == APPROVAL_SESSION_GOES_ON || k == APPROVAL_PIN;
}

bool approval_kind_always(enum approval_kind k)
{
	return k == APPROVAL_TOOL || k == APPROVAL_PROMPT ||
	       k == APPROVAL_RESOURCE;
}

const char *approval_channel_name(enum approval_channel c)
{
	return c > CHANNEL_NONE && c < _CHANNEL_N ? channels[c] : NULL;
}
