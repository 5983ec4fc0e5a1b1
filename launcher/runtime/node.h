/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folders that a JavaScript program is made of: its package, the
 * node_modules it finds its dependencies in, and what is linked into them.
 */
#pragma once

#include "runtime/scan.h"

/*
 * The script @path (absolute; a file, a folder with a package.json, or a name
 * without extension as require() takes it). Returns its real path, or NULL if
 * there is none.
 */
const char *node_mount_script(struct scan *s, const char *path);

/* The folders of NODE_PATH, if the variable is granted. */
void node_mount_path(struct scan *s);
