/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of the modern era that wait for a person: they are handed back when
 * they were held long enough, and taken in again when they come (handback.h).
 */
#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "relay/session.h"

/* Asked along with it: a form in inputRequests, into @ret. 0; 1; -ENOMEM. */
static int make_form(struct relay *r, const struct message *m, struct out *ret)
{
	char name[URI_NAME_MAX + 1];
	struct elicit_about about = {
		.kind = ask_kind(m),
		.server = r->server_name,
		.name = name,
		.arguments = entry_arguments(m),
	};
	enum record_field field;
	struct json_value v;
	int x;

	if (!entry_subject(m, &v, &field))
		return 1;
	about.name_len = json_string_copy(&v, name, sizeof(name));
	if (about.name_len > sizeof(name))
		return 1;
	out_str(ret, "{\"" HANDBACK_QUESTION
		     "\":{\"method\":\"elicitation/create\",\"params\":");
	x = elicit_params(ret, &r->scratch, &about, true);
	out_str(ret, "}}");
	return x == 0 && ret->failed ? -ENOMEM : x;
}

static int hand_back(struct relay *r, const struct call *c)
{
	const struct held *h = c->held;
	struct handback next = {.round = h->round + 1};
	struct out form = OUT_INIT(SINK_HIGH);
	struct message m;
	int x;

	if (h->round >= HANDBACK_ROUNDS)
		return 1;
	x = message_read(r->scanner, DIR_C2S, h->line, h->len - 1, &m);
	if (x < 0 || m.verdict != VERDICT_OK || !handback_possible(&m))
		return x < 0 ? x : 1;
	if (h->form)
		x = make_form(r, &m, &form);
	/* What a form cannot show whole, approvers can. */
	if (x > 0)
		out_reset(&form);
	next.question = form.len ? h->question : 0;
	if (x >= 0)
		x = handback_write(&r->answer, &r->scratch, &r->handbacks, &m,
			&next, form.len ? &form : NULL, clock_mono_ms());
	out_deinit(&form);
	if (x != 0)
		out_reset(&r->answer);
	return x;
}

bool resume_later(struct relay *r, struct call *c)
{
	struct entry_result x = {.outcome = "refused"};

	if (c->era != ERA_MODERN || hand_back(r, c) != 0)
		return false;
	x.sent_bytes = r->answer.len;
	r->totals.refused++;
	session_to_client(r);
	session_result_now(r, c, &x);
	pending_remove(&r->calls, c);
	return true;
}

/* What came with it is the keeper's to take; the call waits for that. */
static void take_answer(struct relay *r, const struct json_value *answer)
{
	enum elicit_word w = answer->type == JSON_INVALID ? ELICIT_NOTHING
							  : elicit_read(answer);

	if (r->resumed.question == 0 || w == ELICIT_NOTHING)
		return;
	hold_form(r, r->resumed.question,
		w == ELICIT_ALLOW ? APPROVAL_ONCE : APPROVAL_DENY);
	r->resumed.question = 0;
}

static enum lane_step refuse(struct relay *r, const struct message *m,
	const char *line, size_t len, int code, const char *text)
{
	struct incident i = {.reason = text, .bytes = len, .line = line};

	r->totals.refused++;
	session_note(r, TALLY_CLIENT_LINE, &i);
	answer_error(&r->answer, m->era, m->id.text + m->id.begin,
		m->id.end - m->id.begin, code, text, strlen(text));
	session_to_client(r);
	return LANE_DROP;
}

/* In place of the line that came goes the one that the server is to see. */
static enum lane_step resumed(struct relay *r, const struct message *was,
	const struct json_value *answer)
{
	struct out *o = &r->resumed_line;
	enum lane_step step;
	struct message m;

	if (message_read(r->scanner, DIR_C2S, o->data, o->len, &m) < 0 ||
		m.verdict != VERDICT_OK)
		return refuse(r, was, o->data, o->len, ANSWER_INTERNAL_ERROR,
			"Internal error: out of memory");
	step = client_request(r, &m, o->data, o->len);
	if (step != LANE_HOLD) {
		handback_spend(&r->handbacks, r->resumed.number);
		take_answer(r, answer);
	}
	if (step != LANE_PASS)
		return step;
	out_bytes(&r->c2s.instead, o->data, o->len);
	out_str(&r->c2s.instead, "\n");
	return r->c2s.instead.failed ? LANE_DROP : LANE_INSTEAD;
}

enum lane_step resume_request(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct json_value answer;
	enum lane_step step;
	int x;

	out_reset(&r->resumed_line);
	x = handback_take(&r->scratch, &r->handbacks, m, line, len,
		clock_mono_ms(), &r->resumed_line, &r->resumed, &answer);
	if (x == 1)
		return client_request(r, m, line, len);
	if (x == -EBADMSG)
		return refuse(r, m, line, len, ANSWER_INVALID_PARAMS,
			"Invalid params: requestState is not of this call");
	if (x == -ESTALE)
		return refuse(r, m, line, len, ANSWER_INVALID_PARAMS,
			"Invalid params: requestState was given back before, "
			"or is too old");
	if (x < 0)
		return refuse(r, m, line, len, ANSWER_INTERNAL_ERROR,
			"Internal error: out of memory");
	step = resumed(r, m, &answer);
	r->resumed = (struct handback){0};
	return step;
}
