/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shims of the different managers have in common: where the shim
 * lies, and how a version is chosen among the installed ones.
 */
#pragma once

#include "runtime/scan.h"

#define SHIM_MAX_BYTES 8192
#define SHIM_MAX_DEPTH 64 /* folders above the working directory */

struct shim {
	const char *path;
	const char *real;
	const char *folder; /* real folder of path */
	const char *above;  /* the folder above that one */
	const char *name;   /* the program that is asked for */
	const char *text;   /* of a small script; "" otherwise */
};

/* A manager's reader: as manager_resolve(), for a shim that is its own. */
typedef int (*shim_resolve_fn)(
	struct scan *s, const struct shim *shim, const char **ret_path);

bool shim_is_xenv(const struct shim *shim); /* pyenv, nodenv, rbenv */
int shim_resolve_xenv(
	struct scan *s, const struct shim *shim, const char **ret_path);
bool shim_is_asdf(const struct shim *shim);
int shim_resolve_asdf(
	struct scan *s, const struct shim *shim, const char **ret_path);
bool shim_is_mise(const struct shim *shim);
int shim_resolve_mise(
	struct scan *s, const struct shim *shim, const char **ret_path);
bool shim_is_volta(const struct shim *shim);
int shim_resolve_volta(
	struct scan *s, const struct shim *shim, const char **ret_path);
bool shim_is_snap(const struct shim *shim);
int shim_resolve_snap(
	struct scan *s, const struct shim *shim, const char **ret_path);

/* True if the shim lies in a folder called "shims". */
bool shim_in_shims(const struct shim *shim);

/*
 * The entry of @folder that a version's name means: itself, or the highest
 * that only adds numbers to it ("3.11" → "3.11.7"). NULL if none is installed
 * or @wanted is no plain name.
 */
const char *shim_installed(
	struct scan *s, const char *folder, const char *wanted);

/* The program on the user's PATH behind the shims ("system"). 1 or <0. */
int shim_system(struct scan *s, const struct shim *shim, const char **ret_path);

/* EXIT_CANNOT_RUN: the manager has no version for the program. */
int shim_fail(struct scan *s, const struct shim *shim, const char *manager,
	const char *why);

/* @folder/bin/NAME if it is a program, or NULL. */
const char *shim_program(struct scan *s, const char *folder, const char *name);
