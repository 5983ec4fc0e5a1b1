/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A cgroup (version 2) for one run, where one is ours to make.
 *
 * Supervisor, before the clone; the keeper removes it at the end. Limits that
 * it keeps are hard; all others are rlimits or sampled.
 */
#pragma once

#include "plan/plan.h"

struct cgroup {
	int parent_fd; /* O_PATH-like folder that it lies in, or -1 */
	int fd;        /* itself, or -1 */
	int events_fd; /* memory.events, or -1 */
	char name[96];
	bool memory, pids, cpu; /* controllers that hold a limit here */
};

/* Nothing. */
void cgroup_init(struct cgroup *g);
void cgroup_deinit(struct cgroup *g);

/* Looks for a place without making anything, for explain. 0; 1 none. */
int cgroup_find(struct cgroup *g) _must_use_;

/* What keeps a limit: "hard" (the kernel), "sampled" (a look now and then) or
 * "none". */
const char *cgroup_grade(
	const struct cgroup *g, const struct plan *p, enum limit_id id);

/* 0 made; 1 none is ours; <0 it is ours and failed. Sweeps what dead
 * supervisors left beside it. */
int cgroup_make(
	const struct plan *p, struct cgroup *g, struct err *e) _must_use_;
int cgroup_enter(const struct cgroup *g, pid_t pid, struct err *e) _must_use_;

/* For a start that failed before a keeper was there to do it. */
void cgroup_remove(struct cgroup *g);

/* Whether the kernel killed something in it for want of memory. */
bool cgroup_oom_killed(const struct cgroup *g);
