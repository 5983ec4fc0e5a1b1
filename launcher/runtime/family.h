/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interpreters that are known by name, and which of their arguments is the
 * script. Text only.
 */
#pragma once

#include <stddef.h>

#include "runtime/runtime.h"

enum family {
	FAMILY_NONE = 0,
	FAMILY_NODE,
	FAMILY_PYTHON,
	FAMILY_BUN,
	FAMILY_DENO,
	FAMILY_SHELL,
	FAMILY_JAVA,
	FAMILY_SCRIPT, /* perl, ruby, … */
	_FAMILY_N
};

/* By the program's name, without its version: "python3.11", "nodejs". */
enum family family_of(const char *name);
enum runtime_kind family_kind(enum family f);
const char *family_name(enum family f); /* "node", "python" */

struct family_args {
	size_t script;      /* index into the arguments, or 0: none */
	const char *module; /* of `python -m`, or NULL */
	char **loaded;      /* values of --require, --import, -jar, …; files
			  if they look like paths */
	bool isolated;      /* python -I or -s: no user site-packages */
	bool no_variables;  /* python -I or -E */
	const char *remote; /* deno run npm:…, or NULL */
};

void family_args_deinit(struct family_args *a);
#define _family_args_ _cleanup_(family_args_deinit)

/* @argv[0] is the interpreter. -ENOMEM. */
int family_read_args(
	enum family f, char *const *argv, struct family_args *ret) _must_use_;
