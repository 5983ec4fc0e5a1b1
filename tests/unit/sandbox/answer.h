/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a compiled list answers, in the words of the tests.
 */
#pragma once

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdint.h>

#include "sandbox/confine.h"

#define ALLOWED ((int64_t)SECCOMP_RET_ALLOW)
#define KILLED ((int64_t)SECCOMP_RET_KILL_PROCESS)
#define REFUSED(error) ((int64_t)SECCOMP_RET_ERRNO | (error))

struct call {
	uint32_t arch, nr;
	uint64_t args[6];
};

/* -1 for a broken program. */
int64_t answer(enum filter_id id, const struct call *c);

/*
 * The answer for a call of x86-64, asked again with the upper halves of the
 * arguments in @ints (a bit each) full of rubbish, which the kernel ignores:
 * -2 if that makes a difference.
 */
int64_t answer_args(
	enum filter_id id, int nr, unsigned ints, const uint64_t args[6]);

/* A server's list or one of our own processes'. */
static inline bool is_server(enum filter_id id)
{
	return id == FILTER_SERVER || id == FILTER_SERVER_NESTED;
}
