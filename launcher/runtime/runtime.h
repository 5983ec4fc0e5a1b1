/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command really is: the program that runs, its interpreter, and the
 * folders that it is made of, found outside the sandbox without running any
 * code of the environment it belongs to.
 *
 * Supervisor's process, before anything is forked but a helper that asks a
 * version manager's shim where the real program lies. No result is ever `/`
 * or HOME or a parent of HOME.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/strv.h"

enum runtime_kind {
	RUNTIME_NONE = 0,
	RUNTIME_NODE,
	RUNTIME_PYTHON,
	RUNTIME_STATIC, /* static or dynamic binary, no interpreter known */
	RUNTIME_OTHER,  /* a script of another interpreter */
};

struct runtime_request {
	char *const *argv;        /* the user's COMMAND ARG…, at least one */
	char *const *env;         /* the client's environment; PATH is used */
	char *const *granted_env; /* NAME or NAME=VALUE of --env and profile:
			       PYTHONPATH, NODE_PATH, VIRTUAL_ENV count only
			       from here */
	const char *cwd;          /* absolute, canonical */
	const char *home;         /* absolute, or NULL */
	const char *workspace;    /* absolute, canonical, or NULL */
};

struct runtime_mount {
	char *path;   /* absolute, canonical; file or folder, read-only */
	char *reason; /* "interpreter of node, version root (nvm)" */
};

struct runtime_result {
	enum runtime_kind kind;
	char *exe;   /* absolute path to execute inside (never a shim) */
	char **argv; /* argv as to be passed; [0] as the user wrote it */
	char **argv_absolute; /* the same with the paths of the program and its
			  script made absolute: for a working directory that is
			  not the client's */
	char *cwd;            /* folder to start in instead of the client's (`uv
				     --directory`), mounted; or NULL */
	char **path_first;    /* folders to put first in the inner PATH */
	struct runtime_mount *mounts; /* in the order to be mounted, without
			     what lies in /usr /bin /lib* /etc; no duplicates,
			     none inside another */
	size_t n_mounts;
	char **links;  /* "LINK\tTARGET": symlinks outside the mounts that
			  must exist inside, e.g. ~/.local/bin/NAME */
	char **env;    /* NAME=VALUE the runtime needs, e.g. VIRTUAL_ENV */
	char *program; /* real path of the script or program; an interpreter
			  alone as spelled: whose state it is that is kept */
	char *package; /* the package's own name ("@scope/name"), or NULL */
	char *package_version; /* or NULL */
	char **notes; /* lines for stderr: skipped PATH folders, npx/uvx
			 advice */
};

void runtime_result_free(struct runtime_result *r);
static inline void cleanup_runtime(struct runtime_result **r)
{
	runtime_result_free(*r);
}
#define _runtime_ _cleanup_(cleanup_runtime)

/*
 * 0; <0 with e->text and e->status (EXIT_NOT_FOUND, EXIT_CANNOT_RUN, or
 * EXIT_REFUSED when the version root would be / or HOME).
 */
int runtime_discover(const struct runtime_request *q,
	struct runtime_result **ret, struct err *e) _must_use_;

const char *runtime_kind_name(enum runtime_kind k); /* "node", "python", … */
