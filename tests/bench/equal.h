/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bubblewrap with the policy that stockade has for a command: every mount of
 * the plan, the parts of /proc that are shut, the environment, the ids, no
 * capability, the server's seccomp list.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

#define EQUAL_WORDS 1024
#define EQUAL_FILES 64

struct equal {
	char *argv[EQUAL_WORDS + 1];
	size_t n;
	int files[EQUAL_FILES]; /* contents of files; bubblewrap inherits them
				 */
	size_t n_files;
};

/* @filter: a descriptor with the BPF program. All lives as long as we do. */
int equal_make(struct equal *q, const char *program, int filter,
	struct err *e) _must_use_;

/* Before each start: what it reads begins at 0 again. */
void equal_rewind(const struct equal *q);
