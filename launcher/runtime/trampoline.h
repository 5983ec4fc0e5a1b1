/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts of /bin/sh that only start another interpreter: those that pip and
 * uv write where a #! line would be too long or the environment can be moved,
 * and those that npm's and pnpm's cmd-shim writes. Text only.
 */
#pragma once

#include "base/cleanup.h"

enum trampoline_kind {
	TRAMPOLINE_NONE = 0,
	TRAMPOLINE_PYTHON, /* text: the interpreter */
	TRAMPOLINE_TARGET, /* text: the script that it runs */
};

/*
 * @text is the script, @folder the real folder it lies in. *ret_path is
 * absolute and owned by the caller, NULL for NONE. -ENOMEM.
 */
int trampoline_read(const char *text, const char *folder,
	enum trampoline_kind *ret_kind, char **ret_path) _must_use_;
