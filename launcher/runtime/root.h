/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The version root of a program: the one folder that it is made of, and which
 * manager put it there.
 */
#pragma once

#include "runtime/scan.h"

/*
 * A tree whose programs use each other's files (Nix, Guix, Homebrew), so that
 * only the whole of it works: its folder, or NULL.
 */
const char *root_whole(
	struct scan *s, const char *real, const char **ret_manager);

/* Who manages the file: "nvm", "pyenv", …; "" if nobody known. */
const char *root_manager(const char *real);

/*
 * Mounts the version root of the interpreter @real, called @what ("node"): the
 * folder above its bin. Where that is shared with other things, only the file
 * and the folders in @parts (relative to it, NULL-terminated) that are there.
 * <0 with an error if it would be the root, HOME or a parent of HOME.
 */
int root_mount(struct scan *s, const char *real, const char *what,
	const char *const *parts) _must_use_;
