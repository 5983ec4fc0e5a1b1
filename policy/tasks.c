/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/tasks.h"

#include <errno.h>

#include "policy/splice.h"

#define CAPABILITIES "io.modelcontextprotocol/clientCapabilities"
#define EXTENSION "io.modelcontextprotocol/tasks"

enum result_type result_type(const struct json_value *result)
{
	struct json_value v;

	if (result->type != JSON_OBJECT)
		return RESULT_UNKNOWN;
	if (!json_get(result, "resultType", &v))
		return RESULT_COMPLETE;
	if (v.type != JSON_STRING)
		return RESULT_UNKNOWN;
	if (json_string_eq(&v, "complete"))
		return RESULT_COMPLETE;
	if (json_string_eq(&v, "input_required"))
		return RESULT_INPUT_REQUIRED;
	return json_string_eq(&v, "task") ? RESULT_TASK : RESULT_UNKNOWN;
}

static bool get_object(
	const struct json_value *from, const char *name, struct json_value *ret)
{
	return from->type == JSON_OBJECT && json_get(from, name, ret) &&
	       ret->type == JSON_OBJECT;
}

bool task_wanted(const struct message *m)
{
	struct json_value v, extensions;

	if (m->era == ERA_MODERN)
		return get_object(&m->meta, CAPABILITIES, &v) &&
		       get_object(&v, "extensions", &extensions) &&
		       get_object(&extensions, EXTENSION, &v);
	return get_object(&m->params, "task", &v);
}

bool task_created(enum message_era era, const struct json_value *result,
	struct json_value *ret_task)
{
	struct json_value task = *result, id;

	if (era == ERA_MODERN) {
		if (result_type(result) != RESULT_TASK)
			return false;
	} else if (!get_object(result, "task", &task)) {
		return false;
	}
	if (!task_id(&task, &id))
		return false;
	*ret_task = task;
	return true;
}

bool task_id(const struct json_value *object, struct json_value *ret)
{
	return object->type == JSON_OBJECT && json_get(object, "taskId", ret) &&
	       ret->type == JSON_STRING;
}

bool task_ended(const struct json_value *task)
{
	struct json_value v;

	return task->type == JSON_OBJECT && json_get(task, "status", &v) &&
	       v.type == JSON_STRING &&
	       (json_string_eq(&v, "completed") ||
		       json_string_eq(&v, "failed") ||
		       json_string_eq(&v, "cancelled"));
}

int task_list_cut(const char *line, size_t len, const struct json_value *result,
	bool (*known)(void *context, const struct json_value *id),
	void *context, struct out *out)
{
	struct splice s = {.out = out, .text = line, .len = len};
	struct splice_list l = {0};
	struct json_value list, id;
	struct json_member m;
	struct json_iter i;
	size_t cuts = 0;

	if (result->type != JSON_OBJECT || result->text != line ||
		!json_get(result, "tasks", &list) || list.type != JSON_ARRAY)
		return -EINVAL;
	i = json_iter(&list);
	while (json_next(&i, &m)) {
		if (task_id(&m.value, &id) && known(context, &id)) {
			splice_list_keep(&l, &m);
			continue;
		}
		splice_list_drop(&s, &l, &m);
		cuts++;
	}
	if (cuts == 0)
		return 1;
	splice_finish(&s);
	return out->failed ? -ENOMEM : 0;
}
