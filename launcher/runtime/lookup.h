/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which file a command's name means, outside the sandbox.
 */
#pragma once

#include "runtime/scan.h"

/*
 * A name with a slash is taken as it is, against the working directory. A bare
 * one is looked up in the client's PATH; entries that are empty or relative,
 * that are a node_modules/.bin or lie in the workspace are passed over, with a
 * note if the name is there. @not_in (or NULL) is one more folder to pass over
 * silently. The result names the program below its folder's real path.
 *
 * 0; -ENOENT; -EACCES when it is there but cannot be executed.
 */
int lookup_program(struct scan *s, const char *name, const char *not_in,
	const char **ret_path) _must_use_;
