/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first line of a script, as the kernel and env(1) read it. Pure text.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include <stdbool.h>

#define SHEBANG_MAX_BYTES 256 /* BINPRM_BUF_SIZE, Linux 5.1 and later */

struct shebang {
	char interp[SHEBANG_MAX_BYTES];
	char arg[SHEBANG_MAX_BYTES]; /* all the rest, one argument; "" if none
				      */
};

/*
 * 0; 1 if @head does not begin with "#!"; -ENOEXEC if it names nothing;
 * -E2BIG if the line is longer than the kernel reads.
 */
int shebang_parse(const char *head, size_t n, struct shebang *ret) _must_use_;

/*
 * The words of an `env -S` string: quotes, backslashes and comments as
 * coreutils has them. ${NAME} is -ENOTSUP: what it says is not known here.
 */
int shebang_split(const char *text, char ***ret_words) _must_use_;

/*
 * What `env` with the one argument @arg would run: words after options and
 * NAME=VALUE. *ret_words is owned by the caller; empty if there is no command.
 */
int shebang_env_words(const char *arg, char ***ret_words) _must_use_;
