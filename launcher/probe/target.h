/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of this machine is tried to be reached: the rows, by area. Only
 * probe.c calls them.
 */
#pragma once

#include "probe/row.h"
#include "probe/world.h"

struct target {
	struct probe_rows *rows;
	const struct plan *plan;
	const struct probe_world *world;
	char *const *caller; /* the environment before the canary was put in */
};

/* Each 0 or -ENOMEM. */
int target_files(const struct target *t) _must_use_;
int target_writes(const struct target *t) _must_use_;
int target_sockets(const struct target *t) _must_use_;
int target_network(const struct target *t) _must_use_;
int target_processes(const struct target *t) _must_use_;
int target_environment(const struct target *t) _must_use_;
int target_kernel(const struct target *t) _must_use_;
