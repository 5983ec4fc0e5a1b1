/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: decisions by number turned into classic BPF for seccomp(2).
 *
 * The numbers are searched by halves, neighbours with the same answer as one,
 * so that the program is short: the kernel checks, translates and compiles it
 * anew at each start, which is most of what a filter costs.
 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>

#include "node.h"

/* Above every number that libseccomp's table could know. */
#define NUMBERS 1024
#define KNOWN_MAX 256

struct decisions {
	uint32_t arch; /* AUDIT_ARCH_*; any other is killed */
	const struct node *by_number[NUMBERS]; /* NULL: otherwise */
	const struct node *otherwise;          /* a leaf */
};

struct program {
	struct sock_filter code[BPF_MAXINSNS];
	size_t n;
	struct known {
		const struct node *node;
		size_t place;
	} known[KNOWN_MAX]; /* what can be jumped to again */
	size_t n_known;
	bool failed; /* too long */
};

/* -1 when it does not fit. */
int program_make(struct program *p, const struct decisions *d);
