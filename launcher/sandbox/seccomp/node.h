/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build time: what a filter decides about one system call: an answer, or a
 * question about an argument that leads to further ones.
 *
 * Nodes live as long as the program.
 */
#pragma once

#include <stdint.h>

#define BRANCHES_MAX 12

struct node {
	enum {
		LEAF_KILL = 0,
		LEAF_ALLOW,
		LEAF_ERRNO,
		QUESTION,
	} kind;
	int error;
	unsigned arg;
	uint64_t mask; /* the bits of the argument that are looked at */
	struct {
		uint64_t value;
		const struct node *then;
	} branch[BRANCHES_MAX];
	unsigned n;
	const struct node *otherwise;
};
