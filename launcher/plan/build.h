/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of making a plan, one file each; only plan.c calls them.
 */
#pragma once

#include <limits.h>
#include <sys/stat.h>

#include "plan/plan.h"

/* Adds a mount and gives it to fill further; NULL when out of memory. The
 * strings are copied; NULL is fine. */
struct plan_mount *plan_mount_add(struct plan *p, enum mount_kind kind,
	const char *target, const char *source, const char *reason);

void plan_mounts_free(struct plan *p);

/* The mount whose target is exactly this, or NULL. */
struct plan_mount *plan_mount_find(const struct plan *p, const char *target);

/* The innermost bind or tmpfs that @path lies in, or NULL. */
struct plan_mount *plan_mount_over(const struct plan *p, const char *path);

/* Parents before children, one a target. */
void plan_mounts_sort(struct plan *p);

/* /usr and its links, /etc, /dev, /proc, HOME, /tmp: what every run has. */
int plan_system(struct plan *p, struct err *e) _must_use_;

/*
 * One grant of a path: resolves it, and refuses what can never be granted.
 * @spelled may be relative to the current folder; @reason is kept as it is.
 */
int plan_grant(struct plan *p, const char *spelled, bool write,
	const char *reason, struct err *e) _must_use_;
/* Gives all that was asked for, so far as policies leave it. */
int plan_grants_give(struct plan *p, struct err *e) _must_use_;
/* The same as if there were no policies. */
int plan_grants_whole(struct plan *p, struct err *e) _must_use_;
void plan_grants_deinit(struct plan *p);

/* p->own, as they really are. */
int plan_own(struct plan *p, struct err *e) _must_use_;
/* Makes those that a grant would show: a mask needs something to lie on. */
void plan_own_make(const struct plan *p);

/* realpath(3) of what may not be there yet: the deepest folder above it that
 * is, and the rest as spelled. */
int plan_real_path(const char *path, char ret_real[PATH_MAX]) _must_use_;

/* Whether @path lies in the folder, by whatever name that is mounted. */
bool plan_holds(const struct stat *folder, const char *path);

/* Folders that the runtime needs, read-only. */
int plan_runtime(struct plan *p, struct err *e) _must_use_;

/* The private folder of this profile and program, at /state; made if @make. */
int plan_state(struct plan *p, bool make, struct err *e) _must_use_;

/* Masks, protected names and sockets; after all grants are known. */
int plan_guard(struct plan *p, struct err *e) _must_use_;

/* argv, environment, cwd, hints for arguments that name what is not there. */
int plan_environment(struct plan *p, char *const *granted, char *const *host,
	struct err *e) _must_use_;
int plan_cwd(struct plan *p, const char *cwd, struct err *e) _must_use_;
int plan_hints(struct plan *p, struct err *e) _must_use_;

/*
 * Role, task, context and tenant, and what they come to; a context is one more
 * of what only narrows.
 */
int plan_declare(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;
/* And a context has its say in what was asked for before it was known. */
int plan_declare_run(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;
void plan_declare_deinit(struct plan *p);

/* What may be called, got, read and asked, and the caps of results. */
int plan_names(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;
void plan_names_deinit(struct plan *p);

/* How much a session may do; after what narrows is known. */
int plan_quotas(struct plan *p, struct err *e) _must_use_;
void plan_quotas_deinit(struct plan *p);

/* The uid and gid of the server on the host. */
int plan_ids(struct plan *p, struct err *e) _must_use_;

/* exe, argv and the server's name, from what was discovered. */
int plan_command(struct plan *p, struct err *e) _must_use_;

/* p->digest, from the profile's and the options. */
int plan_digest(
	struct plan *p, const struct plan_options *o, struct err *e) _must_use_;

/* Adds the symbolic links that @spelled passes through, where they do not lie
 * in a mount, so that the same spelling works inside. */
int plan_links(struct plan *p, const char *spelled, struct err *e) _must_use_;
