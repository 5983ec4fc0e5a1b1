/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/track.h"

#include <errno.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "policy/level.h"
#include "relay/session.h"

#define LOG_LEVEL "io.modelcontextprotocol/logLevel"

static void admit_listen(
	struct relay *r, const struct message *m, struct ruling *u)
{
	struct listen *l = NULL;
	int n = listen_new(m, &l);

	listen_free(l);
	if (n == -EINVAL)
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: notifications is malformed");
	else if (n == -ENOMEM)
		ruling_error(u, ANSWER_INTERNAL_ERROR,
			"Internal error: out of memory");
	else if (n < 0 || r->calls.n_listens >= LISTENS_MAX)
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: too many subscriptions");
}

static void admit_subscribe(
	struct relay *r, const struct message *m, struct ruling *u)
{
	struct json_value uri;

	/* Its type and whether it may be read was looked at. */
	if (!json_get(&m->params, "uri", &uri) ||
		listen_has_room(&r->subscribed, &uri))
		return;
	ruling_error(u, ANSWER_INVALID_PARAMS,
		"Invalid params: too many subscriptions");
}

void track_admit(struct relay *r, const struct message *m, struct ruling *u)
{
	struct json_value token;

	if (progress_wish(m, &token) == PROGRESS_BAD)
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: progressToken is neither a string "
			"nor a safe integer");
	else if (m->method == METHOD_SUBSCRIPTIONS_LISTEN)
		admit_listen(r, m, u);
	else if (m->method == METHOD_RESOURCES_SUBSCRIBE)
		admit_subscribe(r, m, u);
}

static struct call *add(
	struct pending *p, const struct message *m, uint64_t number)
{
	struct call *c = pending_add(p, &m->id);
	struct json_value token;

	if (!c)
		return NULL;
	c->number = number;
	c->start_us = clock_mono_us();
	c->method = m->method;
	c->era = m->era;
	if (progress_wish(m, &token) != PROGRESS_WANTED)
		return c;
	c->token = progress_add(&p->progress, &token);
	if (c->token)
		return c;
	pending_remove(p, c);
	return NULL;
}

/* The legacy subscriptions are the session's, not a request's. */
static int subscribe(struct relay *r, const struct message *m)
{
	struct json_value uri;
	int n = 0;

	if (m->params.type != JSON_OBJECT || !json_get(&m->params, "uri", &uri))
		return 0;
	if (m->method == METHOD_RESOURCES_SUBSCRIBE)
		n = listen_add(&r->subscribed, &uri);
	if (m->method == METHOD_RESOURCES_UNSUBSCRIBE)
		listen_drop(&r->subscribed, &uri);
	return n < 0 ? n : 0;
}

struct call *track_call(struct relay *r, const struct message *m)
{
	struct call *c = add(&r->calls, m, r->call);
	struct listen *l = NULL;
	struct json_value level;

	if (!c)
		return NULL;
	if (listen_new(m, &l) < 0 || subscribe(r, m) < 0) {
		pending_remove(&r->calls, c);
		return NULL;
	}
	if (l)
		pending_listen(&r->calls, c, l);
	else if (m->era == ERA_MODERN && json_get(&m->meta, LOG_LEVEL, &level))
		pending_log(&r->calls, c, log_level_read(&level));
	return c;
}

struct call *track_ask(struct relay *r, const struct message *m)
{
	struct call *c = add(&r->asks, m, r->n_calls);

	if (c && m->method == METHOD_ELICITATION_CREATE)
		elicited_note(&r->elicited, &m->params);
	return c;
}
