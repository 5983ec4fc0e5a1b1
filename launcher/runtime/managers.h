/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shims of version managers: a small program on PATH that picks the version
 * when it is run. Where it leads is read from the manager's folders; no shim
 * and no manager is ever run, and a version's name can only choose among what
 * is installed.
 */
#pragma once

#include "runtime/scan.h"

/*
 * @path is the command as found, @real what it leads to. 1 and the real
 * program in *ret_path if it is a shim; 0 if it is none; <0 with an error
 * (EXIT_CANNOT_RUN) if it is one and leads nowhere.
 */
int manager_resolve(struct scan *s, const char *path, const char *real,
	const char **ret_path) _must_use_;
