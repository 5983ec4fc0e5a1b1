/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One discovery under way: the request, what has been found, and the bounds on
 * what may still be read.
 *
 * Lives for one runtime_discover(). Strings that scan_*() hand out belong to
 * the scan and live as long; NULL from them means out of memory, which sticks
 * in `oom` and makes the discovery fail at its end, so that callers may treat
 * it as "not there".
 */
#pragma once

#include <stdbool.h>

#include "runtime/runtime.h"

#define SCAN_MAX_LIBS 256     /* shared libraries followed */
#define SCAN_MAX_PACKAGES 64  /* linked packages followed */
#define SCAN_MAX_PTH 10000    /* lines of .pth files */
#define SCAN_MAX_ENTRIES 4096 /* entries of one folder */
#define SCAN_MAX_NOTES 32
#define SCAN_MAX_MOUNTS 512

struct scan {
	const struct runtime_request *q;
	struct runtime_result *r;
	struct err *e;
	char **kept; /* strings handed out */
	size_t n_kept, size_kept;
	char **links;   /* "LINK\tTARGET" of all symlinks met */
	char **first;   /* folders where bare names are looked up before PATH: a
			   manager's choice for what runs under it */
	char **skipped; /* folders of PATH that were passed over */
	size_t n_libs, n_packages, n_pth, n_linked;
	bool oom;
};

void scan_deinit(struct scan *s);
#define _scan_ _cleanup_(scan_deinit)

const char *scan_keep(struct scan *s, const char *text);
const char *scan_fmt(struct scan *s, const char *fmt, ...) _printf_(2, 3);
const char *scan_join(struct scan *s, const char *folder, const char *name);
const char *scan_parent(struct scan *s, const char *path);

/* @path made absolute against the client's working directory. */
const char *scan_absolute(struct scan *s, const char *path);

/*
 * The canonical path of what @path (absolute) leads to; NULL with errno if
 * it leads nowhere. Each symlink on the way is remembered, and becomes a link
 * of the result unless a mount holds it already.
 */
const char *scan_walk(struct scan *s, const char *path);

/* The same without remembering symlinks. */
const char *scan_real(struct scan *s, const char *path);

/*
 * Adds a mount of @path. 0 also if it is given or mounted already; 1 if it is
 * not there or is shared by others and was left out.
 */
int scan_mount(struct scan *s, const char *path, const char *reason);

/* As scan_mount(), but for one file, which may lie in a shared folder. */
int scan_mount_file(struct scan *s, const char *path, const char *reason);

bool scan_has_mount(const struct scan *s, const char *real);

/* A line for stderr, once. */
void scan_note(struct scan *s, const char *fmt, ...) _printf_(2, 3);

/* Adds to *v once, remembering lack of memory. */
void scan_add(struct scan *s, char ***v, const char *text);
void scan_env(struct scan *s, const char *name, const char *value);

/* Value of a variable that --env or the profile passes, or NULL. */
const char *scan_granted(struct scan *s, const char *name);

/* Whether the file can be executed; its real path must be given. */
bool scan_is_program(const char *path);

/*
 * Calls @visit for the entries of a folder, "." and ".." left out, at most
 * SCAN_MAX_ENTRIES, until it returns true.
 */
typedef bool (*scan_visit_fn)(
	struct scan *s, const char *folder, const char *name, void *data);
void scan_folder(
	struct scan *s, const char *folder, scan_visit_fn visit, void *data);

/* Puts the links that are needed into the result. */
void scan_finish(struct scan *s);
