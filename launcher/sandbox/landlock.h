/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Landlock's numbers by ABI, and rulesets made of them.
 *
 * The header of the build machine's kernel may be older than the kernel that
 * runs, so every right is spelled out here with the ABI that brought it. Any
 * process, before its seccomp filter; pure but for landlock_restrict().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sandbox/confine.h"

/* Newest ABI whose rights we know; a newer kernel is used as this one. */
#define LANDLOCK_ABI_KNOWN 9

#define LL_EXECUTE (1ULL << 0)
#define LL_WRITE_FILE (1ULL << 1)
#define LL_READ_FILE (1ULL << 2)
#define LL_READ_DIR (1ULL << 3)
#define LL_REMOVE_DIR (1ULL << 4)
#define LL_REMOVE_FILE (1ULL << 5)
#define LL_MAKE_CHAR (1ULL << 6)
#define LL_MAKE_DIR (1ULL << 7)
#define LL_MAKE_REG (1ULL << 8)
#define LL_MAKE_SOCK (1ULL << 9)
#define LL_MAKE_FIFO (1ULL << 10)
#define LL_MAKE_BLOCK (1ULL << 11)
#define LL_MAKE_SYM (1ULL << 12)
#define LL_REFER (1ULL << 13)        /* ABI 2, Linux 5.19 */
#define LL_TRUNCATE (1ULL << 14)     /* ABI 3, Linux 6.2 */
#define LL_IOCTL_DEV (1ULL << 15)    /* ABI 5, Linux 6.10 */
#define LL_RESOLVE_UNIX (1ULL << 16) /* ABI 9, Linux 7.1 */

#define LL_SCOPE_ABSTRACT_UNIX (1ULL << 0) /* ABI 6, Linux 6.12 */
#define LL_SCOPE_SIGNAL (1ULL << 1)        /* ABI 6 */

/* Filesystem rights and scopes that an ABI can handle; 0 below ABI 1. */
uint64_t landlock_fs_handled(int abi);
uint64_t landlock_scopes(int abi);

/* The rights of one grant on a file or a folder, as far as @abi knows them. */
uint64_t landlock_grant_rights(
	const struct landlock_grant *g, bool folder, int abi);

/* As confine_landlock(), with the scopes of @scopes only. */
int landlock_restrict(const struct landlock_grant *grants, size_t n,
	uint64_t scopes, struct err *e) _must_use_;
