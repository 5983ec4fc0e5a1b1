/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Notifications of the server's: each passes only if it belongs to something
 * that the client has asked for and that goes on. What does not is dropped,
 * counted and recorded.
 */
#include <string.h>

#include "base/fd.h"
#include "relay/listen.h"
#include "relay/progress.h"
#include "relay/rework.h"
#include "relay/session.h"

#define SMALL 65536 /* passes under any cap of results */
#define TOO_LONG "a notification over the output limit"

/* Of what may not be read the client does not hear either. */
static bool may_tell(const struct relay *r, const struct json_value *uri)
{
	struct tool_verdict v;
	char text[URI_NAME_MAX + 1];
	size_t len = json_string_copy(uri, text, sizeof(text));

	tools_decide(r->allowed.resources, text,
		len < sizeof(text) ? len : sizeof(text), &v);
	return v.listed;
}

/* The subscription that it is tagged with. */
static bool tagged(const struct message *m, struct json_value *ret)
{
	return m->meta.type == JSON_OBJECT &&
	       json_get(&m->meta, META_SUBSCRIPTION, ret);
}

/* Before the client has said a word it may still speak either. */
static bool is_modern(const struct relay *r, const struct message *m)
{
	return m->era == ERA_MODERN ||
	       (r->era == ERA_MODERN && !r->client_legacy);
}

static struct call *live_listen(struct relay *r, const struct message *m)
{
	struct json_value id;
	struct call *c;

	if (!tagged(m, &id) ||
		(id.type != JSON_STRING && id.type != JSON_NUMBER))
		return NULL;
	c = pending_find(&r->calls, &id);
	return c && c->listen && !c->cancelled && !c->held ? c : NULL;
}

static const char *check_subscribed(struct relay *r, const struct message *m)
{
	struct call *c = live_listen(r, m);
	const char *reason =
		c ? listen_refuses(c->listen, m) : "of no subscription";

	if (c && !reason)
		listen_passed(c->listen, m);
	return reason;
}

static const char *check_changed(struct relay *r, const struct message *m)
{
	return is_modern(r, m) ? check_subscribed(r, m) : NULL;
}

static const char *check_updated(struct relay *r, const struct message *m)
{
	struct json_value uri;

	if (m->params.type != JSON_OBJECT ||
		!json_get(&m->params, "uri", &uri) || uri.type != JSON_STRING)
		return "uri is not a string";
	if (!may_tell(r, &uri))
		return "resource not permitted";
	if (is_modern(r, m))
		return check_subscribed(r, m);
	return listen_has_uri(&r->subscribed, &uri) ? NULL
						    : "not subscribed to";
}

static const char *check_progress(struct relay *r, const struct message *m)
{
	return progress_refuses(&r->calls.progress, m);
}

/* Where a legacy client has set no level, the server decides what it sends;
 * a modern one hears only what a request that goes on has asked for. */
static const char *check_message(struct relay *r, const struct message *m)
{
	struct json_value level;
	enum log_level is = LOG_LEVEL_NONE;

	if (m->params.type == JSON_OBJECT &&
		json_get(&m->params, "level", &level))
		is = log_level_read(&level);
	if (is == LOG_LEVEL_NONE)
		return "level is none of the eight";
	return !is_modern(r, m) || pending_logs(&r->calls, is)
		       ? NULL
		       : "a log message that no request asked for";
}

static const char *check_elicited(struct relay *r, const struct message *m)
{
	struct json_value id;

	if (m->params.type != JSON_OBJECT ||
		!json_get(&m->params, "elicitationId", &id) ||
		!elicited_take(&r->elicited, &id))
		return "of no elicitation";
	return NULL;
}

#define ASKS "a task that asks for what policy does not permit"

static const char *check_task_status(struct relay *r, const struct message *m)
{
	struct task *t = tasks_of(&r->tasks, ERA_LEGACY, &m->params);

	if (!t)
		return "an unknown task";
	if (wishes_permit_result(&r->wishes, &m->params) != WISH_ALLOW)
		return ASKS;
	tasks_note(&r->tasks, t, &m->params);
	return NULL;
}

