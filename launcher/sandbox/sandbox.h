/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sandbox of one run, built from a plan.
 *
 * The supervisor prepares (what only the host's namespaces can do), clones the
 * child, writes its id maps; the child goes through the phases of phase.h and
 * splits into init, which stays, and the server's process, which execs.
 * struct sandbox lives in the supervisor and, as a copy, in the child.
 */
#pragma once

#include <sys/types.h>

#include "plan/plan.h"

struct sandbox {
	const struct plan *plan;
	int *trees;      /* one a mount of the plan: a detached clone made
			    outside (root), else -1 */
	int init_fd;     /* SEQPACKET to the supervisor, init's end */
	int server_fd;   /* the same for the server's process */
	int liveness_fd; /* read end: end of file is the supervisor's death */
	int server_in, server_out, server_err; /* the server's ends */
	bool memory_hard; /* a cgroup keeps the memory limit: init need not
			     sample */
	char **notes;     /* what preparing found worth a line; for stderr */
};

/* -1 everywhere. */
void sandbox_init(struct sandbox *s, const struct plan *plan);
void sandbox_deinit(struct sandbox *s);

/*
 * Supervisor, before the clone. Root: clones the sources in their own mount
 * namespace and maps their owners' ids, or refuses what cannot be mapped.
 * Ordinary user: nothing.
 */
int sandbox_prepare(struct sandbox *s, struct err *e) _must_use_;

/*
 * Supervisor: clones a child with all namespaces. In the child returns 0 and
 * the caller goes to sandbox_child(); in the supervisor the pid, with
 * *ret_pidfd.
 */
pid_t sandbox_clone(int *ret_pidfd, struct err *e) _must_use_;

/* Supervisor: user_namespaces(7), setgroups, gid_map and uid_map. */
int sandbox_map_ids(
	const struct plan *p, pid_t child, struct err *e) _must_use_;

/*
 * Supervisor, while the child waits: the kernel ends the sandbox before
 * anything of the user's when memory is short, 500 above what the client has
 * (proc(5), oom_score_adj). Root's server cannot take it back.
 */
int sandbox_oom_score(pid_t child, struct err *e) _must_use_;

/* The child: never returns; reports over its sockets. */
_Noreturn void sandbox_child(struct sandbox *s);

/*
 * Text for IPC_FAILED's phase .b of init or server, e.g. "mounting /proc";
 * a hint what to do for this errno, or NULL.
 */
void sandbox_failure(
	const struct plan *p, uint64_t where, int errnum, struct err *e);
