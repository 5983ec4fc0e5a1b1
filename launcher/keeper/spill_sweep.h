/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that were kept long enough go: at each start, before the keeper shuts
 * itself in. Never an error: what cannot be removed stays.
 */
#pragma once

#include <stdint.h>

/* The only way in which the keeper opens a file once it has shut itself in;
 * its seccomp list knows these flags and mode 0600. */
#define SPILL_OPEN_FLAGS (O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC)

/* At most so many are looked at; where there are more, nothing new is kept
 * until the old ones are gone. */
#define SWEEP_FOLDERS 1024
#define SWEEP_FILES 16384

/* @spill is O_PATH of the folder. Bytes that stay; UINT64_MAX when there is
 * too much to look at. */
uint64_t spill_sweep(int spill);
