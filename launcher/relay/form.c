/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The person is asked by way of the client, too (elicit.h): when a question is
 * put so, and what its answer does. The keeper takes the answer as it takes
 * any other: the first one counts, and it counts once it stands in the log.
 */
#include <string.h>

#include "base/fd.h"
#include "relay/session.h"

void form_ask(struct relay *r, const struct message *m, const struct ruling *u,
	uint64_t question)
{
	const struct elicit_about about = {
		.kind = ask_kind(m),
		.server = r->server_name,
		.name = u->name,
		.name_len = u->name_len,
		.arguments = entry_arguments(m),
	};

	if (m->era == ERA_MODERN || !elicit_possible(&r->elicit, m) ||
		elicit_of(&r->elicit, question))
		return;
	if (elicit_ask(&r->elicit, &r->answer, &r->scratch, &about, question) ==
		0)
		session_to_client(r);
}

bool form_possible(const struct relay *r, const struct message *m)
{
	return m->era == ERA_MODERN && !r->resumed.ours &&
	       elicit_possible(&r->elicit, m) && handback_possible(m);
}

static void take(struct relay *r, uint64_t question, enum elicit_word w)
{
	if (w == ELICIT_ALLOW)
		hold_form(r, question, APPROVAL_ONCE);
	else if (w == ELICIT_DENY)
		hold_form(r, question, APPROVAL_DENY);
}

bool form_answered(struct relay *r, const struct message *m)
{
	struct elicit_form *x = elicit_find(&r->elicit, &m->id);

	if (!x)
		return false;
	if (!x->over && m->kind == MESSAGE_RESULT)
		take(r, x->question, elicit_read(&m->result));
	/* It answers once; the question stays where it is. */
	*x = (struct elicit_form){0};
	return true;
}

void form_over(struct relay *r, uint64_t question)
{
	struct elicit_form *x = elicit_of(&r->elicit, question);

	if (!x)
		return;
	x->over = true;
	out_str(&r->answer,
		"{\"jsonrpc\":\"2.0\",\"method\":"
		"\"notifications/cancelled\",\"params\":{\"requestId\":\"");
	out_str(&r->answer, x->id);
	out_str(&r->answer, "\",\"reason\":\"answered elsewhere\"}}\n");
	session_to_client(r);
}
