/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/token.h"

#include <string.h>

#include "base/escape.h"
#include "base/fd.h"
#include "base/log.h"
#include "policy/token_when.h"
#include "relay/session.h"

_Static_assert(TOKEN_TOOL_MAX == TOOL_NAME_MAX && TOKEN_WHEN_MAX == WHEN_MAX,
	"policy and the rest agree");

bool token_waits(const struct token_wait *t)
{
	return t->state == TOKEN_ASKED || t->state == TOKEN_OFFERED;
}

bool token_due(const struct relay *r)
{
	const struct token_wait *t = &r->token;

	return t->state == TOKEN_OFFERED || r->journal.dead || r->ends.over ||
	       clock_mono_us() - t->since_us >= TOKEN_WAIT_US;
}

void token_forget(struct token_wait *t)
{
	t->state = TOKEN_IDLE;
	t->id[0] = '\0';
}

void token_offered(struct token_wait *t, const struct ipc_parcel *p)
{
	if (t->state != TOKEN_ASKED || p->m.a != t->question ||
		p->m.text > TOKEN_WHEN_MAX)
		return;
	memcpy(t->when, p->text, p->m.text);
	t->when[p->m.text] = '\0';
	t->state = TOKEN_OFFERED;
}

void token_answered(struct token_wait *t, const struct ipc_parcel *p)
{
	if (t->state != TOKEN_ASKED || p->m.a != t->question ||
		p->m.text > TOKEN_ID_HEX)
		return;
	memcpy(t->id, p->text, p->m.text);
	t->id[p->m.text] = '\0';
	t->state = TOKEN_ANSWERED;
}

/* Once only for each call: what is spent and not heard of stays spent. */
static bool ask(
	struct relay *r, const struct message *m, const struct ruling *u)
{
	struct ipc_parcel *p = &r->parcel;
	struct token_query q = {.tool_len = (uint32_t)u->name_len};

	if (r->keeper_fd < 0 || u->name_len > sizeof(q.tool) ||
		entry_args_hash(&r->scratch, m, q.args) < 0)
		return false;
	memcpy(q.tool, u->name, u->name_len);
	p->fd = -1;
	p->m = (struct ipc_msg){
		.type = IPC_TOKEN,
		.text = sizeof(q),
		.a = r->token.question + 1,
	};
	memcpy(p->text, &q, sizeof(q));
	if (ipc_send_parcel(r->keeper_fd, ROLE_RELAY, p) != 0)
		return false;
	r->token.state = TOKEN_ASKED;
	r->token.question = p->m.a;
	r->token.since_us = clock_mono_us();
	return true;
}

static bool tell(
	struct relay *r, const struct message *m, const struct ruling *u)
{
	struct token_wait *t = &r->token;
	struct json_value args = entry_arguments(m);
	struct ipc_msg msg = {.type = IPC_TOKEN_FITS, .a = t->question};

	msg.b = token_when_holds(t->when, strlen(t->when), u->name, u->name_len,
		args.type == JSON_INVALID ? NULL : &args);
	t->state = TOKEN_ASKED;
	return r->keeper_fd >= 0 &&
	       ipc_send(r->keeper_fd, ROLE_RELAY, &msg) == 0;
}

bool token_judge(struct relay *r, const struct message *m, struct ruling *u)
{
	struct token_wait *t = &r->token;

	if (t->state == TOKEN_IDLE)
		return ask(r, m, u);
	if (t->state == TOKEN_OFFERED && tell(r, m, u))
		return true;
	if (token_waits(t) && !token_due(r))
		return true;
	if (t->state == TOKEN_ANSWERED && t->id[0]) {
		u->answer = RULING_FORWARD;
		u->text = NULL;
		u->code = 0;
		u->as_result = false;
		u->token = t->id;
	}
	t->state = TOKEN_ANSWERED;
	return false;
}

void token_refused(struct relay *r, const struct ruling *u)
{
	char name[256];

	/* There are none for prompts and resources. */
	if (!u->is_tool || r->token.told == TOKEN_TOLD_MAX)
		return;
	r->token.told++;
	(void)escape_text(name, sizeof(name), u->name,
		u->name_len < 200 ? u->name_len : 200);
	log_line("%s: the tool %s needs an operation token: stockade why "
		 "%.8s:%llu",
		r->server_name, name, r->session, (unsigned long long)r->call);
}
