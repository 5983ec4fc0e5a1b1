/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files for what was cut out of a result: what relay and keeper agree on.
 *
 * The relay asks for one by numbers alone (IPC_SPILL), so that no name comes
 * from outside the keeper; the keeper makes STATE/spill/SESSION/NAME and passes
 * the descriptor and the path (IPC_SPILLED); the relay writes, and says how
 * that went (IPC_SPILL_DONE): what failed is removed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPILL_FILES_MAX 8   /* of one result, and open at the same time */
#define SPILL_NAME_SIZE 48  /* bytes of a name with its NUL */
#define SPILL_PATH_MAX 1024 /* a longer path is none */

/* Suffixes of names; NULL for what is none. */
const char *spill_suffix(unsigned i);
/* The index of one, or -1. */
int spill_suffix_find(const char *suffix);

/* Which file of a call: .b of IPC_SPILL and IPC_SPILL_DONE. */
#define SPILL_FILE(nth, suffix) ((uint64_t)(nth) << 8 | (uint64_t)(suffix))
#define SPILL_FAILED (1ULL << 32) /* IPC_SPILL_DONE: it is of no use */

/*
 * "12.txt", "12-1.png": the file of @call that is called @file. False for what
 * names none.
 */
bool spill_name(uint64_t call, uint64_t file, char ret[SPILL_NAME_SIZE]);
