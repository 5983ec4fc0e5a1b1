/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at another process: what it is, and from whom it descends.
 *
 * Supervisor's process, also once it is shut in: reads /proc/PID/stat and the
 * link /proc/PID/exe, nothing else. What a process can do about it: become
 * somebody else's child (setsid, a double fork); a hurdle, not a wall, and the
 * manual says so.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/approval.h"

/* A process that cannot be mistaken for a later one of the same number. */
struct process_id {
	pid_t pid;
	uint64_t start; /* clock ticks since boot, /proc/PID/stat field 22 */
};

/* 0 or -errno. */
int process_id(pid_t pid, struct process_id *ret) _must_use_;

/*
 * Who started us: the parent, or, where that is a shell that only runs one
 * command (sh -c, as client libraries do), who started it.
 */
int process_client(struct process_id *ret) _must_use_;

/*
 * Fills @ret for the process @pid. PEER_DESCENDS if it, or whoever started it,
 * is one of @kin.
 */
void process_look(pid_t pid, const struct process_id *kin, size_t n_kin,
	struct approval_peer *ret);
