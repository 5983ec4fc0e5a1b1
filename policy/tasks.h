/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks as messages carry them: work that a request has begun and whose result
 * is fetched later. 2025-11-25 has them in the protocol, from 2026-07-28 on
 * they are the extension io.modelcontextprotocol/tasks.
 *
 * Pure; no state.
 */
#pragma once

#include "policy/message.h"
#include "policy/out.h"

/* What `resultType` says of a result. */
enum result_type {
	RESULT_UNKNOWN = 0, /* invalid, as the specification has it */
	RESULT_COMPLETE,    /* or absent */
	RESULT_INPUT_REQUIRED,
	RESULT_TASK,
};

enum result_type result_type(const struct json_value *result);

/* Whether the request may be answered by a task: it asks for one (legacy), or
 * its sender says that it understands them (modern). */
bool task_wanted(const struct message *m);

/*
 * The task that a result is, as an object with taskId and status: legacy
 * result.task, modern the result itself if that is its type. False: none.
 */
bool task_created(enum message_era era, const struct json_value *result,
	struct json_value *ret_task);

/* The string taskId of a task or of params. */
bool task_id(const struct json_value *object, struct json_value *ret);

/* Its status is one of those that nothing follows. */
bool task_ended(const struct json_value *task);

/*
 * Writes a tasks/list result line without the tasks that @known does not know.
 * 0; 1 if nothing has to change (nothing written); -EINVAL if the result has
 * no list; -ENOMEM.
 */
int task_list_cut(const char *line, size_t len, const struct json_value *result,
	bool (*known)(void *context, const struct json_value *id),
	void *context, struct out *out);
