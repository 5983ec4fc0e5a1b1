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

/* Drops every capability from every set, locks securebits, verifies with a
 * fresh capget(2) that nothing is left. */
int confine_capabilities(struct err *e) _must_use_;

/* One path of a Landlock ruleset. */
struct landlock_grant {
	int fd;     /* O_PATH */
	bool write; /* else read and execute */
	bool exec;
};

/* ABI of the running kernel; 0 where Landlock is not there (ENOSYS or
 * EOPNOTSUPP), below 0 for any other error. */
int landlock_abi(void);

/*
 * Restricts the calling process to @grants, all rights of the best ABI
 * handled, with all scopes that it has. @n 0 denies every path. 0; 1 when left
 * out (no Landlock, or ABI 1); <0.
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
	const uint64_t *code; /* struct sock_filter, 8 bytes each */
	unsigned short len;   /* instructions */
};

/* The table that the build made. */
const struct filter *filter_get(enum filter_id id);

/* Loads it for this process; no_new_privs must be set. */
int confine_seccomp(enum filter_id id, struct err *e) _must_use_;

/*
 * All of the above for one of our own processes (not the server): dumpable
 * off, no_new_privs, capabilities, Landlock with @grants (not for the
 * supervisor), seccomp. Descriptors other than @keep[0..n_keep) and 2 are
 * closed first.
 */
int confine_self(enum ipc_role role, const int *keep, size_t n_keep,
	const struct landlock_grant *grants, size_t n_grants,
	struct err *e) _must_use_;
