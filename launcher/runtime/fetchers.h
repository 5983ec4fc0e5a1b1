/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that fetch a package and then run it: npx, uvx and the like. There
 * is no network for that: a package that is installed already is started in
 * their place, as long as they were asked for nothing else; else they run like
 * any program, and a note says at once how to start the server itself.
 */
#pragma once

#include "runtime/chain.h"
#include "runtime/scan.h"

/*
 * @argv is the user's command, of which @c was found. Told by the file that
 * runs, not by the name it was called by. 0 and what to run instead; 1 if it
 * is to be run itself, or is none of them.
 */
int fetcher_read(struct scan *s, const struct chain *c, char *const *argv,
	char ***ret_argv) _must_use_;
