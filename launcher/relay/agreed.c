/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/agreed.h"

#include <stdio.h>
#include <string.h>

#include "policy/tasks.h"
#include "relay/session.h"
#include "relay/track.h"

/* What a request brings back of an earlier one, as a mark: false if nothing. */
static bool state_of(struct relay *r, const struct message *m, struct mark *ret)
{
	struct json_value v;
	struct mark subject;

	if (m->era != ERA_MODERN || m->params.type != JSON_OBJECT ||
		(!json_get(&m->params, "requestState", &v) &&
			!json_get(&m->params, "inputResponses", &v)) ||
		!track_subject(r, m, &subject))
		return false;
	wanted_state(&r->wanted, &subject, &m->params, ret);
	return true;
}

static struct agreement *find(
	struct relay *r, const struct message *m, const struct ruling *u)
{
	struct agreed *a = &r->agreed;
	struct mark state;
	uint8_t key[32];

	if (!state_of(r, m, &state) || ask_key(r, m, u, key) < 0)
		return NULL;
	for (unsigned i = 0; i < AGREED_MAX; i++)
		if (a->all[i].agreement.holds &&
			mark_equal(&a->all[i].state, &state) &&
			memcmp(a->all[i].agreement.key, key, sizeof(key)) == 0)
			return &a->all[i].agreement;
	return NULL;
}

void agreed_judge(struct relay *r, const struct message *m, struct ruling *u)
{
	bool token = u->answer == RULING_TOKEN;
	const struct agreement *g;

	if (!token && u->answer != RULING_ASK)
		return;
	g = find(r, m, u);
	/* What needs a token is not let through by a prompt. */
	if (!g || token != (g->token[0] != '\0'))
		return;
	u->answer = RULING_FORWARD;
	u->text = NULL;
	u->code = 0;
	u->as_result = false;
	u->reason = "goes on with a call that was agreed to";
	u->approval = g->approval;
	u->token = token ? g->token : NULL;
	u->agreed = true;
}

void agreed_take(struct relay *r, const struct message *m,
	const struct ruling *u, struct call *c)
{
	struct agreement *was = u->agreed ? find(r, m, u) : NULL;
	struct agreement *g = &c->agreement;

	if (was) {
		*g = *was;
		*was = (struct agreement){0};
		return;
	}
	if (c->era != ERA_MODERN || (!u->approval && !u->token) ||
		ask_key(r, m, u, g->key) < 0)
		return;
	g->holds = true;
	g->approval = u->approval;
	if (u->token)
		(void)snprintf(g->token, sizeof(g->token), "%s", u->token);
}

void agreed_note(struct relay *r, const struct call *c, const struct message *m)
{
	struct agreed *a = &r->agreed;

	if (!c->agreement.holds || m->kind != MESSAGE_RESULT ||
		c->era != ERA_MODERN ||
		result_type(&m->result) != RESULT_INPUT_REQUIRED)
		return;
	wanted_state(
		&r->wanted, &c->subject, &m->result, &a->all[a->next].state);
	a->all[a->next].agreement = c->agreement;
	a->next = (a->next + 1) % AGREED_MAX;
}
