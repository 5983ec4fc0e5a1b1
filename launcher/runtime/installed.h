/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a package that a command would fetch is installed already.
 */
#pragma once

#include "runtime/scan.h"

/*
 * The script behind @command of the npm package, in npx's cache or among the
 * global packages of the node @program; NULL if it is not there. Of exactly
 * this version, if one is given.
 */
const char *installed_node(struct scan *s, const char *program,
	const char *package, const char *version, const char *command);

/* uv's cache, or NULL. */
const char *installed_uv_cache(struct scan *s);

/*
 * The program of an environment of `uv tool install`, or of the last one that
 * uvx made; of one of `pipx install`.
 */
const char *installed_uv(
	struct scan *s, const char *package, const char *command);
const char *installed_pipx(
	struct scan *s, const char *package, const char *command);