/* It says all that tasks/get would. */
static const char *check_task(struct relay *r, const struct message *m)
{
	struct task *t = tasks_of(&r->tasks, ERA_MODERN, &m->params);
	const char *reason = check_subscribed(r, m);

	if (reason)
		return reason;
	if (!t)
		return "an unknown task";
	if (message_result_confused(&m->params) ||
		/* What has to be asked for, tasks/get brings. */
		wishes_permit_result(&r->wishes, &m->params) != WISH_ALLOW ||
		!wanted_fits(&m->params))
		return ASKS;
	wanted_note(&r->wanted, &t->mark, &m->params);
	tasks_note(&r->tasks, t, &m->params);
	return NULL;
}

static const struct {
	enum method method;
	/* NULL, or why it does not pass. */
	const char *(*check)(struct relay *r, const struct message *m);
} checks[] = {
	{METHOD_N_PROGRESS, check_progress},
	{METHOD_N_MESSAGE, check_message},
	{METHOD_N_TOOLS_LIST_CHANGED, check_changed},
	{METHOD_N_PROMPTS_LIST_CHANGED, check_changed},
	{METHOD_N_RESOURCES_LIST_CHANGED, check_changed},
	{METHOD_N_RESOURCES_UPDATED, check_updated},
	{METHOD_N_SUBSCRIPTIONS_ACKNOWLEDGED, check_subscribed},
	{METHOD_N_TASKS_STATUS, check_task_status},
	{METHOD_N_TASKS, check_task},
	{METHOD_N_ELICITATION_COMPLETE, check_elicited},
};

/* A server may cancel what it asked, or a subscription it was asked for. */
static enum lane_step server_cancels(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct entry_result x = {.outcome = "cancelled"};
	struct call *c = pending_find_named(&r->asks, m);

	if (c && c->held) {
		/* The client has never heard of it. */
		session_result_now(r, c, &x);
		hold_leave(r, c);
		pending_remove(&r->asks, c);
		return LANE_DROP;
	}
	if (c && !c->cancelled) {
		session_result_now(r, c, &x);
		pending_cancel(&r->asks, c);
		return LANE_PASS;
	}
	c = pending_find_named(&r->calls, m);
	if (!c || c->cancelled)
		return LANE_DROP;
	if (!c->listen) {
		session_note_server(
			r, m, line, len, "cancels what the client asked");
		return LANE_DROP;
	}
	session_result_now(r, c, &x);
	pending_cancel(&r->calls, c);
	return LANE_PASS;
}

static const char *server_note_refuses(
	struct relay *r, const struct message *m, size_t len)
{
	if (!method_permitted(m->method, DIR_S2C, MESSAGE_NOTIFICATION, m->era))
		return "unknown notification";
	if (len > r->caps.text_bytes && len > SMALL &&
		m->method != METHOD_N_TASKS)
		return TOO_LONG;
	for (size_t i = 0; i < ELEMENTS(checks); i++)
		if (checks[i].method == m->method)
			return checks[i].check(r, m);
	return NULL;
}

enum lane_step notify_client(
	struct relay *r, const struct message *m, const char *line, size_t len)
{
	struct incident i = {.reason = "notifications of the server"};
	const char *reason;

	if (!flood_allows(&r->flood, clock_mono_ms(), len)) {
		session_note(r, TALLY_BURST, &i);
		return LANE_DROP;
	}
	reason = server_note_refuses(r, m, len);
	if (reason) {
		session_note_server(r, m, line, len, reason);
		return LANE_DROP;
	}
	if (m->method == METHOD_N_CANCELLED)
		return server_cancels(r, m, line, len);
	if (m->method == METHOD_N_TASKS)
		return rework_task_note(r, m, line, len);
	return LANE_PASS;
}
