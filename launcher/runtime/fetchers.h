/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands that fetch a package and then run it: npx, uvx and the like. They
 * run like any program, without network; a note says at once how to start the
 * server itself.
 */
#pragma once

#include "runtime/chain.h"
#include "runtime/scan.h"

/*
 * @argv is the user's command, of which @c was found. Told by the file that
 * runs, not by the name it was called by.
 */
void fetcher_advise(struct scan *s, const struct chain *c, char *const *argv);
