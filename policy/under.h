/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a path names something in a folder, by its spelling: components are
 * compared, `.` and `..` resolved lexically, so that a folder beside one with a
 * longer name is another. A symbolic link is not seen: what a server may reach
 * at all is for the sandbox. A path that lies elsewhere for servers that undo
 * `%2e%2e%2f` or take a backslash for a slash cannot be decided. Pure; no
 * state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define UNDER_DEPTH_MAX 256 /* components of a path */

enum under {
	UNDER_NO = 0,
	UNDER_YES, /* the folder itself, too */
	/* Relative, empty, a NUL in it, too deep, elsewhere for some: who knows
	 */
	UNDER_UNKNOWN,
};

/* @folder passes under_folder_valid(). */
enum under path_under(const char *path, size_t len, const char *folder);

/* Absolute, and without `.`, `..` or an empty component. */
bool under_folder_valid(const char *folder);
