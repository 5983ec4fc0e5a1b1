/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request that policy asks for: it is allowed already, waits for an answer,
 * or is told that it has to come again. What the model reads of it names no
 * command and no number; the person at the terminal reads both.
 */
#include <string.h>

#include "base/fd.h"
#include "base/sha256.h"
#include "policy/answer.h"
#include "relay/question.h"
#include "relay/session.h"
#include "relay/track.h"

#define PROGRESS_FIRST (-1000000) /* below whatever the server may count */

#define TOO_MANY                                                            \
	"Not run: this needs the user's approval, and too many calls wait " \
	"for it already. Tell the user."

bool ask_client_waits(const struct message *m)
{
	static const char *const names[] = {"claude-code"};
	struct json_value info, name;

	if (m->method == METHOD_INITIALIZE) {
		if (m->params.type != JSON_OBJECT ||
			!json_get(&m->params, "clientInfo", &info))
			return false;
	} else if (m->meta.type != JSON_OBJECT ||
		   !json_get(&m->meta, "io.modelcontextprotocol/clientInfo",
			   &info)) {
		return false;
	}
	if (info.type != JSON_OBJECT || !json_get(&info, "name", &name) ||
		name.type != JSON_STRING)
		return false;
	for (size_t i = 0; i < ELEMENTS(names); i++)
		if (json_string_eq(&name, names[i]))
			return true;
	return false;
}

enum approval_kind ask_kind(const struct message *m)
{
	if (m->method == METHOD_TOOLS_CALL)
		return APPROVAL_TOOL;
	return m->method == METHOD_PROMPTS_GET ? APPROVAL_PROMPT
					       : APPROVAL_RESOURCE;
}

/* What is asked for by rules is another thing than the tool as such. Their
 * names have no NUL in them. */
static void mix_rules(const struct rules_verdict *v,
	const uint8_t args_hash[32], uint8_t name[32])
{
	uint8_t bytes[32 + 8 + 32 + RULES_FIRED_MAX * RULES_NAME_MAX];
	size_t used = 32 + sizeof(uint64_t);
	uint64_t n = v->n_fired;

	if (n == 0)
		return;
	memcpy(bytes, name, 32);
	memcpy(bytes + 32, &n, sizeof(n));
	for (size_t i = 0; v->fired[i]; i++) {
		size_t size = strlen(v->fired[i]) + 1;

		if (size > sizeof(bytes) - 32 - used)
			break;
		memcpy(bytes + used, v->fired[i], size);
		used += size;
	}
	/* Of so many not all are known: an answer is for this call alone. */
	if (n > RULES_FIRED_MAX) {
		memcpy(bytes + used, args_hash, 32);
		used += 32;
	}
	sha256(bytes, used, name);
}

static void make_key(const struct message *m, const struct ruling *u,
	const uint8_t args_hash[32], struct question_key *ret)
{
	question_key_make(ask_kind(m), u->name, u->name_len, args_hash, ret);
	mix_rules(&u->by_rules, args_hash, ret->name);
	question_key_join(args_hash, ret);
}

int ask_key(struct relay *r, const struct message *m, const struct ruling *u,
	uint8_t ret[32])
{
	struct question_key key;
	uint8_t args_hash[32];
	int x = entry_args_hash(&r->scratch, m, args_hash);

	if (x < 0)
		return x;
	make_key(m, u, args_hash, &key);
	memcpy(ret, key.whole, sizeof(key.whole));
	return 0;
}

static void refuse(struct ruling *u, const char *text, const char *reason)
{
	u->answer = RULING_ERROR;
	u->code = ANSWER_INTERNAL_ERROR;
	u->text = text;
	u->reason = reason;
	u->as_result = u->is_tool;
}

static void rule(struct ruling *u, const struct approvals_verdict *v)
{
	switch (v->ruling) {
	case APPROVALS_PASS:
		u->answer = RULING_FORWARD;
		u->reason = "approved before";
		break;
	case APPROVALS_NEW:
	case APPROVALS_JOIN:
		u->answer = RULING_HOLD;
		break;
	case APPROVALS_NEW_AWAY:
	case APPROVALS_JOIN_AWAY:
		refuse(u, ASK_WAITING, "nobody is there to answer");
		break;
	case APPROVALS_DECLINED:
		refuse(u, NULL, "declined a moment ago");
		break;
	case APPROVALS_FULL:
		refuse(u, TOO_MANY, "too many questions are open");
		break;
	}
}

static void wait_all_the_same(struct approvals_verdict *v)
{
	if (v->ruling == APPROVALS_NEW_AWAY)
		v->ruling = APPROVALS_NEW;
	if (v->ruling == APPROVALS_JOIN_AWAY)
		v->ruling = APPROVALS_JOIN;
}

int ask_judge(struct relay *r, const struct message *m, struct ruling *u,
	struct asking *ret)
{
	int x = entry_args_hash(&r->scratch, m, ret->args_hash);

