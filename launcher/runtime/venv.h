/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Virtual environments: pyvenv.cfg and what it says.
 */
#pragma once

#include "runtime/scan.h"

struct venv {
	const char *root;    /* canonical folder that holds pyvenv.cfg */
	const char *home;    /* `home =`: bin folder of the base, or NULL */
	bool is_system_seen; /* include-system-site-packages */
};

/*
 * The environment of the interpreter @program: pyvenv.cfg beside it or one
 * above, looked for at each symlink on the way. 1 if there is none.
 */
int venv_find(struct scan *s, const char *program, struct venv *ret) _must_use_;
