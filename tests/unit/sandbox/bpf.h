/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs classic BPF over a system call without a kernel, as seccomp would.
 */
#pragma once

#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The action that @code answers with. -1 for a program that the kernel would
 * not take: an unknown instruction, a jump or load out of bounds, no return.
 */
int64_t bpf_run(
	const uint64_t *code, size_t len, const struct seccomp_data *data);
