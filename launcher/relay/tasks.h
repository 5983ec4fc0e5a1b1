/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tasks of this session: each is bound to the request that made it, and
 * nobody hears of another one.
 *
 * A table a side: those that the server runs for the client, and the other way
 * round (legacy only). Relay's process; bounded: the oldest that has ended
 * goes first, then the oldest.
 */
#pragma once

#include "policy/tasks.h"
#include "relay/entry.h"
#include "relay/mark.h"
#include "relay/pending.h"

#define TASKS_MAX 1024
#define TASK_NAME_MAX 1024 /* bytes of the tool's name */

struct task {
	struct task *newer;
	struct mark mark;
	enum method method; /* of the request */
	enum message_era era;
	uint64_t call; /* its number in the log */
	bool ended;
	struct progress_token *token; /* goes on beyond the answer; or NULL */
	uint64_t taken[2]; /* of its call: until it ends or is cancelled */
	size_t name_len;
	char name[]; /* of the tool */
};

struct tasks {
	struct task *oldest, *newest;
	size_t n;
	struct mark_key key;
	struct pending *pending; /* where tokens and limits are */
};

struct relay;

void tasks_init(struct tasks *t, struct pending *pending);
void tasks_deinit(struct tasks *t);

/* NULL: there is none with that id (a string) of that era. */
struct task *tasks_find(
	struct tasks *t, enum message_era era, const struct json_value *id);

/*
 * The task that @params is about, of a request or notification in either
 * direction, if it is one that the other side runs.
 */
struct task *tasks_of(
	struct tasks *t, enum message_era era, const struct json_value *params);

/* The request asks about a task. */
bool tasks_is_about(enum method m);

/* What made the task that the request @m is about; nothing if there is none. */
struct entry_origin tasks_origin(struct tasks *t, const struct message *m);

/*
 * Whether an answer to @c may not pass: it makes a task that nobody asked for,
 * or that there is already, or tells of another task than it was asked for.
 * Sees only. NULL, or why not.
 */
const char *tasks_refuses(
	struct tasks *t, const struct message *m, const struct call *c);

/* The answer to @c goes on: what it makes or ends is noted. */
void tasks_settle(struct tasks *t, const struct message *m, struct call *c);

/* What a notification says of a task: whether it has ended. */
void tasks_note(
	struct tasks *t, struct task *task, const struct json_value *status);

/* Cuts what is unknown out of an answer to tasks/list; as task_list_cut(). */
int tasks_cut(struct tasks *t, const char *line, size_t len,
	const struct json_value *result, struct out *out);