	if (x < 0)
		return x;
	make_key(m, u, ret->args_hash, &ret->key);
	approvals_judge(
		&r->approvals, &ret->key, clock_mono_ms(), &ret->verdict);
	/* Who comes again as told, or can be asked, is not alone. */
	if (r->resumed.ours || elicit_possible(&r->elicit, m))
		wait_all_the_same(&ret->verdict);
	ret->judged = true;
	rule(u, &ret->verdict);
	u->approval = ret->verdict.id;
	if (ret->verdict.ruling == APPROVALS_NEW ||
		ret->verdict.ruling == APPROVALS_NEW_AWAY)
		u->approval = r->n_calls + 1;
	if (ret->verdict.ruling == APPROVALS_DECLINED)
		u->text = hold_declined_text(r, ret->verdict.question->reason);
	return 0;
}

static struct question_about about_call(struct relay *r,
	const struct message *m, const struct ruling *u, const struct asking *a)
{
	return (struct question_about){
		.kind = ask_kind(m),
		.name = u->name,
		.name_len = u->name_len,
		.title = u->is_tool
				 ? titles_find(&r->titles, u->name, u->name_len)
				 : NULL,
		.arguments = entry_arguments(m),
		.rules = u->verdict.rules,
		.args_hash = a->args_hash,
	};
}

static uint64_t patience(const struct relay *r, const struct message *m)
{
	return question_patience_ms(r, r->client_waits || ask_client_waits(m));
}

/* The token by which the client wants to hear of progress, or nothing. */
static struct json_value token_of(const struct message *m)
{
	struct json_value v = {.type = JSON_INVALID};

	if (m->meta.type == JSON_OBJECT)
		(void)json_get(&m->meta, "progressToken", &v);
	if ((v.type != JSON_STRING && v.type != JSON_NUMBER) ||
		v.end - v.begin > MESSAGE_ID_MAX)
		v = (struct json_value){.type = JSON_INVALID};
	return v;
}

static int hold(struct relay *r, const struct message *m, const char *line,
	size_t len, const struct asking *a, uint64_t id, uint64_t hold_ms)
{
	struct json_value token = token_of(m);
	size_t token_len =
		token.type == JSON_INVALID ? 0 : token.end - token.begin;
	uint64_t now = clock_mono_ms();
	struct held *h = held_new(line, len,
		token_len ? token.text + token.begin : NULL, token_len);
	struct call *c = h ? track_call(r, m) : NULL;

	if (!c) {
		free(h);
		return -ENOMEM;
	}
	h->question = id;
	memcpy(h->key, a->key.whole, sizeof(h->key));
	h->round = r->resumed.round;
	h->form = form_possible(r, m);
	/* Its person is asked at once, by the answer that hands it back. */
	h->let_go_ms = h->form ? now : now + hold_ms;
	h->progress_ms = token_len ? now : 0;
	h->progress = PROGRESS_FIRST;
	pending_hold(&r->calls, c, h);
	return 0;
}

static int record_asked(
	struct relay *r, const struct message *m, const struct asking *a)
{
	entry_asked(&r->journal.rec, m, r->call, a->args_hash);
	return journal_send(&r->journal, JOURNAL_OTHER, r->calls.n);
}

/* A new question: it stands in the log and in the keeper's queue, or there is
 * none. */
static int ask_new(struct relay *r, const struct message *m,
	const struct question_about *about, const struct asking *a,
	uint64_t hold_ms)
{
	int x = record_asked(r, m, a);

	if (x == 0)
		x = question_put(r, about, r->call, hold_ms);
	if (x == 0)
		question_tell(r, about, r->call);
	return x;
}

void ask_take(struct relay *r, const struct message *m, const char *line,
	size_t len, struct ruling *u, struct asking *a)
{
	uint64_t hold_ms = u->answer == RULING_HOLD ? patience(r, m) : 0;
	bool is_new = a->verdict.ruling == APPROVALS_NEW ||
		      a->verdict.ruling == APPROVALS_NEW_AWAY;
	struct question_about about = about_call(r, m, u, a);
	struct question *q;
	int x = 0;

	if (u->answer == RULING_HOLD && !question_has_room(r, len)) {
		refuse(u, TOO_MANY, "too much is held");
		return;
	}
	q = approvals_take(
		&r->approvals, &a->verdict, &a->key, r->call, clock_mono_ms());
	if (!q)
		return;
	if (is_new)
		x = ask_new(r, m, &about, a, hold_ms);
	else
		x = question_put(r, &about, q->id, hold_ms);
	if (x == 0 && hold_ms)
		x = hold(r, m, line, len, a, q->id, hold_ms);
	if (x == 0 && hold_ms)
		form_ask(r, m, u, q->id);
	if (x == 0)
		return;
	/* What was put to nobody says nothing of who is there. */
	if (is_new)
		hold_withdraw(r, q);
	else if (hold_ms)
		approvals_leave(&r->approvals, q, clock_mono_ms());
	refuse(u,
		"Not run: this needs the user's approval, and the user could "
		"not be asked. Tell the user.",
		"the question could not be put");
}
