/* SPDX-License-Identifier: Apache-2.0 */
#include "relay/tasks.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define NOT_ASKED "The server began a task that nobody asked for."
#define TWICE "The server gave a task the id of another one."
#define OTHER "The server answered about another task than it was asked for."

void tasks_init(struct tasks *t, struct pending *pending)
{
	*t = (struct tasks){.pending = pending};
	mark_key_make(&t->key);
}

static void task_free(struct tasks *t, struct task *task)
{
	progress_remove(&t->pending->progress, task->token);
	pending_give_back(t->pending, task->taken);
	free(task);
}

void tasks_deinit(struct tasks *t)
{
	struct task *task;

	while ((task = t->oldest)) {
		t->oldest = task->newer;
		task_free(t, task);
	}
	t->newest = NULL;
	t->n = 0;
}

struct task *tasks_find(
	struct tasks *t, enum message_era era, const struct json_value *id)
{
	struct mark mark;

	if (id->type != JSON_STRING || !mark_make(&t->key, id, &mark))
		return NULL;
	for (struct task *task = t->oldest; task; task = task->newer)
		if (task->era == era && mark_equal(&task->mark, &mark))
			return task;
	return NULL;
}

struct task *tasks_of(
	struct tasks *t, enum message_era era, const struct json_value *params)
{
	struct json_value id;

	return task_id(params, &id) ? tasks_find(t, era, &id) : NULL;
}

bool tasks_is_about(enum method m)
{
	return m == METHOD_TASKS_GET || m == METHOD_TASKS_RESULT ||
	       m == METHOD_TASKS_CANCEL || m == METHOD_TASKS_UPDATE;
}

struct entry_origin tasks_origin(struct tasks *t, const struct message *m)
{
	const struct task *of = tasks_is_about(m->method)
					? tasks_of(t, m->era, &m->params)
					: NULL;

	if (!of)
		return (struct entry_origin){0};
	return (struct entry_origin){of->call, of->name, of->name_len};
}

/* Takes one out of the list: the oldest that has ended, or the oldest. */
static void evict(struct tasks *t)
{
	struct task *victim = t->oldest, *before = NULL;

	for (struct task *task = t->oldest; task; task = task->newer)
		if (task->ended) {
			victim = task;
			break;
		}
	if (!victim)
		return;
	for (struct task *task = t->oldest; task != victim; task = task->newer)
		before = task;
	*(before ? &before->newer : &t->oldest) = victim->newer;
	if (t->newest == victim)
		t->newest = before;
	t->n--;
	task_free(t, victim);
}

/* What names a task names the one that the request was about. */
static bool names_another(
	const struct tasks *t, const struct message *m, const struct call *c)
{
	struct json_value id;
	struct mark mark;

	if (!tasks_is_about(c->method) || c->method == METHOD_TASKS_RESULT ||
		m->result.type != JSON_OBJECT ||
		!json_get(&m->result, "taskId", &id))
		return false;
	return id.type != JSON_STRING || !mark_make(&t->key, &id, &mark) ||
	       !mark_equal(&mark, &c->task);
}

const char *tasks_refuses(
	struct tasks *t, const struct message *m, const struct call *c)
{
	struct json_value task, id;

	if (m->kind != MESSAGE_RESULT)
		return NULL;
	if (names_another(t, m, c))
		return OTHER;
	if (c->era != ERA_MODERN && !c->wants_task)
		return NULL;
	if (c->era == ERA_MODERN && result_type(&m->result) != RESULT_TASK)
		return NULL;
	if (!task_created(c->era, &m->result, &task))
		return c->era == ERA_MODERN ? NOT_ASKED : NULL;
	if (!c->wants_task)
		return NOT_ASKED;
	return task_id(&task, &id) && tasks_find(t, c->era, &id) ? TWICE : NULL;
}

/* Bound to its call: what that may send, it may go on to send. Out of memory
 * it is one that nobody knows. */
static void bind(struct tasks *t, struct call *c, const struct json_value *task)
{
	struct json_value id;
	struct task *n = calloc(1, sizeof(*n) + c->tool_len);

	if (!n || !task_id(task, &id) || !mark_make(&t->key, &id, &n->mark)) {
		free(n);
		return;
	}
	if (t->n >= TASKS_MAX)
		evict(t);
	n->method = c->method;
	n->era = c->era;
	n->call = c->number;
	n->ended = task_ended(task);
	/* In the modern era tasks tell of no progress. */
	if (c->era == ERA_LEGACY && !n->ended)
		n->token = take_ptr(c->token);
	/* It is at work after its answer: else tasks were the way round what
	 * limits calls at a time. */
	if (!n->ended) {
		memcpy(n->taken, c->taken, sizeof(n->taken));
		memset(c->taken, 0, sizeof(c->taken));
	}
	n->name_len = c->tool_len;
	if (c->tool_len)
		memcpy(n->name, c->tool, c->tool_len);
	*(t->newest ? &t->newest->newer : &t->oldest) = n;
	t->newest = n;
	t->n++;
}

void tasks_note(
	struct tasks *t, struct task *task, const struct json_value *status)
{
	if (!task_ended(status))
		return;
	task->ended = true;
	progress_remove(&t->pending->progress, take_ptr(task->token));
	pending_give_back(t->pending, task->taken);
}

void tasks_settle(struct tasks *t, const struct message *m, struct call *c)
{
	static const char ended[] = "{\"status\":\"completed\"}";
	struct json_value task = m->result;
	struct task *of;

	if (m->kind != MESSAGE_RESULT)
		return;
	if (c->wants_task && task_created(c->era, &m->result, &task)) {
		bind(t, c, &task);
		return;
	}
	if (!tasks_is_about(c->method))
		return;
	for (of = t->oldest; of; of = of->newer)
		if (of->era == c->era && mark_equal(&of->mark, &c->task))
			break;
	if (!of)
		return;
	/* As a call that is cancelled. */
	if (c->method == METHOD_TASKS_CANCEL)
		pending_give_back(t->pending, of->taken);
	if (c->method == METHOD_TASKS_RESULT)
		task = json_value_of(ended, 0, sizeof(ended) - 1, JSON_OBJECT);
	tasks_note(t, of, &task);
}

static bool known(void *context, const struct json_value *id)
{
	return tasks_find(context, ERA_LEGACY, id) != NULL;
}

int tasks_cut(struct tasks *t, const char *line, size_t len,
	const struct json_value *result, struct out *out)
{
	return task_list_cut(line, len, result, known, t, out);
}
