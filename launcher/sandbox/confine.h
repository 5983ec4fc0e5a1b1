/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a process of stockade's shuts itself in once it is set up.
 *
 * The last act of set-up in supervisor, relay, keeper, init and the server's
 * process: no capability (verified), no_new_privs, not dumpable (but for the
 * server), Landlock where design has it, and the role's own seccomp list,
 * compiled to BPF at build time. There is no way back.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ipc.h"

/*
 * Drops every capability from every set, and with CAP_SETPCAP the bounding set
 * too, and locks the securebits; without it the bounding set stays as it was
 * (an ordinary user's process cannot drop it, and no_new_privs, which the
 * caller sets first, keeps exec from taking from it). Verified with a fresh
 * capget(2) and by asking for each capability of the other two sets.
 */
int confine_capabilities(struct err *e) _must_use_;

/*
 * One path of a Landlock ruleset. Each grants reading of files and folders
 * unless it is list_only; a grant on a file takes only what files have.
 */
struct landlock_grant {
	int fd;     /* O_PATH */
	bool write; /* write, create, remove, rename, link as well */
	bool exec;  /* execve(2) as well */
	/* Nothing but, on a folder: */
	bool make_files;     /* making, writing and removing plain files */
	bool remove_files;   /* removing what is no folder */
	bool remove_folders; /* removing folders, which are empty then */
	bool list_only;      /* nothing but listing this folder and those below
				it: "/" */
};

/*
 * ABI of the running kernel; 0 where Landlock is not there (ENOSYS or
 * EOPNOTSUPP), below 0 for any other error.
 */
int landlock_abi(void);

/*
 * Restricts the calling process to @grants, all rights of the best ABI
 * handled, with all scopes that it has. No grant lends the connect to a
 * socket that somebody outside made (ABI 9). @n 0 denies every path. 0; 1 when
 * left out (no Landlock, or ABI 1); <0. no_new_privs must be set.
 */
int confine_landlock(const struct landlock_grant *grants, size_t n,
	struct err *e) _must_use_;

/* Which compiled filter. */
enum filter_id {
	FILTER_NONE = 0,
	FILTER_SERVER,
	FILTER_SERVER_NESTED, /* with what Chromium's own sandbox calls */
	FILTER_SUPERVISOR,
	FILTER_RELAY,
	FILTER_KEEPER,
	FILTER_INIT,
	_FILTER_N
};

struct filter {
	const uint64_t *code; /* struct sock_filter, 8 bytes each, in the
				 host's order of bytes */
	unsigned short len;   /* instructions */
};

/* The table that the build made. */
const struct filter *filter_get(enum filter_id id);

/* Loads it for this process; no_new_privs must be set. */
int confine_seccomp(enum filter_id id, struct err *e) _must_use_;

/*
 * All of the above for one of our own processes (not the server): descriptors
 * other than @keep[0..n_keep) and 2 closed, dumpable off, no_new_privs,
 * capabilities, Landlock with @grants (not for the supervisor; init's has no
 * signal scope, for it must reach the server), seccomp. Each is verified as
 * far as the kernel tells. 0; 1 when all is done but Landlock, which the kernel
 * has not; <0, and then the process must end.
 */
int confine_self(enum ipc_role role, const int *keep, size_t n_keep,
	const struct landlock_grant *grants, size_t n_grants,
	struct err *e) _must_use_;
