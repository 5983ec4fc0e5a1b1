/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `uv run`: the program of the project's environment, which uv would start
 * after it has looked for changes. The environment has to be there already.
 */
#pragma once

#include "runtime/chain.h"
#include "runtime/scan.h"

struct uvrun {
	char **argv;     /* what to run instead; [0] is an absolute path */
	const char *cwd; /* --directory, or NULL */
	const char *project;
};

void uvrun_deinit(struct uvrun *u);
#define _uvrun_ _cleanup_(uvrun_deinit)

/*
 * 1 if @argv is no `uv run`, or one without an environment that can be used
 * (then a note says what to do, and uv itself is run).
 */
int uvrun_read(struct scan *s, const struct chain *c, char *const *argv,
	struct uvrun *ret) _must_use_;
