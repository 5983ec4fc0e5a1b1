/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Python's environment, read from its files: no Python is ever asked, since
 * each of them runs the .pth files of its environment first.
 */
#pragma once

#include "runtime/chain.h"
#include "runtime/family.h"
#include "runtime/scan.h"

/*
 * Mounts environment, version root, site-packages and what is linked into
 * them, and the scripts of @c or the script or module of @args (@argv is what
 * the indexes of @args count in). Sets the package.
 */
int python_mount(struct scan *s, const struct chain *c,
	const struct family_args *args, char *const *argv) _must_use_;
