/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "protocol.classes", "roles", "tasks" and "contexts" of a profile, and what a
 * session is declared to be where no option says otherwise: "role", "task",
 * "context", "tenant". Kept as text, NAME=…; read again for the one that a
 * session has.
 *
 * Any process before it forks.
 */
#pragma once

#include "plan/profile_key.h"
#include "policy/roles.h"

profile_key_fn profile_set_classes;
profile_key_fn profile_set_roles;
profile_key_fn profile_set_tasks;
profile_key_fn profile_set_contexts;
profile_key_fn profile_set_session;

#define TASK_EXPIRES_DEFAULT 3600ULL /* of a role too; seconds */

/* What a role of one session comes to: patterns of tools. */
struct role_lists {
	char **deny, **token, **allow;
	char **over;          /* tools of its own, whatever their class is */
	enum grant otherwise; /* of what is in no class */
};

void role_lists_deinit(struct role_lists *r);

/*
 * The role @name of @f, else the built-in one, over the classes of @f. 0; 1
 * there is none; -ENOMEM.
 */
int profile_role_lists(const struct profile *f, const char *name,
	struct role_lists *ret) _must_use_;
/* Whether @f has the role itself. */
bool profile_has_role(const struct profile *f, const char *name);

struct task {
	char **tools;
	uint64_t expires_s;
	uint64_t expected_s; /* 0: nothing is */
};

void task_deinit(struct task *t);
#define _task_ _cleanup_(task_deinit)
/* 0; 1 there is none; -ENOMEM. */
int profile_task(
	const struct profile *f, const char *name, struct task *ret) _must_use_;

/* The list @name of a role or a task as it is kept. */
int profile_named_list(
	const char *text, const char *name, char ***ret) _must_use_;

/* What stands behind NAME= in a list of such, or NULL. */
const char *profile_named(char *const *list, const char *name);

/* "a, b and c": the names of @list, with those that are built in where
 * @builtin; "none" for none. */
void profile_names_text(
	char *const *list, bool builtin, char *dst, size_t size);

/* A name of a role, task, context or tenant. */
int profile_check_plain(const char *name, struct err *e);
