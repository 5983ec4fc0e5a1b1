/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "policy/answer.h"
#include "policy/level.h"
#include "policy/page.h"
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

static void admit_task(
	struct relay *r, const struct message *m, struct ruling *u)
{
	struct task *t = tasks_of(&r->tasks, m->era, &m->params);
	struct tool_verdict v = {.listed = true};

	/* What may not be called any more brings no result either. */
	if (t && t->method == METHOD_TOOLS_CALL)
		tools_decide(r->allowed.tools, t->name, t->name_len, &v);
	if (!t || !v.listed)
		ruling_error(u, ANSWER_INVALID_PARAMS, "Task not found");
}

bool track_subject(struct relay *r, const struct message *m, struct mark *ret)
{
	const struct task *t;
	enum record_field field;
	struct json_value name;

	if (m->era != ERA_MODERN)
		return false;
	if (tasks_is_about(m->method)) {
		t = tasks_of(&r->tasks, m->era, &m->params);
		if (t)
			*ret = t->mark;
		return t != NULL;
	}
	if (!entry_subject(m, &name, &field))
		return false;
	wanted_subject(&r->wanted, m, &name, ret);
	return true;
}

static bool responses_of(const struct message *m, struct json_value *ret)
{
	return m->era == ERA_MODERN && m->params.type == JSON_OBJECT &&
	       json_get(&m->params, "inputResponses", ret);
}

/* Where nothing may be asked for, nothing is answered. */
static bool may_respond(struct relay *r, const struct message *m)
{
	struct json_value v;
	struct mark subject;

	return !responses_of(m, &v) ||
	       (v.type == JSON_OBJECT && track_subject(r, m, &subject));
}

bool track_answers(
	struct relay *r, const struct message *m, struct wanted_here *ret)
{
	struct json_value v;
	struct mark subject;

	if (!responses_of(m, &v) || !track_subject(r, m, &subject))
		return false;
	wanted_look(&r->wanted, &subject, m, ret);
	return true;
}

bool track_forges(struct relay *r, const struct message *m)
{
	struct wanted_here here;
	struct json_value v;
	struct json_member one;
	struct json_iter i;

	if (!track_answers(r, m, &here) || !responses_of(m, &v) ||
		v.type != JSON_OBJECT)
		return false;
	i = json_iter(&v);
	while (json_next(&i, &one))
		if (!wanted_has(&here, &one.name))
			return true;
	return false;
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
	else if (tasks_is_about(m->method))
		admit_task(r, m, u);
	else if (pages_are_over(&r->pages, m))
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: the list has too many pages");
	if (u->answer != RULING_ERROR && !may_respond(r, m))
		ruling_error(u, ANSWER_INVALID_PARAMS,
			"Invalid params: inputResponses were not asked for");
}

static struct call *add(struct pending *p, const struct shapes *shapes,
	const struct message *m, uint64_t number)
{
	struct call *c = pending_add(p, &m->id);
	struct json_value token, name;

	if (!c)
		return NULL;
	c->number = number;
	c->start_us = clock_mono_us();
	c->method = m->method;
	c->era = m->era;
	c->of = m->method;
	if (m->method == METHOD_TOOLS_CALL &&
		json_get(&m->params, "name", &name))
		c->shape = shapes_find(shapes, &name);
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

/* What the log says of its answer, too. */
static int follow_origin(struct call *c, const struct task *t)
{
	c->origin = t->call;
	if (t->name_len == 0)
		return 0;
	c->tool = malloc(t->name_len);
	if (!c->tool)
		return -ENOMEM;
	memcpy(c->tool, t->name, t->name_len);
	c->tool_len = t->name_len;
	return 0;
}

/* What a task that it makes, or is about, has to know. */
static int follow_task(struct tasks *tasks, const struct shapes *shapes,
	const struct message *m, struct call *c)
{
	struct task *t = tasks_is_about(m->method)
				 ? tasks_of(tasks, m->era, &m->params)
				 : NULL;
	struct json_value name;

	if (t) {
		c->task = t->mark;
		c->shape = shapes_find_bytes(shapes, t->name, t->name_len);
		if (m->method == METHOD_TASKS_RESULT)
			c->of = t->method;
		return follow_origin(c, t);
	}
	c->wants_task =
		task_wanted(m) && (m->method == METHOD_TOOLS_CALL || c->is_ask);
	if (!c->wants_task || m->method != METHOD_TOOLS_CALL ||
		!json_get(&m->params, "name", &name))
		return 0;
	c->tool = malloc(TASK_NAME_MAX);
	if (!c->tool)
		return -ENOMEM;
	c->tool_len = json_string_copy(&name, c->tool, TASK_NAME_MAX);
	/* No policy permits a longer one. */
	if (c->tool_len > TASK_NAME_MAX)
		c->tool_len = TASK_NAME_MAX;
	return 0;
}

struct call *track_call(struct relay *r, const struct message *m)
{
	struct call *c = add(&r->calls, &r->shapes, m, r->call);
	struct listen *l = NULL;
	struct json_value level;

	if (!c)
		return NULL;
	if (listen_new(m, &l) < 0 || subscribe(r, m) < 0 ||
		follow_task(&r->tasks, &r->shapes, m, c) < 0) {
		listen_free(l);
		pending_remove(&r->calls, c);
		return NULL;
	}
	c->paged = pages_ask(&r->pages, m, &c->subject);
	(void)track_subject(r, m, &c->subject);
	if (l)
		pending_listen(&r->calls, c, l);
	else if (m->era == ERA_MODERN && json_get(&m->meta, LOG_LEVEL, &level))
		pending_log(&r->calls, c, log_level_read(&level));
	return c;
}

void track_answer(struct relay *r, const struct message *m, struct call *c)
{
	struct json_member one;
	struct json_value code;
	struct json_iter i;
	int64_t n;

	tasks_settle(&r->tasks, m, c);
	if (m->kind == MESSAGE_RESULT && c->era == ERA_MODERN)
		wanted_note(&r->wanted, &c->subject, &m->result);
	agreed_note(r, c, m);
	if (m->kind != MESSAGE_ERROR || !json_get(&m->error, "code", &code) ||
		!json_to_int64(&code, &n) || n != ANSWER_URL_ELICITATION)
		return;
	i = page_error_iter(&m->error);
	while (json_next(&i, &one))
		elicited_note(&r->elicited, &one.value);
}

struct call *track_ask(struct relay *r, const struct message *m)
{
	struct call *c = add(&r->asks, &r->shapes, m, r->n_calls);

	if (!c)
		return NULL;
	c->is_ask = true;
	(void)follow_task(
		&r->client_tasks, &r->shapes, m, c); /* names no tool */
	return c;
}

void track_asked(struct relay *r, const struct message *m)
{
	if (m->method == METHOD_ELICITATION_CREATE)
		elicited_note(&r->elicited, &m->params);
}
