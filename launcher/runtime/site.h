/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A site-packages folder and what lies outside it but belongs to it: folders
 * of .pth files and of editable installs. Read as text, nothing is run.
 */
#pragma once

#include "runtime/scan.h"

/*
 * Mounts what @site links to: folders that look like Python code, so that a
 * planted line opens no other. The folder itself is the caller's.
 */
void site_mount_linked(struct scan *s, const char *site);
