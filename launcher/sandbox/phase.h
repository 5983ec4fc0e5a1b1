/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The phases that the child goes through, in order, and what they share.
 *
 * Child process only. A phase that fails reports {errno, phase, item} to the
 * supervisor and the child ends: there is no sandbox with a phase left out.
 */
#pragma once

#include "sandbox/sandbox.h"

enum phase {
	PHASE_NONE = 0,
	/* in the child, which becomes init */
	PHASE_NETNS,    /* network namespace */
	PHASE_MAPS,     /* wait until the supervisor wrote the id maps */
	PHASE_MEMFD,    /* root: no memfd runs as a program */
	PHASE_IDS,      /* become uid and gid 1000 */
	PHASE_LIVENESS, /* die with the supervisor */
	PHASE_SESSION,  /* session, keyring, signals */
	PHASE_SOURCES,  /* find the planned sources again, clone them */
	PHASE_CGROUP,   /* cgroup namespace */
	PHASE_ROOT,     /* a tmpfs that becomes the root */
	PHASE_TREE,     /* everything in it */
	PHASE_PROC,     /* kernel knobs, then /proc's dangerous parts shut */
	PHASE_PIVOT,    /* leave the old root */
	PHASE_NETWORK,  /* loopback, host name */
	PHASE_FORK,     /* the server's process */
	PHASE_INIT,     /* init shuts itself in */
	/* in the server's process */
	PHASE_USERNS,   /* second user namespace */
	PHASE_STDIO,    /* descriptors 0 to 2, folder, umask */
	PHASE_LIMITS,   /* resource limits */
	PHASE_CAPS,     /* no capability */
	PHASE_LANDLOCK, /* the same grants, a second wall */
	PHASE_CLOSE,    /* nothing from 3 up */
	PHASE_SECCOMP,  /* the system calls */
	PHASE_READY,    /* say so, wait for the word */
	PHASE_EXEC,
	_PHASE_N
};

struct child {
	struct sandbox *s;
	const struct plan *plan;
	int root;   /* the new root, O_PATH-like descriptor of its mount */
	int parent; /* the folder of the last mount point, and its path */
	const char *parent_path;
	size_t parent_len;
	int proc;    /* /proc to write our own id maps and scores through */
	size_t item; /* index of the mount that a phase works on, for reports */
	pid_t server;
	mode_t umask;     /* the client's, for the server */
	const char *hint; /* fixed words for the failure, or NULL */
};

int phase_sources(struct child *c);
int phase_root(struct child *c);
int phase_tree(struct child *c);
int phase_memfd(struct child *c);
int phase_proc(struct child *c);
int phase_pivot(struct child *c);
int phase_network(struct child *c);
int phase_userns(struct child *c);
int phase_stdio(struct child *c);
int phase_limits(struct child *c);
int phase_landlock(struct child *c);

/* A detached clone of @m's source in this mount namespace, with its flags
 * set; *ret is its descriptor. -ESTALE when it is not what was planned. */
int source_clone(const struct plan_mount *m, int *ret_tree) _must_use_;

/* Id mapping for root's grants, see idmap.c. */
struct idmap;
struct idmap *idmap_new(uid_t spare_uid, gid_t spare_gid);
void idmap_free(struct idmap *m);
/* Maps the owner of a detached tree to the spare ids. 1 where the filesystem
 * cannot, or may not from here. */
int idmap_apply(struct idmap *m, int tree, uid_t owner, gid_t group) _must_use_;

/* init's own life, see init.c; never returns. */
_Noreturn void init_run(struct child *c);
